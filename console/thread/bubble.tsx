import { Braces, History } from 'lucide-react';
import { memo, useState } from 'react';
import { useTranslation } from 'react-i18next';

import { clockTime, fullTime } from '../ui/time.ts';
import { rawContent, viewContent } from './content.ts';
import { MessageContent } from './message-content.tsx';
import { FailedNote, UnconfirmedNote } from './send-notes.tsx';
import { StatusMark } from './status-mark.tsx';
import type { ThreadEntry } from './thread-days.ts';

/** One message: the client's at the beginning of the line, ours at its end. */
export const Bubble = memo(
  function Bubble({ message, startsGroup, endsGroup }: ThreadEntry) {
    const { t } = useTranslation();
    const [rawShown, setRawShown] = useState(false);
    const raw = rawContent(message);
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
        data-direction={message.direction}
        data-status={message.status}
        className={`flex max-w-[85%] flex-col md:max-w-[75%] ${side} ${startsGroup ? 'mt-3' : 'mt-1'}`}
      >
        <span className="sr-only">{t(ours ? 'message.to' : 'message.from')}</span>
        <div className={`max-w-full rounded-2xl px-3 py-1.5 shadow-xs ring-1 ${edge} ${ground} ${corner}`}>
          <MessageContent view={viewContent(message)} />
          {rawShown && raw !== null && <RawContent raw={raw} />}
          <div className="mt-0.5 flex items-center gap-3">
            {raw !== null && <RawToggle shown={rawShown} onToggle={() => setRawShown(!rawShown)} />}
            <Foot message={message} />
          </div>
        </div>
        {message.status === 'failed' && <FailedNote message={message} />}
        {message.status === 'unconfirmed' && <UnconfirmedNote message={message} />}
      </article>
    );
  },
  (before, after) =>
    before.message === after.message &&
    before.startsGroup === after.startsGroup &&
    before.endsGroup === after.endsGroup,
);

function Foot({ message }: Pick<ThreadEntry, 'message'>) {
  const { t, i18n } = useTranslation();
  const time = new Date(message.timestamp);
  return (
    <div className="ms-auto flex items-center gap-1 text-[0.6875rem] text-muted">
      {message.late === true && (
        <span
          title={t('message.lateHint')}
          className="me-1 inline-flex items-center gap-1 font-medium text-warn"
        >
          <History aria-hidden className="size-3" />
          {t('message.late')}
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
