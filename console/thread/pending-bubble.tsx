import { CircleAlert, Clock, LoaderCircle } from 'lucide-react';
import { useTranslation } from 'react-i18next';

import { useWorkspace } from '../app/workspace.ts';
import { Button } from '../ui/button.tsx';
import { useNow } from '../ui/use-now.ts';
import { MessageText } from './message-text.tsx';
import type { PendingSend } from './outbox.ts';

/** A message that the server has not taken yet: paler than a sent one, and never with a tick. */
export function PendingBubble({ item, behind }: { item: PendingSend; behind: boolean }) {
  const troubled = item.state === 'refused' || item.state === 'stalled';
  const Icon = troubled ? CircleAlert : item.state === 'waiting' || behind ? Clock : LoaderCircle;
  const look = troubled ? 'ring-bad/60' : 'ring-accent/40';
  return (
    <article
      data-testid="pending-message"
      data-key={item.key}
      data-state={item.state}
      className="mt-1 flex max-w-[85%] flex-col items-end self-end md:max-w-[75%]"
    >
      <div
        className={`max-w-full rounded-2xl rounded-ee-md border-dashed bg-bubble-out/60 px-3 py-1.5 ring-1 ${look}`}
      >
        <MessageText text={item.text} />
        <p
          role={troubled ? 'alert' : undefined}
          className={`mt-0.5 flex items-center justify-end gap-1 text-[0.6875rem] ${troubled ? 'text-bad' : 'text-muted'}`}
        >
          <PendingWords item={item} behind={behind} />
          <Icon aria-hidden className={`size-3.5 shrink-0 ${Icon === LoaderCircle ? 'animate-spin' : ''}`} />
        </p>
      </div>
      {item.state !== 'sending' && <PendingActions item={item} />}
    </article>
  );
}

function PendingWords({ item, behind }: { item: PendingSend; behind: boolean }) {
  const { t } = useTranslation();
  const now = useNow(item.state === 'waiting' ? 1_000 : null);
  if (item.state === 'waiting') {
    return t('pending.waiting', { seconds: Math.max(1, Math.ceil(((item.retryAt ?? now) - now) / 1_000)) });
  }
  if (behind) return t('pending.behind');
  if (item.state !== 'refused') return t(`pending.${item.state}`);
  if (item.problem?.kind === 'other-key') return t('pending.otherKey');
  const reason = item.problem?.detail || item.problem?.title || '';
  return (
    <span>
      {t('pending.refused')}
      {': '}
      <bdi>{reason}</bdi>
    </span>
  );
}

function PendingActions({ item }: { item: PendingSend }) {
  const { t } = useTranslation();
  const { outbox, drafts } = useWorkspace();
  const edit = (): void => {
    drafts.add(item.conversationId, item.text);
    outbox.discard(item.key);
  };
  return (
    <div className="mt-1 flex gap-1.5">
      {item.state !== 'refused' && (
        <Button small onClick={() => outbox.retry(item.key)}>
          {t('pending.retry')}
        </Button>
      )}
      {item.state === 'refused' && (
        <Button small onClick={edit}>
          {t('pending.edit')}
        </Button>
      )}
      <Button small look="quiet" onClick={() => outbox.discard(item.key)}>
        {t('pending.discard')}
      </Button>
    </div>
  );
}
