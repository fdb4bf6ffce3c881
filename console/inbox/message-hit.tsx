import { MessageSquareText } from 'lucide-react';
import { useTranslation } from 'react-i18next';

import { openConversation } from '../app/use-route.ts';
import { useQuoteText } from '../thread/surroundings.tsx';
import { fullTime, listTime } from '../ui/time.ts';
import { ContactName } from './contact-name.tsx';
import type { FoundRow } from './found-rows.ts';

interface MessageHitProps {
  row: Extract<FoundRow, { kind: 'message' }>;
  /** Server time, ms. */
  now: number;
  /** The keys stand on it. */
  active: boolean;
  position: number;
  total: number;
}

/** A message that has the words; it opens its conversation. */
export function MessageHit({ row, now, active, position, total }: MessageHitProps) {
  const { t, i18n } = useTranslation();
  const { message } = row.found;
  const words = useQuoteText({ message, type: null, preview: null });
  const time = new Date(message.timestamp);
  const mark = active
    ? 'group-focus-visible:ring-2 group-focus-visible:ring-accent group-focus-visible:ring-inset'
    : '';
  return (
    <div
      role="option"
      id={`row-${row.id}`}
      data-testid="message-hit"
      aria-selected={active}
      aria-posinset={position}
      aria-setsize={total}
      onClick={() => openConversation(row.conversation.id)}
      className="px-1.5 py-0.5"
    >
      <div className={`flex items-center gap-3 rounded-xl px-2.5 py-2 hover:bg-hover ${mark}`}>
        <MessageSquareText aria-hidden className="size-5 shrink-0 text-muted" />
        <div className="min-w-0 flex-1">
          <div className="flex items-baseline gap-2">
            <span className="min-w-0 flex-1 text-sm font-medium">
              <ContactName contact={row.conversation.contact} group={row.conversation.group === true} />
            </span>
            <time
              dateTime={message.timestamp}
              title={fullTime(time, i18n.language)}
              className="shrink-0 text-xs text-muted tabular-nums"
            >
              {listTime(time, new Date(now), i18n.language, t('thread.yesterday'))}
            </time>
          </div>
          <span className="sr-only">{t(message.direction === 'out' ? 'message.to' : 'message.from')}</span>
          <span dir="auto" className="one-line text-[0.8125rem] text-muted">
            {words}
          </span>
        </div>
      </div>
    </div>
  );
}
