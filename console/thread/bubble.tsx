import { History } from 'lucide-react';
import { memo } from 'react';
import { useTranslation } from 'react-i18next';

import type { Message } from '../api/types.ts';
import { clockTime, fullTime } from '../ui/time.ts';
import { MessageContent } from './message-content.tsx';
import { FailedNote, UnconfirmedNote } from './send-notes.tsx';
import { StatusMark } from './status-mark.tsx';

interface BubbleProps {
  message: Message;
  startsGroup: boolean;
  endsGroup: boolean;
}

/** One message: the client's at the beginning of the line, ours at its end. */
export const Bubble = memo(function Bubble({ message, startsGroup, endsGroup }: BubbleProps) {
  const { t } = useTranslation();
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
        <MessageContent message={message} />
        <BubbleFoot message={message} />
      </div>
      {message.status === 'failed' && <FailedNote message={message} />}
      {message.status === 'unconfirmed' && <UnconfirmedNote message={message} />}
    </article>
  );
});

function BubbleFoot({ message }: { message: Message }) {
  const { t, i18n } = useTranslation();
  const time = new Date(message.timestamp);
  return (
    <div className="mt-0.5 flex items-center justify-end gap-1 text-[0.6875rem] text-muted">
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
