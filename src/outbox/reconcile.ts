/** Finds conversations whose sender should be at work and may have lost its wake-up. */
import type { Context } from '../context.ts';
import { type MessageRow, Messages } from '../conversations/model.ts';
import { LOCK_MS } from '../lanes/leases.ts';
import type { WakeUp } from '../lanes/queue.ts';
import { OF_ANY_TENANT, withTenant } from '../store/scope.ts';
import { GRAPH_TIMEOUT_MS } from '../whatsapp/graph.ts';
import { markUnconfirmed } from './states.ts';

/** A message that is due for less than this is left to its own wake-up. */
const DUE_FOR_MS = 5_000;

/** An attempt older than this has no living call: it must begin within the lock's time, and it ends in time. */
const DEAD_AFTER_MS = LOCK_MS + GRAPH_TIMEOUT_MS;

/** Rows of one round: a campaign may leave a hundred thousand due, and nearly all of their lanes are awake. */
const ROWS_AT_ONCE = 2_000;

type Waiting = Pick<
  MessageRow,
  '_id' | 'tenantId' | 'conversationId' | 'attemptToken' | 'attemptAt' | 'status' | 'position'
>;

/** How far the walk over all due messages came, for the next round; nothing at its beginning. */
export interface OutboxWalk {
  after?: Pick<MessageRow, 'tenantId' | 'position'> | undefined;
}

/**
 * Lanes to wake: with a message that is due, or with an attempt whose worker is gone. Of the due ones each round takes
 * the next part, so that all have their turn however many there are. Attempts that can't be alive any more become
 * unconfirmed here, so that a person can resolve them even while no worker runs. Runs as operator.
 */
export async function dueOutboxLanes(
  ctx: Context,
  walk: OutboxWalk = {},
  limit = ROWS_AT_ONCE,
): Promise<WakeUp[]> {
  const now = ctx.clock.now();
  const [queued, sending] = await Promise.all([
    nextDue(ctx, now, walk.after, limit),
    rowsOf(ctx, { ...OF_ANY_TENANT, status: 'sending', attemptAt: { $lte: new Date(now - LOCK_MS) } }),
  ]);
  walk.after = queued.length < limit ? undefined : queued.at(-1);
  const lanes = new Map<string, WakeUp>();
  for (const row of [...queued, ...sending]) {
    if (row.status === 'sending' && now - (row.attemptAt?.getTime() ?? 0) > DEAD_AFTER_MS) {
      await withTenant(row.tenantId, () => markUnconfirmed(ctx, row));
    }
    lanes.set(row.conversationId, { lane: row.conversationId, tenantId: row.tenantId });
  }
  return [...lanes.values()];
}

/** In the order of the index: by tenant, then by time. */
async function nextDue(
  ctx: Context,
  now: number,
  after: OutboxWalk['after'],
  limit: number,
): Promise<Waiting[]> {
  const due = { status: 'queued', dueAt: { $lte: new Date(now - DUE_FOR_MS) } };
  const { tenantId = '', position = 0 } = after ?? {};
  const same = after ? await rowsOf(ctx, { ...due, tenantId, position: { $gt: position } }, limit) : [];
  if (same.length === limit) return same;
  return [...same, ...(await rowsOf(ctx, { ...due, tenantId: { $gt: tenantId } }, limit - same.length))];
}

/** `limit` 0: all; of attempts there are no more than the workers make at a time. */
function rowsOf(ctx: Context, filter: Record<string, unknown>, limit = 0): Promise<Waiting[]> {
  return ctx.store
    .model(Messages)
    .find({ direction: 'out', ...filter })
    .select({ tenantId: 1, conversationId: 1, attemptToken: 1, attemptAt: 1, status: 1, position: 1 })
    .sort({ tenantId: 1, position: 1 })
    .limit(limit)
    .lean<Waiting[]>()
    .exec();
}
