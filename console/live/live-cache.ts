import type { Query, QueryClient, QueryFilters } from '@tanstack/react-query';

import type { Conversation, Message } from '../api/types.ts';
import {
  applyToConversation,
  applyToConversations,
  applyToMessages,
  needsConversation,
  type StateFilter,
} from './apply.ts';
import type { FeedEvent } from './feed.ts';
import type { RecentEvents } from './recent-events.ts';
import type { Pages } from './sorted-pages.ts';

export const conversationsKey = (filter: StateFilter) => ['conversations', filter] as const;
export const conversationKey = (id: string) => ['conversation', id] as const;
export const messagesKey = (conversationId: string) => ['messages', conversationId] as const;

/** Brings one event into everything that is loaded. */
export function applyEvent(client: QueryClient, event: FeedEvent): void {
  for (const query of client.getQueryCache().getAll()) applyToQuery(client, query, [event]);
}

/**
 * An answer that was under way while events arrived is older than they are: this brings them in again
 * when the answer lands. Returns the function that ends it.
 */
export function replayOverAnswers(client: QueryClient, recent: RecentEvents): () => void {
  const marks = new WeakMap<Query, number>();
  return client.getQueryCache().subscribe((notice) => {
    if (notice.type !== 'updated') return;
    const query = notice.query as Query;
    if (notice.action.type === 'fetch') marks.set(query, recent.mark());
    if (notice.action.type !== 'success' || notice.action.manual === true) return;
    applyToQuery(client, query, recent.since(marks.get(query) ?? recent.mark()));
  });
}

function applyToQuery(client: QueryClient, query: Query, events: FeedEvent[]): void {
  if (query.state.data === undefined || events.length === 0) return;
  const [kind, id] = query.queryKey as [string, string];
  if (kind === 'conversations') {
    client.setQueryData<Pages<Conversation>>(query.queryKey, (data) =>
      reduce(data, events, (pages, event) => applyToConversations(pages, event, id as StateFilter)),
    );
  } else if (kind === 'messages') {
    client.setQueryData<Pages<Message>>(query.queryKey, (data) =>
      reduce(data, events, (pages, event) => applyToMessages(pages, event, id)),
    );
  } else if (kind === 'conversation') {
    client.setQueryData<Conversation>(query.queryKey, (data) => reduce(data, events, applyToConversation));
  }
}

function reduce<Data>(
  data: Data | undefined,
  events: FeedEvent[],
  apply: (data: Data, event: FeedEvent) => Data,
): Data | undefined {
  return data === undefined ? undefined : events.reduce(apply, data);
}

/**
 * Reads again what is on the screen. A first answer that is under way may be older than what asks for this, and
 * `invalidateQueries` alone would keep it.
 */
export async function readAgain(client: QueryClient, filters: QueryFilters): Promise<void> {
  await client.cancelQueries({ ...filters, predicate: ({ state }) => state.data === undefined });
  await client.invalidateQueries(filters);
}

/** The conversation as some list or thread has it. */
export function knownConversation(client: QueryClient, id: string): Conversation | undefined {
  const single = client.getQueryData<Conversation>(conversationKey(id));
  if (single !== undefined) return single;
  return client
    .getQueriesData<Pages<Conversation>>({ queryKey: ['conversations'] })
    .flatMap(([, data]) => data?.pages.flatMap((page) => page.items) ?? [])
    .find((conversation) => conversation.id === id);
}

/** Reads conversations again, one request at a time for each. */
export interface Refresher {
  /** After an event that brought a message, but not the conversation's new summary. */
  afterEvent: (event: FeedEvent) => void;
  refresh: (conversationId: string) => void;
}

/** What asks while a request is under way is answered by one more request after it. */
export function createRefresher(client: QueryClient, read: (id: string) => Promise<Conversation>): Refresher {
  const running = new Map<string, { again: boolean }>();

  async function run(id: string, state: { again: boolean }): Promise<void> {
    try {
      while (state.again) {
        state.again = false;
        const answer = await read(id);
        const conversation = client.getQueryData<Conversation>(conversationKey(id)) ?? answer;
        applyEvent(client, { type: 'conversation.updated', conversationId: id, conversation });
      }
    } catch {
      // The summary stays old: have the lists read again, which shows a failure with a way to retry.
      await client.invalidateQueries({ queryKey: ['conversations'] });
    } finally {
      running.delete(id);
    }
  }

  function refresh(id: string): void {
    const current = running.get(id);
    if (current !== undefined) {
      current.again = true;
      return;
    }
    const state = { again: true };
    running.set(id, state);
    void run(id, state);
  }

  return {
    refresh,
    afterEvent(event) {
      if (needsConversation(event, knownConversation(client, event.conversationId))) {
        refresh(event.conversationId);
      }
    },
  };
}
