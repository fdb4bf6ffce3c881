import { useQuery } from '@tanstack/react-query';
import { BellRing } from 'lucide-react';
import { useTranslation } from 'react-i18next';

import type { Notice, Page } from '../api/types.ts';
import { useWorkspace } from '../app/workspace.ts';
import { fullTime } from '../ui/time.ts';

const LOOKS = { info: 'text-muted', warning: 'text-warn', critical: 'text-bad' } as const;

/** What WhatsApp told of accounts and numbers, newest first. */
export function Notices() {
  const { t, i18n } = useTranslation();
  const { api } = useWorkspace();
  const notices = useQuery({
    queryKey: ['notices'],
    queryFn: ({ signal }) => api.request<Page<Notice>>('/v1/notices?limit=20', { signal }),
  });
  const items = notices.data?.items ?? [];
  return (
    <section aria-labelledby="notices" className="flex flex-col gap-2">
      <h2 id="notices" className="font-semibold">
        {t('notices.title')}
      </h2>
      {notices.isSuccess && items.length === 0 && <p className="text-sm text-muted">{t('notices.none')}</p>}
      <ul className="flex flex-col gap-2">
        {items.map(({ id, severity, text, at }) => (
          <li
            key={id}
            data-testid="notice"
            className="flex items-start gap-2 rounded-lg border border-line bg-surface px-3 py-2 text-sm"
          >
            <BellRing aria-hidden className={`mt-0.5 size-4 shrink-0 ${LOOKS[severity]}`} />
            <p className="min-w-0 flex-1 [overflow-wrap:anywhere]">
              <span className="sr-only">{t(`notices.${severity}`)} </span>
              <bdi>{text}</bdi>
              <time dateTime={at} className="ms-2 text-xs text-muted">
                {fullTime(new Date(at), i18n.language)}
              </time>
            </p>
          </li>
        ))}
      </ul>
    </section>
  );
}
