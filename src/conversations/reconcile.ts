/**
 * Stored messages whose forwarding was lost with Redis: each gets back into a lane. While inbound lanes are merely
 * behind nothing is done, since those items are still there and will forward their rows.
 */
import type { Context } from '../context.ts';
import { interestedEndpoints } from '../endpoints/owe.ts';
import type { LaneItem } from '../lanes/item.ts';
import { OF_ANY_TENANT, withTenant } from '../store/scope.ts';
import { forwardMessage } from './forward.ts';
import { findMessage } from './inbound.ts';
import { type MessageRow, Messages } from './model.ts';

/** A row that is due for so long has no item in a lane any more, unless the workers are behind. */
const LOST_AFTER_MS = 60_000;
const ROWS_AT_ONCE = 500;

/** Runs as the operator. @returns how many messages got back into a lane. */
export async function reconcileForwards(ctx: Context): Promise<number> {
  const before = ctx.clock.now() - LOST_AFTER_MS;
  const oldest = await Promise.all(ctx.inbound.queues.map(({ name }) => ctx.inbound.oldest(name)));
  if (oldest.some((age) => age !== null && age < before)) return 0;
  const rows = await ctx.store
    .model(Messages)
    .find({ ...OF_ANY_TENANT, forward: 'due', storedAt: { $lt: new Date(before) } })
    .sort({ storedAt: 1 })
    .limit(ROWS_AT_ONCE)
    .lean<MessageRow[]>()
    .exec();
  const items = rows.map((row) => ({
    item: forwardItem(row),
    lane: ctx.inbound.laneName('forward', row.conversationId),
  }));
  await ctx.inbound.append(items);
  return items.length;
}

function forwardItem({ _id, tenantId, position }: MessageRow): LaneItem {
  const body = { tenantId, messageId: _id };
  return { kind: 'forward', app: '', wabaId: null, field: null, phoneNumberId: null, position, body };
}

/** Forwards a stored message if that is still due. */
export async function handleForwardItem(
  ctx: Context,
  item: LaneItem,
): Promise<{ outcome: string; tenantId: string }> {
  const { tenantId, messageId } = item.body as { tenantId: string; messageId: string };
  const outcome = await withTenant(tenantId, async () => {
    const row = await findMessage(ctx, tenantId, messageId);
    if (row?.forward !== 'due') return 'repeat';
    await forwardMessage(ctx, row, await interestedEndpoints(ctx, tenantId));
    return 'forwarded';
  });
  return { outcome, tenantId };
}
