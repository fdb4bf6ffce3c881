import { type FormEvent, useId, useState } from 'react';
import { useTranslation } from 'react-i18next';

import { useWorkspace } from '../app/workspace.ts';
import { Button } from '../ui/button.tsx';
import { errorText } from '../ui/error-text.ts';
import { Fault, FIELD } from '../ui/field.tsx';
import { rightWord } from '../ui/right-word.ts';
import { KEY_SCOPES, type KeyScope, type ShownKey, useKeyChange } from './keys.ts';

const EXPIRIES = ['30', '90', '365', 'never'] as const;

interface NewKeyProps {
  onMade: (key: ShownKey) => void;
  onCancel: () => void;
}

/** Name, rights and end of a new key; only rights that the person holds. */
export function NewKey({ onMade, onCancel }: NewKeyProps) {
  const { t } = useTranslation();
  const { me } = useWorkspace();
  const [name, setName] = useState('');
  const [scopes, setScopes] = useState<KeyScope[]>([]);
  const [expiry, setExpiry] = useState<(typeof EXPIRIES)[number]>('90');
  const [tried, setTried] = useState(false);
  const ids = { name: useId(), nameFault: useId(), rightsFault: useId() };
  const making = useKeyChange<ShownKey>(onMade);
  const noName = tried && name.trim() === '';
  const noRights = tried && scopes.length === 0;

  const submit = (event: FormEvent): void => {
    event.preventDefault();
    setTried(true);
    if (name.trim() === '' || scopes.length === 0) return;
    const end = expiry === 'never' ? {} : { expiresDays: Number(expiry) };
    making.mutate({ method: 'POST', path: '/v1/keys', body: { name, scopes, ...end } });
  };
  const toggle = (scope: KeyScope): void =>
    setScopes(scopes.includes(scope) ? scopes.filter((one) => one !== scope) : [...scopes, scope]);
  return (
    <form
      noValidate
      aria-label={t('keys.make')}
      onSubmit={submit}
      onKeyDown={(event) => event.key === 'Escape' && onCancel()}
      className="flex flex-col gap-4 rounded-xl border border-line bg-surface p-4"
    >
      <div>
        <label htmlFor={ids.name} className="mb-1 block text-sm text-muted">
          {t('keys.name')}
        </label>
        <input
          id={ids.name}
          autoFocus
          dir="auto"
          maxLength={100}
          value={name}
          placeholder={t('keys.namePlaceholder')}
          aria-invalid={noName}
          aria-describedby={noName ? ids.nameFault : undefined}
          onChange={(event) => setName(event.target.value)}
          className={FIELD}
        />
        {noName && <Fault id={ids.nameFault}>{t('keys.missingName')}</Fault>}
      </div>
      <fieldset aria-describedby={noRights ? ids.rightsFault : undefined}>
        <legend className="text-sm text-muted">{t('keys.rights')}</legend>
        <p className="mb-1 text-xs text-muted">{t('keys.rightsHint')}</p>
        <div className="grid gap-x-4 sm:grid-cols-2">
          {KEY_SCOPES.map((scope) => (
            <label key={scope} className="flex min-h-8 items-center gap-2 text-sm">
              <input
                type="checkbox"
                name={scope}
                checked={scopes.includes(scope)}
                disabled={!me.scopes.includes(scope)}
                onChange={() => toggle(scope)}
                className="size-4 accent-accent"
              />
              {t(`keys.scopes.${rightWord(scope)}`)}
            </label>
          ))}
        </div>
        {noRights && <Fault id={ids.rightsFault}>{t('keys.missingRights')}</Fault>}
      </fieldset>
      <fieldset>
        <legend className="text-sm text-muted">{t('keys.expiry')}</legend>
        <div className="flex flex-wrap gap-x-4">
          {EXPIRIES.map((one) => (
            <label key={one} className="flex min-h-8 items-center gap-2 text-sm">
              <input
                type="radio"
                name="expiry"
                checked={expiry === one}
                onChange={() => setExpiry(one)}
                className="size-4 accent-accent"
              />
              {t(`keys.expiries.${one}`)}
            </label>
          ))}
        </div>
      </fieldset>
      {making.isError && (
        <p role="alert" dir="auto" className="rounded-lg bg-bad-soft px-3 py-2 text-sm text-bad">
          {t('keys.failed', { reason: errorText(t, making.error) })}
        </p>
      )}
      <div className="flex justify-end gap-2">
        <Button onClick={onCancel}>{t('keys.cancel')}</Button>
        <Button type="submit" look="primary" disabled={making.isPending}>
          {t('keys.make')}
        </Button>
      </div>
    </form>
  );
}
