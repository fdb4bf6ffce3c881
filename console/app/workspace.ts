import { QueryClient } from '@tanstack/react-query';
import { createContext, useContext } from 'react';

import { type Api, type ApiOptions, ApiProblem, createApi } from '../api/client.ts';
import type { Conversation, Me, Message } from '../api/types.ts';
import { type FeedEvent, type FeedSurroundings, type LiveState, openFeed } from '../live/feed.ts';
import {
  applyEvent,
  conversationKey,
  createRefresher,
  readAgain,
  replayOverAnswers,
} from '../live/live-cache.ts';
import { createRecentEvents } from '../live/recent-events.ts';
import type { Answering } from '../thread/answering.tsx';
import { createDrafts, type Drafts } from '../thread/drafts.ts';
import { createOutbox, type Outbox } from '../thread/outbox.ts';
import { createStore, type Store } from '../ui/store.ts';
import { storageName } from './session.ts';

/** Everything of one signed-in session; ended by `close`. */
export interface Workspace {
  api: Api;
  me: Me;
  client: QueryClient;
  live: Store<LiveState>;
  outbox: Outbox;
  drafts: Drafts;
  /** The message that the agent is about to answer. */
  answering: Store<Answering | null>;
  /** The server's time in ms: what is left of a window does not depend on this device's clock. */
  serverNow: () => number;
  reconnectNow: () => void;
  /** Brings an answer of the API into the screen, unless the feed has brought a newer state meanwhile. */
  change: (request: () => Promise<Message>) => Promise<void>;
  close: () => void;
}

const WorkspaceContext = createContext<Workspace | null>(null);
export const WorkspaceProvider = WorkspaceContext.Provider;

export function useWorkspace(): Workspace {
  const workspace = useContext(WorkspaceContext);
  if (workspace === null) throw new Error('useWorkspace is for components inside WorkspaceProvider');
  return workspace;
}

const surroundings: FeedSurroundings = {
  now: () => Date.now(),
  random: () => Math.random(),
  after(ms, callback) {
    const timer = setTimeout(callback, ms);
    return () => clearTimeout(timer);
  },
  online: () => navigator.onLine,
  onNetworkChange(callback) {
    window.addEventListener('online', callback);
    window.addEventListener('offline', callback);
    return () => {
      window.removeEventListener('online', callback);
      window.removeEventListener('offline', callback);
    };
  },
};

export function createWorkspace(
  key: string,
  me: Me,
  on: Pick<ApiOptions, 'onUnauthorized' | 'onPending'>,
): Workspace {
  let clockOffset = 0;
  const client = createQueryClient();
  const recent = createRecentEvents();
  const live = createStore<LiveState>({ kind: 'reconnecting', retryAt: null, failures: 0 });
  const api = createApi({
    key,
    fetch: (...request) => fetch(...request),
    ...on,
    onServerTime: (milliseconds) => (clockOffset = milliseconds - Date.now()),
  });
  const readConversation = (id: string): Promise<Conversation> =>
    client.fetchQuery({
      queryKey: conversationKey(id),
      queryFn: ({ signal }) =>
        api.request<Conversation>(`/v1/conversations/${encodeURIComponent(id)}`, { signal }),
      staleTime: 0,
    });
  const summaries = createRefresher(client, readConversation);
  const stopReplay = replayOverAnswers(client, recent);

  const take = (event: FeedEvent): void => {
    recent.add(event);
    applyEvent(client, event);
    summaries.afterEvent(event);
  };
  const takeAnswer = (message: Message, mark: number): void => {
    const newerKnown = recent.since(mark).some((event) => event.message?.id === message.id);
    if (!newerKnown) take({ type: 'message.created', conversationId: message.conversationId, message });
  };
  const change = async (request: () => Promise<Message>): Promise<void> => {
    const mark = recent.mark();
    takeAnswer(await request(), mark);
  };
  const outbox = createOutbox({
    api: { request: (path, options) => api.request(path, options) },
    apiKeyId: me.caller.id,
    storage: sessionStorage,
    storageName: storageName('outbox', me.tenant.id),
    ...surroundings,
    newKey: () => crypto.randomUUID(),
    mark: () => recent.mark(),
    onAccepted: takeAnswer,
    onRefused: (conversationId) => summaries.refresh(conversationId),
  });
  // From before any list was read, whichever page comes first: nothing falls between a list and the feed. Who must do
  // something first gets another workspace when that is done.
  const feed =
    me.pending.length > 0
      ? null
      : openFeed({
          ...surroundings,
          api,
          startCursor: me.feedCursor,
          onEvent: take,
          onChannel: () => void readChannelsAgain(client),
          onReset: () => void readAllAgain(client),
          onState: (state) => live.set(state),
        });

  return {
    api,
    me,
    client,
    live,
    outbox,
    drafts: createDrafts(sessionStorage, storageName('drafts', me.tenant.id)),
    answering: createStore<Answering | null>(null),
    serverNow: () => Date.now() + clockOffset,
    reconnectNow: () => feed?.retryNow(),
    change,
    close() {
      feed?.close();
      outbox.close();
      stopReplay();
      client.clear();
    },
  };
}

async function readChannelsAgain(client: QueryClient): Promise<void> {
  await Promise.all(
    [['channels'], ['channel-check'], ['notices']].map((queryKey) => readAgain(client, { queryKey })),
  );
}

/** What is on the screen is read again; what is not will be read when it is opened. */
async function readAllAgain(client: QueryClient): Promise<void> {
  client.removeQueries({ type: 'inactive' });
  await readAgain(client, {});
}

function createQueryClient(): QueryClient {
  return new QueryClient({
    defaultOptions: {
      queries: {
        staleTime: Infinity, // the feed keeps loaded data current
        refetchOnWindowFocus: false,
        refetchOnReconnect: false,
        networkMode: 'always', // the browser's idea of "online" is shown, not obeyed
        retry: (failures, error) => failures < 2 && !(error instanceof ApiProblem && !error.temporary),
      },
    },
  });
}
