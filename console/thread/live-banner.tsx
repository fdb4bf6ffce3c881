import { WifiOff } from 'lucide-react';
import { useTranslation } from 'react-i18next';

import { useWorkspace } from '../app/workspace.ts';
import { useStore } from '../ui/use-store.ts';

/** Failures in a row before the thread itself says that it may be out of date. */
const SHOWN_AFTER_FAILURES = 2;

/** Above the messages, since the list with its own sign may not be on the screen. */
export function LiveBanner() {
  const { t } = useTranslation();
  const { live, reconnectNow } = useWorkspace();
  const state = useStore(live);
  if (state.kind === 'live') return null;
  if (state.kind === 'reconnecting' && state.failures < SHOWN_AFTER_FAILURES) return null;
  const explanations = {
    reconnecting: t('live.explainReconnecting'),
    offline: t('live.explainOffline'),
    forbidden: t('live.explainForbidden'),
  };
  return (
    <div className="flex items-center gap-2.5 bg-warn-soft px-4 py-1.5 text-[0.8125rem] text-warn md:px-5">
      <WifiOff aria-hidden className="size-4 shrink-0" />
      <span className="flex-1">{explanations[state.kind]}</span>
      {state.kind === 'reconnecting' && (
        <button type="button" onClick={reconnectNow} className="min-h-7 shrink-0 font-semibold underline">
          {t('live.retry')}
        </button>
      )}
    </div>
  );
}
