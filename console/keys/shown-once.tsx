import { Check, Copy } from 'lucide-react';
import { useEffect, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';

import { Button } from '../ui/button.tsx';
import type { ShownKey } from './keys.ts';

/** A new secret, until the person says that it is kept. */
export function ShownOnce({ apiKey, onDone }: { apiKey: ShownKey; onDone: () => void }) {
  const { t } = useTranslation();
  const [copied, setCopied] = useState(false);
  const field = useRef<HTMLInputElement>(null);
  useEffect(() => {
    setCopied(false);
    field.current?.focus();
  }, [apiKey.key]);

  const copy = async (): Promise<void> => {
    field.current?.select();
    try {
      await navigator.clipboard.writeText(apiKey.key);
      setCopied(true);
    } catch {
      setCopied(false); // the browser does not allow it: the key is selected, and can be copied by hand
    }
  };
  return (
    <section
      aria-label={t('keys.shown')}
      className="flex flex-col gap-2 rounded-xl border border-accent bg-good-soft p-4"
    >
      <p role="status" className="font-semibold">
        {t('keys.shown')}
      </p>
      <p dir="auto" className="one-line text-sm text-muted">
        {apiKey.name}
      </p>
      <div className="flex flex-wrap gap-2">
        <input
          ref={field}
          readOnly
          dir="ltr"
          data-testid="new-key"
          aria-label={t('keys.shown')}
          value={apiKey.key}
          onFocus={(event) => event.target.select()}
          className="min-w-0 flex-1 rounded-lg border border-edge bg-surface px-3 py-2 font-mono text-xs"
        />
        <Button onClick={() => void copy()}>
          {copied ? <Check aria-hidden className="size-4" /> : <Copy aria-hidden className="size-4" />}
          {t(copied ? 'keys.copied' : 'keys.copy')}
        </Button>
        <Button look="primary" onClick={onDone}>
          {t('keys.done')}
        </Button>
      </div>
    </section>
  );
}
