import { Check, Copy, Download } from 'lucide-react';
import { useEffect, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';

import { download } from '../audit/download.ts';
import { Button } from '../ui/button.tsx';
import type { Factors } from './own.ts';
import { ProvenAct } from './proven-act.tsx';
import { Section } from './section.tsx';

interface RecoveryCodesProps {
  factors: Factors;
  onCodes: (codes: string[]) => void;
}

/** How many are left, and new ones. */
export function RecoveryCodes({ factors, onCodes }: RecoveryCodesProps) {
  const { t } = useTranslation();
  return (
    <Section title={t('ownSignIn.codes.title')} hint={t('ownSignIn.codes.hint')}>
      <p className="text-sm">
        {t('ownSignIn.codes.left', { count: factors.recoveryCodesLeft })} {t('ownSignIn.codes.makeHint')}
      </p>
      <div>
        <ProvenAct<{ recoveryCodes: string[] }>
          label={t('ownSignIn.codes.make')}
          path="/v1/factors/recovery-codes"
          onDone={({ recoveryCodes }) => onCodes(recoveryCodes)}
        />
      </div>
    </Section>
  );
}

/** New codes, until the person says that they are kept. */
export function CodesShown({ codes, onDone }: { codes: string[]; onDone: () => void }) {
  const { t } = useTranslation();
  const [copied, setCopied] = useState(false);
  const box = useRef<HTMLElement>(null);
  const text = codes.join('\n');
  useEffect(() => box.current?.focus(), [text]);

  const copy = async (): Promise<void> => {
    try {
      await navigator.clipboard.writeText(text);
      setCopied(true);
    } catch {
      setCopied(false); // the browser does not allow it: the codes can be marked and copied by hand
    }
  };
  return (
    <section
      ref={box}
      tabIndex={-1}
      aria-label={t('ownSignIn.codes.shown')}
      className="flex flex-col gap-3 rounded-xl border border-accent bg-good-soft p-4"
    >
      <p role="status" className="font-semibold">
        {t('ownSignIn.codes.shown')}
      </p>
      <p className="text-sm">{t('ownSignIn.codes.hint')}</p>
      <ol dir="ltr" className="grid grid-cols-2 gap-x-6 gap-y-1 font-mono text-sm sm:w-fit">
        {codes.map((code) => (
          <li key={code} data-testid="recovery-code">
            {code}
          </li>
        ))}
      </ol>
      <div className="flex flex-wrap gap-2">
        <Button onClick={() => void copy()}>
          {copied ? <Check aria-hidden className="size-4" /> : <Copy aria-hidden className="size-4" />}
          {t(copied ? 'ownSignIn.codes.copied' : 'ownSignIn.codes.copy')}
        </Button>
        <Button onClick={() => download('whatsper-recovery-codes.txt', 'text/plain', `${text}\n`)}>
          <Download aria-hidden className="size-4" />
          {t('ownSignIn.codes.download')}
        </Button>
        <Button look="primary" onClick={onDone}>
          {t('ownSignIn.codes.kept')}
        </Button>
      </div>
    </section>
  );
}
