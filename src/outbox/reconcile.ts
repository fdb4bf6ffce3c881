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

type Waiting = Pick<
  MessageRow,
  '_id' | 'tenantId' | 'conversationId' | 'attemptToken' | 'attemptAt' | 'status'
>;

/**
 * Lanes to wake: with a message that is due, or with an attempt whose worker is gone. Attempts that can't be alive
 * any more become unconfirmed here, so that a person can resolve them even while no worker runs. Runs as operator.
 */
export async function dueOutboxLanes(ctx: Context): Promise<WakeUp[]> {
  const now = ctx.clock.now();
  const lanes = new Map<string, WakeUp>();
  for (const row of await waitingRows(ctx, now)) {
    if (row.status === 'sending' && now - (row.attemptAt?.getTime() ?? 0) > DEAD_AFTER_MS) {
      await withTenant(row.tenantId, () => markUnconfirmed(ctx, row));
    }
    lanes.set(row.conversationId, { lane: row.conversationId, tenantId: row.tenantId });
  }
  return [...lanes.values()];
}

async function waitingRows(ctx: Context, now: number): Promise<Waiting[]> {
  const rows = (filter: Record<string, unknown>) =>
    ctx.store
      .model(Messages)
      .find({ ...OF_ANY_TENANT, direction: 'out', ...filter })
      .select({ tenantId: 1, conversationId: 1, attemptToken: 1, attemptAt: 1, status: 1 })
      .lean<Waiting[]>()
      .exec();
  const [queued, sending] = await Promise.all([
    rows({ status: 'queued', dueAt: { $lte: new Date(now - DUE_FOR_MS) } }),
    rows({ status: 'sending', attemptAt: { $lte: new Date(now - LOCK_MS) } }),
  ]);
  return [...queued, ...sending];
}
