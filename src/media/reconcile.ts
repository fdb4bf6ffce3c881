/** Files whose lane was not woken, or whose wake-up was lost with Redis. */
import type { Context } from '../context.ts';
import type { WakeUp } from '../lanes/queue.ts';
import { OF_ANY_TENANT } from '../store/scope.ts';
import { Media } from './model.ts';

/** What is younger is being worked, or about to be. */
const PATIENCE_MS = 5_000;
const LANES_AT_ONCE = 1_000;

/** Lanes of files that are due for longer than 5 s, at most 1,000. Runs as the operator, in one read for all tenants. */
export async function dueMediaLanes(ctx: Context): Promise<WakeUp[]> {
  const before = new Date(ctx.clock.now() - PATIENCE_MS);
  const rows = await ctx.store
    .model(Media)
    .find({ ...OF_ANY_TENANT, state: 'pending', dueAt: { $lt: before } }, { _id: 1, tenantId: 1 })
    .sort({ dueAt: 1 })
    .limit(LANES_AT_ONCE)
    .lean<{ _id: string; tenantId: string }[]>()
    .exec();
  return rows.map(({ _id: lane, tenantId }) => ({ lane, tenantId }));
}
