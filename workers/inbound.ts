/** Inbound lanes → the owner's store, feed and endpoints. */
import type { Redis } from 'ioredis';

import type { Context } from '../src/context.ts';
import { runItemLane } from '../src/lanes/lane.ts';
import { type LaneWorker, workLanes } from '../src/lanes/worker.ts';
import { handleItem, parkFailed } from '../src/webhooks/inbound.ts';
import { RoutesTable } from '../src/webhooks/routes-table.ts';

/** Jobs of up to 16 lanes worked at a time by one process: they wait for the database together, and share its calls. */
const CONCURRENCY = 32;

export function startInbound(ctx: Context, redis: Redis): LaneWorker[] {
  const routes = RoutesTable.lasting(ctx);
  return ctx.inbound.queues.map((queue) =>
    workLanes({
      redis,
      prefix: ctx.prefix,
      queue,
      concurrency: CONCURRENCY,
      log: ctx.log,
      clock: ctx.clock,
      random: ctx.random,
      handle: (wakeUp, turn) =>
        runItemLane(
          {
            lanes: ctx.inbound,
            queue: queue.name,
            log: ctx.log,
            handle: (item) => handleItem(ctx, routes, item),
            park: (item, why) => parkFailed(ctx, item, why),
          },
          wakeUp,
          turn,
        ),
    }),
  );
}
