/** Inbound lanes → the owner's store, feed and endpoints. */
import type { Redis } from 'ioredis';

import type { Context } from '../src/context.ts';
import { parkItem } from '../src/lanes/dead-letters.ts';
import { runItemLane } from '../src/lanes/lane.ts';
import type { ParkReason } from '../src/lanes/model.ts';
import { type LaneWorker, workLanes } from '../src/lanes/worker.ts';
import { handleItem } from '../src/webhooks/inbound.ts';
import { readRoute, RoutesTable } from '../src/webhooks/routes-table.ts';

/** Lanes worked at the same time by one process. */
const CONCURRENCY = 32;

export function startInbound(ctx: Context, redis: Redis): LaneWorker[] {
  const routes = new RoutesTable();
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
            park: async (item, why) => {
              const route =
                item.phoneNumberId === null ? undefined : await readRoute(ctx, item.phoneNumberId);
              await parkItem(ctx, item, {
                ...why,
                reason: why.reason as ParkReason,
                tenantId: route?.tenantId,
              });
            },
          },
          wakeUp,
          turn,
        ),
    }),
  );
}
