import { useState } from 'react';
import { useTranslation } from 'react-i18next';

import { errorText } from '../ui/error-text.ts';
import { FailureBar } from '../ui/state-message.tsx';
import { AppFactor } from './app-factor.tsx';
import { hasSecondFactor, useFactors } from './own.ts';
import { Passkeys } from './passkeys.tsx';
import { CodesShown, RecoveryCodes } from './recovery-codes.tsx';

/** The second factor in all its forms; new recovery codes stand above it until they are kept. */
export function SecondFactor() {
  const { t } = useTranslation();
  const factors = useFactors();
  const [codes, setCodes] = useState<string[] | null>(null);
  if (factors.data === undefined) {
    return factors.isError ? (
      <FailureBar
        text={errorText(t, factors.error)}
        retry={t('errors.retry')}
        onRetry={() => void factors.refetch()}
      />
    ) : (
      <p role="status" className="text-muted">
        {t('ownSignIn.loading')}
      </p>
    );
  }
  return (
    <>
      {codes !== null && <CodesShown codes={codes} onDone={() => setCodes(null)} />}
      <AppFactor factors={factors.data} onCodes={setCodes} />
      <Passkeys factors={factors.data} />
      {hasSecondFactor(factors.data) && <RecoveryCodes factors={factors.data} onCodes={setCodes} />}
    </>
  );
}
