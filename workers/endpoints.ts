/** Endpoint lanes → signed events to tenants' endpoints. */
import type { Context } from '../src/context.ts';
import { allowsLoopback } from '../src/endpoints/address.ts';
import { runEndpointLane } from '../src/endpoints/lane.ts';
import { Sender } from '../src/endpoints/sender.ts';
import { Shares } from '../src/endpoints/shares.ts';
import { type LaneWorker, workLanes } from '../src/lanes/worker.ts';
import type { RedisClient } from '../src/store/redis.ts';

/** Jobs of up to 16 lanes worked at a time by one process: they mostly wait for others' servers. */
const CONCURRENCY = 256;
/** Lanes of one endpoint: also when each is in another job, no endpoint holds more than a quarter of them. */
const SHARE = CONCURRENCY / 4;

export function startEndpoints(ctx: Context, redis: RedisClient): LaneWorker[] {
  const sender = new Sender({ mayLoopback: allowsLoopback(ctx.settings) });
  const work = { sender, shares: new Shares(SHARE) };
  const worker = workLanes({
    redis,
    prefix: ctx.prefix,
    queue: ctx.lanes.endpoints,
    concurrency: CONCURRENCY,
    log: ctx.log,
    clock: ctx.clock,
    random: ctx.random,
    handle: (wakeUp, turn) => runEndpointLane(ctx, work, wakeUp, turn),
  });
  return [
    {
      async close(budgetMs) {
        await worker.close(budgetMs);
        sender.close();
      },
    },
  ];
}
