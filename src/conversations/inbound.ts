/**
 * Storing what a client wrote. The wamid alone decides what is new; the row is inserted with `forward: due`,
 * forwarded under its lane with ids that repeat, then marked done. A redo forwards what is still due.
 */
import type { Context } from '../context.ts';
import { interestedEndpoints } from '../endpoints/owe.ts';
import { Park } from '../ops/errors.ts';
import { isJson, type Json, text, timeOf } from '../whatsapp/payload/json.ts';
import { contentOf, typeOf } from '../whatsapp/payload/message.ts';
import { contactOf, knownOf, profileOf, type Sender, senderOf } from '../whatsapp/payload/people.ts';
import { findOrCreateContact } from './contacts.ts';
import { noteControl } from './control.ts';
import {
  conversationWith,
  ensureConversation,
  findConversation,
  touchConversation,
  touched,
} from './conversations.ts';
import { refersToOf, tellEarlier } from './earlier.ts';
import { forwardMessage } from './forward.ts';
import { type Holders, holdersOf } from './identities.ts';
import { inboundMessageId } from './ids.ts';
import { noteMarketingWord } from './marketing.ts';
import { type ConversationRow, Conversations, type MessageRow, Messages } from './model.ts';
import { isClientsTurn, sayRecycled, subjectOfSystemMessage } from './system-lines.ts';

interface Inbound {
  tenantId: string;
  channelId: string;
  phoneNumberId: string;
  /** Microseconds since 1970 of receipt. */
  position: number;
  /** `{ message, contacts }` as received. */
  body: Json;
  /** How it came to here, for its timeline. */
  way?: Pick<MessageRow, 'routedAt' | 'spooled' | 'retries'>;
}

export type StoreOutcome = 'stored' | 'repeat' | 'forwarded';

/** Stores and forwards one inbound message, in the tenant's scope. @throws Park when it can't be a message. */
export async function handleInboundMessage(ctx: Context, inbound: Inbound): Promise<StoreOutcome> {
  const message = inbound.body.message;
  const wamid = isJson(message) ? text(message.id) : undefined;
  if (!isJson(message) || wamid === undefined) throw new Park('failed', 'A message without an id.');
  const _id = await inboundMessageId(ctx, inbound.tenantId, inbound.phoneNumberId, wamid);
  const [known, held] = await Promise.all([
    findMessage(ctx, inbound.tenantId, _id),
    holdersOf(ctx, inbound.tenantId, writerOf(inbound, message)),
  ]);
  if (known) return redo(ctx, known, inbound.position, message);
  const conversation = await conversationOf(ctx, inbound, message, held);
  const row = await insert(ctx, { inbound, conversation, _id, wamid, message });
  await heed(ctx, row, message);
  await pass(ctx, conversation, row, message);
  return 'stored';
}

/** A client who writes that they want no marketing is heard before anybody is told of the message. */
async function heed(ctx: Context, row: MessageRow, message: Json): Promise<void> {
  if (message.group_id !== undefined) return;
  const { position } = row;
  await noteMarketingWord(ctx, row, message, { at: new Date(Math.floor(position / 1000)), position });
}

/** A repeat of what is stored: it may tell an earlier place, and what is still due is forwarded. */
async function redo(ctx: Context, known: MessageRow, position: number, message: Json): Promise<StoreOutcome> {
  const row = await placed(ctx, known, position);
  if (row.forward !== 'due') return 'repeat';
  await heed(ctx, row, message);
  const conversation = await findConversation(ctx, row.tenantId, row.conversationId);
  await pass(ctx, conversation, row, message);
  return 'forwarded';
}

/**
 * The earliest receipt decides a message's place. A receiver may die with what it acknowledged in its spool, and
 * WhatsApp's repeat be stored first: when the spool is drained the message goes to where it was acknowledged.
 */
async function placed(ctx: Context, row: MessageRow, position: number): Promise<MessageRow> {
  if (position >= row.position) return row;
  const { tenantId, _id } = row;
  const earlier = { position, late: true };
  await ctx.store.batches.update(Messages, {
    tenantId,
    _id,
    where: { position: { $gt: position } },
    update: { $set: earlier },
  });
  return { ...row, ...earlier };
}

export async function findMessage(
  ctx: Context,
  tenantId: string,
  messageId: string,
): Promise<MessageRow | null> {
  return ctx.store.batches.find(Messages, tenantId, messageId);
}

/** The conversation with the one who wrote, or with the group. */
async function conversationOf(
  ctx: Context,
  inbound: Inbound,
  message: Json,
  held: Holders,
): Promise<ConversationRow> {
  const { tenantId, channelId } = inbound;
  if (typeOf(message) === 'system') {
    const contact = await subjectOfSystemMessage(ctx, tenantId, message, held);
    return ensureConversation(ctx, { tenantId, channelId, contactId: contact._id });
  }
  const sender = writerOrPark(inbound, message);
  const groupId = text(message.group_id);
  const profile = profileOf(contactOf(inbound.body.contacts, sender));
  // Most write again: who holds the identity is the contact, and the two rows are read together.
  const likely = held.bsuid ?? held.phone;
  const [contact, conversation] = await Promise.all([
    findOrCreateContact(ctx, tenantId, sender, profile, held),
    likely === undefined || groupId !== undefined
      ? null
      : conversationWith(ctx, { tenantId, channelId, contactId: likely }),
  ]);
  if (conversation?.contactId === contact._id) return conversation;
  const ensured = await ensureConversation(ctx, { tenantId, channelId, contactId: contact._id, groupId });
  if (contact.recycledFrom !== undefined && groupId === undefined && ensured.lastPosition === 0) {
    await sayRecycled(ctx, ensured, inbound);
  }
  // In a group each message has its own writer.
  return { ...ensured, contactId: contact._id };
}

interface Arrived {
  inbound: Inbound;
  conversation: ConversationRow;
  _id: string;
  wamid: string;
  message: Json;
}

async function insert(ctx: Context, arrived: Arrived): Promise<MessageRow> {
  const { inbound, conversation, _id, wamid, message } = arrived;
  const { tenantId, channelId, position } = inbound;
  const { contactId } = conversation;
  const owner =
    text(message.group_id) === undefined
      ? { kind: 'contact' as const, id: contactId }
      : { kind: 'group' as const, id: conversation._id };
  const type = typeOf(message);
  const content = contentOf(message, type);
  const place = { tenantId, collection: 'messages', id: _id };
  const row: MessageRow = {
    _id,
    tenantId,
    conversationId: conversation._id,
    channelId,
    contactId,
    direction: 'in',
    type,
    position,
    timestamp: timeOf(message.timestamp) ?? new Date(Math.floor(position / 1000)),
    status: 'received',
    rank: 0,
    content: await ctx.store.keyring.seal(owner, { ...place, field: 'content' }, { content, raw: message }),
    wamid: await ctx.store.keyring.seal(owner, { ...place, field: 'wamid' }, wamid),
    ...(await refersToOf(ctx, inbound, { type, content })),
    storedAt: new Date(ctx.clock.now()),
    ...inbound.way,
    forward: 'due',
    ...(position < conversation.lastPosition && (await isLate(ctx, conversation._id, position))
      ? { late: true }
      : {}),
  };
  if (await ctx.store.batches.insert(Messages, row)) return row;
  const winner = await findMessage(ctx, tenantId, _id);
  return winner ? placed(ctx, winner, position) : row;
}

/** True when a message of the client that was received after this one has already been handled. */
async function isLate(ctx: Context, conversationId: string, position: number): Promise<boolean> {
  const later = await ctx.store
    .model(Messages)
    .exists({ conversationId, direction: 'in', position: { $gt: position } })
    .exec();
  return later !== null;
}

/** The message names its writer, and so may the contact that came with it. */
function writerOf(inbound: Inbound, message: Json): Sender {
  const sender = senderOf(message);
  return knownOf(sender, contactOf(inbound.body.contacts, sender));
}

function writerOrPark(inbound: Inbound, message: Json): Sender {
  const writer = writerOf(inbound, message);
  if (Object.keys(writer).length === 0) throw new Park('failed', 'A message without a sender.');
  return writer;
}

/** Moves the conversation forward, then passes the message on; where it goes is looked up meanwhile. */
async function pass(
  ctx: Context,
  conversation: ConversationRow | null,
  row: MessageRow,
  { referral }: Json,
): Promise<void> {
  const touch = {
    messageId: row._id,
    position: row.position,
    at: new Date(Math.floor(row.position / 1000)),
    ...(isClientsTurn(row.type) ? { inboundAt: row.timestamp } : {}),
    ...(isJson(referral) ? { entryAt: row.timestamp } : {}),
  };
  const [endpoints] = await Promise.all([
    interestedEndpoints(ctx, row.tenantId),
    conversation === null ? undefined : touchConversation(ctx, conversation, touch),
  ]);
  if (conversation?.control === 'other') {
    // An ordinary message only comes to whoever holds the thread.
    await noteControl(ctx, conversation, { control: 'ours', at: row.timestamp });
  }
  if (conversation) keepForEvents(ctx, row, touched(conversation, touch));
  await forwardMessage(ctx, row, endpoints);
  await tellEarlier(ctx, row);
}

/** The event to an endpoint shows what was written just now; a message that came late is read anew. */
function keepForEvents(ctx: Context, message: MessageRow, conversation: ConversationRow): void {
  if (conversation.lastMessageId !== message._id || conversation.groupId !== undefined) return;
  ctx.store.batches.keep(Messages, message);
  ctx.store.batches.keep(Conversations, conversation);
}
