import { MessagesSquare, Phone, ScrollText } from 'lucide-react';
import { useTranslation } from 'react-i18next';

import { Logo } from '../ui/logo.tsx';
import { SettingsMenu } from './settings-menu.tsx';
import { openAudit, openChannels, openConversation } from './use-route.ts';
import { useWorkspace } from './workspace.ts';

const OPEN = 'bg-white/12 text-white';
const CLOSED = 'hover:bg-white/10 hover:text-white';

interface RailProps {
  onSignOut: () => void;
  waiting: number;
  more: boolean;
  /** True while a thread fills a narrow screen. */
  hiddenWhenNarrow: boolean;
  page: 'inbox' | 'channels' | 'audit' | 'settings';
}

/** The areas of the console, as a column at the side or, on a narrow screen, a bar at the bottom. */
export function Rail({ onSignOut, waiting, more, hiddenWhenNarrow, page }: RailProps) {
  const { t } = useTranslation();
  const { me } = useWorkspace();
  return (
    <nav
      aria-label={t('frame.navigation')}
      className={`${hiddenWhenNarrow ? 'hidden' : 'flex'} shrink-0 items-center justify-around bg-rail px-2 py-1.5 pb-[max(0.375rem,env(safe-area-inset-bottom))] text-rail-ink md:flex md:w-16 md:flex-col md:justify-start md:gap-2 md:px-0 md:py-3`}
    >
      <Logo className="mb-3 hidden size-9 ring-1 ring-white/15 md:block md:rounded-[10px]" />
      <button
        type="button"
        aria-current={page === 'inbox' ? 'page' : undefined}
        aria-label={t('frame.inbox')}
        title={t('frame.inbox')}
        onClick={() => openConversation(null)}
        className={`relative flex size-11 items-center justify-center rounded-xl ${page === 'inbox' ? OPEN : CLOSED}`}
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
      <button
        type="button"
        aria-current={page === 'channels' ? 'page' : undefined}
        aria-label={t('channels.title')}
        title={t('channels.title')}
        onClick={() => openChannels(null)}
        className={`flex size-11 items-center justify-center rounded-xl ${page === 'channels' ? OPEN : CLOSED}`}
      >
        <Phone aria-hidden className="size-5" />
      </button>
      {me.scopes.includes('audit:read') && (
        <button
          type="button"
          aria-current={page === 'audit' ? 'page' : undefined}
          aria-label={t('audit.title')}
          title={t('audit.title')}
          onClick={openAudit}
          className={`flex size-11 items-center justify-center rounded-xl ${page === 'audit' ? OPEN : CLOSED}`}
        >
          <ScrollText aria-hidden className="size-5" />
        </button>
      )}
      <div className="md:mt-auto">
        <SettingsMenu onSignOut={onSignOut} />
      </div>
    </nav>
  );
}
