import { Check, CheckCheck, Clock, TriangleAlert } from 'lucide-react';

import type { MessageView, Ticks, Trouble } from '../control/views.ts';
import type { Reply } from './choice-readers.ts';
import { Content, summaryOf } from './content.tsx';

interface BubbleProps {
  message: MessageView;
  /** Its writer changed or deleted it later. */
  edited: boolean;
  deleted: boolean;
  quoted: MessageView | undefined;
  reactions: string[];
  /** The message before is of the same side. */
  follows: boolean;
  onReply: (reply: Reply) => void;
  onPlay: () => void;
}

/** One message. `data-direction` is seen from this phone: `out` is what the person wrote. */
export function Bubble(props: BubbleProps) {
  const { message, edited, deleted, quoted, reactions, follows, onReply, onPlay } = props;
  const { direction, ticks, trouble, at, quotes } = message;
  const out = direction === 'out';
  return (
    <div
      className={`flex max-w-full flex-col ${out ? 'items-end' : 'items-start'} ${follows ? '' : 'mt-1.5'}`}
    >
      <article
        data-testid="phone-message"
        data-direction={direction}
        data-ticks={ticks ?? undefined}
        data-type={message.type}
        className={`relative max-w-[82%] min-w-20 rounded-xl px-2.5 pt-1.5 pb-1 text-[15px] leading-snug shadow-xs ${
          out ? 'bg-mint' : 'bg-white'
        } ${follows ? '' : out ? 'rounded-tr-xs' : 'rounded-tl-xs'}`}
      >
        {message.group && <p className="text-xs font-medium text-leaf">In a group</p>}
        {quotes !== null && <Quote quoted={quoted} />}
        {deleted ? (
          <p className="text-sm text-neutral-500 italic">This message was deleted</p>
        ) : (
          <Content message={message} onReply={onReply} onPlay={onPlay} />
        )}
        <footer className="flex items-center justify-end gap-1 text-[11px] leading-4 text-neutral-500">
          {edited && !deleted && <span>Edited</span>}
          <time dateTime={at}>
            {new Date(at).toLocaleTimeString('en-GB', { hour: '2-digit', minute: '2-digit' })}
          </time>
          {ticks !== null && <TickMarks ticks={ticks} />}
        </footer>
        {reactions.length > 0 && (
          <span className="absolute -bottom-3 start-2 rounded-full border border-black/5 bg-white px-1.5 text-sm shadow-xs">
            {reactions.join(' ')}
          </span>
        )}
      </article>
      {reactions.length > 0 && <span className="h-3" />}
      {trouble !== null && <TroubleLine trouble={trouble} />}
    </div>
  );
}

function Quote({ quoted }: { quoted: MessageView | undefined }) {
  return (
    <div className="mb-1 rounded-md border-s-4 border-leaf bg-black/5 px-2 py-1 text-xs text-neutral-600">
      <p dir="auto" className="message-text line-clamp-2">
        {quoted === undefined ? 'A message that is not on this phone' : summaryOf(quoted)}
      </p>
    </div>
  );
}

const MEANING: Record<Ticks, string> = {
  waiting: 'waiting for an earlier message',
  sent: 'sent',
  delivered: 'delivered',
  read: 'read',
};

function TickMarks({ ticks }: { ticks: Ticks }) {
  const Icon = ticks === 'waiting' ? Clock : ticks === 'sent' ? Check : CheckCheck;
  const size = ticks === 'waiting' ? 'size-3' : 'size-4';
  return (
    <span role="img" aria-label={MEANING[ticks]} title={MEANING[ticks]}>
      <Icon className={`${size} ${ticks === 'read' ? 'text-seen' : 'text-neutral-400'}`} aria-hidden />
    </span>
  );
}

function troubleText({ status, reason, attempts, nextAttemptAt }: Trouble): string {
  const what =
    status === null
      ? `No answer from the gateway (${reason ?? 'unknown'})`
      : `The gateway answered ${status}`;
  const times = attempts === 1 ? '' : `, ${attempts} attempts`;
  return nextAttemptAt === null ? `${what}${times}` : `${what}${times}, trying again`;
}

function TroubleLine({ trouble }: { trouble: Trouble }) {
  return (
    <p
      role="status"
      className="mt-0.5 flex items-center gap-1 rounded-md bg-amber-50 px-1.5 py-0.5 text-xs text-amber-900"
    >
      <TriangleAlert className="size-3.5 shrink-0" aria-hidden /> {troubleText(trouble)}
    </p>
  );
}
