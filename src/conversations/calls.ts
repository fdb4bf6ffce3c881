/**
 * Calls as rows of their conversation. Each call is one message of the type `call`; its events and statuses fill it
 * in, in whatever order they come. A client's call opens the service window as a message does, also one that nobody
 * answered; a call of ours does not.
 */
import { publish } from '../agents/feed.ts';
import type { Context } from '../context.ts';
import { Park } from '../ops/errors.ts';
import {
  callContent,
  calledAt,
  callOf,
  mergedCall,
  readCall,
  withoutSession,
} from '../whatsapp/payload/calls.ts';
import { type Json, text, timeOf } from '../whatsapp/payload/json.ts';
import type { Sender } from '../whatsapp/payload/people.ts';
import { findConversation, touchConversation } from './conversations.ts';
import { conversationOfClient } from './elsewhere.ts';
import { inboundMessageId } from './ids.ts';
import { RANK } from './ladder.ts';
import { type ConversationRow, Conversations, type MessageRow, Messages } from './model.ts';

export interface CallEvent {
  tenantId: string;
  channelId: string;
  phoneNumberId: string;
  client: Sender;
  contacts?: unknown;
  /** Microseconds since 1970 of receipt. */
  position: number;
  /** One entry of `calls[]`, or of `statuses[]` beside it. */
  call: Json;
}

/** Notes what one event says of a call. In the tenant's scope; a repeat changes nothing. @throws Park for what can't be read */
export async function recordCall(ctx: Context, event: CallEvent): Promise<void> {
  const { tenantId, phoneNumberId, call } = event;
  const wacid = text(call.id);
  const said = readCall(call);
  if (wacid === undefined || said === undefined) {
    throw new Park('unknown-field', 'This event of a call can’t be read.');
  }
  const _id = await inboundMessageId(ctx, tenantId, phoneNumberId, wacid);
  const known = await ctx.store.batches.find(Messages, tenantId, _id);
  if (known) {
    await addTo(ctx, known, event);
    return finish(ctx, known, event);
  }
  const conversation = await conversationOfClient(ctx, event, event);
  const row = await rowOf(ctx, event, { _id, conversation, wacid });
  if (!(await ctx.store.batches.insert(Messages, row))) return recordCall(ctx, event);
  await noteCall(ctx, { conversation, row, at: calledAt(call) });
}

async function rowOf(
  ctx: Context,
  { tenantId, channelId, position, call }: CallEvent,
  { _id, conversation, wacid }: { _id: string; conversation: ConversationRow; wacid: string },
): Promise<MessageRow> {
  const { contactId } = conversation;
  const owner = { kind: 'contact' as const, id: contactId };
  const place = { tenantId, collection: 'messages', id: _id };
  const ours = call.direction === 'BUSINESS_INITIATED' || text(call.event) === undefined;
  const status = ours ? 'sent' : 'received';
  const said = readCall(call) ?? { outcome: 'ringing' as const };
  const content = { content: callContent(said), raw: withoutSession(call) };
  return {
    _id,
    tenantId,
    conversationId: conversation._id,
    channelId,
    contactId,
    direction: ours ? 'out' : 'in',
    type: 'call',
    position,
    timestamp: calledAt(call) ?? timeOf(call.timestamp) ?? new Date(Math.floor(position / 1000)),
    status,
    rank: RANK[status],
    content: await ctx.store.keyring.seal(owner, { ...place, field: 'content' }, content),
    wamid: await ctx.store.keyring.seal(owner, { ...place, field: 'wamid' }, wacid),
    storedAt: new Date(ctx.clock.now()),
  };
}

/** What a first try that died was cut off from: the conversation does not know of its call yet. */
async function finish(ctx: Context, row: MessageRow, { call }: CallEvent): Promise<void> {
  const conversation = await findConversation(ctx, row.tenantId, row.conversationId);
  if (!conversation) return;
  const at = calledAt(call) === undefined ? undefined : row.timestamp;
  const isHeard = at === undefined || (conversation.lastCallAt?.getTime() ?? 0) >= at.getTime();
  if (isHeard && conversation.lastPosition >= row.position) return;
  await noteCall(ctx, { conversation, row, at });
}

async function addTo(ctx: Context, row: MessageRow, { call }: CallEvent): Promise<void> {
  const said = readCall(call);
  if (!row.content || !said) return;
  const { _id, tenantId, contactId, conversationId } = row;
  const place = { tenantId, collection: 'messages', id: _id, field: 'content' };
  const before = await ctx.store.keyring.open<{ content: Json; raw?: Json }>(place, row.content);
  const content = callContent(mergedCall(callOf(before.content), said));
  if (JSON.stringify(content) === JSON.stringify(before.content)) return;
  const owner = { kind: 'contact' as const, id: contactId };
  const sealed = await ctx.store.keyring.seal(owner, place, { content, raw: withoutSession(call) });
  await ctx.store.batches.update(Messages, { tenantId, _id, update: { $set: { content: sealed } } });
  await publish(ctx, tenantId, { type: 'message.status', conversationId, messageId: _id });
}

/** Moves the conversation forward, opens the window, and brings a resolved conversation back. */
async function noteCall(
  ctx: Context,
  {
    conversation,
    row,
    at: lastCallAt,
  }: { conversation: ConversationRow; row: MessageRow; at: Date | undefined },
): Promise<void> {
  const { _id, tenantId } = conversation;
  const at = new Date(Math.floor(row.position / 1000));
  if (lastCallAt) {
    await ctx.store.batches.update(Conversations, { tenantId, _id, update: { $max: { lastCallAt } } });
    const reopen = { where: { state: 'RESOLVED' }, update: { $set: { state: 'PENDING' as const } } };
    await ctx.store.batches.update(Conversations, { tenantId, _id, ...reopen });
  }
  await touchConversation(ctx, conversation, { messageId: row._id, position: row.position, at });
  const type = row.direction === 'in' ? 'message.received' : 'message.created';
  await publish(ctx, tenantId, { type, conversationId: _id, messageId: row._id });
}
