/** Outbox lanes → the Graph API, one conversation at a time. */
import type { Context } from '../src/context.ts';
import { type LaneWorker, workLanes } from '../src/lanes/worker.ts';
import { workOutboxLane } from '../src/outbox/lane.ts';
import type { RedisClient } from '../src/store/redis.ts';
import { openGraph } from '../src/whatsapp/graph.ts';

/** Jobs of up to 16 conversations in which one process sends at a time; most of a turn is waiting for WhatsApp's answer. */
const CONCURRENCY = 32;

export function startOutbox(ctx: Context, redis: RedisClient): LaneWorker[] {
  const sender = { graph: openGraph(ctx.settings) };
  const worker = workLanes({
    redis,
    prefix: ctx.prefix,
    queue: ctx.lanes.outbox,
    concurrency: CONCURRENCY,
    log: ctx.log,
    clock: ctx.clock,
    random: ctx.random,
    handle: (wakeUp, turn) => workOutboxLane(ctx, sender, wakeUp, turn),
  });
  return [
    {
      async close(budgetMs) {
        await worker.close(budgetMs);
        sender.graph.close();
      },
    },
  ];
}
