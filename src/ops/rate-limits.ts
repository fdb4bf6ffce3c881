/**
 * How many requests a tenant may make, and each of its callers. Counted in the Redis of what may be lost, under keys
 * that begin with the tenant, so that a flood of one leaves the others what is theirs. While that Redis is away each
 * process counts for itself. Webhooks are not limited: what WhatsApp brings is taken.
 *
 * Refused credentials are counted per address in this process only, so that no address stands in Redis; who has a
 * good one is never refused for what others at the same address do.
 */
import { isIPv6 } from 'node:net';

import {
  RateLimiterMemory,
  RateLimiterRedis,
  RateLimiterRes,
  RLWrapperTimeouts,
} from 'rate-limiter-flexible';

import type { Settings } from '../../config/settings.ts';
import type { Context } from '../context.ts';
import { Reject } from './errors.ts';

/** What a request costs: most read or write; a search looks at many rows, an export at all; opening a feed; fetching a file. */
export const BUDGETS = ['read', 'write', 'search', 'export', 'feed', 'file'] as const;
export type Budget = (typeof BUDGETS)[number];

const MINUTE = 60;
const HOUR = 3_600;
/** A Redis that hangs must not hold requests: then this process counts. */
const PATIENCE_MS = 500;

type Limiter = Pick<RLWrapperTimeouts, 'consume'>;

interface Counted {
  seconds: number;
  most: { tenant: number; caller: number };
  tenant: Limiter;
  caller: Limiter;
}

export class RateLimits {
  readonly #counted: Record<Budget, Counted>;
  readonly #refusals: RateLimiterMemory;

  constructor({ settings, liveRedis, prefix }: Pick<Context, 'settings' | 'liveRedis' | 'prefix'>) {
    this.#refusals = new RateLimiterMemory({ points: settings.RATE_REFUSALS, duration: MINUTE });
    const limiter = (name: string, points: number, duration: number): Limiter =>
      new RLWrapperTimeouts({
        timeoutMs: PATIENCE_MS,
        limiter: new RateLimiterRedis({
          storeClient: liveRedis,
          keyPrefix: `${prefix}:rate:${name}`,
          points,
          duration,
          rejectIfRedisNotReady: true,
          inMemoryBlockOnConsumed: points + 1,
          insuranceLimiter: new RateLimiterMemory({ points, duration }),
        }),
      });
    const counted = (budget: Budget): Counted => {
      const { seconds, tenant, caller } = limitsOf(settings, budget);
      return {
        seconds,
        most: { tenant, caller },
        tenant: limiter(budget, tenant, seconds),
        caller: limiter(`${budget}-each`, caller, seconds),
      };
    };
    this.#counted = {
      read: counted('read'),
      write: counted('write'),
      search: counted('search'),
      export: counted('export'),
      feed: counted('feed'),
      file: counted('file'),
    };
  }

  /**
   * Takes one request out of the caller's part, then out of the tenant's budget.
   * @returns headers that say what is left (RateLimit header fields for HTTP). @throws Reject (429) `rate-limited`
   */
  async spend(
    { tenantId, principal }: { tenantId: string; principal: string },
    budget: Budget,
  ): Promise<Record<string, string>> {
    const { seconds, most, tenant, caller } = this.#counted[budget];
    const each = await take(caller, `${tenantId}:${principal}`);
    if (!each.taken) throw tooMany(`of this key, person or link (${budget})`, each.msBeforeNext);
    const all = await take(tenant, tenantId);
    if (!all.taken) throw tooMany(`of this business (${budget})`, all.msBeforeNext);
    const scarce = each.remaining < all.remaining ? each : all;
    return {
      'RateLimit-Policy': `"${budget}";q=${most.tenant};w=${seconds}, "${budget}-each";q=${most.caller};w=${seconds}`,
      RateLimit: `"${scarce === all ? budget : `${budget}-each`}";r=${scarce.remaining};t=${Math.ceil(scarce.msBeforeNext / 1000)}`,
    };
  }

  /** What `work` says of a credential; a refused one (401) is counted against the address. @throws Reject (429) `rate-limited` */
  async guard<Result>(address: string, work: () => Promise<Result>): Promise<Result> {
    try {
      return await work();
    } catch (error) {
      if (error instanceof Reject && error.status === 401) await this.refused(address);
      throw error;
    }
  }

  /** Counts a refused credential. @throws Reject (429) `rate-limited` when the address had too many */
  async refused(address: string): Promise<void> {
    const { taken, msBeforeNext } = await take(this.#refusals, networkOf(address));
    if (!taken) throw tooMany('with refused credentials from this address', msBeforeNext);
  }
}

type RateSetting =
  'RATE_READS' | 'RATE_WRITES' | 'RATE_SEARCHES' | 'RATE_EXPORTS' | 'RATE_FEEDS' | 'RATE_FILES';

/** Requests in so many seconds; one caller may take half of what its tenant has. */
export function limitsOf(
  settings: Pick<Settings, RateSetting>,
  budget: Budget,
): { seconds: number; tenant: number; caller: number } {
  const [tenant, seconds] = {
    read: [settings.RATE_READS, MINUTE] as const,
    write: [settings.RATE_WRITES, MINUTE] as const,
    search: [settings.RATE_SEARCHES, MINUTE] as const,
    export: [settings.RATE_EXPORTS, HOUR] as const,
    feed: [settings.RATE_FEEDS, MINUTE] as const,
    file: [settings.RATE_FILES, MINUTE] as const,
  }[budget];
  return { seconds, tenant, caller: Math.ceil(tenant / 2) };
}

/** Who has an IPv6 network has 2^64 addresses. */
export function networkOf(address: string): string {
  const plain = address.replace(/^::ffff:/i, '');
  if (!isIPv6(plain)) return plain;
  const [head = '', tail] = plain.split('::');
  const before = head === '' ? [] : head.split(':');
  const after = tail === undefined || tail === '' ? [] : tail.split(':');
  const gap = tail === undefined ? [] : Array<string>(8 - before.length - after.length).fill('0');
  return [...before, ...gap, ...after].slice(0, 4).join(':');
}

interface Taken {
  taken: boolean;
  remaining: number;
  msBeforeNext: number;
}

/** The limiter rejects with its count when there is none left. */
async function take(limiter: Limiter, key: string): Promise<Taken> {
  try {
    const { remainingPoints: remaining, msBeforeNext } = await limiter.consume(key);
    return { taken: true, remaining, msBeforeNext };
  } catch (error) {
    if (!(error instanceof RateLimiterRes)) throw error;
    return { taken: false, remaining: 0, msBeforeNext: error.msBeforeNext };
  }
}

function tooMany(whose: string, afterMs: number): Reject {
  return new Reject(429, 'rate-limited', `Too many requests ${whose}. Wait as long as Retry-After says.`, {
    afterMs,
  });
}
