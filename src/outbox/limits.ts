/**
 * Limits of WhatsApp that sends share, kept in Redis so that all worker processes keep to them.
 *
 * Holds: when one message meets the limit of its number, account or app, all that share it wait.
 * Pair (Cloud API: throughput, pair rate): one number may write to one client once in 6 s, with bursts up to 45 that
 * are paid back. Counted ahead, so that a burst waits here instead of being refused with 131056.
 *
 * While Redis is away nothing is held: WhatsApp itself has the last word, and its refusal is dealt with anyway.
 */
import type { Context } from '../context.ts';
import type { ChannelRow } from '../tenants/model.ts';
import type { Scope } from '../whatsapp/errors.ts';

/** Messages to one client that may go at once. */
export const PAIR_BURST = 45;
/** One more each. */
export const PAIR_REFILL_MS = 6_000;

/**
 * KEYS[1] bucket: when it is full again (ms since 1970)   ARGV now, milliseconds for one token, capacity.
 * Returns 0 when a token was taken, else milliseconds until there is one.
 */
const TAKE = `
local now = tonumber(ARGV[1])
local each = tonumber(ARGV[2])
local full = math.max(now, tonumber(redis.call('GET', KEYS[1]) or now)) + each
local wait = full - now - each * tonumber(ARGV[3])
if wait > 0 then return math.ceil(wait) end
redis.call('SET', KEYS[1], full, 'PX', math.ceil(full - now))
return 0`;

/** Holds back everything that shares this scope with the channel. */
export async function hold(ctx: Context, scope: Scope, channel: ChannelRow, ms: number): Promise<void> {
  const name = sharedThings(channel)[scope];
  if (name === undefined) return;
  const now = ctx.clock.now();
  await unlessAway(ctx, async () => {
    await ctx.liveRedis.zremrangebyscore(holdsKey(ctx), '-inf', now);
    await ctx.liveRedis.zadd(holdsKey(ctx), 'GT', now + ms, name);
  });
}

/** Milliseconds for which the channel must wait; 0: it may send. */
export async function heldForMs(ctx: Context, channel: ChannelRow): Promise<number> {
  const names = Object.values(sharedThings(channel));
  const until = (await unlessAway(ctx, () => ctx.liveRedis.zmscore(holdsKey(ctx), ...names))) ?? [];
  return Math.max(0, ...until.map((time) => Number(time ?? 0) - ctx.clock.now()));
}

/** Takes the pair's next place. @returns 0, or milliseconds until there is one */
export async function takePairMs(
  ctx: Context,
  { channelId, contactId }: { channelId: string; contactId: string },
): Promise<number> {
  const key = `${ctx.prefix}:pair:{${channelId}.${contactId}}`;
  const taken = await unlessAway(ctx, () =>
    ctx.liveRedis.eval(TAKE, 1, key, ctx.clock.now(), PAIR_REFILL_MS, PAIR_BURST),
  );
  return Number(taken ?? 0);
}

const holdsKey = (ctx: Context) => `${ctx.prefix}:holds`;

function sharedThings({ _id, wabaId }: ChannelRow): Partial<Record<Scope, string>> {
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
