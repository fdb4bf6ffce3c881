/** Mail whose wake-up was lost with Redis, and mail that is past. */
import type { Context } from '../context.ts';
import type { WakeUp } from '../lanes/queue.ts';
import { OF_ANY_TENANT } from '../store/scope.ts';
import { Mails } from './model.ts';

/** What is due for less is left to its own wake-up. */
const PATIENCE_MS = 5_000;
const LANES_AT_ONCE = 1_000;
/** Rows of mail that was sent, given up or kept are looked at for so long. */
const KEPT_MS = 30 * 24 * 3_600_000;

/** Runs as operator; also clears away what is past. */
export async function dueMailLanes(ctx: Context): Promise<WakeUp[]> {
  const now = ctx.clock.now();
  const mails = ctx.store.model(Mails);
  await mails.deleteMany({ state: { $ne: 'due' }, createdAt: { $lt: new Date(now - KEPT_MS) } }).exec();
  const rows = await mails
    .find(
      { ...OF_ANY_TENANT, state: 'due', dueAt: { $lt: new Date(now - PATIENCE_MS) } },
      { _id: 1, tenantId: 1 },
    )
    .sort({ dueAt: 1 })
    .limit(LANES_AT_ONCE)
    .lean<{ _id: string; tenantId: string }[]>()
    .exec();
  return rows.map(({ _id: lane, tenantId }) => ({ lane, tenantId }));
}
