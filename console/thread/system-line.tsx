import type { TFunction } from 'i18next';
import { Info, Phone } from 'lucide-react';
import { useTranslation } from 'react-i18next';

import type { Message } from '../api/types.ts';
import { clockTime, fullTime } from '../ui/time.ts';
import { viewContent } from './content.ts';
import { lineOf } from './lines.ts';

const KNOWN = [
  'user_changed_number',
  'user_changed_user_id',
  'customer_identity_changed',
  'recycled_number',
  'marketing_stopped',
  'marketing_resumed',
] as const;

/** A line of the system in the middle of the thread. Its meaning is ours: the words that came hold names and numbers. */
export function SystemLine({ message }: { message: Message }) {
  const { t, i18n } = useTranslation();
  const time = new Date(message.timestamp);
  const { rawKind, text } = viewContent(message);
  const Sign = message.type === 'call' ? Phone : Info;
  return (
    <article
      data-testid="message"
      data-key={message.id}
      data-id={message.id}
      data-type={message.type}
      data-direction={message.direction}
      className="my-2 flex max-w-[90%] items-start gap-2 self-center rounded-xl border border-line bg-surface px-3 py-1.5 text-[0.8125rem] text-muted"
    >
      <Sign aria-hidden className="mt-0.5 size-4 shrink-0" />
      <p className="min-w-0">
        <span>{lineOf(t, message) ?? systemText(t, rawKind, text)}</span>{' '}
        <time
          dateTime={message.timestamp}
          title={fullTime(time, i18n.language)}
          className="text-[0.6875rem] tabular-nums"
        >
          {clockTime(time, i18n.language)}
        </time>
      </p>
    </article>
  );
}

function systemText(t: TFunction, kind: string | null, text: string | null): string {
  const known = KNOWN.find((one) => one === kind);
  return known === undefined ? (text ?? t('kinds.system')) : t(`system.${known}`);
}
