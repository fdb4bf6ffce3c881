/**
 * Limits of WhatsApp that sends share, kept in Redis so that all worker processes keep to them.
 *
 * Holds: when one message meets the limit of its number, account or app, all that share it wait.
 * Number (Cloud API: throughput): 80 messages a second, 1,000 at the level HIGH, 20 when the number also lives in the
 * WhatsApp Business app. Counted ahead, so that a flood waits here instead of being refused with 130429.
 * Pair (Cloud API: throughput, pair rate): one number may write to one client once in 6 s, with bursts up to 45 that
 * are paid back. Counted ahead, too (131056).
 * Calls that manage an account (Cloud API: rate limits): 5,000 an hour for an account with a registered number, else 200.
 *
 * Each send asks once. All keys stand in one slot of a Redis Cluster, since one call can't reach two: a script of some
 * 10 µs each is less than a tenth of what one node does for fifty numbers at full speed.
 *
 * While Redis is away nothing is held: WhatsApp itself has the last word, and its refusal is dealt with anyway.
 */
import { readFileSync } from 'node:fs';

import type { Context } from '../context.ts';
import type { ChannelRow } from '../tenants/model.ts';
import type { Scope } from '../whatsapp/errors.ts';

/** Messages to one client that may go at once. */
export const PAIR_BURST = 45;
/** One more each. */
export const PAIR_REFILL_MS = 6_000;

const TAKE = readFileSync(new URL('./scripts/take.lua', import.meta.url), 'utf8');

/** Of a second's messages, the part that may go at once; the rest is spread, so that no second has more. */
const BURST_PART = 0.1;

const HOUR_MS = 3_600_000;
const CALLS_AN_HOUR = { registered: 5_000, unregistered: 200 };

/** Holds back everything that shares this scope with the channel. */
export async function hold(
  ctx: Context,
  scope: Scope,
  channel: Pick<ChannelRow, '_id' | 'wabaId'>,
  ms: number,
): Promise<void> {
  const name = sharedThings(channel)[scope];
  if (name === undefined) return;
  const now = ctx.clock.now();
  await unlessAway(ctx, async () => {
    await ctx.liveRedis.zremrangebyscore(keyOf(ctx, 'holds'), '-inf', now);
    await ctx.liveRedis.zadd(keyOf(ctx, 'holds'), 'GT', now + ms, name);
  });
}

/** Messages that the number may send in any second. */
export function messagesPerSecond({ health }: Pick<ChannelRow, 'health'>): number {
  if (health?.onBusinessApp?.value === 'true') return 20;
  return health?.throughput?.value.toUpperCase() === 'HIGH' ? 1_000 : 80;
}

/**
 * Takes the next place in every limit that a message shares with others. @returns 0: it may go now; else
 * milliseconds after which to ask again, another number for each conversation.
 */
export async function takePlaceMs(
  ctx: Context,
  channel: Pick<ChannelRow, '_id' | 'wabaId' | 'health'>,
  contactId: string,
): Promise<number> {
  const { _id: channelId } = channel;
  const rate = messagesPerSecond(channel);
  const keys = ['holds', `number.${channelId}`, `pair.${channelId}.${contactId}`];
  const places = [`places.${channelId}`, `place.${channelId}.${contactId}`];
  const number = [1_000 / (rate * (1 - BURST_PART)), rate * BURST_PART];
  const taken = await unlessAway(ctx, () =>
    ctx.liveRedis.eval(
      TAKE,
      keys.length + places.length,
      ...[...keys, ...places].map((name) => keyOf(ctx, name)),
      ctx.clock.now(),
      ...number,
      PAIR_REFILL_MS,
      PAIR_BURST,
      ...Object.values(sharedThings(channel)),
    ),
  );
  return Number(taken ?? 0);
}

/**
 * Takes the next place among the calls that manage an account; as many as half an hour allows may go at once.
 * @returns 0, or milliseconds until there is one
 */
export async function takeCallMs(ctx: Context, wabaId: string, isRegistered: boolean): Promise<number> {
  const half = CALLS_AN_HOUR[isRegistered ? 'registered' : 'unregistered'] / 2;
  const keys = ['holds', `calls.${wabaId}`, `no-pair.${wabaId}`, `call-places.${wabaId}`, `call.${wabaId}`];
  const taken = await unlessAway(ctx, () =>
    ctx.liveRedis.eval(
      TAKE,
      keys.length,
      ...keys.map((name) => keyOf(ctx, name)),
      ctx.clock.now(),
      HOUR_MS / half,
      half,
      0,
      1,
      `account/${wabaId}`,
      'app',
    ),
  );
  return Number(taken ?? 0);
}

const keyOf = (ctx: Context, name: string) => `${ctx.prefix}:{${ctx.prefix}.limits}:${name}`;

function sharedThings({
  _id,
  wabaId,
}: Pick<ChannelRow, '_id' | 'wabaId'>): Record<'number' | 'account' | 'app', string> &
  Partial<Record<Scope, string>> {
  return { number: `number/${_id}`, account: `account/${wabaId}`, app: 'app' };
}

async function unlessAway<Answer>(ctx: Context, ask: () => Promise<Answer>): Promise<Answer | undefined> {
  try {
    return await ask();
  } catch (error) {
    ctx.log.debug({ part: 'outbox', err: error }, 'outbox.limits-unknown'); // the connection tells of its outage
    return undefined;
  }
}
