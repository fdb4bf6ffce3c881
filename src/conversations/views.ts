/**
 * What tenants see of their messages, conversations and contacts: one form for REST, live feed and endpoints.
 * Content is opened with the tenant's keys; what was erased shows as erased.
 */
import type { Context } from '../context.ts';
import type { ContactView, ConversationView, MessageView } from '../http/schemas.ts';
import type { MediaRow, Reference } from '../media/model.ts';
import { mediaOf, mediaView, sealedOfMedia } from '../media/view.ts';
import type { Collection, TenantRow } from '../store/collection.ts';
import { type ChannelRow, Channels } from '../tenants/model.ts';
import { type Profile, type UserRow, Users } from '../tenants/people-model.ts';
import { failureText } from '../whatsapp/failure-reasons.ts';
import { isMediaKind } from '../whatsapp/media-types.ts';
import { heardAt, isWindowOpen, windowCause, windowExpiresAt } from '../whatsapp/window.ts';
import { detailsOf, previewOf } from './details.ts';
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
import { type Content, sealedOfMessage, type Shown, shownOf } from './shown.ts';
import { toldBy } from './status-view.ts';

type Payload = Record<string, unknown>;

/** A message as its tenant sees it. Runs in the tenant's scope. */
export async function messageView(ctx: Context, row: MessageRow): Promise<MessageView> {
  const [view] = await messageViews(ctx, [row]);
  return view as MessageView;
}

/** Messages of one tenant, in the given order. Runs in the tenant's scope. */
export async function messageViews(ctx: Context, rows: MessageRow[]): Promise<MessageView[]> {
  return (await viewsOf(ctx, { messages: rows, conversations: [] })).messages;
}

/** A conversation as its tenant sees it. Runs in the tenant's scope. */
export async function conversationView(ctx: Context, row: ConversationRow): Promise<ConversationView> {
  const [view] = await conversationViews(ctx, [row]);
  return view as ConversationView;
}

/** Conversations of one tenant, in the given order. */
export async function conversationViews(ctx: Context, rows: ConversationRow[]): Promise<ConversationView[]> {
  return (await viewsOf(ctx, { messages: [], conversations: rows })).conversations;
}

interface Rows {
  messages: MessageRow[];
  conversations: ConversationRow[];
}

interface Views {
  messages: MessageView[];
  conversations: ConversationView[];
}

/**
 * Messages and conversations of one tenant, each in the given order, with one read each for channels, contacts and
 * last messages, and each sealed field opened once. `recent`: what this process wrote within the last 5 s is
 * taken as it wrote it.
 */
export async function viewsOf(ctx: Context, rows: Rows, { recent = false } = {}): Promise<Views> {
  const tenantId = rows.messages[0]?.tenantId ?? rows.conversations[0]?.tenantId;
  if (tenantId === undefined) return { messages: [], conversations: [] };
  const given = byId(rows.messages);
  const reader = { ctx, tenantId, recent };
  const [statuses, media, channels, contacts, people, last] = await Promise.all([
    statusesOf(ctx, rows.messages),
    mediaOf(
      ctx,
      tenantId,
      rows.messages.filter(({ type }) => isMediaKind(type)).map((row) => row._id),
    ),
    among(
      reader,
      Channels,
      rows.conversations.map((row) => row.channelId),
    ),
    among(
      reader,
      Contacts,
      rows.conversations.map((row) => row.contactId),
    ),
    among(
      reader,
      Users,
      rows.conversations.flatMap(({ assigneeId: id }) => (id === undefined ? [] : [id])),
    ),
    among(
      reader,
      Messages,
      rows.conversations.flatMap(({ lastMessageId: id }) => (id === undefined || given.has(id) ? [] : [id])),
    ),
  ]);
  const messages = [...rows.messages, ...last];
  const opened = await openAll(ctx, tenantId, [
    ...contacts.flatMap(sealedOfContact),
    ...people.map((row) => ({ place: placeOf('users', row, 'profile'), sealed: row.profile })),
    ...messages.flatMap(sealedOfMessage),
    ...[...media.values()].map(sealedOfMedia),
    ...statuses.map((row) => ({ place: placeOf('statuses', row, 'raw'), sealed: row.raw })),
  ]);
  const shown = await shownOf(ctx, messages, opened);
  const related = {
    channels: byId(channels),
    contacts: byId(contacts),
    people: byId(people),
    messages: byId(messages),
    media,
    shown,
    opened,
  };
  return {
    messages: await Promise.all(rows.messages.map((row) => wholeMessage(ctx, row, statuses, related))),
    conversations: rows.conversations.map((row) => oneConversation(row, related, ctx.clock.now())),
  };
}

async function wholeMessage(
  ctx: Context,
  row: MessageRow,
  statuses: StatusRow[],
  { shown, opened, media }: Pick<Related, 'shown' | 'opened' | 'media'>,
): Promise<MessageView> {
  const mine = shown.get(row._id) ?? { value: undefined };
  const details = await detailsOf(ctx, row, mine, opened.value<Content>(row.content));
  const told = statuses
    .filter(({ messageId }) => messageId === row._id)
    .map(({ status, at, raw }) => ({ status, at, raw: opened.value<Payload>(raw) }));
  const file = media.get(row._id);
  const isShown = mine.value !== undefined && mine.revoked === undefined;
  const seen = file && isShown ? mediaView(ctx, file, opened.value<Reference>(file.reference)) : undefined;
  return {
    ...oneMessage(row, mine, opened),
    ...details,
    ...toldBy(told),
    ...(seen === undefined ? {} : { media: seen }),
  };
}

/** Contacts of one tenant, in the given order. */
export async function contactViews(ctx: Context, rows: ContactRow[]): Promise<ContactView[]> {
  const [first] = rows;
  if (!first) return [];
  const opened = await openAll(ctx, first.tenantId, rows.flatMap(sealedOfContact));
  return rows.map((row) => ({ ...person(row, opened), createdAt: row.createdAt.toISOString() }));
}

function oneMessage(row: MessageRow, shown: Shown, opened: Opened): MessageView {
  const { value, ...changed } = shown;
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
    ...(value?.rendered === undefined ? {} : { rendered: value.rendered }),
    ...(value?.raw === undefined ? {} : { raw: value.raw }),
    ...(row.via === undefined ? {} : { via: row.via }),
    ...(row.late ? { late: true } : {}),
    ...(value === undefined ? { erased: true } : {}),
    ...(row.status === 'failed' ? { error: failureOf(row) } : {}),
    ...changed,
  };
}

function failureOf(row: MessageRow): NonNullable<MessageView['error']> {
  // Code 0 means that the reason is ours, not the Graph API's.
  return { code: row.errorCode || null, ...failureText(row.errorReason ?? '') };
}

interface Related {
  channels: Map<string, ChannelRow>;
  contacts: Map<string, ContactRow>;
  people: Map<string, UserRow>;
  messages: Map<string, MessageRow>;
  media: Map<string, MediaRow>;
  shown: Map<string, Shown>;
  opened: Opened;
}

/** The window at this time. @param now milliseconds since 1970 */
function windowView(row: ConversationRow, now: number): ConversationView['window'] {
  const heard = heardAt(row);
  return {
    open: isWindowOpen(heard, now),
    expiresAt: windowExpiresAt(heard)?.toISOString() ?? null,
    cause: windowCause(row),
    ...(row.freeEntryUntil ? { freeEntryUntil: row.freeEntryUntil.toISOString() } : {}),
  };
}

function oneConversation(row: ConversationRow, related: Related, now: number): ConversationView {
  const channel = related.channels.get(row.channelId);
  const contact = related.contacts.get(row.contactId);
  const message = row.lastMessageId === undefined ? undefined : related.messages.get(row.lastMessageId);
  return {
    id: row._id,
    state: row.state,
    assignee: row.assigneeId === undefined ? null : assignee(row.assigneeId, related),
    channel: { id: row.channelId, displayNumber: channel?.displayNumber ?? '', name: channel?.name ?? '' },
    ...(row.groupId === undefined ? {} : { group: true as const }),
    contact: contact && row.groupId === undefined ? person(contact, related.opened) : null,
    lastMessage: message ? lastMessage(message, related.shown.get(message._id)) : null,
    lastInboundAt: row.lastInboundAt?.toISOString() ?? null,
    windowExpiresAt: windowExpiresAt(heardAt(row))?.toISOString() ?? null,
    window: windowView(row, now),
    ...(row.control === 'other'
      ? {
          control: {
            holder: 'other' as const,
            role: row.controlRole ?? null,
            since: (row.controlAt ?? row.lastActivityAt).toISOString(),
          },
        }
      : {}),
    ...(row.humanSince ? { humanSince: row.humanSince.toISOString() } : {}),
    ...(row.groupBlocked === undefined ? {} : { groupBlocked: row.groupBlocked }),
    lastActivityAt: row.lastActivityAt.toISOString(),
  };
}

function assignee(id: string, { people, opened }: Related): ConversationView['assignee'] {
  const profile = opened.value<Profile>(people.get(id)?.profile);
  return { id, name: profile ? `${profile.firstName} ${profile.lastName}`.trim() : null };
}

function lastMessage(row: MessageRow, shown: Shown | undefined): ConversationView['lastMessage'] {
  const { _id: id, direction, type, status } = row;
  const preview = previewOf(type, shown ?? { value: undefined });
  return { id, direction, type, preview, status, timestamp: row.timestamp.toISOString() };
}

function person(row: ContactRow, opened: Opened): Omit<ContactView, 'createdAt'> {
  const phone = opened.value<string>(row.phone);
  return {
    id: row._id,
    name: opened.value<string>(row.name) ?? null,
    phone: phone === undefined ? null : `+${phone}`,
    username: opened.value<string>(row.username) ?? null,
    ...(row.mergedInto === undefined ? {} : { mergedInto: row.mergedInto }),
    ...(row.marketing === undefined ? {} : { marketing: marketingView(row.marketing) }),
  };
}

function marketingView(marketing: NonNullable<ContactRow['marketing']>): ContactView['marketing'] {
  return Object.entries(marketing).map(([channelId, { stopped, cause, at, by }]) => ({
    channelId,
    state: stopped ? ('stopped' as const) : ('allowed' as const),
    cause,
    at: at.toISOString(),
    ...(by === undefined ? {} : { by }),
  }));
}

/** What WhatsApp said of those that were sent. */
async function statusesOf(ctx: Context, rows: MessageRow[]): Promise<StatusRow[]> {
  const sent = rows.filter((row) => row.direction === 'out').map((row) => row._id);
  if (sent.length === 0) return [];
  const filter = { messageId: { $in: sent } };
  return ctx.store.model(Statuses).find(filter).lean<StatusRow[]>().exec();
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

interface Reader {
  ctx: Context;
  tenantId: string;
  recent: boolean;
}

async function among<Row extends TenantRow>(
  { ctx, tenantId, recent }: Reader,
  collection: Collection<Row>,
  ids: string[],
): Promise<Row[]> {
  const { batches } = ctx.store;
  const found = await Promise.all(
    [...new Set(ids)].map((id) =>
      recent ? batches.findRecent(collection, tenantId, id) : batches.find(collection, tenantId, id),
    ),
  );
  return found.filter((row) => row !== null);
}

function byId<Row extends { _id: string }>(rows: Row[]): Map<string, Row> {
  return new Map(rows.map((row) => [row._id, row]));
}
