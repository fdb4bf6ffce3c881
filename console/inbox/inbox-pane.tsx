import { useState } from 'react';
import { useTranslation } from 'react-i18next';

import { useConversations } from '../api/queries.ts';
import { useWorkspace } from '../app/workspace.ts';
import type { StateFilter } from '../live/apply.ts';
import { LivePill } from '../live/live-pill.tsx';
import { itemsOf } from '../live/sorted-pages.ts';
import { ConversationList } from './conversation-list.tsx';
import { Filters, rememberedFilter, rememberFilter } from './filters.tsx';
import { InboxState } from './inbox-state.tsx';
import { SearchBox } from './search-box.tsx';
import { FOUND_LIST, SearchResults } from './search-results.tsx';

interface InboxPaneProps {
  openId: string | null;
  waiting: number;
  moreWaiting: boolean;
}

/** The list with its head: whose account, whether it is live, filter and search. */
export function InboxPane({ openId, waiting, moreWaiting }: InboxPaneProps) {
  const { t } = useTranslation();
  const { me } = useWorkspace();
  const [filter, setFilter] = useState<StateFilter>(rememberedFilter);
  const [search, setSearch] = useState('');
  const list = useConversations(filter);

  const chooseFilter = (next: StateFilter): void => {
    rememberFilter(next);
    setFilter(next);
  };
  const conversations = itemsOf(list.data);
  const isSearching = search.trim() !== '';
  const foundList = () => document.getElementById(FOUND_LIST);
  return (
    <section aria-label={t('inbox.label')} className="flex min-h-0 flex-1 flex-col">
      <header className="flex shrink-0 items-center justify-between gap-3 px-4 pt-3.5 pb-2">
        <div className="min-w-0">
          <h1 dir="auto" className="one-line text-lg leading-6 font-semibold">
            {me.tenant.name}
          </h1>
          <p className="text-xs text-muted">
            <bdi>{t('frame.account', { number: me.tenant.accountNumber })}</bdi>
          </p>
        </div>
        <LivePill />
      </header>
      <SearchBox
        value={search}
        onChange={setSearch}
        onDown={() => foundList()?.focus()}
        onEnter={() => foundList()?.querySelector<HTMLElement>('[role="option"]')?.click()}
      />
      {!isSearching && (
        <Filters value={filter} onChange={chooseFilter} waiting={waiting} moreWaiting={moreWaiting} />
      )}
      {isSearching ? (
        <SearchResults text={search} loaded={conversations} openId={openId} onClear={() => setSearch('')} />
      ) : conversations.length > 0 ? (
        <ConversationList key={filter} conversations={conversations} openId={openId} list={list} />
      ) : (
        <InboxState list={list} filter={filter} onShowAll={() => chooseFilter('ALL')} />
      )}
    </section>
  );
}
