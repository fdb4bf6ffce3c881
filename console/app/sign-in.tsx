import type { TFunction } from 'i18next';
import { CircleAlert, Eye, EyeOff, Languages, LoaderCircle } from 'lucide-react';
import { type FormEvent, useState } from 'react';
import { useTranslation } from 'react-i18next';

import { ApiProblem, Unreachable } from '../api/client.ts';
import type { Me } from '../api/types.ts';
import { switchLanguage } from '../i18n/setup.ts';
import { AboutLine } from '../sign-in/about-line.tsx';
import { PersonForm } from '../sign-in/person-form.tsx';
import { Button, IconButton } from '../ui/button.tsx';
import { errorText } from '../ui/error-text.ts';
import { Logo } from '../ui/logo.tsx';
import { checkKey } from './check-key.ts';

const KEY_COMMAND =
  'npx whatsper key create --tenant <id> --scopes conversations:read,conversations:write,messages:read,messages:send,contacts:read,channels:read';

/** The server stopped accepting the key or the session; `unsent`: messages that went with a person's session. */
export type Ended = { kind: 'key' } | { kind: 'person'; unsent: number };

interface SignInProps {
  ended: Ended | null;
  onOpen: (key: string, me: Me) => void;
  /** A person has signed in: there is a session cookie. */
  onPerson: (csrfToken: string) => Promise<void>;
}

/** Sign-in of people, and by API key. */
export function SignIn({ ended, onOpen, onPerson }: SignInProps) {
  const { t, i18n } = useTranslation();
  const [key, setKey] = useState('');
  const [shown, setShown] = useState(false);
  const [checking, setChecking] = useState(false);
  const [failure, setFailure] = useState<string | null>(ended?.kind === 'key' ? t('signIn.ended') : null);

  const explain = (error: unknown): string => {
    if (error instanceof Unreachable) return t('signIn.away');
    if (error instanceof ApiProblem && error.status === 401) return t('signIn.wrong');
    return t('signIn.failed', { reason: errorText(t, error) });
  };
  const check = async (value: string): Promise<void> => {
    setChecking(true);
    setFailure(null);
    try {
      onOpen(value, await checkKey(value));
    } catch (error) {
      setFailure(explain(error));
      setChecking(false);
    }
  };
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    const value = key.trim();
    if (value === '') setFailure(t('signIn.missing'));
    else if (!/^wsk_[\x21-\x7e]+$/.test(value)) setFailure(t('signIn.shape'));
    else void check(value);
  };
  const other = i18n.language === 'he' ? 'en' : 'he';

  return (
    <main className="flex min-h-full flex-col items-center bg-canvas px-4 py-8">
      <div className="m-auto w-full max-w-md">
        <div className="mb-6 flex items-center gap-3">
          <Logo className="size-10" />
          <span className="text-lg font-bold tracking-wide">WHATSPER</span>
        </div>
        <PersonForm ended={endedText(t, ended)} onPerson={onPerson} />
        <form
          noValidate
          onSubmit={submit}
          className="mt-6 rounded-2xl border border-line bg-surface p-6 shadow-xl shadow-black/5 sm:p-8"
        >
          <h1 className="text-xl font-semibold">{t('signIn.title')}</h1>
          <p className="mt-1 text-muted">{t('signIn.subtitle')}</p>
          <label htmlFor="key" className="mt-6 block text-sm font-medium">
            {t('signIn.key')}
          </label>
          <div
            dir="ltr"
            className="mt-1.5 flex items-center rounded-lg border border-edge bg-surface focus-within:outline-2 focus-within:outline-offset-2 focus-within:outline-accent"
          >
            <input
              id="key"
              data-testid="key-input"
              type={shown ? 'text' : 'password'}
              dir="ltr"
              autoComplete="off"
              autoCapitalize="none"
              spellCheck={false}
              placeholder="wsk_…"
              value={key}
              onChange={(event) => setKey(event.target.value)}
              aria-describedby="key-hint key-failure"
              aria-invalid={failure !== null}
              className="h-11 min-w-0 flex-1 bg-transparent ps-3 font-mono text-sm outline-none placeholder:text-muted"
            />
            <IconButton
              label={shown ? t('signIn.hide') : t('signIn.show')}
              onClick={() => setShown(!shown)}
              className="text-muted hover:text-ink"
            >
              {shown ? <EyeOff aria-hidden className="size-4" /> : <Eye aria-hidden className="size-4" />}
            </IconButton>
          </div>
          <p id="key-failure" role="alert" className="mt-2 flex gap-2 text-sm text-bad empty:hidden">
            {failure !== null && (
              <>
                <CircleAlert aria-hidden className="mt-0.5 size-4 shrink-0" />
                {failure}
              </>
            )}
          </p>
          <Button
            look="primary"
            type="submit"
            data-testid="sign-in"
            disabled={checking}
            className="mt-4 h-11 w-full"
          >
            {checking && <LoaderCircle aria-hidden className="size-4 animate-spin" />}
            {checking ? t('signIn.checking') : t('signIn.submit')}
          </Button>
          <div id="key-hint" className="mt-5 border-t border-line pt-4 text-sm text-muted">
            <p>{t('signIn.hint')}</p>
            <code
              dir="ltr"
              className="mt-2 block rounded-lg bg-raised px-3 py-2 text-xs break-words text-ink"
            >
              {KEY_COMMAND.split(/(?<=[ ,])/).map((part) => (
                <span key={part} className="inline-block whitespace-pre">
                  {part}
                </span>
              ))}
            </code>
            <p className="mt-3">{t('signIn.kept')}</p>
          </div>
        </form>
        <AboutLine />
        <button
          type="button"
          lang={other}
          onClick={() => void switchLanguage(other)}
          className="mx-auto mt-5 flex min-h-9 items-center gap-2 rounded-lg px-3 text-sm text-muted hover:text-ink"
        >
          <Languages aria-hidden className="size-4" />
          {t('language.other')}
        </button>
      </div>
    </main>
  );
}

function endedText(t: TFunction, ended: Ended | null): string | null {
  if (ended?.kind !== 'person') return null;
  if (ended.unsent === 0) return t('personSignIn.ended');
  return t('personSignIn.endedUnsent', { count: ended.unsent });
}
