/** Redis connections. Nothing is re-sent by itself: an unknown outcome is the caller's to handle. */
import { Redis } from 'ioredis';

import type { Clock } from '../ops/clock.ts';
import type { Logger } from '../ops/log.ts';

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
