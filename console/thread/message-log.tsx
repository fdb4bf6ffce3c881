import { ArrowDown } from 'lucide-react';
import { useMemo, useRef } from 'react';
import { useTranslation } from 'react-i18next';

import type { Message } from '../api/types.ts';
import { useWorkspace } from '../app/workspace.ts';
import { FailureBar } from '../ui/state-message.tsx';
import { dayTitle } from '../ui/time.ts';
import { useNow } from '../ui/use-now.ts';
import { useStore } from '../ui/use-store.ts';
import { withoutArrived } from './arrived.ts';
import { Bubble } from './bubble.tsx';
import type { PendingSend } from './outbox.ts';
import { PendingBubble } from './pending-bubble.tsx';
import { relate } from './relations.ts';
import { threadDays } from './thread-days.ts';
import { useThreadScroll } from './use-thread-scroll.ts';

interface MessageLogProps {
  conversationId: string;
  label: string;
  newestFirst: Message[];
  older: { exists: boolean; loading: boolean; failed: boolean; load: () => void };
}

/** The messages from old to new, and below them what is still on its way to the server. */
export function MessageLog({ conversationId, label, newestFirst, older }: MessageLogProps) {
  const { t, i18n } = useTranslation();
  const { outbox } = useWorkspace();
  const pending = useStore(outbox.pending).filter((item) => item.conversationId === conversationId);
  const unsent = withoutArrived(pending, newestFirst);
  const shown = useMemo(() => relate(newestFirst), [newestFirst]);
  const days = threadDays(shown);
  const now = new Date(useNow(60_000));
  const words = { today: t('thread.today'), yesterday: t('thread.yesterday') };

  const scroller = useRef<HTMLDivElement>(null);
  const content = useRef<HTMLDivElement>(null);
  const keys = [...shown.map(({ message }) => message.id).toReversed(), ...unsent.map((item) => item.key)];
  const { unseen, awayFromEnd, toEnd } = useThreadScroll({
    scroller,
    content,
    keys,
    jumpOn: pending.at(-1)?.key ?? null,
    nearStart: older.exists && !older.loading && !older.failed ? older.load : null,
  });

  return (
    <div className="relative flex min-h-0 flex-1 flex-col">
      <div
        ref={scroller}
        role="log"
        aria-label={label}
        aria-live={older.loading ? 'off' : 'polite'}
        tabIndex={0}
        className="thin-scroll min-h-0 flex-1 overflow-y-auto overscroll-contain [overflow-anchor:none] focus-visible:-outline-offset-2"
      >
        <div
          ref={content}
          className="mx-auto flex min-h-full max-w-4xl flex-col justify-end px-3 py-4 md:px-8"
        >
          <ThreadStart older={older} empty={days.length === 0} />
          {days.map(({ day, time, entries }) => (
            <section key={day} className="flex flex-col">
              <h3 className="sticky top-2 z-[1] my-2 self-center rounded-full border border-line bg-surface px-3 py-0.5 text-xs font-medium text-muted shadow-xs">
                <time dateTime={day}>{dayTitle(time, now, i18n.language, words)}</time>
              </h3>
              {entries.map((entry) => (
                <Bubble key={entry.message.id} {...entry} />
              ))}
            </section>
          ))}
          {unsent.map((item) => (
            <PendingBubble key={item.key} item={item} behind={isBehind(item, pending)} />
          ))}
        </div>
      </div>
      {awayFromEnd && (
        <button
          type="button"
          onClick={toEnd}
          aria-label={unseen > 0 ? undefined : t('thread.newest')}
          title={t('thread.newest')}
          className={`absolute end-4 bottom-3 flex h-10 items-center gap-2 rounded-full border border-line px-3 text-sm font-medium shadow-lg md:end-8 ${unseen > 0 ? 'bg-accent text-on-accent' : 'bg-surface text-ink hover:bg-hover'}`}
        >
          <ArrowDown aria-hidden className="size-4" />
          {unseen > 0 && t('thread.newestCount', { count: unseen })}
        </button>
      )}
    </div>
  );
}

/** True while an earlier message of the conversation is not through, so that the order is kept. */
function isBehind(item: PendingSend, pending: readonly PendingSend[]): boolean {
  const first = pending.find((other) => other.state === 'sending' || other.state === 'waiting');
  return item.state === 'sending' && first !== undefined && first.key !== item.key;
}

/** Above the oldest loaded message: what loads, what failed, or where it all began. */
function ThreadStart({ older, empty }: { older: MessageLogProps['older']; empty: boolean }) {
  const { t } = useTranslation();
  if (older.failed) {
    return <FailureBar text={t('thread.failedOlder')} retry={t('thread.retry')} onRetry={older.load} />;
  }
  const text = older.exists ? t('thread.loadingOlder') : t(empty ? 'thread.empty' : 'thread.beginning');
  return (
    <p aria-hidden={older.exists} className="mt-auto py-2 text-center text-xs text-muted">
      {text}
    </p>
  );
}
