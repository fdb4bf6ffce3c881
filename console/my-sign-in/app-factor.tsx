import { ShieldCheck, ShieldOff } from 'lucide-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';

import { Failed, TextField } from '../account/fields.tsx';
import { Button } from '../ui/button.tsx';
import { Chip } from '../ui/chip.tsx';
import { errorText } from '../ui/error-text.ts';
import { type Factors, useOwnChange } from './own.ts';
import { ProofForm } from './proof-form.tsx';
import { ProvenAct } from './proven-act.tsx';
import { Section } from './section.tsx';

interface Begun {
  ticket: string;
  secret: string;
  qrCode: string;
}

interface AppFactorProps {
  factors: Factors;
  onCodes: (codes: string[]) => void;
}

/** The authenticator app: on or off, set up with a picture or by typing, turned on by a code of it. */
export function AppFactor({ factors: { authenticatorApp }, onCodes }: AppFactorProps) {
  const { t } = useTranslation();
  const [begun, setBegun] = useState<Begun | null>(null);
  const beginning = useOwnChange<Begun>(setBegun);
  const mark = (
    <Chip tone={authenticatorApp ? 'good' : 'calm'} icon={authenticatorApp ? ShieldCheck : ShieldOff}>
      {t(authenticatorApp ? 'ownSignIn.app.on' : 'ownSignIn.app.off')}
    </Chip>
  );
  const finished = (codes: string[]): void => {
    setBegun(null);
    onCodes(codes);
  };
  return (
    <Section title={t('ownSignIn.app.title')} hint={t('ownSignIn.app.hint')} mark={mark}>
      {beginning.isError && <Failed>{errorText(t, beginning.error)}</Failed>}
      {begun === null ? (
        <div className="flex flex-wrap gap-2">
          <Button
            small
            disabled={beginning.isPending}
            onClick={() => beginning.mutate({ path: '/v1/factors/app/begin' })}
          >
            {t(authenticatorApp ? 'ownSignIn.app.setUpAgain' : 'ownSignIn.app.setUp')}
          </Button>
          {authenticatorApp && <ProvenAct label={t('ownSignIn.app.remove')} path="/v1/factors/remove" />}
        </div>
      ) : (
        <SetUp begun={begun} onDone={finished} onCancel={() => setBegun(null)} />
      )}
    </Section>
  );
}

interface SetUpProps {
  begun: Begun;
  onDone: (codes: string[]) => void;
  onCancel: () => void;
}

function SetUp({ begun: { ticket, secret, qrCode }, onDone, onCancel }: SetUpProps) {
  const { t } = useTranslation();
  const [code, setCode] = useState('');
  const finishing = useOwnChange<{ recoveryCodes: string[] }>(({ recoveryCodes }) => onDone(recoveryCodes));
  return (
    <ProofForm
      label={t('ownSignIn.app.confirm')}
      busy={finishing.isPending}
      failure={finishing.isError ? errorText(t, finishing.error) : null}
      onCancel={onCancel}
      onSubmit={(password) =>
        finishing.mutate({
          path: '/v1/factors/app/finish',
          body: { ticket, code: code.replaceAll(' ', ''), password },
        })
      }
    >
      <p className="text-sm font-medium">{t('ownSignIn.app.scan')}</p>
      <img
        src={qrCode}
        alt={t('ownSignIn.app.qrCode')}
        className="size-48 rounded-lg border border-line bg-white"
      />
      <p className="text-sm">
        {t('ownSignIn.app.orType')}{' '}
        <code
          dir="ltr"
          aria-label={t('ownSignIn.app.secret')}
          data-testid="totp-secret"
          className="inline-block rounded bg-surface px-2 py-1 font-mono text-sm break-all select-all"
        >
          {secret}
        </code>
      </p>
      <TextField
        label={t('ownSignIn.app.code')}
        value={code}
        onChange={setCode}
        autoComplete="one-time-code"
        autoFocus
        required
      />
    </ProofForm>
  );
}
