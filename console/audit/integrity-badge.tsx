import { useQuery } from '@tanstack/react-query';
import { CircleHelp, ShieldCheck, ShieldX } from 'lucide-react';
import { useTranslation } from 'react-i18next';

import { useWorkspace } from '../app/workspace.ts';
import { Chip } from '../ui/chip.tsx';
import { exactTime } from '../ui/time.ts';
import type { Integrity } from './entries.ts';

const LOOKS = {
  intact: { tone: 'good', icon: ShieldCheck },
  faulty: { tone: 'bad', icon: ShieldX },
  unknown: { tone: 'calm', icon: CircleHelp },
} as const;

/** Whether the log is as it was written, when that was last verified. */
export function IntegrityBadge() {
  const { t, i18n } = useTranslation();
  const { api } = useWorkspace();
  const integrity = useQuery({
    queryKey: ['audit-integrity'],
    queryFn: ({ signal }) => api.request<Integrity>('/v1/audit/integrity', { signal }),
  });
  if (integrity.data === undefined) return null;
  const { state, verifiedAt } = integrity.data;
  const { tone, icon } = LOOKS[state];
  const time = verifiedAt === null ? '' : exactTime(new Date(verifiedAt), i18n.language);
  return (
    <span
      data-testid="audit-integrity"
      className="inline-flex flex-wrap items-center gap-2 text-xs text-muted"
    >
      <Chip tone={tone} icon={icon} title={t(`audit.integrity.${state}Hint`)}>
        {t(`audit.integrity.${state}`)}
      </Chip>
      {verifiedAt === null ? t('audit.integrity.unknownHint') : t('audit.integrity.verifiedAt', { time })}
    </span>
  );
}
