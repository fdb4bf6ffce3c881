import { CloudOff, LoaderCircle } from 'lucide-react';
import { useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';

import { ApiProblem } from '../api/client.ts';
import type { Me } from '../api/types.ts';
import { Button } from '../ui/button.tsx';
import { errorText } from '../ui/error-text.ts';
import { StateMessage } from '../ui/state-message.tsx';
import { checkKey } from './check-key.ts';

interface OpeningProps {
  sessionKey: string;
  onOpen: (key: string, me: Me) => void;
  onRefused: () => void;
}

/** After a reload: checks the kept key. A server that is away does not end the session. */
export function Opening({ sessionKey, onOpen, onRefused }: OpeningProps) {
  const { t } = useTranslation();
  const [attempt, setAttempt] = useState(1);
  const [failure, setFailure] = useState<unknown>(null);

  useEffect(() => {
    const leaving = new AbortController();
    const check = async (): Promise<void> => {
      try {
        const me = await checkKey(sessionKey, leaving.signal);
        if (!leaving.signal.aborted) onOpen(sessionKey, me);
      } catch (error) {
        if (leaving.signal.aborted) return;
        if (error instanceof ApiProblem && error.status === 401) onRefused();
        else setFailure(error);
      }
    };
    void check();
    return () => leaving.abort();
    // The callbacks belong to the same key; only another key or another try checks again.
  }, [sessionKey, attempt]);

  const retry = (): void => {
    setFailure(null);
    setAttempt(attempt + 1);
  };
  return (
    <main className="flex h-full bg-canvas">
      {failure === null ? (
        <div role="status" className="m-auto flex items-center gap-3 text-muted">
          <LoaderCircle aria-hidden className="size-5 animate-spin" />
          {t('frame.opening')}
        </div>
      ) : (
        <StateMessage
          icon={CloudOff}
          title={errorText(t, failure)}
          action={<Button onClick={retry}>{t('errors.retry')}</Button>}
          alert
        />
      )}
    </main>
  );
}
