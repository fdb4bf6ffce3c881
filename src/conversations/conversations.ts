/** Conversations: one per channel and contact; their summary only moves forward. */
import type { Context } from '../context.ts';
import { conversationIdFor } from './ids.ts';
import { type ConversationRow, Conversations, type ConversationState } from './model.ts';

interface Between {
  tenantId: string;
  channelId: string;
  contactId: string;
  /** Set for a group conversation; `contactId` is then who wrote first. */
  groupId?: string | undefined;
  /** Of a conversation that begins; `PENDING` by default. */
  state?: ConversationState | undefined;
}

/** The conversation between a channel and a contact (or group); made when there is none. */
export async function ensureConversation(ctx: Context, between: Between): Promise<ConversationRow> {
  const { tenantId, channelId, contactId, groupId, state = 'PENDING' } = between;
  const who = groupId === undefined ? { contactId } : { groupId };
  const _id = await conversationIdFor(ctx, tenantId, channelId, who);
  const found = await findConversation(ctx, tenantId, _id);
  if (found) return found;
  const now = new Date(ctx.clock.now());
  const row: ConversationRow = {
    _id,
    tenantId,
    channelId,
    contactId,
    state,
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
  if (await ctx.store.batches.insert(Conversations, row)) return row;
  return (await findConversation(ctx, tenantId, _id)) ?? row;
}

/** The conversation between a channel and a contact, if there is one. */
export async function conversationWith(
  ctx: Context,
  { tenantId, channelId, contactId }: Omit<Between, 'groupId' | 'state'>,
): Promise<ConversationRow | null> {
  return findConversation(ctx, tenantId, await conversationIdFor(ctx, tenantId, channelId, { contactId }));
}

export async function findConversation(
  ctx: Context,
  tenantId: string,
  conversationId: string,
): Promise<ConversationRow | null> {
  return ctx.store.batches.find(Conversations, tenantId, conversationId);
}

interface Touch {
  messageId: string;
  position: number;
  at: Date;
  /** Client's own time of an inbound message: opens the window. */
  inboundAt?: Date;
  /** Of a message by which the client came from an ad or a post. */
  entryAt?: Date;
}

/**
 * Moves the summary forward; a redo or a late message changes nothing that is newer. The client's time counts apart
 * from that: what they wrote opens the window also when an answer of ours was accepted before it was handled here.
 * A client who writes again reopens a resolved conversation, so whoever resolves one names the `lastPosition` that
 * they have seen.
 */
export async function touchConversation(
  ctx: Context,
  conversation: Pick<ConversationRow, '_id' | 'tenantId'> & Partial<Pick<ConversationRow, 'state'>>,
  { messageId, position, at, inboundAt, entryAt }: Touch,
): Promise<void> {
  const { _id, tenantId } = conversation;
  const heard =
    inboundAt === undefined
      ? undefined
      : {
          $max: {
            lastInboundAt: inboundAt,
            lastInboundPosition: position,
            ...(entryAt === undefined ? {} : { entryAt }),
          },
        };
  await ctx.store.batches.update(Conversations, {
    tenantId,
    _id,
    where: { lastPosition: { $lt: position } },
    update: {
      $set: {
        lastPosition: position,
        lastMessageId: messageId,
        lastActivityAt: at,
        ...reopened(conversation, inboundAt),
      },
      ...heard,
    },
    ...(heard && { otherwise: heard }),
  });
}

/** The conversation as `touchConversation` leaves it, if nobody else changed it meanwhile. */
export function touched(conversation: ConversationRow, touch: Touch): ConversationRow {
  const { messageId, position, at, inboundAt } = touch;
  const isLater =
    inboundAt !== undefined && !(conversation.lastInboundAt && conversation.lastInboundAt > inboundAt);
  return {
    ...conversation,
    ...(isLater ? { lastInboundAt: inboundAt } : {}),
    ...(conversation.lastPosition < position
      ? {
          lastPosition: position,
          lastMessageId: messageId,
          lastActivityAt: at,
          ...reopened(conversation, inboundAt),
        }
      : {}),
  };
}

function reopened(
  { state }: Partial<Pick<ConversationRow, 'state'>>,
  inboundAt: Date | undefined,
): Partial<Pick<ConversationRow, 'state'>> {
  return inboundAt !== undefined && state === 'RESOLVED' ? { state: 'PENDING' } : {};
}
