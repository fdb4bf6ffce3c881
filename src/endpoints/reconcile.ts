/** Deliveries whose lane was not woken, or whose wake-up was lost with Redis. */
import type { Context } from '../context.ts';
import type { WakeUp } from '../lanes/queue.ts';
import { withTenant } from '../store/scope.ts';
import { Deliveries, Endpoints } from './model.ts';

/** What is younger is being worked, or about to be. */
const PATIENCE_MS = 5_000;
const LANES_AT_ONCE = 1_000;

/**
 * Lanes with something due for longer than 5 s, at most 1,000. Runs as the operator; reads tenant by tenant, since
 * the indexes begin with the tenant.
 */
export async function dueEndpointLanes(ctx: Context): Promise<WakeUp[]> {
  const tenantIds = await ctx.store.model(Endpoints).distinct('tenantId').exec();
  const wakeUps: WakeUp[] = [];
  for (const tenantId of tenantIds) {
    const lanes = await withTenant(tenantId, () => dueLanes(ctx, LANES_AT_ONCE - wakeUps.length));
    wakeUps.push(...lanes.map((lane) => ({ lane, tenantId })));
    if (wakeUps.length >= LANES_AT_ONCE) break;
  }
  return wakeUps;
}

/**
 * A lane whose head waits for its next try has one time in the future, its head's: the latest time of its rows says
 * whether the lane as a whole may go on. What is behind such a head is due, but does not wake it.
 */
async function dueLanes(ctx: Context, limit: number): Promise<string[]> {
  const before = new Date(ctx.clock.now() - PATIENCE_MS);
  const groups = await ctx.store
    .model(Deliveries)
    .aggregate<{ _id: string }>([
      { $match: { state: 'due' } },
      { $group: { _id: '$lane', dueAt: { $max: '$dueAt' } } },
      { $match: { dueAt: { $lt: before } } },
      { $limit: limit },
    ])
    .exec();
  return groups.map(({ _id }) => _id);
}
