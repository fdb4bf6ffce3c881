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
  const redis = new Redis(url, {
    maxRetriesPerRequest: failFast ? 0 : null,
    enableOfflineQueue: !failFast,
    autoResendUnfulfilledCommands: !failFast,
    commandTimeout: failFast ? 5_000 : undefined,
    retryStrategy: (times) => Math.min(50 * times, 1_000),
  });
  let quietUntil = 0;
  redis.on('error', (error) => {
    if (clock.now() < quietUntil) return;
    quietUntil = clock.now() + 10_000;
    log.warn({ part, err: error }, 'redis.unreachable');
  });
  return redis;
}

/** Longest wait for a server at the start: 10 s. */
const START_WAIT_MS = 10_000;

/** Waits until the connection is ready. @throws an error that names the setting to look at. */
export async function whenReady(redis: Redis, setting: string): Promise<void> {
  if (redis.status === 'ready') return;
  await new Promise<void>((resolve, reject) => {
    const timer = setTimeout(
      () => reject(new SafeError(`Redis does not answer; is ${setting} right and the server running?`)),
      START_WAIT_MS,
    );
    redis.once('ready', () => {
      clearTimeout(timer);
      resolve();
    });
  });
}
