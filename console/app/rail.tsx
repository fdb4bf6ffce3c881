import { MessagesSquare } from 'lucide-react';
import { useTranslation } from 'react-i18next';

import { Logo } from '../ui/logo.tsx';
import { SettingsMenu } from './settings-menu.tsx';
import { openConversation } from './use-route.ts';

interface RailProps {
  onSignOut: () => void;
  waiting: number;
  more: boolean;
  /** True while a thread fills a narrow screen. */
  hiddenWhenNarrow: boolean;
}

/** The areas of the console, as a column at the side or, on a narrow screen, a bar at the bottom. */
export function Rail({ onSignOut, waiting, more, hiddenWhenNarrow }: RailProps) {
  const { t } = useTranslation();
  return (
    <nav
      aria-label={t('frame.navigation')}
      className={`${hiddenWhenNarrow ? 'hidden' : 'flex'} shrink-0 items-center justify-around bg-rail px-2 py-1.5 pb-[max(0.375rem,env(safe-area-inset-bottom))] text-rail-ink md:flex md:w-16 md:flex-col md:justify-start md:gap-2 md:px-0 md:py-3`}
    >
      <Logo className="mb-3 hidden size-9 ring-1 ring-white/15 md:block md:rounded-[10px]" />
      <button
        type="button"
        aria-current="page"
        aria-label={t('frame.inbox')}
        title={t('frame.inbox')}
        onClick={() => openConversation(null)}
        className="relative flex size-11 items-center justify-center rounded-xl bg-white/12 text-white"
      >
        <MessagesSquare aria-hidden className="size-5" />
        {waiting > 0 && (
          <span
            aria-hidden
            className="absolute -end-1 -top-1 min-w-5 rounded-full bg-[#ffc24b] px-1 text-center text-[0.6875rem] leading-5 font-bold text-[#2b1d00] tabular-nums"
          >
            {waiting}
            {more && '+'}
          </span>
        )}
      </button>
      <div className="md:mt-auto">
        <SettingsMenu onSignOut={onSignOut} />
      </div>
    </nav>
  );
}
