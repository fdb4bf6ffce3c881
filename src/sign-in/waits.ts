/**
 * Growing waits after failed tries. The first failures cost nothing; then each next try must wait, longer each time.
 * Counted in the Redis of what may be lost, under digests; while it is away, by this process. A try is counted before
 * it is judged, so that many at once don't get past; who succeeds takes the counts back.
 */
import type { Context } from '../context.ts';
import { Reject } from '../ops/errors.ts';

export interface Wait {
  /** Of the tenant, or of the installation. Names in it are digests. */
  key: string;
  kind: keyof typeof KINDS;
}

const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * MINUTE_MS;

/** `free` failures cost nothing; then 2 s, doubled up to `longestMs`; after `most` nothing goes for as long as counts are kept. */
const KINDS = {
  /** Strangers who try one person's name. */
  name: { free: 5, longestMs: 15 * MINUTE_MS, most: 100, keptMs: 30 * DAY_MS },
  /** A device on which the person has signed in before: strangers' failures don't lock it out. */
  device: { free: 5, longestMs: 5 * MINUTE_MS, most: 100, keptMs: 30 * DAY_MS },
  /** Codes of a second factor, of whoever knows the password. */
  code: { free: 5, longestMs: 15 * MINUTE_MS, most: 100, keptMs: 30 * DAY_MS },
  /** All tries from one address; behind a proxy that may be many people. */
  address: { free: 30, longestMs: MINUTE_MS, most: Infinity, keptMs: DAY_MS },
  /** Mails that one address has sent. */
  mail: { free: 3, longestMs: 60 * MINUTE_MS, most: Infinity, keptMs: DAY_MS },
} as const;

const FIRST_WAIT_MS = 2_000;

/** Milliseconds until the next try after so many tries without success; Infinity when none is left. */
export function waitAfter(kind: Wait['kind'], tries: number): number {
  const { free, longestMs, most } = KINDS[kind];
  if (tries >= most) return Infinity;
  return tries < free ? 0 : Math.min(longestMs, FIRST_WAIT_MS * 2 ** (tries - free));
}

/** Counts a try of each. @throws Reject (429) `wait` when one must wait; then this try counts for nothing */
export async function beginTry(ctx: Context, waits: Wait[]): Promise<void> {
  for (const [index, wait] of waits.entries()) {
    const leftMs = await withStore(ctx, (store) => take(store, wait));
    if (leftMs === 0) continue;
    await Promise.all(
      waits.slice(0, index).map((taken) => withStore(ctx, (store) => store.add(taken.key, -1))),
    );
    const afterMs = Math.min(leftMs, KINDS[wait.kind].keptMs);
    throw new Reject(
      429,
      'wait',
      'Too many failed tries. Wait as long as Retry-After says, or set a new password by mail.',
      {
        afterMs,
      },
    );
  }
}

/** After a success: what was tried before no longer counts. */
export async function forgetTries(ctx: Context, waits: Wait[]): Promise<void> {
  for (const { key } of waits) await withStore(ctx, (store) => store.remove(key));
}

/** Notes that `member` failed from a place within the hour. @returns how many different ones did */
export async function countDifferent(ctx: Context, key: string, member: string): Promise<number> {
  return withStore(ctx, (store) => store.addMember(key, member, 60 * MINUTE_MS));
}

async function take(store: CountStore, { key, kind }: Wait): Promise<number> {
  const { keptMs } = KINDS[kind];
  const tries = await store.add(key, 1, keptMs);
  const waitMs = waitAfter(kind, tries - 1);
  if (waitMs === 0) return 0;
  const leftMs = waitMs === Infinity ? keptMs : await store.pass(`${key}:gate`, waitMs);
  if (leftMs > 0) await store.add(key, -1);
  return leftMs;
}

interface CountStore {
  /** @returns the new count */
  add(key: string, by: number, keptMs?: number): Promise<number>;
  /** Lets one through in so many milliseconds. @returns 0, or how long the others wait */
  pass(key: string, waitMs: number): Promise<number>;
  addMember(key: string, member: string, keptMs: number): Promise<number>;
  remove(key: string): Promise<void>;
}

function redisCounts({ liveRedis: redis, prefix }: Context): CountStore {
  const named = (key: string) =>
    `${prefix}:sign-in:{${key.replace(/:gate$/, '')}}${key.endsWith(':gate') ? ':gate' : ''}`;
  return {
    async add(key, by, keptMs) {
      const count = await redis.incrby(named(key), by);
      if (keptMs !== undefined) await redis.pexpire(named(key), keptMs);
      return count;
    },
    async pass(key, waitMs) {
      if ((await redis.set(named(key), '1', 'PX', waitMs, 'NX')) !== null) return 0;
      return Math.max(1, await redis.pttl(named(key)));
    },
    async addMember(key, member, keptMs) {
      await redis.sadd(named(key), member);
      await redis.pexpire(named(key), keptMs);
      return redis.scard(named(key));
    },
    async remove(key) {
      await redis.del(named(key), named(`${key}:gate`));
    },
  };
}

const MOST_KEYS = 10_000;
const counts = new Map<string, number>();
const members = new Map<string, Set<string>>();

/** For as long as Redis is away; forgets all when there is too much. */
function ownCounts({ clock }: Context): CountStore {
  const now = clock.now();
  return {
    async add(key, by) {
      if (counts.size > MOST_KEYS) counts.clear();
      counts.set(key, (counts.get(key) ?? 0) + by);
      return counts.get(key) ?? 0;
    },
    async pass(key, waitMs) {
      const until = counts.get(key) ?? 0;
      if (until > now) return until - now;
      counts.set(key, now + waitMs);
      return 0;
    },
    async addMember(key, member) {
      if (members.size > MOST_KEYS) members.clear();
      const known = members.get(key) ?? new Set();
      members.set(key, known.add(member));
      return known.size;
    },
    async remove(key) {
      counts.delete(key);
      counts.delete(`${key}:gate`);
    },
  };
}

async function withStore<Result>(
  ctx: Context,
  work: (store: CountStore) => Promise<Result>,
): Promise<Result> {
  try {
    if (ctx.liveRedis.status === 'ready') return await work(redisCounts(ctx));
  } catch (error) {
    ctx.log.warn({ part: 'sign-in', err: error }, 'waits.redis-away');
  }
  return work(ownCounts(ctx));
}
