/**
 * One open feed: a response that events are written to.
 *
 *   replaying ──▶ live ──▶ ended        (ended from anywhere)
 *
 * While it replays what was missed, live events wait; what the replay has already written is then left out, by id.
 */
import { once } from 'node:events';
import type { ServerResponse } from 'node:http';

import type { Context } from '../context.ts';
import type { Caller } from '../http/route.ts';
import { type FeedEntry, lastEntryId, readEntries } from './feed.ts';
import { type Frame, framesOf, resetFrame } from './feed-frames.ts';

/** Proxies close what is silent for 30 to 60 s. */
const KEEP_ALIVE_MS = 15_000;
/** A client that leaves this much unread is cut off; it resumes by id when it can read again. */
const MOST_UNREAD_BYTES = 1024 * 1024;
/** Live events that may wait for a replay to end. */
const MOST_WAITING = 5_000;
/** Entries read at a time. */
const REPLAY_PAGE = 200;
/** A replay whose client reads nothing for so long is given up. */
const DRAIN_WAIT_MS = 20_000;

export type EndReason = 'client' | 'slow' | 'key' | 'unavailable' | 'stopping';

export class FeedClient {
  readonly caller: Caller;
  /** Events written. */
  written = 0;
  endReason: EndReason = 'client';
  readonly #response: ServerResponse;
  #spokeAt = performance.now();
  /** Id of the last entry that was written or skipped. */
  #lastId = '0-0';
  /** Events that came during the replay; undefined once live. */
  #waiting: Frame[] | undefined = [];

  constructor(response: ServerResponse, caller: Caller) {
    this.#response = response;
    this.caller = caller;
  }

  get tenantId(): string {
    return this.caller.tenantId;
  }

  /** True once nothing more can be written. */
  get ended(): boolean {
    return this.#response.writableEnded || this.#response.destroyed;
  }

  /**
   * Catches up from the id the client came with, then goes live. Call it after the client has been joined to the
   * live events. Without an id it starts now, which is where those begin.
   */
  async replay(ctx: Context, from: string | undefined, now: string): Promise<void> {
    if (from === undefined) this.#startAt(now);
    else await this.#resume(ctx, from);
    const waiting = this.#waiting ?? [];
    this.#waiting = undefined;
    for (const frame of waiting) this.#write(frame);
  }

  /** Live events, in order. */
  offer(frames: Frame[]): void {
    if (!this.#waiting) {
      for (const frame of frames) this.#write(frame);
      return;
    }
    this.#waiting.push(...frames);
    if (this.#waiting.length > MOST_WAITING) this.cut('slow');
  }

  /** Now and then a comment, that keeps proxies from taking the silence for death. */
  keepAlive(now: number): void {
    if (now - this.#spokeAt < KEEP_ALIVE_MS) return;
    this.#spokeAt = now;
    this.#send(': keep-alive\n\n');
  }

  /**
   * Ends the stream in order; the client may come back at once. Whose key or session ended is to do so: the console
   * then hears that it is refused, and takes the content off the screen.
   */
  end(reason: EndReason): void {
    if (this.ended) return;
    this.endReason = reason;
    if (reason === 'key') this.#send('retry: 0\n\n');
    this.#response.end();
  }

  /** Drops the connection, with what is still unread. */
  cut(reason: EndReason): void {
    if (this.ended) return;
    this.endReason = reason;
    this.#response.destroy();
  }

  /** The client's id stands in the stream: everything after it does too. Else it gets `reset`. */
  async #resume(ctx: Context, from: string): Promise<void> {
    let entries = await readEntries(ctx, this.tenantId, from, REPLAY_PAGE + 1);
    if (entries[0]?.id !== from) {
      this.#write(resetFrame(await lastEntryId(ctx, this.tenantId)));
      return;
    }
    this.#lastId = from;
    entries = entries.slice(1);
    while (entries.length > 0 && !this.ended) {
      await this.#replayPage(ctx, entries);
      if (entries.length < REPLAY_PAGE) return;
      entries = await readEntries(ctx, this.tenantId, `(${this.#lastId}`, REPLAY_PAGE);
    }
  }

  async #replayPage(ctx: Context, entries: FeedEntry[]): Promise<void> {
    for (const frame of await framesOf(ctx, this.tenantId, entries)) this.#write(frame);
    this.#lastId = entries.at(-1)?.id ?? this.#lastId;
    if (this.#response.writableNeedDrain) await this.#drained();
  }

  async #drained(): Promise<void> {
    const aborter = new AbortController();
    const timer = setTimeout(() => this.cut('slow'), DRAIN_WAIT_MS);
    const { signal } = aborter;
    await Promise.race([
      once(this.#response, 'drain', { signal }),
      once(this.#response, 'close', { signal }),
    ]);
    clearTimeout(timer);
    aborter.abort();
  }

  /** Tells a client that came without an id where it stands, so that it can resume even before the first event. */
  #startAt(id: string): void {
    this.#lastId = id;
    this.#send(`id: ${id}\n\n`);
  }

  #write({ id, text, isReset }: Frame): void {
    if (!isReset && !isAfter(id, this.#lastId)) return;
    this.#lastId = id;
    this.written += 1;
    this.#send(text);
  }

  #send(text: string): void {
    if (this.ended) return;
    this.#response.write(text);
    if (this.#response.writableLength > MOST_UNREAD_BYTES) this.cut('slow');
  }
}

/** Stream ids are `milliseconds-sequence`. */
export function isAfter(id: string, other: string): boolean {
  const [time = 0, sequence = 0] = id.split('-').map(Number);
  const [otherTime = 0, otherSequence = 0] = other.split('-').map(Number);
  return time > otherTime || (time === otherTime && sequence > otherSequence);
}
