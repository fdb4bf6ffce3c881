import type { TFunction } from 'i18next';
import { CornerDownRight, TriangleAlert } from 'lucide-react';
import { memo } from 'react';
import { useTranslation } from 'react-i18next';

import type { Conversation, LastMessage } from '../api/types.ts';
import { CONTENT_KINDS } from '../thread/content.ts';
import { StatusMark } from '../thread/status-mark.tsx';
import { fullTime, listTime } from '../ui/time.ts';
import { Avatar } from './avatar.tsx';
import { ContactName } from './contact-name.tsx';
import { isWaiting } from './people.ts';
import { StateChip } from './state-chip.tsx';
import { WindowChip } from './window-chip.tsx';

interface ConversationRowProps {
  conversation: Conversation;
  /** Server time, ms. */
  now: number;
  /** Place and height in a list that draws only what is in view, px; undefined: after the row before. */
  top?: number;
  height?: number;
  /** Its thread is on the screen. */
  open: boolean;
  /** The keys stand on it. */
  active: boolean;
  position: number;
  total: number;
  onOpen: (id: string) => void;
}

export const ConversationRow = memo(function ConversationRow(props: ConversationRowProps) {
  const { conversation, now, open, active, top, height } = props;
  const { t, i18n } = useTranslation();
  const waiting = isWaiting(conversation);
  const time = new Date(conversation.lastActivityAt);
  const ground = open ? 'bg-selected' : 'hover:bg-hover';
  // Only while the list has the focus; the open row is marked by its ground.
  const mark = active
    ? 'group-focus-visible:ring-2 group-focus-visible:ring-accent group-focus-visible:ring-inset'
    : '';
  return (
    <div
      role="option"
      id={`row-${conversation.id}`}
      data-testid="conversation"
      data-id={conversation.id}
      aria-selected={open}
      aria-posinset={props.position}
      aria-setsize={props.total}
      onClick={() => props.onOpen(conversation.id)}
      {...(top === undefined ? {} : { style: { transform: `translateY(${top}px)`, height } })}
      className={`px-1.5 py-0.5 ${top === undefined ? 'h-[5.75rem]' : 'absolute inset-x-0 top-0'}`}
    >
      <div className={`flex h-full items-center gap-3 rounded-xl px-2.5 ${ground} ${mark}`}>
        <Avatar contact={conversation.contact} />
        <div className="min-w-0 flex-1">
          <div className="flex items-baseline gap-2">
            <span className={`min-w-0 flex-1 ${waiting ? 'font-semibold' : 'font-medium'}`}>
              <ContactName contact={conversation.contact} group={conversation.group === true} />
            </span>
            <time
              dateTime={conversation.lastActivityAt}
              title={fullTime(time, i18n.language)}
              className={`shrink-0 text-xs tabular-nums ${waiting ? 'font-semibold text-accent' : 'text-muted'}`}
            >
              {listTime(time, new Date(now), i18n.language, t('thread.yesterday'))}
            </time>
          </div>
          <div className="mt-0.5 flex items-center gap-2">
            <Preview message={conversation.lastMessage} strong={waiting} />
            <Marks conversation={conversation} waiting={waiting} />
          </div>
          <div className="mt-1 flex items-center gap-1.5">
            <StateChip conversation={conversation} />
            <WindowChip expiresAt={conversation.windowExpiresAt} now={now} />
            <span dir="auto" className="one-line min-w-0 text-[0.6875rem] text-muted">
              {conversation.channel.name || <bdi dir="ltr">{conversation.channel.displayNumber}</bdi>}
            </span>
          </div>
        </div>
      </div>
    </div>
  );
});

/** Who spoke last, and what was said, in one line. */
function Preview({ message, strong }: { message: LastMessage | null; strong: boolean }) {
  const { t } = useTranslation();
  const look = strong ? 'text-ink' : 'text-muted';
  if (message === null) {
    return <span className="flex-1 text-[0.8125rem] text-muted italic">{t('inbox.noMessage')}</span>;
  }
  return (
    <span className={`flex min-w-0 flex-1 items-center gap-1 text-[0.8125rem] ${look}`}>
      {message.direction === 'out' ? (
        <StatusMark status={message.status} />
      ) : (
        <CornerDownRight aria-hidden className="points size-3.5 shrink-0 opacity-70" />
      )}
      <span className="sr-only">{t(message.direction === 'out' ? 'message.to' : 'message.from')}</span>
      <span dir="auto" className="one-line min-w-0">
        {previewText(t, message)}
      </span>
    </span>
  );
}

/** Text as it begins; of the rest the kind, in the language of the screen. */
function previewText(t: TFunction, { type, preview }: LastMessage): string {
  if (preview === '') return t('kinds.erased');
  if (type === 'call') return t('lines.call');
  if (type === 'text' || preview !== type) return preview;
  const kind = CONTENT_KINDS.find((candidate) => candidate === type) ?? 'unsupported';
  return t(`kinds.${kind}`);
}

function Marks({ conversation, waiting }: { conversation: Conversation; waiting: boolean }) {
  const { t } = useTranslation();
  const last = conversation.lastMessage;
  const broken = last?.direction === 'out' && (last.status === 'failed' || last.status === 'unconfirmed');
  if (broken) {
    const text = t(last.status === 'failed' ? 'inbox.lastFailed' : 'inbox.lastUnconfirmed');
    return (
      <span
        role="img"
        title={text}
        aria-label={text}
        className={last.status === 'failed' ? 'text-bad' : 'text-warn'}
      >
        <TriangleAlert aria-hidden className="size-4" />
      </span>
    );
  }
  if (!waiting) return null;
  const text = t('inbox.waiting');
  return (
    <span role="img" title={text} aria-label={text} className="size-2.5 shrink-0 rounded-full bg-accent" />
  );
}
