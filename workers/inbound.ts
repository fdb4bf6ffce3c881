/** Inbound lanes → the owner's store, feed and endpoints. */
import type { Context } from '../src/context.ts';
import { beginItemLane, runItemLane } from '../src/lanes/lane.ts';
import type { LaneQueue } from '../src/lanes/queue.ts';
import { type LaneWorker, workLanes } from '../src/lanes/worker.ts';
import type { RedisClient } from '../src/store/redis.ts';
import { handleItem, parkFailed } from '../src/webhooks/inbound.ts';
import { RoutesTable } from '../src/webhooks/routes-table.ts';

/** Jobs of up to 16 lanes worked at a time by one process: they wait for the database together, and share its calls. */
const CONCURRENCY = 32;
/** Of a queue, when there are many. */
const LEAST_CONCURRENCY = 8;
const LOOK_EVERY_MS = 30_000;

export function startInbound(ctx: Context, redis: RedisClient): LaneWorker[] {
  const routes = RoutesTable.lasting(ctx);
  const concurrency = Math.max(LEAST_CONCURRENCY, Math.ceil(CONCURRENCY / ctx.inbound.queues.length));
  const start = (queue: LaneQueue) =>
    workLanes({
      redis,
      prefix: ctx.prefix,
      queue,
      concurrency,
      log: ctx.log,
      clock: ctx.clock,
      random: ctx.random,
      begin: (lane, token) => beginItemLane(ctx.inbound, queue.name, lane, token),
      handle: (wakeUp, turn, first) =>
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
          first,
        ),
    });
  const worker = workQueues(ctx, start);
  return [
    {
      async close(budgetMs) {
        await worker.close(budgetMs);
        await routes.close();
      },
    },
  ];
}

/** A worker for each queue, also for those that a larger INBOUND_QUEUES left, or that another process has already. */
function workQueues(ctx: Context, start: (queue: LaneQueue) => LaneWorker): LaneWorker {
  const workers = new Map<string, LaneWorker>();
  let stopped = false;
  const startNew = () => {
    for (const queue of ctx.inbound.queues) {
      if (!stopped && !workers.has(queue.name)) workers.set(queue.name, start(queue));
    }
  };
  const look = async () => {
    try {
      await ctx.inbound.findLeftQueues();
      startNew();
    } catch (error) {
      ctx.log.debug({ part: 'inbound', err: error }, 'inbound.not-looked'); // the connection logs its outages
    }
  };
  startNew();
  let looking = look();
  const timer = setInterval(() => {
    looking = looking.then(look);
  }, LOOK_EVERY_MS);
  return {
    async close(budgetMs) {
      stopped = true;
      clearInterval(timer);
      await looking;
      await Promise.all([...workers.values()].map((worker) => worker.close(budgetMs)));
    },
  };
}
