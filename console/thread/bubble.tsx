import { Braces, History, Pencil } from 'lucide-react';
import { memo, useState } from 'react';
import { useTranslation } from 'react-i18next';

import type { Message } from '../api/types.ts';
import { clockTime, fullTime } from '../ui/time.ts';
import { rawContent } from './content.ts';
import { MessageActions } from './message-actions.tsx';
import { MessageContent } from './message-content.tsx';
import { FailedNote, UnconfirmedNote } from './send-notes.tsx';
import { StatusMark } from './status-mark.tsx';
import { Above, Reactions } from './surroundings.tsx';
import { SystemLine } from './system-line.tsx';
import type { ThreadEntry } from './thread-days.ts';

/** One message: the client's at the beginning of the line, ours at its end; a line of the system in the middle. */
export const Bubble = memo(
  function Bubble(entry: ThreadEntry) {
    return isLine(entry.message) ? <SystemLine message={entry.message} /> : <Spoken {...entry} />;
  },
  (before, after) =>
    before.startsGroup === after.startsGroup &&
    before.endsGroup === after.endsGroup &&
    (before.message === after.message || JSON.stringify(before.message) === JSON.stringify(after.message)) &&
    JSON.stringify(before.marks) === JSON.stringify(after.marks),
);

/** Nobody said it: it is told in the middle. */
function isLine({ type, direction }: Message): boolean {
  return type === 'call' || (type === 'system' && direction === 'in');
}

function Spoken({ message, marks, startsGroup, endsGroup }: ThreadEntry) {
  const { t } = useTranslation();
  const [rawShown, setRawShown] = useState(false);
  const raw = message.revoked === undefined ? rawContent(message) : null;
  const ours = message.direction === 'out';
  const side = ours ? 'self-end items-end' : 'self-start items-start';
  const ground = ours ? 'bg-bubble-out' : 'bg-bubble-in';
  const corner = !endsGroup ? '' : ours ? 'rounded-ee-md' : 'rounded-es-md';
  const edge = message.status === 'failed' ? 'ring-bad/60' : 'ring-black/5';
  return (
    <article
      data-testid="message"
      data-key={message.id}
      data-id={message.id}
      data-type={message.type}
      data-direction={message.direction}
      data-status={message.status}
      tabIndex={-1}
      className={`group flex max-w-[85%] flex-col md:max-w-[75%] ${side} ${startsGroup ? 'mt-3' : 'mt-1'}`}
    >
      <span className="sr-only">{t(ours ? 'message.to' : 'message.from')}</span>
      {startsGroup && <SenderName message={message} />}
      <div className={`flex max-w-full items-center gap-1 ${ours ? 'flex-row-reverse' : ''}`}>
        <div
          className={`max-w-full min-w-0 rounded-2xl px-3 py-1.5 shadow-xs ring-1 ${edge} ${ground} ${corner}`}
        >
          <Above message={message} marks={marks} />
          <MessageContent message={message} />
          {rawShown && raw !== null && <RawContent raw={raw} />}
          <div className="mt-0.5 flex items-center gap-3">
            {raw !== null && <RawToggle shown={rawShown} onToggle={() => setRawShown(!rawShown)} />}
            <Foot message={message} />
          </div>
        </div>
        <MessageActions message={message} />
      </div>
      <Reactions reactions={marks.reactions} />
      {message.status === 'failed' && <FailedNote message={message} />}
      {message.status === 'unconfirmed' && <UnconfirmedNote message={message} />}
    </article>
  );
}

/** In a group: who wrote. */
function SenderName({ message: { sender } }: { message: Message }) {
  const name = sender?.name ?? sender?.username ?? sender?.phone ?? null;
  if (name === null) return null;
  return (
    <span data-testid="sender" className="px-1 text-xs font-semibold text-accent">
      <bdi>{name}</bdi>
    </span>
  );
}

function Foot({ message }: { message: Message }) {
  const { t, i18n } = useTranslation();
  const time = new Date(message.timestamp);
  return (
    <div className="ms-auto flex items-center gap-1 text-[0.6875rem] text-muted">
      {message.via !== undefined && (
        <span data-testid="via" className="me-1 italic">
          {t(`via.${message.via}`)}
        </span>
      )}
      {message.late === true && (
        <span
          title={t('message.lateHint')}
          className="me-1 inline-flex items-center gap-1 font-medium text-warn"
        >
          <History aria-hidden className="size-3" />
          {t('message.late')}
        </span>
      )}
      {message.edited !== undefined && message.revoked === undefined && (
        <span
          title={fullTime(new Date(message.edited.at), i18n.language)}
          className="me-1 inline-flex items-center gap-1 italic"
        >
          <Pencil aria-hidden className="size-3" />
          {t('message.edited')}
        </span>
      )}
      <time dateTime={message.timestamp} title={fullTime(time, i18n.language)} className="tabular-nums">
        {clockTime(time, i18n.language)}
      </time>
      {message.direction === 'out' && <StatusMark status={message.status} />}
    </div>
  );
}

function RawToggle({ shown, onToggle }: { shown: boolean; onToggle: () => void }) {
  const { t } = useTranslation();
  return (
    <button
      type="button"
      data-testid="raw-toggle"
      aria-expanded={shown}
      onClick={onToggle}
      className="-ms-1 inline-flex min-h-6 items-center gap-1 rounded px-1 text-[0.6875rem] text-muted hover:text-ink"
    >
      <Braces aria-hidden className="size-3" />
      {t('message.raw')}
    </button>
  );
}

/** The payload as it came, for whoever needs more than the console shows. */
function RawContent({ raw }: { raw: string }) {
  return (
    <pre
      dir="ltr"
      tabIndex={0}
      className="thin-scroll my-1 max-h-60 max-w-full overflow-auto rounded-lg bg-tint p-2 font-mono text-[0.6875rem] [overflow-wrap:anywhere] whitespace-pre-wrap"
    >
      {raw}
    </pre>
  );
}
