/** Deliveries whose lane was not woken, or whose wake-up was lost with Redis. */
import type { Context } from '../context.ts';
import type { WakeUp } from '../lanes/queue.ts';
import { OF_ANY_TENANT } from '../store/scope.ts';
import { Deliveries } from './model.ts';

/** What is younger is being worked, or about to be. */
const PATIENCE_MS = 5_000;
const LANES_AT_ONCE = 1_000;

/**
 * Lanes with something due for longer than 5 s, at most 1,000, those that waited longest first. Runs as the operator,
 * in one read: ten thousand tenants, nearly all with nothing due, are looked at every few seconds.
 *
 * A lane whose head waits for its next try has one time in the future, its head's: the latest time of its rows says
 * whether the lane as a whole may go on. What is behind such a head is due, but does not wake it.
 */
export async function dueEndpointLanes(ctx: Context): Promise<WakeUp[]> {
  const before = new Date(ctx.clock.now() - PATIENCE_MS);
  const groups = await ctx.store
    .model(Deliveries)
    .aggregate<{ _id: { tenantId: string; lane: string } }>([
      { $match: { ...OF_ANY_TENANT, state: 'due' } },
      { $group: { _id: { tenantId: '$tenantId', lane: '$lane' }, dueAt: { $max: '$dueAt' } } },
      { $match: { dueAt: { $lt: before } } },
      { $sort: { dueAt: 1 } },
      { $limit: LANES_AT_ONCE },
    ])
    .exec();
  return groups.map(({ _id }) => ({ lane: _id.lane, tenantId: _id.tenantId }));
}
