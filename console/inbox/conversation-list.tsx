import { useVirtualizer } from '@tanstack/react-virtual';
import { ArrowUp } from 'lucide-react';
import { type KeyboardEvent, useEffect, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';

import type { useConversations } from '../api/queries.ts';
import type { Conversation } from '../api/types.ts';
import { openConversation } from '../app/use-route.ts';
import { useWorkspace } from '../app/workspace.ts';
import { FailureBar } from '../ui/state-message.tsx';
import { useNow } from '../ui/use-now.ts';
import { ConversationRow } from './conversation-row.tsx';
import { moveInList } from './list-keys.ts';
import { useSteadyOrder } from './use-steady-order.ts';

const ROW_HEIGHT = 92;
/** Rows from the end at which the next page is asked for. */
const NEXT_PAGE_AT = 8;

interface ConversationListProps {
  conversations: Conversation[];
  openId: string | null;
  list: ReturnType<typeof useConversations>;
}

/** The rows; only those in view exist. Arrow keys move the mark, Enter opens. */
export function ConversationList({ conversations, openId, list }: ConversationListProps) {
  const { t } = useTranslation();
  const { serverNow } = useWorkspace();
  const now = useNow(30_000, serverNow);
  const scroller = useRef<HTMLDivElement>(null);
  const [scrolled, setScrolled] = useState(false);
  const [activeId, setActiveId] = useState(openId);
  const { rows, newCount } = useSteadyOrder(conversations, scrolled);

  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => ROW_HEIGHT,
    getItemKey: (index) => rows[index]?.id ?? index,
    overscan: 6,
  });
  const visible = virtual.getVirtualItems();
  const lastVisible = visible.at(-1)?.index ?? 0;
  const { hasNextPage, isFetching, isFetchNextPageError, isRefetchError, fetchNextPage, refetch } = list;
  const nextPageDue =
    hasNextPage && !isFetching && !isFetchNextPageError && lastVisible >= rows.length - NEXT_PAGE_AT;
  useEffect(() => {
    if (nextPageDue) void fetchNextPage();
  }, [nextPageDue, fetchNextPage]);

  const activeIndex = rows.findIndex((row) => row.id === (activeId ?? openId));
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.key === 'Enter' && activeIndex >= 0) openConversation(rows[activeIndex]?.id ?? null);
    const target = moveInList(event.key, activeIndex, rows.length);
    if (target === null) return;
    event.preventDefault();
    setActiveId(rows[target]?.id ?? null);
    virtual.scrollToIndex(target);
  };
  const open = (id: string): void => {
    setActiveId(id);
    openConversation(id);
  };

  return (
    <div className="relative flex min-h-0 flex-1 flex-col">
      {isRefetchError && (
        <FailureBar text={t('inbox.stale')} retry={t('errors.retry')} onRetry={() => void refetch()} />
      )}
      {newCount > 0 && (
        <button
          type="button"
          onClick={() => scroller.current?.scrollTo({ top: 0 })}
          className="absolute start-1/2 top-2 z-10 flex min-h-8 -translate-x-1/2 items-center gap-1.5 rounded-full bg-accent px-3.5 text-sm font-medium text-on-accent shadow-lg rtl:translate-x-1/2"
        >
          <ArrowUp aria-hidden className="size-4" />
          {t('inbox.newOnes', { count: newCount })}
        </button>
      )}
      <div
        ref={scroller}
        role="listbox"
        id="conversations"
        tabIndex={0}
        aria-label={t('inbox.label')}
        aria-activedescendant={activeIndex >= 0 ? `row-${rows[activeIndex]?.id}` : undefined}
        onKeyDown={onKeyDown}
        onScroll={(event) => setScrolled(event.currentTarget.scrollTop > 4)}
        className="group thin-scroll min-h-0 flex-1 overflow-y-auto overscroll-contain focus-visible:-outline-offset-2"
      >
        <div role="presentation" className="relative" style={{ height: virtual.getTotalSize() }}>
          {visible.map((item) => {
            const conversation = rows[item.index];
            return (
              conversation !== undefined && (
                <ConversationRow
                  key={item.key}
                  conversation={conversation}
                  now={now}
                  top={item.start}
                  height={item.size}
                  open={conversation.id === openId}
                  active={item.index === activeIndex}
                  position={item.index + 1}
                  total={hasNextPage ? -1 : rows.length}
                  onOpen={open}
                />
              )
            );
          })}
        </div>
        <ListEnd list={list} />
      </div>
    </div>
  );
}

/** Below the rows: what loads, and what failed. */
function ListEnd({ list }: Pick<ConversationListProps, 'list'>) {
  const { t } = useTranslation();
  const more = (): void => void list.fetchNextPage();
  if (list.isFetchNextPageError) {
    return <FailureBar text={t('inbox.failedMore')} retry={t('errors.retry')} onRetry={more} />;
  }
  if (list.isFetchingNextPage) {
    return (
      <p role="status" className="p-4 text-center text-sm text-muted">
        {t('inbox.loadingMore')}
      </p>
    );
  }
  return null;
}
