/** An echo that came before we knew that the message is our own. */
import { publish } from '../agents/feed.ts';
import type { Context } from '../context.ts';
import { Conversations, type MessageRow, Messages, SentWamids, Statuses } from './model.ts';

/** A message of ours got its wamid, under which an echo was stored before: the echo goes, what was said of it stays. */
export async function absorbEcho(
  ctx: Context,
  { _id: messageId, tenantId, conversationId }: MessageRow,
  key: string,
): Promise<void> {
  const echoId = `msg_${key}`;
  if (echoId === messageId) return;
  const links = ctx.store.model(SentWamids);
  await links.updateOne({ _id: key, messageId: echoId }, { $set: { messageId } }).exec();
  await ctx.store.model(Statuses).updateMany({ messageId: echoId }, { $set: { messageId } }).exec();
  const gone = await ctx.store
    .model(Messages)
    .deleteOne({ _id: echoId, direction: 'out', via: { $exists: true } })
    .exec();
  if (gone.deletedCount === 0) return;
  await ctx.store
    .model(Conversations)
    .updateOne({ _id: conversationId, lastMessageId: echoId }, { $set: { lastMessageId: messageId } })
    .exec();
  await publish(ctx, tenantId, { type: 'conversation.updated', conversationId });
}
