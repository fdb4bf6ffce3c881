/**
 * Telling a client that their messages were read, and that somebody types: only as the channel's policy says, and by
 * the worker, so that no caller waits for WhatsApp. What is wanted stands in the conversation's row; the worker notes
 * that it tells before it does, so that a message is never marked twice. A mark that is lost is lost: no failure of
 * it delays or fails a message.
 */
import type { Context } from '../context.ts';
import { type ConversationRow, Conversations, type MessageRow, Messages } from '../conversations/model.ts';
import { ErasedError } from '../store/keyring.ts';
import { policyOf } from '../tenants/channel-policy.ts';
import { type ChannelRow, Channels } from '../tenants/model.ts';
import type { Sender } from './sender.ts';

/** WhatsApp shows typing for so long, or until our answer; asked again within less, nothing new is told. */
const TYPING_AGAIN_MS = 20_000;
/** A wish to show typing that is older comes too late. */
const TYPING_STALE_MS = 15_000;
/** In a group messages are marked one by one; of an old backlog the last ones. */
const GROUP_MESSAGES = 20;
/** WhatsApp advises to mark within 30 days. */
const OLDEST_MS = 30 * 24 * 3600 * 1000;
/** Types that stand at another message, or come from WhatsApp itself: nobody reads them. */
const NOT_READ = ['system', 'reaction', 'edit', 'revoke'];

/** `asked`: the worker tells WhatsApp. `policy`: the channel's policy forbids it. `nothing`: all of it was told before. */
type SeenOutcome = 'asked' | 'policy' | 'nothing';

/** Somebody opened the conversation. Runs in the tenant's scope. */
export async function askRead(ctx: Context, conversation: ConversationRow): Promise<SeenOutcome> {
  const policy = await channelPolicy(ctx, conversation);
  if (policy?.readReceipts !== 'on-open') return 'policy';
  const {
    _id,
    tenantId,
    lastInboundPosition: last = 0,
    readPosition = 0,
    readDuePosition = 0,
  } = conversation;
  if (last <= Math.max(readPosition, readDuePosition)) return 'nothing';
  await ctx.store.batches.update(Conversations, {
    tenantId,
    _id,
    update: { $max: { readDuePosition: last } },
  });
  await ctx.lanes.outbox.wake({ lane: _id, tenantId }, { soon: true });
  return 'asked';
}

/** Somebody types an answer. Runs in the tenant's scope. */
export async function askTyping(
  ctx: Context,
  { _id, tenantId, channelId }: ConversationRow,
): Promise<SeenOutcome> {
  const policy = await channelPolicy(ctx, { tenantId, channelId });
  if (policy?.typing !== 'on' || policy.readReceipts === 'never') return 'policy';
  const now = ctx.clock.now();
  const before = new Date(now - TYPING_AGAIN_MS);
  const { modifiedCount } = await ctx.store
    .model(Conversations)
    .updateOne(
      { _id, $or: [{ typingAt: { $exists: false } }, { typingAt: { $lt: before } }] },
      { $set: { typingAt: new Date(now), typingDue: true } },
    )
    .exec();
  if (modifiedCount === 0) return 'nothing';
  await ctx.lanes.outbox.wake({ lane: _id, tenantId }, { soon: true });
  return 'asked';
}

/** What a turn at the conversation has to tell, told. Runs in the tenant's scope. */
export async function tellSeen(ctx: Context, sender: Sender, conversation: ConversationRow): Promise<void> {
  const { tenantId, channelId, readDuePosition = 0, readPosition = 0, typingDue } = conversation;
  if (!typingDue && readDuePosition <= readPosition) return;
  const channel = await ctx.store.batches.find(Channels, tenantId, channelId);
  if (channel?.status !== 'active') return;
  if (typingDue) await showTyping(ctx, sender, conversation, channel);
  if (readDuePosition > readPosition) {
    await tellRead(ctx, sender, { conversation, channel, upTo: readDuePosition });
  }
}

/** Somebody answers: what the client wrote before is told to be read, if that is the policy. */
export async function tellReadOnAnswer(
  ctx: Context,
  sender: Sender,
  conversation: ConversationRow,
  channel: ChannelRow,
): Promise<void> {
  const { lastInboundPosition: upTo = 0, readPosition = 0 } = conversation;
  if (policyOf(channel).readReceipts !== 'on-answer' || upTo <= readPosition) return;
  await tellRead(ctx, sender, { conversation, channel, upTo });
}

interface ToTell {
  conversation: ConversationRow;
  channel: ChannelRow;
  /** Position of the last message that was read. */
  upTo: number;
}

/** Whoever moves `readPosition` tells; it is moved first. */
async function tellRead(
  ctx: Context,
  sender: Sender,
  { conversation, channel, upTo }: ToTell,
): Promise<void> {
  const { _id, readPosition: from = 0, groupId } = conversation;
  const unmoved = from === 0 ? { readPosition: { $exists: false } } : { readPosition: from };
  const { modifiedCount } = await ctx.store
    .model(Conversations)
    .updateOne({ _id, ...unmoved }, { $set: { readPosition: upTo } })
    .exec();
  if (modifiedCount === 0) return;
  const unread = await readable(
    ctx,
    conversation,
    { from, upTo },
    groupId === undefined ? 1 : GROUP_MESSAGES,
  );
  for (const message of unread.reverse()) await tell(ctx, sender, { channel, message, typing: false });
}

async function showTyping(
  ctx: Context,
  sender: Sender,
  conversation: ConversationRow,
  channel: ChannelRow,
): Promise<void> {
  const { _id, typingAt, lastInboundPosition: upTo = 0 } = conversation;
  const { modifiedCount } = await ctx.store
    .model(Conversations)
    .updateOne({ _id, typingDue: true }, { $unset: { typingDue: 1 } })
    .exec();
  if (modifiedCount === 0 || ctx.clock.now() - (typingAt?.getTime() ?? 0) > TYPING_STALE_MS) return;
  const [message] = await readable(ctx, conversation, { from: 0, upTo }, 1);
  if (!message) return;
  await ctx.store
    .model(Conversations)
    .updateOne({ _id }, { $max: { readPosition: upTo } })
    .exec();
  await tell(ctx, sender, { channel, message, typing: true });
}

/** The client's last messages after one place and up to another, newest first. */
async function readable(
  ctx: Context,
  { _id: conversationId }: ConversationRow,
  { from, upTo }: { from: number; upTo: number },
  limit: number,
): Promise<MessageRow[]> {
  const oldest = new Date(ctx.clock.now() - OLDEST_MS);
  return ctx.store
    .model(Messages)
    .find({
      conversationId,
      direction: 'in',
      type: { $nin: NOT_READ },
      position: { $gt: from, $lte: upTo },
      timestamp: { $gt: oldest },
    })
    .sort({ position: -1, _id: -1 })
    .limit(limit)
    .lean<MessageRow[]>()
    .exec();
}

async function tell(
  ctx: Context,
  sender: Sender,
  { channel, message, typing }: { channel: ChannelRow; message: MessageRow; typing: boolean },
): Promise<void> {
  const { _id: channelId, tenantId, phoneNumberId } = channel;
  const { _id: messageId, conversationId, wamid: sealed } = message;
  if (sealed === undefined) return;
  const { keyring } = ctx.store;
  try {
    const wamid = await keyring.open<string>(
      { tenantId, collection: 'messages', id: messageId, field: 'wamid' },
      sealed,
    );
    const token = await keyring.open<string>(
      { tenantId, collection: 'channels', id: channelId, field: 'token' },
      channel.token,
    );
    const started = ctx.clock.now();
    const outcome = await sender.graph.markRead({ phoneNumberId, token, wamid, typing });
    const fields = { tenantId, channelId, conversationId, messageId, kind: typing ? 'typing' : 'read' };
    const code = outcome.kind === 'refused' ? outcome.code : undefined;
    const reason = outcome.kind === 'unknown' ? outcome.cause : undefined;
    const ms = ctx.clock.now() - started;
    const level = outcome.kind === 'done' ? 'info' : 'warn';
    ctx.log[level]({ ...fields, outcome: outcome.kind, code, reason, ms }, 'outbox.read');
  } catch (error) {
    if (!(error instanceof ErasedError)) throw error;
  }
}

async function channelPolicy(
  ctx: Context,
  { tenantId, channelId }: Pick<ConversationRow, 'tenantId' | 'channelId'>,
): Promise<ReturnType<typeof policyOf> | null> {
  const channel = await ctx.store.batches.find(Channels, tenantId, channelId);
  return channel && policyOf(channel);
}
