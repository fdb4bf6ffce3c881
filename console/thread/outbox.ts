/**
 * Messages that the agent has sent and the server has not answered yet.
 *
 * Each carries its Idempotency-Key, so that it may be posted again after a lost connection without
 * being sent twice. States: `sending` (a request is under way or due) → removed when the server has
 * taken it; → `waiting` after a temporary failure, until `retryAt`, then `sending` again; → `stalled`
 * when that has gone on too long (an agent decides); → `refused` when the server said no.
 * One conversation's messages are posted one after the other, so that they keep their order.
 */
import { type Api, ApiProblem } from '../api/client.ts';
import type { Message, TextBody } from '../api/types.ts';
import { backOffMs } from '../live/back-off.ts';
import { createStore, type Storage, type Store } from '../ui/store.ts';

export interface PendingSend {
  /** The Idempotency-Key; also the id on the screen. */
  key: string;
  /** The API key that began it: idempotency holds per API key, so another one must not go on with it. */
  apiKeyId: string;
  conversationId: string;
  text: string;
  /** wamid of the message that it answers. */
  quotes?: string;
  /** Milliseconds since 1970. */
  createdAt: number;
  /** Ids of messages of the same text that were in the thread before; see `arrived.ts`. */
  twins: string[];
  state: 'sending' | 'waiting' | 'stalled' | 'refused';
  retryAt: number | null;
  failures: number;
  /** Why it was refused; `null` without a reason of the server's. */
  problem: { kind: string; title: string; detail: string } | null;
}

export interface OutboxOptions {
  api: Pick<Api, 'request'>;
  apiKeyId: string;
  storage: Storage;
  /** The name under which pending messages survive a reload. */
  storageName: string;
  now: () => number;
  random: () => number;
  /** Calls back once after `ms`; returns what cancels it. */
  after: (ms: number, callback: () => void) => () => void;
  newKey: () => string;
  /** Where the live feed stands; taken before a request and given back with its answer. */
  mark: () => number;
  onAccepted: (message: Message, mark: number) => void;
  /** The server said no; the conversation may have changed (e.g. its window closed). */
  onRefused: (conversationId: string) => void;
}

export interface Outbox {
  pending: Store<readonly PendingSend[]>;
  /** @param quotes wamid of the message that it answers */
  send: (conversationId: string, text: string, twins: string[], quotes?: string) => void;
  /** Tries a waiting or stalled message now, with the same key. */
  retry: (key: string) => void;
  /** Forgets a message. One that was under way may still arrive: the caller says so. */
  discard: (key: string) => void;
  close: () => void;
}

/** After this long a message is not sent any more without asking: it may be out of date. */
export const STALLED_AFTER_MS = 10 * 60_000;

export function createOutbox(options: OutboxOptions): Outbox {
  const pending = createStore<readonly PendingSend[]>(load(options));
  const stopSaving = pending.subscribe(() => save(options, pending.get()));
  const busy = new Set<string>();
  const timers = new Map<string, () => void>();
  const closing = new AbortController();

  const change = (key: string, fields: Partial<PendingSend>): void =>
    pending.update((list) => list.map((item) => (item.key === key ? { ...item, ...fields } : item)));
  const remove = (key: string): void => pending.update((list) => list.filter((item) => item.key !== key));

  async function work(conversationId: string): Promise<void> {
    if (busy.has(conversationId)) return;
    busy.add(conversationId);
    for (let item = next(pending.get(), conversationId); item !== undefined;) {
      await attempt(item);
      if (closing.signal.aborted) return;
      item = next(pending.get(), conversationId);
    }
    busy.delete(conversationId);
  }

  async function attempt(item: PendingSend): Promise<void> {
    const mark = options.mark();
    try {
      const message = await post(options.api, item, closing.signal);
      options.onAccepted(message, mark);
      remove(item.key);
    } catch (error) {
      if (closing.signal.aborted) return;
      if (error instanceof ApiProblem && !error.temporary) refuse(item, error);
      else postpone(item, error instanceof ApiProblem ? (error.retryAfterMs ?? 0) : 0);
    }
  }

  function refuse(item: PendingSend, { kind, title, detail }: ApiProblem): void {
    change(item.key, { state: 'refused', retryAt: null, problem: { kind, title, detail } });
    options.onRefused(item.conversationId);
  }

  function postpone(item: PendingSend, atLeastMs: number): void {
    const failures = item.failures + 1;
    if (options.now() - item.createdAt >= STALLED_AFTER_MS) {
      change(item.key, { state: 'stalled', retryAt: null, failures });
      return;
    }
    const wait = Math.max(atLeastMs, backOffMs(failures, options.random));
    change(item.key, { state: 'waiting', retryAt: options.now() + wait, failures });
    timers.set(
      item.key,
      options.after(wait, () => retry(item.key)),
    );
  }

  function retry(key: string): void {
    timers.get(key)?.();
    timers.delete(key);
    const item = pending.get().find((candidate) => candidate.key === key);
    if (item === undefined || item.state === 'refused') return;
    change(key, { state: 'sending', retryAt: null });
    void work(item.conversationId);
  }

  for (const conversationId of new Set(pending.get().map((item) => item.conversationId))) {
    void work(conversationId);
  }

  return {
    pending,
    send(conversationId, text, twins, quotes) {
      const answer = quotes === undefined ? {} : { quotes };
      const item = {
        key: options.newKey(),
        apiKeyId: options.apiKeyId,
        conversationId,
        text,
        twins,
        ...answer,
      };
      const state = { state: 'sending', retryAt: null, failures: 0, problem: null } as const;
      pending.update((list) => [...list, { ...item, ...state, createdAt: options.now() }]);
      void work(conversationId);
    },
    retry,
    discard(key) {
      timers.get(key)?.();
      timers.delete(key);
      const conversationId = pending.get().find((item) => item.key === key)?.conversationId;
      remove(key);
      if (conversationId !== undefined) void work(conversationId);
    },
    close() {
      closing.abort();
      for (const cancel of timers.values()) cancel();
      stopSaving();
    },
  };
}

/** The conversation's first message that is due; none while an earlier one waits for its next try. */
function next(list: readonly PendingSend[], conversationId: string): PendingSend | undefined {
  const first = list.find(
    (item) =>
      item.conversationId === conversationId && (item.state === 'sending' || item.state === 'waiting'),
  );
  return first?.state === 'sending' ? first : undefined;
}

function post(api: Pick<Api, 'request'>, item: PendingSend, signal: AbortSignal): Promise<Message> {
  const context = item.quotes === undefined ? {} : { context: { message_id: item.quotes } };
  const body: TextBody = { type: 'text', text: { body: item.text }, ...context };
  const path = `/v1/conversations/${encodeURIComponent(item.conversationId)}/messages`;
  return api.request<Message>(path, { method: 'POST', body, idempotencyKey: item.key, signal });
}

/** What a reload left behind goes on, except what another API key began: that one asks the agent. */
function load(options: OutboxOptions): PendingSend[] {
  const stored = options.storage.getItem(options.storageName);
  if (stored === null) return [];
  const list = JSON.parse(stored) as PendingSend[];
  return list.map((item) => {
    if (item.state === 'refused') return item;
    if (item.apiKeyId === options.apiKeyId) return { ...item, state: 'sending', retryAt: null };
    return {
      ...item,
      state: 'refused',
      retryAt: null,
      problem: { kind: 'other-key', title: '', detail: '' },
    };
  });
}

function save(options: OutboxOptions, list: readonly PendingSend[]): void {
  if (list.length === 0) options.storage.removeItem(options.storageName);
  else options.storage.setItem(options.storageName, JSON.stringify(list));
}
