import { useState } from 'react';
import { useTranslation } from 'react-i18next';

import { Button } from '../ui/button.tsx';
import { errorText } from '../ui/error-text.ts';
import { type ApiKey, type ShownKey, useKeyChange } from './keys.ts';

const OVERLAPS = ['0', '24', '72', '168'] as const;

interface RotationProps {
  apiKey: ApiKey;
  onShown: (key: ShownKey) => void;
  onClose: () => void;
}

/** Another secret for a key, and for how long the old one works too. */
export function Rotation({ apiKey, onShown, onClose }: RotationProps) {
  const { t } = useTranslation();
  const [overlap, setOverlap] = useState<(typeof OVERLAPS)[number]>('24');
  const rotating = useKeyChange<ShownKey>((answer) => {
    onClose();
    onShown(answer);
  });
  const path = `/v1/keys/${encodeURIComponent(apiKey.id)}/rotate`;
  const rotate = (): void =>
    rotating.mutate({ method: 'POST', path, body: { overlapHours: Number(overlap) } });
  return (
    <fieldset
      onKeyDown={(event) => event.key === 'Escape' && onClose()}
      className="mt-3 rounded-lg bg-raised p-3"
    >
      <legend className="sr-only">{t('keys.rotate')}</legend>
      <p className="text-sm">{t('keys.rotateHint')}</p>
      <div className="flex flex-wrap gap-x-4">
        {OVERLAPS.map((one) => (
          <label key={one} className="flex min-h-8 items-center gap-2 text-sm">
            <input
              type="radio"
              name={`overlap-${apiKey.id}`}
              autoFocus={one === overlap}
              checked={overlap === one}
              onChange={() => setOverlap(one)}
              className="size-4 accent-accent"
            />
            {t(`keys.overlaps.${one}`)}
          </label>
        ))}
      </div>
      {rotating.isError && (
        <p role="alert" dir="auto" className="text-sm text-bad">
          {t('keys.failed', { reason: errorText(t, rotating.error) })}
        </p>
      )}
      <div className="mt-2 flex gap-2">
        <Button small look="primary" disabled={rotating.isPending} onClick={rotate}>
          {t('keys.rotateNow')}
        </Button>
        <Button small onClick={onClose}>
          {t('keys.cancel')}
        </Button>
      </div>
    </fieldset>
  );
}
