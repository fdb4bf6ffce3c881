/**
 * Waiting for the servers at the start. A command gives up after a few seconds; the gateway waits for as long as it
 * takes, since it can take webhooks meanwhile; also for a database that refuses the login, since its operator can
 * mend that there. What no waiting mends stops both: an unusable address, a login that Redis refuses, another master
 * key than the database was made with.
 */
import { setTimeout as pause } from 'node:timers/promises';

import type { Settings } from '../config/settings.ts';
import { isUnreachable } from './http/errors.ts';
import type { Logger } from './ops/log.ts';
import { isAway, isRefusedLogin, REFUSED_LOGIN } from './store/errors.ts';
import { checkEviction, type RedisClient, whenReady } from './store/redis.ts';
import type { Store } from './store/store.ts';

export type Patience = 'brief' | 'endless';

/** Between two tries of the database; each try itself takes up to 5 s. */
const TRY_AGAIN_MS = 1_000;

interface Servers {
  settings: Settings;
  store: Store;
  queueRedis: RedisClient;
  liveRedis: RedisClient;
  log: Logger;
}

/**
 * Resolves when the database has proven the master key and Redis answers. With endless patience the Redis of the
 * live feed is not waited for: without it consoles are late, and everything else works.
 * @throws the first error that no waiting mends; with brief patience also when a server does not answer
 */
export async function connectServers(
  { settings, store, queueRedis, liveRedis, log }: Servers,
  patience: Patience,
  closing: AbortSignal,
): Promise<void> {
  const ending = new AbortController();
  const signal = AbortSignal.any([closing, ending.signal]);
  const liveSetting = settings.REDIS_LIVE_URL ? 'REDIS_LIVE_URL' : 'REDIS_URL';
  const live = whenReady(liveRedis, liveSetting, { patience, signal });
  const needed = Promise.all([
    connectStore(store, log, patience, signal),
    whenReady(queueRedis, 'REDIS_URL', { patience, signal }).then(() => checkEviction(queueRedis, log)),
  ]);
  try {
    if (patience === 'brief') await Promise.all([needed, live]);
    else await Promise.race([needed, new Promise((_resolve, reject) => void live.catch(reject))]);
  } finally {
    ending.abort();
    await Promise.allSettled([needed, live]);
  }
}

async function connectStore(
  store: Store,
  log: Logger,
  patience: Patience,
  signal: AbortSignal,
): Promise<void> {
  for (;;) {
    try {
      await store.connect();
      return;
    } catch (error) {
      if (patience === 'brief' || signal.aborted || !mayPass(error)) throw error;
      const reason = isRefusedLogin(error) ? REFUSED_LOGIN : 'no answer yet (MONGODB_URI)';
      log.warn({ part: 'mongodb', reason: `${reason}; trying again`, err: error }, 'start.waiting');
    }
    await pause(TRY_AGAIN_MS, undefined, { signal });
  }
}

/** True for an outage: of the servers, or of the names by which they are found. */
function mayPass(error: unknown): boolean {
  const { syscall } = error as { syscall?: unknown };
  return (
    isAway(error) || isUnreachable(error) || (typeof syscall === 'string' && syscall.startsWith('query'))
  );
}
