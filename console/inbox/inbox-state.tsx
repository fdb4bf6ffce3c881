import { CloudOff, Inbox, MessageSquarePlus } from 'lucide-react';
import { useTranslation } from 'react-i18next';

import { useChannels, type useConversations } from '../api/queries.ts';
import type { StateFilter } from '../live/apply.ts';
import { Button } from '../ui/button.tsx';
import { errorText } from '../ui/error-text.ts';
import { StateMessage } from '../ui/state-message.tsx';

interface InboxStateProps {
  list: ReturnType<typeof useConversations>;
  filter: StateFilter;
  onShowAll: () => void;
}

/** What stands in the place of the rows when there are none. */
export function InboxState({ list, filter, onShowAll }: InboxStateProps) {
  const { t } = useTranslation();
  if (list.isPending) return <RowSkeletons />;
  if (list.isError && list.data === undefined) {
    return (
      <StateMessage
        icon={CloudOff}
        title={t('inbox.failed')}
        action={<Button onClick={() => void list.refetch()}>{t('errors.retry')}</Button>}
        alert
      >
        {errorText(t, list.error)}
      </StateMessage>
    );
  }
  if (filter !== 'ALL') {
    const all = <Button onClick={onShowAll}>{t('inbox.showAll')}</Button>;
    return (
      <StateMessage icon={Inbox} title={t('inbox.noneInFilter')} action={all}>
        {t('inbox.noneInFilterHint')}
      </StateMessage>
    );
  }
  return <FirstMessage />;
}

/** No conversation at all: how the first one comes about. */
function FirstMessage() {
  const { t } = useTranslation();
  const channels = useChannels();
  if (channels.isPending) return <RowSkeletons />;
  const numbers = channels.data?.items ?? [];
  const known = channels.data !== undefined;
  return (
    <StateMessage icon={MessageSquarePlus} title={t('inbox.none')}>
      <p>{t(!known ? 'inbox.noneUnknown' : numbers.length > 0 ? 'inbox.noneWrite' : 'inbox.noneChannel')}</p>
      {known && numbers.length === 0 && (
        <code dir="ltr" className="mt-3 block rounded-lg bg-raised px-3 py-2 text-xs text-ink">
          npx whatsper channel connect --help
        </code>
      )}
      <ul className="mt-3 space-y-1.5">
        {numbers.map((channel) => (
          <li key={channel.id} className="rounded-lg bg-raised px-3 py-2 text-ink">
            <bdi dir="ltr" className="font-semibold tabular-nums">
              {channel.displayNumber}
            </bdi>
            <span dir="auto" className="block text-xs text-muted">
              {channel.name}
            </span>
          </li>
        ))}
      </ul>
    </StateMessage>
  );
}

function RowSkeletons() {
  const { t } = useTranslation();
  return (
    <div role="status" className="overflow-hidden px-4">
      <span className="sr-only">{t('inbox.loading')}</span>
      {Array.from({ length: 8 }, (_, index) => (
        <div key={index} aria-hidden className="flex h-[5.75rem] animate-pulse items-center gap-3">
          <div className="size-11 rounded-full bg-line" />
          <div className="flex-1 space-y-2.5">
            <div className="h-3.5 w-2/5 rounded bg-line" />
            <div className="h-3 w-4/5 rounded bg-line" />
            <div className="h-3 w-1/2 rounded bg-line" />
          </div>
        </div>
      ))}
    </div>
  );
}
