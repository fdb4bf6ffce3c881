/** Audit lanes → the chains of the audit log, and the chains' checkpoints. */
import { AUDIT_BATCH, runAuditLane } from '../src/audit/appender.ts';
import { lookAfterChains } from '../src/audit/integrity.ts';
import { openPlaces } from '../src/audit/places.ts';
import type { Context } from '../src/context.ts';
import { type LaneWorker, workLanes } from '../src/lanes/worker.ts';
import type { RedisClient } from '../src/store/redis.ts';

/** Jobs of up to 16 chains. */
const CONCURRENCY = 4;

const LOOK_EVERY_MS = 60_000;

/** Makes checkpoints and verifies chains, beside the reconciler. Runs until closed. */
export function startCheckpoints(ctx: Context): { close(): Promise<void> } {
  const places = openPlaces(ctx.settings);
  let running: Promise<unknown> = places.catch(() => undefined); // told at the first look
  const look = async () => {
    try {
      await lookAfterChains(ctx, await places);
    } catch (error) {
      ctx.log.warn({ part: 'audit', err: error }, 'reconciler.failed');
    }
  };
  const timer = setInterval(() => {
    running = running.then(look);
  }, LOOK_EVERY_MS);
  return {
    async close() {
      clearInterval(timer);
      await running;
      for (const place of await places.catch(() => [])) place.close();
    },
  };
}

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
