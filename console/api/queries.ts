import { type InfiniteData, useInfiniteQuery, useQuery } from '@tanstack/react-query';

import { useWorkspace } from '../app/workspace.ts';
import type { StateFilter } from '../live/apply.ts';
import { conversationKey, conversationsKey, knownConversation, messagesKey } from '../live/live-cache.ts';
import type { Channel, Conversation, Message, Page } from './types.ts';

const PAGE_SIZE = 50;

function listPath(path: string, parameters: Record<string, string | null>): string {
  const given = Object.entries(parameters).filter((entry): entry is [string, string] => entry[1] !== null);
  return `${path}?${new URLSearchParams([['limit', String(PAGE_SIZE)], ...given]).toString()}`;
}

/** Conversations of one state or all, newest activity first. */
export function useConversations(filter: StateFilter) {
  const { api } = useWorkspace();
  return useInfiniteQuery({
    queryKey: conversationsKey(filter),
    initialPageParam: null as string | null,
    queryFn: ({ pageParam, signal }) => {
      const state = filter === 'ALL' ? null : filter;
      const path = listPath('/v1/conversations', { state, cursor: pageParam });
      return api.request<Page<Conversation>>(path, { signal });
    },
    getNextPageParam: nextPage,
  });
}

/** One conversation: from the lists when they have it, else read by its id. */
export function useConversation(id: string) {
  const { api, client } = useWorkspace();
  return useQuery({
    queryKey: conversationKey(id),
    queryFn: ({ signal }) =>
      api.request<Conversation>(`/v1/conversations/${encodeURIComponent(id)}`, { signal }),
    initialData: () => knownConversation(client, id),
  });
}

/** The messages of a conversation, newest first. */
export function useMessages(conversationId: string) {
  const { api } = useWorkspace();
  return useInfiniteQuery<
    Page<Message>,
    Error,
    InfiniteData<Page<Message>>,
    readonly string[],
    string | null
  >({
    queryKey: messagesKey(conversationId),
    initialPageParam: null,
    queryFn: ({ pageParam, signal }) => {
      const path = `/v1/conversations/${encodeURIComponent(conversationId)}/messages`;
      return api.request<Page<Message>>(listPath(path, { cursor: pageParam }), { signal });
    },
    getNextPageParam: nextPage,
  });
}

/** The tenant's numbers; asked for only where they are shown. */
export function useChannels() {
  const { api } = useWorkspace();
  return useQuery({
    queryKey: ['channels'],
    queryFn: ({ signal }) => api.request<Page<Channel>>(listPath('/v1/channels', {}), { signal }),
  });
}

function nextPage(page: Page<unknown>): string | null {
  return page.nextCursor;
}
