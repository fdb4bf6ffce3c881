import { type FormEvent, useId, useState } from 'react';
import { useTranslation } from 'react-i18next';

import { Button } from '../ui/button.tsx';
import { errorText } from '../ui/error-text.ts';
import { Fault, FIELD } from '../ui/field.tsx';
import { useAccessChange } from './support-access.ts';

const DURATIONS = ['1', '24', '168'] as const;

/** Lets WHATSPER support look, for a reason and a time. */
export function GiveAccess({ onClose }: { onClose: () => void }) {
  const { t } = useTranslation();
  const [reason, setReason] = useState('');
  const [hours, setHours] = useState<(typeof DURATIONS)[number]>('1');
  const [tried, setTried] = useState(false);
  const ids = { reason: useId(), fault: useId() };
  const giving = useAccessChange(onClose);
  const noReason = tried && reason.trim() === '';

  const submit = (event: FormEvent): void => {
    event.preventDefault();
    setTried(true);
    if (reason.trim() === '') return;
    giving.mutate({ path: '/v1/support-access', body: { hours: Number(hours), reason } });
  };
  return (
    <form
      noValidate
      aria-label={t('supportAccess.give')}
      onSubmit={submit}
      onKeyDown={(event) => event.key === 'Escape' && onClose()}
      className="flex flex-col gap-4 rounded-xl border border-line bg-surface p-4"
    >
      <div>
        <label htmlFor={ids.reason} className="mb-1 block text-sm text-muted">
          {t('supportAccess.reason')}
        </label>
        <input
          id={ids.reason}
          autoFocus
          dir="auto"
          maxLength={500}
          value={reason}
          placeholder={t('supportAccess.reasonPlaceholder')}
          aria-invalid={noReason}
          aria-describedby={noReason ? ids.fault : undefined}
          onChange={(event) => setReason(event.target.value)}
          className={FIELD}
        />
        {noReason && <Fault id={ids.fault}>{t('supportAccess.missingReason')}</Fault>}
      </div>
      <fieldset>
        <legend className="text-sm text-muted">{t('supportAccess.howLong')}</legend>
        <div className="flex flex-wrap gap-x-4">
          {DURATIONS.map((one) => (
            <label key={one} className="flex min-h-8 items-center gap-2 text-sm">
              <input
                type="radio"
                name="hours"
                checked={hours === one}
                onChange={() => setHours(one)}
                className="size-4 accent-accent"
              />
              {t(`supportAccess.durations.${one}`)}
            </label>
          ))}
        </div>
      </fieldset>
      {giving.isError && (
        <p role="alert" dir="auto" className="rounded-lg bg-bad-soft px-3 py-2 text-sm text-bad">
          {t('supportAccess.failed', { reason: errorText(t, giving.error) })}
        </p>
      )}
      <div className="flex justify-end gap-2">
        <Button onClick={onClose}>{t('supportAccess.cancel')}</Button>
        <Button type="submit" look="primary" disabled={giving.isPending}>
          {t('supportAccess.give')}
        </Button>
      </div>
    </form>
  );
}
