/**
 * Statuses of what we sent: `sent`, `delivered`, `read`, `played`, `failed` (Cloud API: status webhooks). They come
 * late, twice, in any order, and before the answer to our own request.
 *
 * A status finds its message by our own id, which travels as `biz_opaque_callback_data`; else by its wamid. The
 * message's row stands before anything is sent, so the first look-up can't come too early. The second can: so the
 * status is stored before `sentWamids` is read, and the sender reads the stored statuses after it has written there.
 * Whoever is later applies them. Only the ladder decides whether a status changes anything.
 */
import { publish } from '../agents/feed.ts';
import type { Context } from '../context.ts';
import { Park } from '../ops/errors.ts';
import { insertOnce } from '../store/errors.ts';
import { ErasedError } from '../store/keyring.ts';
import { classify } from '../whatsapp/errors.ts';
import type { FailureReason } from '../whatsapp/failure-reasons.ts';
import { isJson, type Json, list, part, text, timeOf } from '../whatsapp/payload/json.ts';
import { contactOf, participantOf, recipientOf } from '../whatsapp/payload/people.ts';
import { absorbEcho } from './absorb.ts';
import { ownCharges, storeCharge } from './charges.ts';
import { addIdentity, findContact } from './contacts.ts';
import type { KnownAs } from './identities.ts';
import { wamidKey } from './ids.ts';
import { isWhatsappStatus, RANK } from './ladder.ts';
import { MARKETING_STOPPED, noteRefusedMarketing } from './marketing.ts';
import {
  Conversations,
  type MessageRow,
  Messages,
  type MessageStatus,
  type SentWamidRow,
  SentWamids,
  Statuses,
  type StatusRow,
} from './model.ts';

export interface StatusItem {
  tenantId: string;
  channelId: string;
  phoneNumberId: string;
  receivedAt: Date;
  /** One entry of `statuses[]` as received. */
  status: Json;
  /** `contacts[]` of the same notification. */
  contacts?: unknown;
}

/** Stores a status and applies it to its message, if it is one of ours. Runs in the tenant's scope; a redo is harmless. @throws Park when it can't be a status */
export async function recordStatus(ctx: Context, item: StatusItem): Promise<void> {
  const wamid = text(item.status.id);
  const status = text(item.status.status);
  if (wamid === undefined || status === undefined) throw new Park('failed', 'A status without id or status.');
  const key = await wamidKey(ctx, item.tenantId, item.phoneNumberId, wamid);
  const own = await messageByOwnId(ctx, item);
  const stored = await storeStatus(ctx, item, { wamid, status, key, message: own });
  const message = own ?? (await messageByWamid(ctx, item.channelId, key));
  if (!message) return;
  if (message.wamid === undefined) await linkWamid(ctx, message, key, wamid);
  if (!own && item.status.pricing !== undefined) await ownCharges(ctx, message, key);
  await learnIdentity(ctx, message, recipientIn(item));
  await noteFreeEntry(ctx, message, item.status);
  await applyStatus(ctx, message, stored);
}

/** WhatsApp tells until when nothing is charged after an ad (Cloud API: status webhooks, conversation). */
async function noteFreeEntry(ctx: Context, message: MessageRow, { conversation }: Json): Promise<void> {
  if (!isJson(conversation) || part(conversation, 'origin').type !== 'referral_conversion') return;
  const freeEntryUntil = timeOf(conversation.expiration_timestamp);
  if (freeEntryUntil === undefined) return;
  const { tenantId, conversationId: _id } = message;
  await ctx.store.batches.update(Conversations, { tenantId, _id, update: { $max: { freeEntryUntil } } });
}

/** Applies what came before the message's wamid was known here. Call it after `linkWamid`. */
export async function applyStoredStatuses(ctx: Context, message: MessageRow, key: string): Promise<void> {
  const rows = await ctx.store
    .model(Statuses)
    .find({ wamidKey: key, channelId: message.channelId })
    .lean<StatusRow[]>()
    .exec();
  for (const row of rows) await applyStatus(ctx, message, { row, repeat: false });
  if (rows.length > 0) await ownCharges(ctx, message, key);
}

/** Notes that the wamid with this key is the message's, so that statuses and echoes find it. */
export async function linkWamid(
  ctx: Context,
  message: MessageRow,
  key: string,
  wamid: string,
): Promise<void> {
  const { _id, tenantId, channelId, contactId } = message;
  const row: SentWamidRow = {
    _id: key,
    tenantId,
    channelId,
    messageId: _id,
    contactId,
    createdAt: new Date(ctx.clock.now()),
  };
  const isFirst = await insertOnce(ctx.store.model(SentWamids).insertMany([row]));
  if (!isFirst) await absorbEcho(ctx, message, key);
  const sealed = await sealWamid(ctx, message, wamid);
  if (!sealed) return;
  const messages = ctx.store.model(Messages);
  await messages.updateOne({ _id, wamid: { $exists: false } }, { $set: { wamid: sealed } }).exec();
}

/** Notes the BSUID of the person we wrote to. */
export async function learnIdentity(ctx: Context, message: MessageRow, known: KnownAs): Promise<void> {
  if (known.bsuid === undefined) return;
  const contact = await findContact(ctx, message.tenantId, message.contactId);
  if (!contact || contact.hasBsuid || contact.closedAt) return;
  await addIdentity(ctx, message.tenantId, contact._id, known);
}

export interface Failure {
  /** Code of the Graph API; 0 when the reason is ours. */
  errorCode: number;
  errorReason: FailureReason;
}

/** Climbs to a rung unless the message stands there or higher. @returns the row as it was before, or null when nothing changed */
export async function raiseStatus(
  ctx: Context,
  messageId: string,
  status: Exclude<MessageStatus, 'received' | 'queued' | 'sending' | 'unconfirmed'>,
  failure?: Failure,
): Promise<MessageRow | null> {
  const rank = RANK[status];
  const change = failure
    ? { $set: { status, rank, ...failure } }
    : { $set: { status, rank }, $unset: { errorCode: 1, errorReason: 1 } };
  const before = await ctx.store
    .model(Messages)
    .findOneAndUpdate({ _id: messageId, rank: { $lt: rank } }, change, { returnDocument: 'before' })
    .lean<MessageRow>()
    .exec();
  if (before) await tellStatus(ctx, before);
  return before;
}

/** Tells consoles that a message's status changed. */
export async function tellStatus(
  ctx: Context,
  message: Pick<MessageRow, '_id' | 'tenantId' | 'conversationId'>,
): Promise<void> {
  const { tenantId, conversationId, _id: messageId } = message;
  await publish(ctx, tenantId, { type: 'message.status', conversationId, messageId });
}

interface Stored {
  row: StatusRow;
  /** It had been stored before: perhaps by a try that died before it told anybody. */
  repeat: boolean;
}

async function storeStatus(
  ctx: Context,
  item: StatusItem,
  of: { wamid: string; status: string; key: string; message: MessageRow | null },
): Promise<Stored> {
  const { tenantId, channelId, phoneNumberId, receivedAt, status: raw } = item;
  // In a group each participant has a status of their own for one wamid.
  const { bsuid, parent, phone } = participantOf(raw);
  const member = bsuid ?? parent ?? phone ?? '';
  const { keyring } = ctx.store;
  const _id = await keyring.lookup(tenantId, 'status', phoneNumberId, of.wamid, of.status, member);
  const errorCode = firstErrorCode(raw);
  const row: StatusRow = {
    _id,
    tenantId,
    channelId,
    wamidKey: of.key,
    status: of.status,
    at: timeOf(raw.timestamp) ?? receivedAt,
    receivedAt,
    raw: await keyring.seal(
      { kind: 'tenant' },
      { tenantId, collection: 'statuses', id: _id, field: 'raw' },
      raw,
    ),
    ...(of.message === null ? {} : { messageId: of.message._id }),
    ...(member === '' ? {} : { ofMember: true }),
    ...(errorCode === undefined ? {} : { errorCode }),
  };
  const isNew = await insertOnce(ctx.store.model(Statuses).insertMany([row]));
  await storeCharge(ctx, row, { raw, member, message: of.message });
  return { row, repeat: !isNew };
}

async function applyStatus(ctx: Context, message: MessageRow, { row, repeat }: Stored): Promise<void> {
  if (row.messageId === undefined) {
    const statuses = ctx.store.model(Statuses);
    await statuses.updateOne({ _id: row._id }, { $set: { messageId: message._id } }).exec();
  }
  if (!isWhatsappStatus(row.status)) return;
  // One member who can't be reached says nothing of the others: it is shown among the recipients.
  if (row.ofMember && row.status === 'failed') return tellStatus(ctx, message);
  const failure = row.status === 'failed' ? failureOf(row.errorCode) : undefined;
  const before = await raiseStatus(ctx, message._id, row.status, failure);
  if (failure?.errorCode === MARKETING_STOPPED) await noteRefusedMarketing(ctx, message);
  if (!before && repeat) await tellStatus(ctx, message);
  // The lane may be waiting for this word, or about to send once more.
  const isAwaited = before?.awaited === true && RANK[row.status] >= RANK.failed;
  if (isAwaited || (before?.rank ?? message.rank) < RANK.accepted) {
    const { conversationId: lane, tenantId } = message;
    await ctx.lanes.outbox.wake({ lane, tenantId }, { soon: true });
  }
}

function failureOf(code: number | undefined): Failure {
  return code === undefined
    ? { errorCode: 0, errorReason: 'refused' }
    : { errorCode: code, errorReason: classify(code).reason };
}

/** Ids of ours, so that other apps' callback data costs no look-up. */
const OWN_ID = /^msg_[A-Za-z0-9_-]{22,26}$/;

async function messageByOwnId(ctx: Context, item: StatusItem): Promise<MessageRow | null> {
  const id = text(item.status.biz_opaque_callback_data);
  return id !== undefined && OWN_ID.test(id) ? sentMessage(ctx, id, item.channelId) : null;
}

async function messageByWamid(ctx: Context, channelId: string, key: string): Promise<MessageRow | null> {
  const filter = { _id: key, channelId };
  const link = await ctx.store.model(SentWamids).findOne(filter).lean<SentWamidRow>().exec();
  return link ? sentMessage(ctx, link.messageId, channelId) : null;
}

async function sentMessage(ctx: Context, _id: string, channelId: string): Promise<MessageRow | null> {
  const filter = { _id, channelId, direction: 'out' as const };
  return ctx.store.model(Messages).findOne(filter).lean<MessageRow>().exec();
}

/** Who a status speaks of; nobody in a group, where its recipients are the group's. */
function recipientIn({ status, contacts }: StatusItem): KnownAs {
  if (status.recipient_type === 'group') return {};
  const recipient = recipientOf(status);
  const bsuid = recipient.bsuid ?? text(contactOf(contacts, recipient)?.user_id);
  return { bsuid, phone: recipient.phone };
}

function firstErrorCode(status: Json): number | undefined {
  const [error] = list(status.errors);
  const code = isJson(error) ? error.code : undefined;
  return typeof code === 'number' && Number.isSafeInteger(code) ? code : undefined;
}

/** Whose key seals a message that we send. */
export function sealerOf({
  toGroup,
  contactId,
  conversationId,
}: Pick<MessageRow, 'toGroup' | 'contactId' | 'conversationId'>) {
  return toGroup
    ? { kind: 'group' as const, id: conversationId }
    : { kind: 'contact' as const, id: contactId };
}

/** Sealed by its owner's key; nothing when that was erased meanwhile. */
async function sealWamid(ctx: Context, message: MessageRow, wamid: string): Promise<Buffer | undefined> {
  const { _id: id, tenantId } = message;
  try {
    const place = { tenantId, collection: 'messages', id, field: 'wamid' };
    return await ctx.store.keyring.seal(sealerOf(message), place, wamid);
  } catch (error) {
    if (error instanceof ErasedError) return undefined;
    throw error;
  }
}
