import { type FormEvent, useState } from 'react';
import { useTranslation } from 'react-i18next';

import { Check, Failed, TextField } from '../account/fields.tsx';
import { Button } from '../ui/button.tsx';
import { errorText } from '../ui/error-text.ts';
import { hasSecondFactor, useFactors, useOwnChange } from './own.ts';
import { leastCharacters, missingCharacters } from './password-rule.ts';

/** Another password, with the one of now; the rule is told before the server refuses. */
export function PasswordForm({ onDone }: { onDone: () => void }) {
  const { t } = useTranslation();
  const factors = useFactors();
  const [current, setCurrent] = useState('');
  const [password, setPassword] = useState('');
  const [shown, setShown] = useState(false);
  const changing = useOwnChange(() => {
    setCurrent('');
    setPassword('');
    onDone();
  });
  const strong = factors.data !== undefined && hasSecondFactor(factors.data);
  const left = missingCharacters(password, strong);
  const isSame = password !== '' && password.normalize('NFKC') === current.normalize('NFKC');
  const rule = [
    t('ownSignIn.password.rule', { least: leastCharacters(strong) }),
    t(strong ? 'ownSignIn.password.ruleWith' : 'ownSignIn.password.ruleWithout'),
  ].join(' ');
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    if (current !== '' && left === 0 && !isSame) {
      changing.mutate({ path: '/v1/password', body: { current, password } });
    }
  };
  return (
    <form noValidate onSubmit={submit} className="flex flex-col gap-3">
      <TextField
        label={t('ownSignIn.password.current')}
        type={shown ? 'text' : 'password'}
        autoComplete="current-password"
        value={current}
        onChange={setCurrent}
      />
      <TextField
        label={t('ownSignIn.password.new')}
        hint={rule}
        type={shown ? 'text' : 'password'}
        autoComplete="new-password"
        value={password}
        onChange={setPassword}
      />
      <p role="status" className="text-sm text-warn empty:hidden">
        {password !== '' && left > 0 && t('ownSignIn.password.left', { count: left })}
        {left === 0 && isSame && t('ownSignIn.password.same')}
      </p>
      <Check label={t('ownSignIn.password.show')} checked={shown} onChange={setShown} />
      {changing.isError && <Failed>{errorText(t, changing.error)}</Failed>}
      <Button
        type="submit"
        look="primary"
        disabled={changing.isPending || current === '' || left > 0 || isSame}
        className="self-end"
      >
        {t('ownSignIn.password.change')}
      </Button>
    </form>
  );
}
