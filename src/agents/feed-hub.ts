/**
 * The live events of one process: one blocking read over the streams of all tenants that are present here, on a
 * connection of its own. In a Redis Cluster no command may wait for streams of different slots, so there each
 * tenant's is asked by turns (feed-reader.ts). Each tenant's entries are opened once for all its clients, in order,
 * apart from the reading, so that a tenant whose content is slow to read delays no other.
 */
import { setTimeout as pause } from 'node:timers/promises';

import type { Context } from '../context.ts';
import { Retry } from '../ops/errors.ts';
import { type FeedEntry, feedEntry, feedKey, lastEntryId } from './feed.ts';
import type { EndReason, FeedClient } from './feed-client.ts';
import { framesOf, resetFrame } from './feed-frames.ts';
import { type FeedReader, openFeedReader } from './feed-reader.ts';

const PAUSE_AFTER_LOSS_MS = 200;
/**
 * After events came, so long nothing is read: what comes meanwhile to all tenants is opened together, with a find for
 * a hundred messages instead of one for each. The first event after a silence does not wait.
 */
const GATHER_MS = 20;
/** Entries of one tenant that may wait to be opened; its clients resume by id when it is more. */
const MOST_PENDING = 2_000;

interface TenantFeed {
  tenantId: string;
  key: string;
  /** Id of the last entry read. */
  position: string;
  clients: Set<FeedClient>;
  pending: FeedEntry[];
  delivering: boolean;
}

export class FeedHub {
  readonly #ctx: Context;
  readonly #reader: FeedReader;
  readonly #tenants = new Map<string, TenantFeed>();
  readonly #opening = new Map<string, Promise<TenantFeed>>();
  #reading: Promise<void> | undefined;
  #lost = false;
  #closed = false;

  constructor(ctx: Context) {
    this.#ctx = ctx;
    this.#reader = openFeedReader(ctx, () => {
      this.#lost = true;
    });
  }

  /** All clients of all tenants. */
  *clients(): Generator<FeedClient> {
    for (const { clients } of this.#tenants.values()) yield* clients;
  }

  /**
   * From now on the client is offered its tenant's events: all that come after the id that this returns.
   * @throws when Redis does not answer, or this process stops.
   */
  async join(client: FeedClient): Promise<string> {
    if (this.#closed) throw new Retry('This process is stopping.', { afterMs: 1_000 });
    const { tenantId } = client;
    const known = this.#tenants.get(tenantId);
    const feed = known ?? (await (this.#opening.get(tenantId) ?? this.#open(tenantId)));
    feed.clients.add(client);
    this.#tenants.set(tenantId, feed);
    this.#reading ??= this.#read();
    return feed.position;
  }

  leave(client: FeedClient): void {
    const feed = this.#tenants.get(client.tenantId);
    feed?.clients.delete(client);
    if (feed?.clients.size === 0) this.#tenants.delete(client.tenantId);
  }

  /** Ends all streams and the reading. */
  async close(): Promise<void> {
    this.#closed = true;
    for (const client of [...this.clients()]) client.end('stopping');
    this.#tenants.clear();
    this.#reader.close();
    await this.#reading;
  }

  /** The position is taken before the first client's replay, so that the two leave no gap. */
  #open(tenantId: string): Promise<TenantFeed> {
    const opening = lastEntryId(this.#ctx, tenantId)
      .then((position) => ({
        tenantId,
        key: feedKey(this.#ctx.prefix, tenantId),
        position,
        clients: new Set<FeedClient>(),
        pending: [],
        delivering: false,
      }))
      .finally(() => this.#opening.delete(tenantId));
    this.#opening.set(tenantId, opening);
    return opening;
  }

  async #read(): Promise<void> {
    this.#lost = false; // who joins now replays from its own id
    while (!this.#closed && this.#tenants.size > 0) {
      try {
        if (this.#lost) await this.#resetAll();
        await this.#readOnce();
      } catch (error) {
        if (this.#closed) break;
        this.#lost = true;
        this.#ctx.log.warn({ part: 'feed', err: error }, 'feed.reading-interrupted');
        this.#reader.startOver();
        await pause(PAUSE_AFTER_LOSS_MS);
      }
    }
    this.#reading = undefined;
  }

  async #readOnce(): Promise<void> {
    const feeds = [...this.#tenants.values()];
    const news = await this.#reader.read(feeds);
    for (const [key, items] of news) {
      const feed = feeds.find((candidate) => candidate.key === key);
      if (feed) {
        this.#take(
          feed,
          items.map(([id, fields]) => feedEntry(id, fields)),
        );
      }
    }
    if (news.length > 0) await pause(GATHER_MS);
  }

  #take(feed: TenantFeed, entries: FeedEntry[]): void {
    feed.position = entries.at(-1)?.id ?? feed.position;
    feed.pending.push(...entries);
    if (feed.pending.length > MOST_PENDING) this.#endTenant(feed, 'slow');
    else if (!feed.delivering) void this.#deliver(feed);
  }

  /** Opens what waits and offers it to the tenant's clients; when it can't be opened they come back and resume. */
  async #deliver(feed: TenantFeed): Promise<void> {
    feed.delivering = true;
    try {
      while (feed.pending.length > 0) {
        const frames = await framesOf(this.#ctx, feed.tenantId, feed.pending.splice(0));
        for (const client of feed.clients) client.offer(frames);
      }
    } catch (error) {
      this.#ctx.log.warn({ tenantId: feed.tenantId, err: error }, 'feed.delivery-failed');
      this.#endTenant(feed, 'unavailable');
    } finally {
      feed.delivering = false;
    }
  }

  #endTenant(feed: TenantFeed, reason: EndReason): void {
    feed.pending = [];
    for (const client of [...feed.clients]) client.end(reason);
  }

  /** After an outage nobody knows what was not written: every client reads its lists again. */
  async #resetAll(): Promise<void> {
    for (const feed of this.#tenants.values()) {
      feed.position = await lastEntryId(this.#ctx, feed.tenantId);
      for (const client of feed.clients) client.offer([resetFrame(feed.position)]);
    }
    this.#lost = false;
  }
}
