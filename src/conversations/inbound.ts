/**
 * Storing what a client wrote. The wamid alone decides what is new; the row is inserted with `forward: due`,
 * forwarded under its lane with ids that repeat, then marked done. A redo forwards what is still due.
 */
import type { Context } from '../context.ts';
import { Park } from '../ops/errors.ts';
import { isDuplicateKey } from '../store/errors.ts';
import {
  contactOf,
  isJson,
  type Json,
  profileOf,
  type Sender,
  senderOf,
  text,
  timeOf,
} from '../whatsapp/payload.ts';
import { findOrCreateContact } from './contacts.ts';
import { ensureConversation, touchConversation } from './conversations.ts';
import { forwardMessage } from './forward.ts';
import { inboundMessageId } from './ids.ts';
import { type MessageRow, Messages } from './model.ts';

interface Inbound {
  tenantId: string;
  channelId: string;
  phoneNumberId: string;
  /** Microseconds since 1970 of receipt. */
  position: number;
  /** `{ message, contacts }` as received. */
  body: Json;
}

export type StoreOutcome = 'stored' | 'repeat' | 'forwarded';

/** Stores and forwards one inbound message, in the tenant's scope. @throws Park when it can't be a message. */
export async function handleInboundMessage(ctx: Context, inbound: Inbound): Promise<StoreOutcome> {
  const message = inbound.body.message;
  const wamid = isJson(message) ? text(message.id) : undefined;
  if (!isJson(message) || wamid === undefined) throw new Park('failed', 'A message without an id.');
  const _id = await inboundMessageId(ctx, inbound.tenantId, inbound.phoneNumberId, wamid);
  const known = await findMessage(ctx, _id);
  if (known) return redo(ctx, known);
  const row = await insert(ctx, inbound, _id, wamid, message);
  await touch(ctx, row);
  await forwardMessage(ctx, row);
  return 'stored';
}

/** A repeat of what is stored: what is still due is forwarded, nothing else changes. */
async function redo(ctx: Context, row: MessageRow): Promise<StoreOutcome> {
  if (row.forward !== 'due') return 'repeat';
  await touch(ctx, row);
  await forwardMessage(ctx, row);
  return 'forwarded';
}

export async function findMessage(ctx: Context, messageId: string): Promise<MessageRow | null> {
  return ctx.store.model(Messages).findOne({ _id: messageId }).lean<MessageRow>().exec();
}

async function insert(
  ctx: Context,
  inbound: Inbound,
  _id: string,
  wamid: string,
  message: Json,
): Promise<MessageRow> {
  const { tenantId, channelId, position } = inbound;
  const contact = await findOrCreateContact(
    ctx,
    tenantId,
    senderOrPark(message),
    profileOf(contactOf(inbound.body.contacts, senderOf(message))),
  );
  const groupId = text(message.group_id);
  const conversation = await ensureConversation(ctx, {
    tenantId,
    channelId,
    contactId: contact._id,
    groupId,
  });
  const owner =
    groupId === undefined
      ? { kind: 'contact' as const, id: contact._id }
      : { kind: 'group' as const, id: conversation._id };
  const type = text(message.type) ?? 'unknown';
  const place = { tenantId, collection: 'messages', id: _id };
  const row: MessageRow = {
    _id,
    tenantId,
    conversationId: conversation._id,
    channelId,
    contactId: contact._id,
    direction: 'in',
    type,
    position,
    timestamp: timeOf(message.timestamp) ?? new Date(Math.floor(position / 1000)),
    status: 'received',
    rank: 0,
    content: await ctx.store.keyring.seal(
      owner,
      { ...place, field: 'content' },
      { content: contentOf(message, type), raw: message },
    ),
    wamid: await ctx.store.keyring.seal(owner, { ...place, field: 'wamid' }, wamid),
    storedAt: new Date(ctx.clock.now()),
    forward: 'due',
    ...(position < conversation.lastPosition && (await isLate(ctx, conversation._id, position))
      ? { late: true }
      : {}),
  };
  try {
    await ctx.store.model(Messages).insertMany([row]);
    return row;
  } catch (error) {
    if (!isDuplicateKey(error)) throw error;
    return (await findMessage(ctx, _id)) ?? row;
  }
}

/** True when a message of the client that was received after this one has already been handled. */
async function isLate(ctx: Context, conversationId: string, position: number): Promise<boolean> {
  const later = await ctx.store
    .model(Messages)
    .exists({ conversationId, direction: 'in', position: { $gt: position } })
    .exec();
  return later !== null;
}

function senderOrPark(message: Json): Sender {
  const sender = senderOf(message);
  if (sender.bsuid === undefined && sender.phone === undefined) {
    throw new Park('failed', 'A message without a sender.');
  }
  return sender;
}

/** The payload object of the message's type; `{}` when it has none we know the place of. */
function contentOf(message: Json, type: string): Json {
  const payload = Object.hasOwn(message, type) ? message[type] : undefined;
  if (isJson(payload)) return payload;
  return Array.isArray(payload) ? { [type]: payload } : {};
}

async function touch(ctx: Context, row: MessageRow): Promise<void> {
  await touchConversation(ctx, row.conversationId, {
    messageId: row._id,
    position: row.position,
    at: new Date(Math.floor(row.position / 1000)),
    inboundAt: row.timestamp,
  });
}
