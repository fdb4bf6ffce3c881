import { type FormEvent, type ReactNode, useState } from 'react';
import { useTranslation } from 'react-i18next';

import { Failed, TextField } from '../account/fields.tsx';
import { createApi } from '../api/client.ts';
import { storedAccount } from '../app/session.ts';
import { Button } from '../ui/button.tsx';
import { errorText } from '../ui/error-text.ts';

interface SignedIn {
  state: 'signed-in' | 'second-factor';
  csrfToken?: string;
  ticket?: string;
}

type Step =
  | { kind: 'password' }
  | { kind: 'code'; ticket: string }
  | { kind: 'ask' }
  | { kind: 'reset'; token: string };

/** Nobody is signed in yet; the answer may set the session's cookie. */
const api = createApi({ key: '', fetch: (...request) => fetch(...request), onUnauthorized: () => undefined });
const post = <Answer,>(path: string, body: unknown) => api.request<Answer>(path, { method: 'POST', body });

const RESET = /^#\/reset\/(wsl_\w+)$/;
const ACCOUNT = /^#\/t\/(\d{10})$/;

/** Sign-in of people: password, second factor, and setting a forgotten password anew. */
export function PersonForm({ onPerson }: { onPerson: (csrfToken: string) => Promise<void> }) {
  const { t, i18n } = useTranslation();
  const [step, setStep] = useState<Step>(() => {
    const token = RESET.exec(window.location.hash)?.[1];
    return token === undefined ? { kind: 'password' } : { kind: 'reset', token };
  });
  const [account, setAccount] = useState(() => ACCOUNT.exec(window.location.hash)?.[1] ?? storedAccount());
  const [name, setName] = useState('');
  const [secret, setSecret] = useState('');
  const [busy, setBusy] = useState(false);
  const [failure, setFailure] = useState<string | null>(null);
  const [note, setNote] = useState<string | null>(null);

  const go = (next: Step): void => {
    setSecret('');
    setFailure(null);
    setStep(next);
  };
  const taken = async (answer: SignedIn): Promise<void> => {
    if (answer.state === 'second-factor') return go({ kind: 'code', ticket: answer.ticket ?? '' });
    window.location.hash = '#/';
    await onPerson(answer.csrfToken ?? '');
  };
  const run = async (): Promise<void> => {
    if (step.kind === 'password') {
      return taken(await post('/v1/sign-in', { accountNumber: account.trim(), name, password: secret }));
    }
    if (step.kind === 'code') {
      const code = secret.trim();
      const proof = /^\d{6}$/.test(code) ? { code } : { recoveryCode: code };
      return taken(await post('/v1/sign-in/second-factor', { ticket: step.ticket, ...proof }));
    }
    if (step.kind === 'ask') {
      const language = i18n.language === 'he' ? 'he' : 'en';
      await post('/v1/password-reset', { accountNumber: account.trim(), email: name.trim(), language });
      setNote(t('personSignIn.resetSent'));
    } else {
      await post('/v1/password-reset/finish', { token: step.token, password: secret });
      window.location.hash = '#/';
      setNote(t('personSignIn.changed'));
    }
    go({ kind: 'password' });
  };
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    setBusy(true);
    setFailure(null);
    setNote(null);
    run()
      .catch((error: unknown) => setFailure(errorText(t, error)))
      .finally(() => setBusy(false));
  };

  const accountField = (
    <TextField
      label={t('personSignIn.account')}
      value={account}
      onChange={setAccount}
      autoComplete="organization"
    />
  );
  const fields: Record<Step['kind'], ReactNode> = {
    password: (
      <>
        {accountField}
        <TextField label={t('personSignIn.name')} value={name} onChange={setName} autoComplete="username" />
        <TextField
          label={t('personSignIn.password')}
          type="password"
          value={secret}
          onChange={setSecret}
          autoComplete="current-password"
        />
      </>
    ),
    code: (
      <TextField
        label={t('personSignIn.code')}
        value={secret}
        onChange={setSecret}
        autoComplete="one-time-code"
        autoFocus
      />
    ),
    ask: (
      <>
        {accountField}
        <TextField
          label={t('personSignIn.resetEmail')}
          type="email"
          value={name}
          onChange={setName}
          autoFocus
        />
      </>
    ),
    reset: (
      <TextField
        label={t('personSignIn.newPassword')}
        type="password"
        hint={t('personSignIn.newPasswordHint')}
        value={secret}
        onChange={setSecret}
        autoComplete="new-password"
        autoFocus
      />
    ),
  };
  const titles = { password: 'title', code: 'second', ask: 'resetTitle', reset: 'resetTitle' } as const;
  const actions = { password: 'submit', code: 'finish', ask: 'resetAsk', reset: 'save' } as const;
  return (
    <form
      noValidate
      onSubmit={submit}
      data-testid="person-sign-in"
      className="flex flex-col gap-4 rounded-2xl border border-line bg-surface p-6 shadow-xl shadow-black/5 sm:p-8"
    >
      <h2 className="text-xl font-semibold">{t(`personSignIn.${titles[step.kind]}`)}</h2>
      {note !== null && <p role="status">{note}</p>}
      {fields[step.kind]}
      {failure !== null && <Failed>{failure}</Failed>}
      <Button look="primary" type="submit" disabled={busy} className="h-11 w-full">
        {t(`personSignIn.${actions[step.kind]}`)}
      </Button>
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
