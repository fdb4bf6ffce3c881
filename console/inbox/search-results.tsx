import { SearchX } from 'lucide-react';
import { type KeyboardEvent, useState } from 'react';
import { useTranslation } from 'react-i18next';

import type { Conversation } from '../api/types.ts';
import { openConversation } from '../app/use-route.ts';
import { useWorkspace } from '../app/workspace.ts';
import { Button } from '../ui/button.tsx';
import { errorText } from '../ui/error-text.ts';
import { FailureBar, StateMessage } from '../ui/state-message.tsx';
import { useNow } from '../ui/use-now.ts';
import { ContactName } from './contact-name.tsx';
import { ConversationRow } from './conversation-row.tsx';
import { type FoundRow, rowsOf, withoutConversation } from './found-rows.ts';
import { moveInList } from './list-keys.ts';
import { MessageHit } from './message-hit.tsx';
import { useSearch } from './search.ts';
import { SEARCH_BOX } from './search-box.tsx';

/** For the search box, which leads into the list by keyboard. */
export const FOUND_LIST = 'found';

interface SearchResultsProps {
  text: string;
  /** Loaded conversations: those that fit are shown before the server answers. */
  loaded: Conversation[];
  openId: string | null;
  onClear: () => void;
}

/** What was found, as one list: arrow keys move, Enter opens, Escape ends the search. */
export function SearchResults({ text, loaded, openId, onClear }: SearchResultsProps) {
  const { t } = useTranslation();
  const { me, serverNow } = useWorkspace();
  const now = useNow(30_000, serverNow);
  const search = useSearch(text);
  const [activeId, setActiveId] = useState<string | null>(null);
  const rows = rowsOf(loaded, search.found, text);
  const lonely = withoutConversation(search.found);
  const activeIndex = rows.findIndex(({ id }) => id === activeId);

  const toBox = (): void => document.getElementById(SEARCH_BOX)?.focus();
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.key === 'Escape') {
      onClear();
      return toBox();
    }
    if (event.key === 'Enter') return openRow(rows[Math.max(0, activeIndex)]);
    if (event.key === 'ArrowUp' && activeIndex <= 0) return toBox();
    const target = moveInList(event.key, activeIndex, rows.length);
    if (target === null) return;
    event.preventDefault();
    const row = rows[target];
    setActiveId(row?.id ?? null);
    document.getElementById(`row-${row?.id}`)?.scrollIntoView({ block: 'nearest' });
  };
  const status = search.isSearching
    ? t('inbox.searching')
    : rows.length + lonely.length > 0
      ? t('inbox.found', { count: rows.length + lonely.length })
      : '';
  return (
    <div className="thin-scroll flex min-h-0 flex-1 flex-col overflow-y-auto">
      <p role="status" className="px-4 pt-2 text-xs text-muted">
        {status}
      </p>
      {search.isError && (
        <FailureBar
          text={errorText(t, search.error)}
          retry={t('errors.retry')}
          onRetry={() => void search.refetch()}
        />
      )}
      {rows.length > 0 && (
        <div
          role="listbox"
          id={FOUND_LIST}
          tabIndex={0}
          aria-label={t('inbox.results')}
          aria-activedescendant={activeIndex >= 0 ? `row-${activeId}` : undefined}
          onKeyDown={onKeyDown}
          onFocus={() => activeIndex < 0 && setActiveId(rows[0]?.id ?? null)}
          className="group focus-visible:-outline-offset-2"
        >
          {rows.map((row, index) => {
            const shared = { now, active: index === activeIndex, position: index + 1, total: rows.length };
            return row.kind === 'conversation' ? (
              <ConversationRow
                key={row.id}
                conversation={row.conversation}
                open={row.id === openId}
                onOpen={openConversation}
                {...shared}
              />
            ) : (
              <MessageHit key={row.id} row={row} {...shared} />
            );
          })}
        </div>
      )}
      {lonely.length > 0 && (
        <section aria-label={t('inbox.lonely')} className="px-4 py-2 text-sm">
          <h2 className="text-xs text-muted">{t('inbox.lonely')}</h2>
          <ul>
            {lonely.map((contact) => (
              <li key={contact.id} className="py-1">
                <ContactName contact={contact} />
              </li>
            ))}
          </ul>
        </section>
      )}
      {search.hasNextPage && (
        <Button
          small
          look="quiet"
          disabled={search.isFetching}
          onClick={() => void search.fetchNextPage()}
          className="m-2"
        >
          {t('inbox.searchMore')}
        </Button>
      )}
      {rows.length + lonely.length === 0 && !search.isSearching && !search.isError && (
        <StateMessage
          icon={SearchX}
          title={t('inbox.noneFound', { search: text.trim() })}
          action={
            <Button small onClick={onClear}>
              {t('inbox.clearSearch')}
            </Button>
          }
        >
          {t('inbox.noneFoundHint')}
        </StateMessage>
      )}
      {!me.searchesMessages && (
        <p data-testid="search-limit" className="mt-auto px-4 py-3 text-xs text-muted">
          {t('inbox.messagesOff')}
        </p>
      )}
    </div>
  );
}

function openRow(row: FoundRow | undefined): void {
  if (row !== undefined) openConversation(row.conversation.id);
}
