import { RotateCw } from 'lucide-react';
import { useTranslation } from 'react-i18next';

import { useWorkspace } from '../app/workspace.ts';
import { useNow } from '../ui/use-now.ts';
import { useStore } from '../ui/use-store.ts';
import type { LiveState } from './feed.ts';

const LOOKS: Record<LiveState['kind'], { pill: string; dot: string }> = {
  live: { pill: 'text-good', dot: 'bg-good' },
  reconnecting: { pill: 'bg-warn-soft text-warn', dot: 'bg-warn animate-pulse' },
  offline: { pill: 'bg-bad-soft text-bad', dot: 'border-2 border-bad' },
  forbidden: { pill: 'bg-bad-soft text-bad', dot: 'border-2 border-bad' },
};

/** Whether what is shown is current. */
export function LivePill() {
  const { t } = useTranslation();
  const { live, reconnectNow } = useWorkspace();
  const state = useStore(live);
  const waiting = state.kind === 'reconnecting' && state.retryAt !== null;
  const now = useNow(waiting ? 1_000 : null);

  const explanations = {
    live: t('live.explainLive'),
    reconnecting: t('live.explainReconnecting'),
    offline: t('live.explainOffline'),
    forbidden: t('live.explainForbidden'),
  };
  const seconds = waiting ? Math.max(1, Math.ceil(((state.retryAt ?? now) - now) / 1_000)) : 0;
  const name = state.kind === 'reconnecting' ? t('live.connecting') : t(`live.${state.kind}`);
  const look = LOOKS[state.kind];
  return (
    <div
      data-testid="live-state"
      data-state={state.kind}
      title={explanations[state.kind]}
      className={`flex min-h-7 shrink-0 items-center gap-1.5 rounded-full px-2.5 text-xs font-medium tabular-nums ${look.pill}`}
    >
      <span aria-hidden className={`size-2 rounded-full ${look.dot}`} />
      <span aria-hidden>{waiting ? t('live.reconnecting', { seconds }) : name}</span>
      {/* Read aloud when the state changes, not every second of the wait. */}
      <span role="status" className="sr-only">
        {name} {explanations[state.kind]}
      </span>
      {waiting && (
        <button
          type="button"
          onClick={reconnectNow}
          aria-label={t('live.retry')}
          title={t('live.retry')}
          className="-me-1.5 flex size-6 items-center justify-center rounded-full hover:bg-tint"
        >
          <RotateCw aria-hidden className="size-3.5" />
        </button>
      )}
    </div>
  );
}
