/**
 * Messages that came another way than "a client writes to us" and "we send": typed on the business's phone (echo),
 * sent by another program, written while another handler holds the thread (standby), or imported from the phone
 * (history). They have the ids that their wamids give them, so a repeat changes nothing, and a message of ours that
 * comes back as an echo is known by its wamid. None of them is forwarded to bots or endpoints.
 */
import { publish } from '../agents/feed.ts';
import type { Context } from '../context.ts';
import { oweMedia } from '../media/owe.ts';
import { Park } from '../ops/errors.ts';
import { noteMessage } from '../search/note.ts';
import { type Json, text } from '../whatsapp/payload/json.ts';
import { contentOf, typeOf } from '../whatsapp/payload/message.ts';
import { contactOf, knownOf, profileOf, type Sender } from '../whatsapp/payload/people.ts';
import { findOrCreateContact } from './contacts.ts';
import { ensureConversation, touchConversation } from './conversations.ts';
import { refersToOf, tellEarlier } from './earlier.ts';
import { holdersOf } from './identities.ts';
import { wamidKey } from './ids.ts';
import { RANK } from './ladder.ts';
import {
  type ConversationRow,
  Conversations,
  type ConversationState,
  type MessageRow,
  Messages,
  type MessageStatus,
  SentWamids,
  type Via,
} from './model.ts';
import { isClientsTurn } from './system-lines.ts';

/** Type of an imported file that WhatsApp sends later, under the same wamid (Cloud API: history). */
const PLACEHOLDER = 'media_placeholder';

export interface Elsewhere {
  tenantId: string;
  channelId: string;
  phoneNumberId: string;
  via: Via;
  direction: 'in' | 'out';
  /** The client, whichever way the message went. */
  client: Sender;
  message: Json;
  contacts?: unknown;
  /** Place in the thread. */
  position: number;
  timestamp: Date;
  /** Of what went out. */
  status?: MessageStatus;
}

export interface StoredElsewhere {
  row: MessageRow;
  conversation: ConversationRow;
  /** False for a repeat. */
  isNew: boolean;
}

/** The conversation of a channel with a person; begun in this state where there is none. @throws Park when nobody is named */
export async function conversationOfClient(
  ctx: Context,
  { tenantId, channelId }: { tenantId: string; channelId: string },
  { client, contacts, state }: { client: Sender; contacts?: unknown; state?: ConversationState | undefined },
): Promise<ConversationRow> {
  const contact = contactOf(contacts, client);
  const known = knownOf(client, contact);
  if (Object.keys(known).length === 0) throw new Park('unknown-field', 'Nobody is named whom it is about.');
  const held = await holdersOf(ctx, tenantId, known);
  const { _id: contactId } = await findOrCreateContact(ctx, tenantId, known, profileOf(contact), held);
  return ensureConversation(ctx, { tenantId, channelId, contactId, state });
}

/** Stores such a message, once. @returns undefined when it is one that we sent ourselves */
export async function storeElsewhere(
  ctx: Context,
  given: Elsewhere,
  conversation: ConversationRow,
): Promise<StoredElsewhere | undefined> {
  const { tenantId, phoneNumberId, message } = given;
  const wamid = text(message.id);
  if (wamid === undefined) throw new Park('unknown-field', 'A message without an id.');
  const key = await wamidKey(ctx, tenantId, phoneNumberId, wamid);
  const made = await rowOf(ctx, given, { conversation, key, wamid });
  if (given.direction === 'out' && !(await claimWamid(ctx, made, key))) return undefined;
  const isNew = await insertOrFill(ctx, made);
  // A repeat is what was stored first, with its place.
  const row = (await ctx.store.batches.find(Messages, tenantId, made._id)) ?? made;
  // We may have learned meanwhile that it is our own: `absorbEcho` then looked for the row before it was there.
  if (given.direction === 'out' && !(await claimWamid(ctx, row, key))) {
    await ctx.store
      .model(Messages)
      .deleteOne({ _id: row._id, via: row.via ?? null })
      .exec();
    return undefined;
  }
  await oweMedia(ctx, row);
  await noteMessage(ctx, row);
  const at = given.via === 'history' ? given.timestamp : new Date(Math.floor(row.position / 1000));
  await touchConversation(ctx, conversation, { messageId: row._id, position: row.position, at });
  return { row, conversation, isNew };
}

async function rowOf(
  ctx: Context,
  given: Elsewhere,
  { conversation, key, wamid }: { conversation: ConversationRow; key: string; wamid: string },
): Promise<MessageRow> {
  const { tenantId, channelId, via, direction, message, position, timestamp } = given;
  const _id = `msg_${key}`;
  const type = typeOf(message);
  const content = contentOf(message, type);
  const owner = { kind: 'contact' as const, id: conversation.contactId };
  const place = { tenantId, collection: 'messages', id: _id };
  const status = direction === 'in' ? 'received' : (given.status ?? 'sent');
  return {
    _id,
    tenantId,
    conversationId: conversation._id,
    channelId,
    contactId: conversation.contactId,
    direction,
    type,
    position,
    timestamp,
    status,
    rank: RANK[status],
    content: await ctx.store.keyring.seal(owner, { ...place, field: 'content' }, { content, raw: message }),
    wamid: await ctx.store.keyring.seal(owner, { ...place, field: 'wamid' }, wamid),
    ...(await refersToOf(ctx, given, { type, content })),
    storedAt: new Date(ctx.clock.now()),
    via,
    ...(direction === 'out' ? { sentBy: via } : {}),
  };
}

/** @returns false when the wamid is that of a message which we sent */
async function claimWamid(ctx: Context, row: MessageRow, key: string): Promise<boolean> {
  const { _id: messageId, tenantId, channelId, contactId } = row;
  const createdAt = new Date(ctx.clock.now());
  const { batches } = ctx.store;
  await batches.insert(SentWamids, { _id: key, tenantId, channelId, messageId, contactId, createdAt });
  const link = await batches.find(SentWamids, tenantId, key);
  return link?.messageId === messageId;
}

/** @returns true when it is new, or brings the file of which only a placeholder had come */
async function insertOrFill(ctx: Context, row: MessageRow): Promise<boolean> {
  if (await ctx.store.batches.insert(Messages, row)) return true;
  if (row.type === PLACEHOLDER) return false;
  const { type, content } = row;
  const { modifiedCount } = await ctx.store
    .model(Messages)
    .updateOne({ _id: row._id, type: PLACEHOLDER }, { $set: { type, content } })
    .exec();
  return modifiedCount > 0;
}

/** A person wrote from the phone: bots keep silent in this conversation. */
export async function noteHuman(ctx: Context, stored: StoredElsewhere): Promise<void> {
  const { conversation, row } = stored;
  const at = row.timestamp;
  const conversations = ctx.store.model(Conversations);
  const earlier = [{ humanSince: { $exists: false } }, { humanSince: { $lt: at } }];
  const { _id } = conversation;
  const wasBot = { _id, state: 'BOT' as const, $or: earlier };
  await conversations.updateOne(wasBot, { $set: { state: 'PENDING', humanSince: at } }).exec();
  await conversations.updateOne({ _id, $or: earlier }, { $set: { humanSince: at } }).exec();
}

/** Tells consoles of a message that was not forwarded. */
export async function tellStored(ctx: Context, { row, isNew }: StoredElsewhere): Promise<void> {
  if (!isNew) return;
  const { tenantId, conversationId, _id: messageId, direction } = row;
  const type = direction === 'in' ? 'message.received' : 'message.created';
  await publish(ctx, tenantId, { type, conversationId, messageId });
  await tellEarlier(ctx, row);
}

/** What the client writes opens the window, whoever holds the thread. */
export async function noteHeard(ctx: Context, { row, conversation }: StoredElsewhere): Promise<void> {
  if (!isClientsTurn(row.type)) return;
  const { tenantId, timestamp: lastInboundAt, position: lastInboundPosition } = row;
  const update = { $max: { lastInboundAt, lastInboundPosition } };
  await ctx.store.batches.update(Conversations, { tenantId, _id: conversation._id, update });
}
