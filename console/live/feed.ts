/**
 * The live feed: one streaming GET that is opened again whenever it ends. EventSource is not used,
 * since it cannot send the key in a header. The server replays what was missed from the last event id,
 * or says `reset`, and then the lists are read again.
 *
 * States: `reconnecting` (opening, or waiting until `retryAt`) → `live` → `reconnecting` …;
 * `offline` while the browser itself says that there is no network; it ends with the network's return;
 * `forbidden` when the key may not listen, which ends the feed.
 */
import { createParser, type EventSourceMessage } from 'eventsource-parser';

import { type Api, ApiProblem } from '../api/client.ts';
import type { Conversation, Message } from '../api/types.ts';
import { backOffMs } from './back-off.ts';

export interface FeedEvent {
  type: string;
  conversationId: string;
  message?: Message;
  conversation?: Conversation;
}

/** `retryAt` (ms since 1970) is `null` while a try is under way; `failures` counts those in a row. */
export type LiveState =
  | { kind: 'live' }
  | { kind: 'reconnecting'; retryAt: number | null; failures: number }
  | { kind: 'offline' }
  | { kind: 'forbidden' };

/** The browser's (or a test's) time and network. */
export interface FeedSurroundings {
  /** Milliseconds since 1970. */
  now: () => number;
  random: () => number;
  /** Calls back once after `ms`; returns what cancels it. */
  after: (ms: number, callback: () => void) => () => void;
  online: () => boolean;
  /** Calls back whenever `online()` may have changed; returns what ends it. */
  onNetworkChange: (callback: () => void) => () => void;
}

export interface FeedOptions extends FeedSurroundings {
  api: Api;
  /** A `feedCursor` from before the lists on the screen were read. */
  startCursor: string;
  onEvent: (event: FeedEvent) => void;
  /** Something about the numbers is new, or WhatsApp said something of them: what shows that reads it again. */
  onChannel: () => void;
  /** The past cannot be replayed: read the lists again. */
  onReset: () => void;
  onState: (state: LiveState) => void;
}

export interface Feed {
  /** Ends the wait before the next try. */
  retryNow: () => void;
  close: () => void;
}

/** The server sends a comment every 15 s; after this much silence the connection is taken for dead. */
export const SILENCE_LIMIT_MS = 40_000;

/** Keeps the feed open until `close` or until the key is refused (the API client reports that). */
export function openFeed(options: FeedOptions): Feed {
  const closing = new AbortController();
  const position: Position = { cursor: options.startCursor, lastEventId: null, retryMs: null };
  let connection = new AbortController();
  let wake = (): void => undefined;
  const stopWatching = options.onNetworkChange(() => {
    if (!options.online()) connection.abort(); // it may look open for minutes
    wake();
  });

  const pause = (ms: number | null): Promise<void> =>
    new Promise((resolve) => {
      const cancel = ms === null ? () => undefined : options.after(ms, resolve);
      wake = () => {
        cancel();
        resolve();
      };
    });

  async function keepOpen(): Promise<void> {
    let failures = 0;
    while (!closing.signal.aborted) {
      if (!options.online()) {
        options.onState({ kind: 'offline' });
        await pause(null);
        continue;
      }
      options.onState({ kind: 'reconnecting', retryAt: null, failures });
      connection = new AbortController();
      const end = await readOnce(options, position, AbortSignal.any([closing.signal, connection.signal]));
      if (closing.signal.aborted || end.kind === 'unauthorized') return;
      if (end.kind === 'forbidden') return options.onState({ kind: 'forbidden' });
      failures = end.kind === 'worked' ? 1 : failures + 1;
      const isAsked = position.retryMs === 0 && failures === 1;
      const backOff = isAsked ? 0 : backOffMs(failures, options.random);
      const wait = Math.max(backOff, position.retryMs ?? 0, end.retryAfterMs);
      if (!options.online()) continue;
      options.onState({ kind: 'reconnecting', retryAt: options.now() + wait, failures });
      await pause(wait);
    }
  }

  void keepOpen();
  return {
    retryNow: () => wake(),
    close() {
      stopWatching();
      closing.abort();
      wake();
    },
  };
}

interface Position {
  cursor: string;
  lastEventId: string | null;
  /** The server's `retry:` wish, ms; 0 when it ended the stream and wants to be asked why. */
  retryMs: number | null;
}

interface ConnectionEnd {
  /** `worked`: at least one chunk was read before it ended. */
  kind: 'worked' | 'failed' | 'unauthorized' | 'forbidden';
  retryAfterMs: number;
}

/** One connection from opening to its end. Never throws: every end leads to another try. */
async function readOnce(
  options: FeedOptions,
  position: Position,
  closing: AbortSignal,
): Promise<ConnectionEnd> {
  const silence = new AbortController();
  const signal = AbortSignal.any([closing, silence.signal]);
  let stopTimer = options.after(SILENCE_LIMIT_MS, () => silence.abort());
  const heard = (): void => {
    stopTimer();
    stopTimer = options.after(SILENCE_LIMIT_MS, () => silence.abort());
  };
  let worked = false;
  try {
    const response = await options.api.open(feedPath(position), feedHeaders(position), signal);
    options.onState({ kind: 'live' });
    const parser = createParser({
      onEvent: (event) => handle(event, options, position),
      onRetry: (ms) => (position.retryMs = ms),
    });
    for await (const text of chunksOf(response)) {
      worked = true;
      heard();
      parser.feed(text);
    }
    return { kind: worked ? 'worked' : 'failed', retryAfterMs: 0 };
  } catch (error) {
    // The reason is not shown: the visible state says that we reconnect, and when.
    const problem = error instanceof ApiProblem ? error : undefined;
    const retryAfterMs = problem?.retryAfterMs ?? 0;
    if (problem?.status === 401) return { kind: 'unauthorized', retryAfterMs };
    if (problem?.status === 403) return { kind: 'forbidden', retryAfterMs };
    return { kind: worked ? 'worked' : 'failed', retryAfterMs };
  } finally {
    stopTimer();
  }
}

function feedPath(position: Position): string {
  const first = position.lastEventId === null;
  return first ? `/v1/feed?cursor=${encodeURIComponent(position.cursor)}` : '/v1/feed';
}

function feedHeaders(position: Position): Record<string, string> {
  return position.lastEventId === null ? {} : { 'last-event-id': position.lastEventId };
}

async function* chunksOf(response: Response): AsyncGenerator<string> {
  if (response.body === null) return;
  const body: ReadableStream<Uint8Array> = response.body;
  const reader = body.getReader();
  const decoder = new TextDecoder();
  try {
    for (let chunk = await reader.read(); !chunk.done; chunk = await reader.read()) {
      yield decoder.decode(chunk.value, { stream: true });
    }
  } finally {
    await reader.cancel();
  }
}

function handle(event: EventSourceMessage, options: FeedOptions, position: Position): void {
  if (event.id !== undefined && event.id !== '') position.lastEventId = event.id;
  const parsed = event.event === 'reset' ? null : parseEvent(event);
  // Neither is about a conversation.
  if (event.event === 'notice.created' || event.event === 'channel.updated') return options.onChannel();
  // An event we cannot read may be any change, so the lists are read again as after a reset.
  if (parsed === null) options.onReset();
  else options.onEvent(parsed);
}

function parseEvent(event: EventSourceMessage): FeedEvent | null {
  let value: unknown;
  try {
    value = JSON.parse(event.data);
  } catch {
    return null;
  }
  if (typeof value !== 'object' || value === null) return null;
  if (!('conversationId' in value) || typeof value.conversationId !== 'string') return null;
  return { ...value, type: event.event ?? '', conversationId: value.conversationId };
}
