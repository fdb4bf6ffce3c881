/**
 * The live feed's stream: one Redis stream per tenant with ids and types, never content. What is read from it is
 * opened with the reader's rights at delivery (feed-frames.ts).
 *
 * A client holds the id of the last entry it saw. While that entry still stands in the stream, everything after it
 * does too (a stream loses its oldest entries first), and the client goes on from there; else it gets `reset`.
 * An event that could not be written is not made up for: the tenant is owed a `reset`, paid before its next event
 * or as soon as Redis answers again.
 */
import type { Context } from '../context.ts';
import { inTime } from '../ops/in-time.ts';
import type { RedisClient } from '../store/redis.ts';
import { ScopeError } from '../store/scope.ts';

export const FEED_EVENT_TYPES = [
  'message.received',
  'message.created',
  'message.status',
  'conversation.updated',
] as const;

/** `channel.updated`: read the channel again. */
export const CHANNEL_EVENT = 'channel.updated';
/** Something happened to an account or a number (src/notices). */
export const NOTICE_EVENT = 'notice.created';

export type FeedEvent =
  | { type: (typeof FEED_EVENT_TYPES)[number]; conversationId: string; messageId?: string }
  | { type: typeof CHANNEL_EVENT; channelId: string }
  | { type: typeof NOTICE_EVENT; noticeId: string };

/** An entry of the stream: an event, or `reset` (events were lost), or `opened` (the stream began here). */
export interface FeedEntry {
  id: string;
  type: string;
  conversationId?: string;
  messageId?: string;
  channelId?: string;
  noticeId?: string;
}

/** About as many entries stay, so that an agent who was away for a while resumes without reading the lists again. */
const KEPT_ENTRIES = 5_000;
/** Redis answers in well under a millisecond; an event is not worth more of its sender's time than this. */
const WAIT_MS = 2_000;
const PAY_AGAIN_MS = 1_000;
/** A cursor that no stream holds: who comes with it gets `reset`. */
const NOWHERE = '0-0';

/** Name of a tenant's stream; the hash tag keeps what belongs to a tenant on one node of a Redis Cluster. */
export function feedKey(prefix: string, tenantId: string): string {
  if (tenantId === '') throw new ScopeError('A feed was to be named without its tenant.');
  return `${prefix}:feed:{${tenantId}}`;
}

/** Per connection, tenants whose clients missed an event and have not been told yet. */
const owed = new WeakMap<RedisClient, Set<string>>();

/**
 * Tells the consoles of a tenant that something happened. Never fails its caller's work: false when the event could
 * not be written; the clients then get `reset` instead, and read the lists again.
 */
export async function publish(ctx: Context, tenantId: string, event: FeedEvent): Promise<boolean> {
  const given = (entry: [string, string | undefined]): entry is [string, string] => entry[1] !== undefined;
  const fields = Object.fromEntries(Object.entries(event).filter(given));
  try {
    await payReset(ctx, tenantId);
    await append(ctx, tenantId, fields);
    return true;
  } catch (error) {
    ctx.log.warn({ tenantId, event: event.type, err: error }, 'feed.event-lost');
    oweReset(ctx, tenantId);
    return false;
  }
}

/** Has every console of the tenant read its lists again. */
export async function publishReset(ctx: Context, tenantId: string): Promise<void> {
  oweReset(ctx, tenantId);
  try {
    await payReset(ctx, tenantId);
  } catch (error) {
    ctx.log.warn({ tenantId, event: 'reset', err: error }, 'feed.event-lost'); // still owed
  }
}

/**
 * Where the stream stands now; taken before a list is read, so that list and feed together miss nothing. A tenant's
 * first cursor begins its stream. While Redis is away the cursor is one that leads to `reset`.
 */
export async function feedCursor(ctx: Context, tenantId: string): Promise<string> {
  try {
    return await lastEntryId(ctx, tenantId);
  } catch (error) {
    ctx.log.debug({ tenantId, err: error }, 'feed.cursor-unknown'); // the connection itself logs its outage
    return NOWHERE;
  }
}

/** Id of the newest entry; begins the stream when there is none. @throws when Redis does not answer. */
export async function lastEntryId(ctx: Context, tenantId: string): Promise<string> {
  const newest = await inTime(
    ctx.liveRedis.xrevrange(feedKey(ctx.prefix, tenantId), '+', '-', 'COUNT', 1),
    WAIT_MS,
  );
  return newest[0]?.[0] ?? append(ctx, tenantId, { type: 'opened' });
}

/** Entries from an id on (inclusive), or after it with `(` in front. @throws when Redis does not answer. */
export async function readEntries(
  ctx: Context,
  tenantId: string,
  from: string,
  count: number,
): Promise<FeedEntry[]> {
  const found = await inTime(
    ctx.liveRedis.xrange(feedKey(ctx.prefix, tenantId), from, '+', 'COUNT', count),
    WAIT_MS,
  );
  return found.map(([id, fields]) => feedEntry(id, fields));
}

/** Reads a stream entry's flat list of names and values. */
export function feedEntry(id: string, fields: string[]): FeedEntry {
  const entry: Record<string, string> = {};
  for (let index = 0; index + 1 < fields.length; index += 2) {
    entry[fields[index] ?? ''] = fields[index + 1] ?? '';
  }
  const { type = '', conversationId, messageId, channelId, noticeId } = entry;
  return {
    id,
    type,
    ...(conversationId === undefined ? {} : { conversationId }),
    ...(messageId === undefined ? {} : { messageId }),
    ...(channelId === undefined ? {} : { channelId }),
    ...(noticeId === undefined ? {} : { noticeId }),
  };
}

async function append(ctx: Context, tenantId: string, fields: Record<string, string>): Promise<string> {
  const flat = Object.entries(fields).flat();
  const key = feedKey(ctx.prefix, tenantId);
  const id = await inTime(ctx.liveRedis.xadd(key, 'MAXLEN', '~', KEPT_ENTRIES, '*', ...flat), WAIT_MS);
  if (id === null) throw new Error('Redis did not take the entry.');
  return id;
}

function oweReset(ctx: Context, tenantId: string): void {
  const redis = ctx.liveRedis;
  const tenants = owed.get(redis) ?? new Set<string>();
  owed.set(redis, tenants);
  if (tenants.size === 0) payWhenReady(ctx, tenants);
  tenants.add(tenantId);
}

/** One of several who come to pay does. */
async function payReset(ctx: Context, tenantId: string): Promise<void> {
  const tenants = owed.get(ctx.liveRedis);
  if (!tenants?.delete(tenantId)) return;
  try {
    await append(ctx, tenantId, { type: 'reset' });
  } catch (error) {
    tenants.add(tenantId);
    throw error;
  }
}

/** A cluster stays ready while one of its nodes is away, so it is asked again. */
function payWhenReady(ctx: Context, tenants: Set<string>): void {
  const pay = () => void payAll(ctx, tenants);
  if (ctx.liveRedis.isCluster) setTimeout(pay, PAY_AGAIN_MS).unref();
  else ctx.liveRedis.once('ready', pay);
}

async function payAll(ctx: Context, tenants: Set<string>): Promise<void> {
  try {
    for (const tenantId of [...tenants]) await payReset(ctx, tenantId);
  } catch (error) {
    ctx.log.warn({ count: tenants.size, err: error }, 'feed.resets-wait');
    payWhenReady(ctx, tenants);
  }
}
