import { useInfiniteQuery } from '@tanstack/react-query';
import { CloudOff, ScrollText } from 'lucide-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';

import type { Page } from '../api/types.ts';
import { useWorkspace } from '../app/workspace.ts';
import { Button } from '../ui/button.tsx';
import { errorText } from '../ui/error-text.ts';
import { StateMessage } from '../ui/state-message.tsx';
import { AuditExport } from './audit-export.tsx';
import { AuditFilterForm } from './audit-filter.tsx';
import { AuditTable } from './audit-table.tsx';
import { type AuditEntry, type AuditFilter, auditPath, NO_FILTER } from './entries.ts';
import { IntegrityBadge } from './integrity-badge.tsx';

/** Who did what, who looked at what, and whether the log of it is whole. */
export function AuditPage() {
  const { t } = useTranslation();
  const [filter, setFilter] = useState<AuditFilter>(NO_FILTER);
  const log = useAudit(filter);
  const entries = log.data?.pages.flatMap(({ items }) => items) ?? [];
  return (
    <main className="thin-scroll min-h-0 min-w-0 flex-1 overflow-y-auto bg-canvas">
      <div className="mx-auto flex min-h-full max-w-5xl flex-col gap-4 p-4 md:p-8">
        <div className="flex flex-wrap items-center gap-3">
          <h1 className="text-xl font-bold">{t('audit.title')}</h1>
          <IntegrityBadge />
        </div>
        <p className="text-sm text-muted">{t('audit.hint')}</p>
        <AuditFilterForm onChange={setFilter} />
        <AuditExport filter={filter} />
        {log.isPending && (
          <p role="status" className="text-muted">
            {t('audit.loading')}
          </p>
        )}
        {log.isError && (
          <StateMessage
            icon={CloudOff}
            title={errorText(t, log.error)}
            action={<Button onClick={() => void log.refetch()}>{t('errors.retry')}</Button>}
            alert
          />
        )}
        {log.isSuccess && entries.length === 0 && (
          <StateMessage icon={ScrollText} title={t('audit.none')}>
            {t('audit.noneHint')}
          </StateMessage>
        )}
        {entries.length > 0 && <AuditTable entries={entries} />}
        {log.hasNextPage && (
          <Button
            className="self-center"
            disabled={log.isFetchingNextPage}
            onClick={() => void log.fetchNextPage()}
          >
            {t('audit.more')}
          </Button>
        )}
      </div>
    </main>
  );
}

function useAudit(filter: AuditFilter) {
  const { api } = useWorkspace();
  return useInfiniteQuery({
    queryKey: ['audit', filter],
    initialPageParam: null as string | null,
    queryFn: ({ pageParam, signal }) =>
      api.request<Page<AuditEntry>>(auditPath(filter, pageParam), { signal }),
    getNextPageParam: ({ nextCursor }) => nextCursor,
  });
}
