/**
 * What tenants see of their messages, conversations and contacts: one form for REST, live feed and endpoints.
 * Content is opened with the tenant's keys; what was erased shows as erased.
 */
import type { Context } from '../context.ts';
import type { ContactView, ConversationView, MessageView } from '../http/schemas.ts';
import type { Collection, TenantRow } from '../store/collection.ts';
import { type ChannelRow, Channels } from '../tenants/model.ts';
import { failureText } from '../whatsapp/errors.ts';
import { windowExpiresAt } from '../whatsapp/window.ts';
import {
  type ContactRow,
  Contacts,
  type ConversationRow,
  type MessageRow,
  Messages,
  Statuses,
  type StatusRow,
} from './model.ts';
import { openAll, type Opened, type SealedField } from './opened.ts';

type Payload = Record<string, unknown>;
interface Content {
  content: Payload;
  raw?: Payload;
}

/** Start of a text that a list shows, in code points. */
const PREVIEW_LENGTH = 120;

/** A message as its tenant sees it. Runs in the tenant's scope. */
export async function messageView(ctx: Context, row: MessageRow): Promise<MessageView> {
  const [view] = await messageViews(ctx, [row]);
  return view as MessageView;
}

/** Messages of one tenant, in the given order. Runs in the tenant's scope. */
export async function messageViews(ctx: Context, rows: MessageRow[]): Promise<MessageView[]> {
  const [first] = rows;
  if (!first) return [];
  const statuses = await statusesOf(ctx, rows);
  const opened = await openAll(ctx, first.tenantId, [
    ...rows.flatMap(sealedOfMessage),
    ...statuses.map((row) => ({ place: placeOf('statuses', row, 'raw'), sealed: row.raw })),
  ]);
  const pricing = pricingById(statuses, opened);
  return rows.map((row) => oneMessage(row, opened, pricing.get(row._id)));
}

/** A conversation as its tenant sees it. Runs in the tenant's scope. */
export async function conversationView(ctx: Context, row: ConversationRow): Promise<ConversationView> {
  const [view] = await conversationViews(ctx, [row]);
  return view as ConversationView;
}

/** Conversations of one tenant, in the given order, with one read each for channels, contacts and last messages. */
export async function conversationViews(ctx: Context, rows: ConversationRow[]): Promise<ConversationView[]> {
  const [first] = rows;
  if (!first) return [];
  const lastIds = rows.flatMap(({ lastMessageId }) => lastMessageId ?? []);
  const { tenantId } = first;
  const [channels, contacts, messages] = await Promise.all([
    among(
      ctx,
      Channels,
      tenantId,
      rows.map((row) => row.channelId),
    ),
    among(
      ctx,
      Contacts,
      tenantId,
      rows.map((row) => row.contactId),
    ),
    among(ctx, Messages, tenantId, lastIds),
  ]);
  const opened = await openAll(ctx, first.tenantId, [
    ...contacts.flatMap(sealedOfContact),
    ...messages.flatMap(sealedOfMessage),
  ]);
  const related = { channels: byId(channels), contacts: byId(contacts), messages: byId(messages), opened };
  return rows.map((row) => oneConversation(row, related));
}

/** Contacts of one tenant, in the given order. */
export async function contactViews(ctx: Context, rows: ContactRow[]): Promise<ContactView[]> {
  const [first] = rows;
  if (!first) return [];
  const opened = await openAll(ctx, first.tenantId, rows.flatMap(sealedOfContact));
  return rows.map((row) => ({ ...person(row, opened), createdAt: row.createdAt.toISOString() }));
}

function oneMessage(row: MessageRow, opened: Opened, pricing: Payload | undefined): MessageView {
  const value = opened.value<Content>(row.content);
  return {
    id: row._id,
    conversationId: row.conversationId,
    direction: row.direction,
    type: row.type,
    wamid: opened.value<string>(row.wamid) ?? null,
    status: row.status,
    timestamp: row.timestamp.toISOString(),
    position: row.position,
    content: value?.content ?? {},
    ...(value?.raw === undefined ? {} : { raw: value.raw }),
    ...(row.late ? { late: true } : {}),
    ...(value === undefined ? { erased: true } : {}),
    ...(row.status === 'failed' ? { error: failureOf(row) } : {}),
    ...(pricing === undefined ? {} : { pricing }),
  };
}

function failureOf(row: MessageRow): NonNullable<MessageView['error']> {
  // Code 0 means that the reason is ours, not the Graph API's.
  return { code: row.errorCode || null, ...failureText(row.errorReason ?? '') };
}

interface Related {
  channels: Map<string, ChannelRow>;
  contacts: Map<string, ContactRow>;
  messages: Map<string, MessageRow>;
  opened: Opened;
}

function oneConversation(row: ConversationRow, related: Related): ConversationView {
  const channel = related.channels.get(row.channelId);
  const contact = related.contacts.get(row.contactId);
  const message = row.lastMessageId === undefined ? undefined : related.messages.get(row.lastMessageId);
  return {
    id: row._id,
    state: row.state,
    channel: { id: row.channelId, displayNumber: channel?.displayNumber ?? '', name: channel?.name ?? '' },
    contact: contact && row.groupId === undefined ? person(contact, related.opened) : null,
    lastMessage: message ? lastMessage(message, related.opened) : null,
    lastInboundAt: row.lastInboundAt?.toISOString() ?? null,
    windowExpiresAt: windowExpiresAt(row.lastInboundAt)?.toISOString() ?? null,
    lastActivityAt: row.lastActivityAt.toISOString(),
  };
}

function lastMessage(row: MessageRow, opened: Opened): ConversationView['lastMessage'] {
  const { _id: id, direction, type, status } = row;
  const preview = previewOf(type, opened.value<Content>(row.content));
  return { id, direction, type, preview, status, timestamp: row.timestamp.toISOString() };
}

/** Start of a text; else the word of the type, that a console says in its own language. Nothing once erased. */
function previewOf(type: string, value: Content | undefined): string {
  if (value === undefined) return '';
  const body = type === 'text' ? value.content.body : undefined;
  return typeof body === 'string'
    ? Array.from(body.slice(0, 2 * PREVIEW_LENGTH))
        .slice(0, PREVIEW_LENGTH)
        .join('')
    : type;
}

function person(row: ContactRow, opened: Opened): Omit<ContactView, 'createdAt'> {
  const phone = opened.value<string>(row.phone);
  return {
    id: row._id,
    name: opened.value<string>(row.name) ?? null,
    phone: phone === undefined ? null : `+${phone}`,
    username: opened.value<string>(row.username) ?? null,
  };
}

/** Statuses that may carry WhatsApp's price of what was sent, oldest first. */
async function statusesOf(ctx: Context, rows: MessageRow[]): Promise<StatusRow[]> {
  const sent = rows.filter((row) => row.direction === 'out').map((row) => row._id);
  if (sent.length === 0) return [];
  const filter = { messageId: { $in: sent } };
  return ctx.store.model(Statuses).find(filter).sort({ at: 1 }).lean<StatusRow[]>().exec();
}

/** The last one said counts. */
function pricingById(statuses: StatusRow[], opened: Opened): Map<string, Payload> {
  const found = new Map<string, Payload>();
  for (const { messageId, raw } of statuses) {
    const pricing = opened.value<Payload>(raw)?.pricing;
    if (messageId !== undefined && typeof pricing === 'object' && pricing !== null) {
      found.set(messageId, pricing as Payload);
    }
  }
  return found;
}

function sealedOfMessage(row: MessageRow): SealedField[] {
  return [
    { place: placeOf('messages', row, 'content'), sealed: row.content },
    { place: placeOf('messages', row, 'wamid'), sealed: row.wamid },
  ];
}

function sealedOfContact(row: ContactRow): SealedField[] {
  return (['name', 'phone', 'username'] as const).map((field) => ({
    place: placeOf('contacts', row, field),
    sealed: row[field],
  }));
}

function placeOf(collection: string, row: { _id: string; tenantId: string }, field: string) {
  return { tenantId: row.tenantId, collection, id: row._id, field };
}

async function among<Row extends TenantRow>(
  ctx: Context,
  collection: Collection<Row>,
  tenantId: string,
  ids: string[],
): Promise<Row[]> {
  const found = await Promise.all(
    [...new Set(ids)].map((id) => ctx.store.batches.find(collection, tenantId, id)),
  );
  return found.filter((row) => row !== null);
}

function byId<Row extends { _id: string }>(rows: Row[]): Map<string, Row> {
  return new Map(rows.map((row) => [row._id, row]));
}
