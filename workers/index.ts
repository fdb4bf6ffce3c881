/** Every worker by its name in WORKERS. */
import type { Redis } from 'ioredis';

import type { Context } from '../src/context.ts';
import { startEndpoints } from './endpoints.ts';
import { startInbound } from './inbound.ts';
import { startOutbox } from './outbox.ts';
import { startReconciler } from './reconciler.ts';

interface RunningWorker {
  close(budgetMs: number): Promise<void>;
}

const STARTERS: Record<string, (ctx: Context, redis: Redis) => RunningWorker[]> = {
  inbound: startInbound,
  outbox: startOutbox,
  endpoints: startEndpoints,
  reconciler: (ctx) => [startReconciler(ctx)],
};

/** Starts the named workers (all when not given) on one connection that waits out an outage of Redis. */
export function startWorkers(ctx: Context, redis: Redis, names = Object.keys(STARTERS)): RunningWorker[] {
  return names.flatMap((name) => STARTERS[name]?.(ctx, redis) ?? []);
}
