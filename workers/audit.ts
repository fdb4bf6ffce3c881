/** Audit lanes → the chains of the audit log. */
import { runAuditLane, AUDIT_BATCH } from '../src/audit/appender.ts';
import type { Context } from '../src/context.ts';
import { type LaneWorker, workLanes } from '../src/lanes/worker.ts';
import type { RedisClient } from '../src/store/redis.ts';

/** Jobs of up to 16 chains. */
const CONCURRENCY = 4;

export function startAudit(ctx: Context, redis: RedisClient): LaneWorker[] {
  return ctx.audit.lanes.queues.map((queue) =>
    workLanes({
      redis,
      prefix: ctx.prefix,
      queue,
      concurrency: CONCURRENCY,
      log: ctx.log,
      clock: ctx.clock,
      random: ctx.random,
      begin: (lane, token) => ctx.audit.lanes.begin(queue.name, lane, token, AUDIT_BATCH),
      handle: (wakeUp, turn, first) => runAuditLane(ctx, queue.name, wakeUp, turn, first),
    }),
  );
}
