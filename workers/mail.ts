/** Mail lanes → the mail server. */
import type { Context } from '../src/context.ts';
import { type LaneWorker, workLanes } from '../src/lanes/worker.ts';
import { runMailLane } from '../src/mail/lane.ts';
import { keepsMail, missingForMail } from '../src/mail/mail.ts';
import { openMailClient } from '../src/mail/transport.ts';
import type { RedisClient } from '../src/store/redis.ts';

/** Mail that is handed over at a time by one process: few servers take more from one sender. */
const CONCURRENCY = 2;

export function startMail(ctx: Context, redis: RedisClient): LaneWorker[] {
  const missing = missingForMail(ctx);
  if (missing !== null) {
    const reason = `no mail can be sent: set ${missing}; invitations and password resets are refused until then`;
    ctx.log.warn({ part: 'mail', reason }, 'mail.not-set-up');
  }
  const client = keepsMail(ctx) || missing !== null ? null : openMailClient(ctx.settings);
  const worker = workLanes({
    redis,
    prefix: ctx.prefix,
    queue: ctx.lanes.mail,
    concurrency: CONCURRENCY,
    log: ctx.log,
    clock: ctx.clock,
    random: ctx.random,
    handle: (wakeUp, turn) => runMailLane(ctx, client, wakeUp, turn),
  });
  return [
    {
      async close(budgetMs) {
        await worker.close(budgetMs);
        client?.close();
      },
    },
  ];
}
