/** Conversations: one per channel and contact; their summary only moves forward. */
import type { Context } from '../context.ts';
import { isDuplicateKey } from '../store/errors.ts';
import { conversationIdFor } from './ids.ts';
import { type ConversationRow, Conversations } from './model.ts';

interface Between {
  tenantId: string;
  channelId: string;
  contactId: string;
  /** Set for a group conversation; `contactId` is then who wrote first. */
  groupId?: string | undefined;
}

/** The conversation between a channel and a contact (or group); made when there is none. */
export async function ensureConversation(ctx: Context, between: Between): Promise<ConversationRow> {
  const { tenantId, channelId, contactId, groupId } = between;
  const who = groupId === undefined ? { contactId } : { groupId };
  const _id = await conversationIdFor(ctx, tenantId, channelId, who);
  const found = await findConversation(ctx, _id);
  if (found) return found;
  const now = new Date(ctx.clock.now());
  const row: ConversationRow = {
    _id,
    tenantId,
    channelId,
    contactId,
    state: 'PENDING',
    lastPosition: 0,
    lastActivityAt: now,
    createdAt: now,
    ...(groupId === undefined
      ? {}
      : {
          groupId: await ctx.store.keyring.seal(
            { kind: 'group', id: _id },
            { tenantId, collection: 'conversations', id: _id, field: 'groupId' },
            groupId,
          ),
        }),
  };
  try {
    await ctx.store.model(Conversations).insertMany([row]);
    return row;
  } catch (error) {
    if (!isDuplicateKey(error)) throw error;
    return (await findConversation(ctx, _id)) ?? row;
  }
}

export async function findConversation(
  ctx: Context,
  conversationId: string,
): Promise<ConversationRow | null> {
  return ctx.store.model(Conversations).findOne({ _id: conversationId }).lean<ConversationRow>().exec();
}

interface Touch {
  messageId: string;
  position: number;
  at: Date;
  /** Client's own time of an inbound message: opens the window. */
  inboundAt?: Date;
}

/** Moves the summary forward; a redo or a late message changes nothing that is newer. */
export async function touchConversation(ctx: Context, conversationId: string, touch: Touch): Promise<void> {
  const conversations = ctx.store.model(Conversations);
  const older = { _id: conversationId, lastPosition: { $lt: touch.position } };
  if (touch.inboundAt) {
    await conversations
      .updateOne({ _id: conversationId }, { $max: { lastInboundAt: touch.inboundAt } })
      .exec();
    await conversations.updateOne({ ...older, state: 'RESOLVED' }, { $set: { state: 'PENDING' } }).exec();
  }
  const { position: lastPosition, messageId: lastMessageId, at: lastActivityAt } = touch;
  await conversations.updateOne(older, { $set: { lastPosition, lastMessageId, lastActivityAt } }).exec();
}
