/**
 * Forwarding a stored message to those who wait for it: the tenant's endpoints and the live feed. Every step may run
 * again: an endpoint's delivery has the message's id, a feed event only says "look here".
 */
import { publish } from '../agents/feed.ts';
import type { Context } from '../context.ts';
import type { EndpointRow } from '../endpoints/model.ts';
import { oweDeliveries } from '../endpoints/owe.ts';
import { oweMedia } from '../media/owe.ts';
import { noteMessage } from '../search/note.ts';
import { type MessageRow, Messages } from './model.ts';

/** Forwards a message that is due to these endpoints and marks it done, in the tenant's scope. */
export async function forwardMessage(ctx: Context, row: MessageRow, endpoints: EndpointRow[]): Promise<void> {
  await oweMedia(ctx, row);
  await oweDeliveries(ctx, row, endpoints);
  await publish(ctx, row.tenantId, {
    type: 'message.received',
    conversationId: row.conversationId,
    messageId: row._id,
  });
  await noteMessage(ctx, row); // after consoles were told: nobody waits for it
  await ctx.store.batches.update(Messages, {
    tenantId: row.tenantId,
    _id: row._id,
    where: { forward: 'due' },
    update: { $set: { forward: 'done', forwardedAt: new Date(ctx.clock.now()) } },
    unseen: true, // the event to the endpoint may still be on its way
  });
}
