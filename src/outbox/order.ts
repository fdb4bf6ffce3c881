/**
 * Order that the client sees. WhatsApp does not promise to deliver in the order of sending: a text that was sent
 * after a picture often comes before it. Where the channel wants it, a message waits until the one before it was
 * delivered (or failed), or for so many seconds (Cloud API: sending messages, order).
 */
import type { Context } from '../context.ts';
import { RANK } from '../conversations/ladder.ts';
import { type MessageRow, Messages } from '../conversations/model.ts';
import type { ChannelRow } from '../tenants/model.ts';

/**
 * Milliseconds for which the message still waits; 0: it may go. The earlier one is marked `awaited`, so that its
 * status wakes the lane.
 */
export async function waitsForDeliveredMs(
  ctx: Context,
  { waitForDelivered: seconds = 0 }: ChannelRow,
  { conversationId, position, type }: MessageRow,
): Promise<number> {
  if (seconds === 0 || type === 'reaction') return 0;
  const messages = ctx.store.model(Messages);
  // Of a reaction nothing but `sent` is ever told.
  const earlier = await messages
    .findOne({
      conversationId,
      direction: 'out',
      position: { $lt: position },
      status: { $nin: ['queued', 'sending', 'unconfirmed'] },
      type: { $ne: 'reaction' },
    })
    .sort({ position: -1, _id: -1 })
    .lean<MessageRow>()
    .exec();
  if (!earlier || earlier.rank >= RANK.failed) return 0;
  const leftMs = (earlier.attemptAt?.getTime() ?? 0) + seconds * 1_000 - ctx.clock.now();
  if (leftMs <= 0) return 0;
  const { matchedCount } = await messages
    .updateOne({ _id: earlier._id, rank: { $lt: RANK.failed } }, { $set: { awaited: true } })
    .exec();
  return matchedCount === 0 ? 0 : leftMs;
}
