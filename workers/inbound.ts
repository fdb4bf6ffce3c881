/** Inbound lanes → the owner's store, feed and endpoints. */
import type { Redis } from 'ioredis';

import type { Context } from '../src/context.ts';
import { runItemLane } from '../src/lanes/lane.ts';
import { type LaneWorker, workLanes } from '../src/lanes/worker.ts';
import { handleItem, parkFailed } from '../src/webhooks/inbound.ts';
import { RoutesTable } from '../src/webhooks/routes-table.ts';

/** Lanes worked at the same time by one process: they wait for the database together, and share its calls. */
const CONCURRENCY = 256;

export function startInbound(ctx: Context, redis: Redis): LaneWorker[] {
  const routes = RoutesTable.lasting(ctx);
  return ctx.inbound.queues.map(({ name: queue }) =>
    workLanes({
      redis,
      prefix: ctx.prefix,
      queue,
      concurrency: CONCURRENCY,
      log: ctx.log,
      clock: ctx.clock,
      handle: (wakeUp, turn) =>
        runItemLane(
          {
            lanes: ctx.inbound,
            queue,
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
