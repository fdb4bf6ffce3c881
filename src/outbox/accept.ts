/**
 * Accepting a message to be sent: checked, stored as `queued`, its lane woken. An answer is given only after the row
 * is stored; what follows (summary, feed, wake-up) may fail or be cut off: the reconciler wakes the lane, and the
 * sender mends the summary.
 *
 * With an Idempotency-Key the row's id is a digest of tenant, principal and key, so that a repeat, also one that runs
 * at the same time, finds the first one's row.
 */
import { holdByAnswer } from '../agents/assignment.ts';
import { publish } from '../agents/feed.ts';
import type { Context } from '../context.ts';
import { findContact } from '../conversations/contacts.ts';
import { touchConversation } from '../conversations/conversations.ts';
import { refersToOf, tellEarlier } from '../conversations/earlier.ts';
import { RANK } from '../conversations/ladder.ts';
import { type ConversationRow, type MessageRow, Messages } from '../conversations/model.ts';
import { sealerOf } from '../conversations/statuses.ts';
import { oweMedia } from '../media/owe.ts';
import { Reject } from '../ops/errors.ts';
import { noteMessage } from '../search/note.ts';
import { isDuplicateKey } from '../store/errors.ts';
import { newId } from '../store/ids.ts';
import { ErasedError } from '../store/keyring.ts';
import { withTenant } from '../store/scope.ts';
import { requireSendable } from '../templates/sending.ts';
import { Channels } from '../tenants/model.ts';
import type { Rendered } from '../whatsapp/templates/render.ts';
import { requireAllowed, requireTerms } from './allowed.ts';
import { contentOfBody, parseSendBody, type SendBody } from './body.ts';
import { requireUnderCap } from './cap.ts';

/** Longest Idempotency-Key. */
const KEY_MAX = 255;

export interface SendRequest {
  tenantId: string;
  /** Who sends: `key:<id>`. */
  principal: string;
  idempotencyKey?: string | undefined;
  conversation: ConversationRow;
  /** As the caller sent it; checked here. */
  body: unknown;
}

/**
 * Accepts one message and returns its row (`queued`; of a repeat: as it stands now).
 * @throws Reject 422 for a body or key that can't be; 409 `window-closed`, `idempotency-conflict`, `contact-erased`
 */
export async function acceptSend(ctx: Context, request: SendRequest): Promise<MessageRow> {
  const body = parseSendBody(request.body);
  checkRequest(request);
  checkPlace(request.conversation, body);
  return withTenant(request.tenantId, async () => {
    const _id = await messageIdFor(ctx, request);
    const bodyDigest = await digestOf(ctx, request, body);
    const known = request.idempotencyKey === undefined ? null : await findRow(ctx, _id);
    if (known) return repeated(ctx, known, bodyDigest);
    await requireTerms(ctx, request.tenantId);
    requireAllowed(ctx, request.conversation, body.type);
    await requireUnderCap(ctx, request.conversation, { type: body.type, also: 1 });
    const rendered = await renderedTemplate(ctx, request.conversation, body);
    const row = await newRow(ctx, request, { _id, bodyDigest, body, rendered }).catch(refuseErased);
    try {
      await ctx.store.model(Messages).insertMany([row]);
    } catch (error) {
      const winner = isDuplicateKey(error) ? await findRow(ctx, _id) : null;
      if (!winner) throw error;
      return repeated(ctx, winner, bodyDigest);
    }
    await keptUnderCap(ctx, row);
    await holdByAnswer(ctx, request.conversation, request.principal);
    await announce(ctx, row);
    await noteMessage(ctx, row);
    return row;
  });
}

/** Of templates that came at once, those above the cap go again: nobody was told of them yet. @throws Reject (429) */
async function keptUnderCap(ctx: Context, row: MessageRow): Promise<void> {
  const { _id, type } = row;
  try {
    await requireUnderCap(ctx, row, { type, also: 0 });
  } catch (error) {
    await ctx.store.model(Messages).deleteOne({ _id, status: 'queued' }).exec();
    throw error;
  }
}

/** What the client will see of a template, where its definition is known. @throws Reject when it must not be sent */
async function renderedTemplate(
  ctx: Context,
  { tenantId, channelId, contactId, groupId }: ConversationRow,
  body: SendBody,
): Promise<Rendered | undefined> {
  if (body.type !== 'template') return undefined;
  const [channel, contact] = await Promise.all([
    ctx.store.batches.find(Channels, tenantId, channelId),
    groupId === undefined ? findContact(ctx, tenantId, contactId) : null,
  ]);
  return channel ? requireSendable(ctx, { channel, contact, template: body.template }) : undefined;
}

function checkRequest({ idempotencyKey }: SendRequest): void {
  if (idempotencyKey !== undefined && (idempotencyKey === '' || idempotencyKey.length > KEY_MAX)) {
    throw new Reject(422, 'invalid-request', `The Idempotency-Key must have 1 to ${KEY_MAX} characters.`);
  }
}

/** What WhatsApp takes in groups (Cloud API: groups, messages); everything else is for one person. */
const GROUP_TYPES = ['text', 'image', 'video', 'audio', 'document', 'sticker', 'template', 'pin'];

/** @throws Reject (422) for a type that can't be sent there */
function checkPlace({ groupId }: ConversationRow, { type }: SendBody): void {
  const isGroup = groupId !== undefined;
  if (isGroup ? GROUP_TYPES.includes(type) : type !== 'pin') return;
  const message = isGroup
    ? `${type} can’t be sent to a group; WhatsApp takes there: ${GROUP_TYPES.join(', ')}`
    : 'pin is for groups: in a chat of two nothing can be pinned';
  throw new Reject(422, 'unsupported-message-type', `${message}.`, { errors: [{ path: 'type', message }] });
}

function refuseErased(error: unknown): never {
  if (!(error instanceof ErasedError)) throw error;
  throw new Reject(
    409,
    'contact-erased',
    'The data of this client was erased. If they write again, answer there.',
  );
}

async function messageIdFor(
  ctx: Context,
  { tenantId, principal, idempotencyKey }: SendRequest,
): Promise<string> {
  if (idempotencyKey === undefined) return newId(ctx, 'msg');
  return `msg_${await ctx.store.keyring.lookup(tenantId, 'idempotency', principal, idempotencyKey)}`;
}

/** Digest by which the sender's own callback data is found again. */
export async function callbackKey(ctx: Context, tenantId: string, callbackData: string): Promise<string> {
  return ctx.store.keyring.lookup(tenantId, 'callback', callbackData);
}

/** The same for the same body to the same conversation, whatever the order of its fields was. */
async function digestOf(ctx: Context, request: SendRequest, body: SendBody): Promise<string> {
  const ordered = JSON.stringify(body, (_key, value: unknown) => sorted(value));
  return ctx.store.keyring.lookup(request.tenantId, 'send-body', request.conversation._id, ordered);
}

/** The same object with its fields by name. */
function sorted(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).sort(([one], [other]) => (one < other ? -1 : 1)));
}

async function newRow(
  ctx: Context,
  { tenantId, principal, conversation }: SendRequest,
  {
    _id,
    bodyDigest,
    body,
    rendered,
  }: { _id: string; bodyDigest: string; body: SendBody; rendered: Rendered | undefined },
): Promise<MessageRow> {
  const { keyring } = ctx.store;
  const toGroup = conversation.groupId !== undefined;
  const owner = sealerOf({ toGroup, contactId: conversation.contactId, conversationId: conversation._id });
  const place = { tenantId, collection: 'messages', id: _id };
  const { type, biz_opaque_callback_data: callbackData } = body;
  const context = 'context' in body ? body.context : undefined;
  const content = {
    content: contentOfBody(body),
    ...(context ? { context } : {}),
    ...(rendered ? { rendered } : {}),
  };
  const refersTo = await earlierOf(ctx, conversation, type, content.content);
  const now = new Date(ctx.clock.now());
  return {
    _id,
    tenantId,
    conversationId: conversation._id,
    channelId: conversation.channelId,
    contactId: conversation.contactId,
    direction: 'out',
    type,
    position: ctx.positions.next(),
    timestamp: now,
    status: 'queued',
    rank: RANK.queued,
    content: await keyring.seal(owner, { ...place, field: 'content' }, content),
    storedAt: now,
    sentBy: principal,
    bodyDigest,
    ...refersTo,
    ...(toGroup ? { toGroup } : {}),
    attempts: 0,
    dueAt: now,
    ...(callbackData === undefined
      ? {}
      : {
          callbackData: await keyring.seal(owner, { ...place, field: 'callbackData' }, callbackData),
          callbackKey: await callbackKey(ctx, tenantId, callbackData),
        }),
  };
}

/** The message that a reaction or a pin of ours belongs to. */
async function earlierOf(
  ctx: Context,
  { tenantId, channelId }: ConversationRow,
  type: SendBody['type'],
  content: Record<string, unknown>,
): Promise<Pick<MessageRow, 'refersTo'>> {
  if (type !== 'reaction' && type !== 'pin') return {};
  const channel = await ctx.store.batches.find(Channels, tenantId, channelId);
  return channel
    ? refersToOf(ctx, { tenantId, phoneNumberId: channel.phoneNumberId }, { type, content })
    : {};
}

async function findRow(ctx: Context, _id: string): Promise<MessageRow | null> {
  return ctx.store.model(Messages).findOne({ _id }).lean<MessageRow>().exec();
}

/** The first one's row; while it still waits, what the first try may have been cut off from is done again. */
async function repeated(ctx: Context, row: MessageRow, bodyDigest: string): Promise<MessageRow> {
  if (row.bodyDigest !== bodyDigest) {
    throw new Reject(
      409,
      'idempotency-conflict',
      'This Idempotency-Key was used for another message. Use a new key for each message.',
    );
  }
  if (row.status === 'queued') await announce(ctx, row);
  return row;
}

async function announce(ctx: Context, row: MessageRow): Promise<void> {
  const { _id: messageId, tenantId, conversationId, position, timestamp: at } = row;
  await oweMedia(ctx, row); // before the summary: by that the sender knows how far this came
  await touchConversation(ctx, { _id: conversationId, tenantId }, { messageId, position, at });
  await publish(ctx, tenantId, { type: 'message.created', conversationId, messageId });
  await tellEarlier(ctx, row);
  await ctx.lanes.outbox.wake({ lane: conversationId, tenantId });
}
