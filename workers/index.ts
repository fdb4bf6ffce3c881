/** Every worker by its name in WORKERS. */
import type { Context } from '../src/context.ts';
import type { RedisClient } from '../src/store/redis.ts';
import { startAudit, startCheckpoints } from './audit.ts';
import { startEndpoints } from './endpoints.ts';
import { startInbound } from './inbound.ts';
import { startMail } from './mail.ts';
import { startMedia } from './media.ts';
import { startOutbox } from './outbox.ts';
import { startReconciler } from './reconciler.ts';
import { startTemplates } from './templates.ts';
import { startTokenWatch } from './tokens.ts';

export interface RunningWorker {
  /** @param budgetMs how long running work may take to end */
  close(budgetMs: number): Promise<void>;
}

const STARTERS: Record<string, (ctx: Context, redis: RedisClient) => RunningWorker[]> = {
  inbound: startInbound,
  outbox: startOutbox,
  endpoints: startEndpoints,
  media: startMedia,
  mail: startMail,
  audit: startAudit,
  reconciler: (ctx) => [
    startReconciler(ctx),
    startCheckpoints(ctx),
    startTokenWatch(ctx),
    startTemplates(ctx),
  ],
};

/** Starts the named workers (all when not given) on one connection that waits out an outage of Redis. */
export function startWorkers(
  ctx: Context,
  redis: RedisClient,
  names = Object.keys(STARTERS),
): RunningWorker[] {
  return names.flatMap((name) => STARTERS[name]?.(ctx, redis) ?? []);
}
