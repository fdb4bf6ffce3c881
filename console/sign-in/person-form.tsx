import { KeySquare } from 'lucide-react';
import { type FormEvent, useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';

import { Failed } from '../account/fields.tsx';
import { keepAccount, storedAccount } from '../app/session.ts';
import { Button } from '../ui/button.tsx';
import { post, type SignedIn } from './requests.ts';
import { AskFields, CodeField, NewPasswordField, PasswordFields, type Typed } from './steps.tsx';
import { askForPasskey, passkeysWork, passkeyText } from './webauthn.ts';

type Step =
  | { kind: 'password' }
  | { kind: 'code'; asked: SignedIn }
  | { kind: 'ask' }
  | { kind: 'reset'; token: string };

const RESET = /^#\/reset\/(wsl_\w+)$/;
const ACCOUNT = /^#\/t\/(\d{10})$/;
const TITLES = { password: 'title', code: 'second', ask: 'resetTitle', reset: 'resetTitle' } as const;
const ACTIONS = { password: 'submit', code: 'finish', ask: 'resetAsk', reset: 'save' } as const;

interface PersonFormProps {
  /** What ended the session before, in words. */
  ended: string | null;
  onPerson: (csrfToken: string) => Promise<void>;
}

/** Sign-in of people: password or passkey, second factor, and setting a forgotten password anew. */
export function PersonForm({ ended, onPerson }: PersonFormProps) {
  const { t, i18n } = useTranslation();
  const [step, setStep] = useState<Step>(() => {
    const token = RESET.exec(window.location.hash)?.[1];
    return token === undefined ? { kind: 'password' } : { kind: 'reset', token };
  });
  const [typed, setTyped] = useState<Typed>(() => ({
    account: ACCOUNT.exec(window.location.hash)?.[1] ?? storedAccount(),
    name: '',
    secret: '',
  }));
  const [busy, setBusy] = useState(false);
  const [failure, setFailure] = useState<string | null>(null);
  const [note, setNote] = useState<string | null>(ended);

  useEffect(() => {
    const named = ACCOUNT.exec(window.location.hash)?.[1];
    if (named !== undefined) keepAccount(named);
  }, []);
  const onType = (change: Partial<Typed>): void => setTyped({ ...typed, ...change });
  const go = (next: Step): void => {
    setTyped((now) => ({ ...now, secret: '' }));
    setFailure(null);
    setStep(next);
  };
  const accountNumber = typed.account.trim();
  const taken = async (answer: SignedIn): Promise<void> => {
    if (answer.state === 'second-factor') return go({ kind: 'code', asked: answer });
    window.location.hash = '#/';
    await onPerson(answer.csrfToken ?? '');
  };
  const second = async (proof: object): Promise<void> => {
    if (step.kind !== 'code') return;
    await taken(await post('/v1/sign-in/second-factor', { ticket: step.asked.ticket, ...proof }));
  };
  const byPasskey = async (): Promise<void> => {
    if (step.kind === 'code') return second({ passkey: await askForPasskey(step.asked.passkey ?? {}) });
    const { ticket, options } = await post<{ ticket: string; options: Record<string, unknown> }>(
      '/v1/sign-in/passkey/begin',
    );
    const response = await askForPasskey(options);
    await taken(await post('/v1/sign-in/passkey/finish', { accountNumber, ticket, response }));
  };
  const run = async (): Promise<void> => {
    const { name, secret } = typed;
    if (step.kind === 'password') {
      return taken(await post('/v1/sign-in', { accountNumber, name, password: secret }));
    }
    if (step.kind === 'code') {
      const code = secret.trim().replaceAll(' ', '');
      return second(/^\d{6}$/.test(code) ? { code } : { recoveryCode: code });
    }
    if (step.kind === 'ask') {
      const language = i18n.language === 'he' ? 'he' : 'en';
      await post('/v1/password-reset', { accountNumber, email: name.trim(), language });
      setNote(t('personSignIn.resetSent'));
    } else {
      await post('/v1/password-reset/finish', { token: step.token, password: secret });
      window.location.hash = '#/';
      setNote(t('personSignIn.changed'));
    }
    go({ kind: 'password' });
  };
  const attempt = (work: () => Promise<void>): void => {
    setNote(null);
    if (step.kind !== 'reset' && !/^\d{10}$/.test(accountNumber)) {
      return setFailure(t('personSignIn.missingAccount'));
    }
    setBusy(true);
    setFailure(null);
    work()
      .catch((error: unknown) => setFailure(passkeyText(t, error)))
      .finally(() => setBusy(false));
  };
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    attempt(run);
  };

  const methods = (step.kind === 'code' ? step.asked.methods : undefined) ?? [];
  const onlyPasskey = step.kind === 'code' && methods.every((method) => method === 'passkey');
  const takesPasskey = passkeysWork() && (step.kind === 'password' || methods.includes('passkey'));
  return (
    <form
      noValidate
      onSubmit={submit}
      data-testid="person-sign-in"
      className="flex flex-col gap-4 rounded-2xl border border-line bg-surface p-6 shadow-xl shadow-black/5 sm:p-8"
    >
      <h2 className="text-xl font-semibold">{t(`personSignIn.${TITLES[step.kind]}`)}</h2>
      {note !== null && <p role="status">{note}</p>}
      {step.kind === 'password' && <PasswordFields typed={typed} onType={onType} />}
      {step.kind === 'code' && !onlyPasskey && (
        <CodeField typed={typed} onType={onType} onPaper={!methods.includes('code')} />
      )}
      {step.kind === 'ask' && <AskFields typed={typed} onType={onType} />}
      {step.kind === 'reset' && <NewPasswordField typed={typed} onType={onType} />}
      {failure !== null && <Failed>{failure}</Failed>}
      {!onlyPasskey && (
        <Button look="primary" type="submit" disabled={busy} className="h-11 w-full">
          {t(`personSignIn.${ACTIONS[step.kind]}`)}
        </Button>
      )}
      {takesPasskey && (
        <Button
          look={onlyPasskey ? 'primary' : 'plain'}
          disabled={busy}
          onClick={() => attempt(byPasskey)}
          className="h-11 w-full"
        >
          <KeySquare aria-hidden className="size-4" />
          {t(step.kind === 'password' ? 'personSignIn.passkey' : 'personSignIn.usePasskey')}
        </Button>
      )}
      <button
        type="button"
        onClick={() => go({ kind: step.kind === 'password' ? 'ask' : 'password' })}
        className="min-h-9 text-sm text-muted hover:text-ink"
      >
        {t(step.kind === 'password' ? 'personSignIn.forgotten' : 'personSignIn.back')}
      </button>
    </form>
  );
}
