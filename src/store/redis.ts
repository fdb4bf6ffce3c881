/** Redis connections. Nothing is re-sent by itself: an unknown outcome is the caller's to handle. */
import { Redis } from 'ioredis';

import type { Clock } from '../ops/clock.ts';
import { type Logger, SafeError } from '../ops/log.ts';

interface RedisOptions {
  url: string;
  log: Logger;
  clock: Clock;
  /** Which part of the product holds it, for the log. */
  part: string;
  /** `fail-fast` for who must answer now (receiver, requests), `wait` for workers that outlive an outage. */
  mode: 'fail-fast' | 'wait';
}

/** A connection that reconnects for ever; its errors are logged, at most one line each 10 s. */
export function openRedis({ url, log, clock, part, mode }: RedisOptions): Redis {
  const failFast = mode === 'fail-fast';
  const options = {
    maxRetriesPerRequest: failFast ? 0 : null,
    enableOfflineQueue: !failFast,
    autoResendUnfulfilledCommands: !failFast,
    commandTimeout: failFast ? 5_000 : undefined,
    retryStrategy: (times: number) => Math.min(50 * times, 1_000),
    // Read by BullMQ: a queue that asks for the version while Redis is away would fail for ever.
    skipVersionCheck: failFast,
  };
  const redis = new Redis(url, options);
  let quietUntil = 0;
  redis.on('error', (error) => {
    if (clock.now() < quietUntil) return;
    quietUntil = clock.now() + 10_000;
    log.warn({ part, err: error }, 'redis.unreachable');
  });
  return redis;
}

/** Longest wait for a server at the start of a command: 10 s. */
const BRIEF_MS = 10_000;
/** What Redis answers to a login that will never do. */
const REFUSED = /^(WRONGPASS|NOAUTH|NOPERM|ERR invalid password|ERR invalid username-password)/;

interface WhenReadyOptions {
  patience: 'brief' | 'endless';
  /** Nobody waits any more. */
  signal: AbortSignal;
}

/** Waits until the connection is ready. @throws an error that names the setting to look at. */
export async function whenReady(
  redis: Redis,
  setting: string,
  { patience, signal }: WhenReadyOptions,
): Promise<void> {
  if (redis.status === 'ready') return;
  await new Promise<void>((resolve, reject) => {
    const away = `Redis does not answer; is ${setting} right and the server running?`;
    const timer = patience === 'brief' ? setTimeout(() => finish(new SafeError(away)), BRIEF_MS) : undefined;
    const onReady = () => finish();
    const onAbort = () => finish(new SafeError(away));
    const onError = (error: Error) => {
      if (!REFUSED.test(error.message)) return;
      finish(
        new SafeError(`Redis refuses the user or password of ${setting}, or its rights do not suffice.`),
      );
    };
    function finish(error?: Error) {
      clearTimeout(timer);
      redis.off('ready', onReady).off('error', onError);
      signal.removeEventListener('abort', onAbort);
      if (error) reject(error);
      else resolve();
    }
    redis.on('ready', onReady).on('error', onError);
    signal.addEventListener('abort', onAbort);
    if (signal.aborted) onAbort();
  });
}

/** A Redis that throws keys away loses messages; that must be told, whoever set it up. */
export async function checkEviction(redis: Redis, log: Logger): Promise<void> {
  const info = await redis.info('memory').catch(() => '');
  const policy = /^maxmemory_policy:(\S+)/m.exec(info)?.[1];
  if (policy !== undefined && policy !== 'noeviction') {
    const reason = 'maxmemory-policy is not noeviction: this Redis may throw messages away';
    log.error({ part: 'queue', reason }, 'alert.redis-evicts');
  }
}
