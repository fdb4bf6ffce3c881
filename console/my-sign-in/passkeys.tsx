import { KeySquare } from 'lucide-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';

import { Failed, TextField } from '../account/fields.tsx';
import { ApiProblem } from '../api/client.ts';
import { makePasskey, passkeysWork, passkeyText } from '../sign-in/webauthn.ts';
import { Button } from '../ui/button.tsx';
import { exactTime } from '../ui/time.ts';
import { type Factors, useOwnChange } from './own.ts';
import { ProofForm } from './proof-form.tsx';
import { ProvenAct } from './proven-act.tsx';
import { Section } from './section.tsx';

/** Passkeys by name; adding one asks the browser. */
export function Passkeys({ factors: { passkeys } }: { factors: Factors }) {
  const { t, i18n } = useTranslation();
  const [adding, setAdding] = useState(false);
  const [added, setAdded] = useState(false);
  const begin = (): void => {
    setAdded(false);
    setAdding(true);
  };
  const done = (): void => {
    setAdding(false);
    setAdded(true);
  };
  return (
    <Section title={t('ownSignIn.passkeys.title')} hint={t('ownSignIn.passkeys.hint')}>
      {passkeys.length === 0 && <p className="text-sm text-muted">{t('ownSignIn.passkeys.none')}</p>}
      <ul aria-label={t('ownSignIn.passkeys.title')} className="flex flex-col divide-y divide-line">
        {passkeys.map(({ id, name, createdAt }) => (
          <li key={id} data-testid="passkey" className="flex flex-wrap items-center gap-3 py-3">
            <KeySquare aria-hidden className="size-5 shrink-0 text-muted" />
            <div className="min-w-0 flex-1">
              <p dir="auto" className="one-line font-medium">
                {name}
              </p>
              <p className="text-sm text-muted">
                {t('ownSignIn.passkeys.addedAt', { time: exactTime(new Date(createdAt), i18n.language) })}
              </p>
            </div>
            <ProvenAct
              label={t('ownSignIn.passkeys.remove')}
              name={t('ownSignIn.passkeys.removeNamed', { name })}
              path="/v1/factors/remove"
              body={{ passkeyId: id }}
            />
          </li>
        ))}
      </ul>
      <p role="status" className="text-sm text-good empty:hidden">
        {added && t('ownSignIn.passkeys.added')}
      </p>
      {!passkeysWork() && <Failed>{t('ownSignIn.passkeys.unable')}</Failed>}
      {adding ? (
        <NewPasskey onDone={done} onCancel={() => setAdding(false)} />
      ) : (
        <div>
          <Button small disabled={!passkeysWork()} onClick={begin}>
            {t('ownSignIn.passkeys.add')}
          </Button>
        </div>
      )}
    </Section>
  );
}

interface Made {
  ticket: string;
  response: unknown;
}

function NewPasskey({ onDone, onCancel }: { onDone: () => void; onCancel: () => void }) {
  const { t } = useTranslation();
  const [name, setName] = useState('');
  /** Kept when the server refuses name or password: the device must not be asked for a second one. */
  const [made, setMade] = useState<Made | null>(null);
  const [failure, setFailure] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);
  const begin = useOwnChange<{ ticket: string; options: Record<string, unknown> }>();
  const finish = useOwnChange();

  const run = async (password: string): Promise<void> => {
    let passkey = made;
    if (passkey === null) {
      const { ticket, options } = await begin.mutateAsync({ path: '/v1/factors/passkey/begin' });
      passkey = { ticket, response: await makePasskey(options) };
      setMade(passkey);
    }
    await finish.mutateAsync({
      path: '/v1/factors/passkey/finish',
      body: { ...passkey, name: name.trim(), password },
    });
    onDone();
  };
  const submit = (password: string): void => {
    setBusy(true);
    setFailure(null);
    run(password)
      .catch((error: unknown) => {
        if (isOver(error)) setMade(null);
        setFailure(passkeyText(t, error));
      })
      .finally(() => setBusy(false));
  };
  return (
    <ProofForm
      label={t('ownSignIn.passkeys.make')}
      busy={busy}
      failure={failure}
      onSubmit={submit}
      onCancel={onCancel}
    >
      <TextField
        label={t('ownSignIn.passkeys.name')}
        hint={t('ownSignIn.passkeys.namePlaceholder')}
        value={name}
        onChange={setName}
        autoFocus
        required
      />
    </ProofForm>
  );
}

/** The server wants another answer of the browser. */
function isOver(error: unknown): boolean {
  return error instanceof ApiProblem && ['ticket-over', 'wrong-passkey'].includes(error.kind);
}
