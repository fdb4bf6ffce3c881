/** Files whose lane was not woken, or whose wake-up was lost with Redis. */
import type { Context } from '../context.ts';
import type { WakeUp } from '../lanes/queue.ts';
import { withTenant } from '../store/scope.ts';
import { Channels } from '../tenants/model.ts';
import { Media } from './model.ts';

/** What is younger is being worked, or about to be. */
const PATIENCE_MS = 5_000;
const LANES_AT_ONCE = 1_000;

/** Lanes of files that are due for longer than 5 s, at most 1,000. Runs as the operator, reads tenant by tenant. */
export async function dueMediaLanes(ctx: Context): Promise<WakeUp[]> {
  const before = new Date(ctx.clock.now() - PATIENCE_MS);
  const tenantIds = await ctx.store.model(Channels).distinct('tenantId').exec();
  const wakeUps: WakeUp[] = [];
  for (const tenantId of tenantIds) {
    const rows = await withTenant(tenantId, () =>
      ctx.store
        .model(Media)
        .find({ state: 'pending', dueAt: { $lt: before } }, { _id: 1 })
        .sort({ dueAt: 1 })
        .limit(LANES_AT_ONCE - wakeUps.length)
        .lean<{ _id: string }[]>()
        .exec(),
    );
    wakeUps.push(...rows.map(({ _id: lane }) => ({ lane, tenantId })));
    if (wakeUps.length >= LANES_AT_ONCE) break;
  }
  return wakeUps;
}
