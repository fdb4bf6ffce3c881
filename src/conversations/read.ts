/** Reading conversations, messages and contacts page by page. All of it runs in the tenant's scope. */
import type { Context } from '../context.ts';
import type { Found, Page } from '../http/route.ts';
import { notFound } from '../ops/errors.ts';
import { holdersOf } from './identities.ts';
import { conversationIdFor, type Identity } from './ids.ts';
import {
  type ContactRow,
  Contacts,
  type ConversationRow,
  Conversations,
  type ConversationState,
  type MessageRow,
  Messages,
} from './model.ts';

/** Newest activity first. */
export async function listConversations(
  ctx: Context,
  filters: { state?: ConversationState | undefined; channelId?: string | undefined },
  page: Page,
): Promise<Found<ConversationRow>> {
  const chosen = Object.fromEntries(Object.entries(filters).filter(([, value]) => value !== undefined));
  const rows = await ctx.store
    .model(Conversations)
    .find({ ...chosen, ...afterPosition('lastPosition', page) })
    .sort({ lastPosition: -1, _id: -1 })
    .limit(page.limit + 1)
    .lean<ConversationRow[]>()
    .exec();
  return cut(rows, page, (row) => row.lastPosition);
}

/** @throws Reject (404) */
export async function conversationById(ctx: Context, conversationId: string): Promise<ConversationRow> {
  const row = await ctx.store
    .model(Conversations)
    .findOne({ _id: conversationId })
    .lean<ConversationRow>()
    .exec();
  if (!row) throw notFound('conversation');
  return row;
}

/** The conversation of a channel with the person known by this identity; null when there was none yet. */
export async function conversationWith(
  ctx: Context,
  between: { tenantId: string; channelId: string; identity: Identity },
): Promise<ConversationRow | null> {
  const { tenantId, channelId, identity } = between;
  const held = await holdersOf(ctx, tenantId, { [identity.kind]: identity.value });
  const contactId = held[identity.kind];
  if (contactId === undefined) return null;
  const id = await conversationIdFor(ctx, tenantId, channelId, { contactId });
  return ctx.store.model(Conversations).findOne({ _id: id }).lean<ConversationRow>().exec();
}

/** Messages of one conversation, newest first. */
export async function listMessages(
  ctx: Context,
  conversationId: string,
  page: Page,
): Promise<Found<MessageRow>> {
  const rows = await ctx.store
    .model(Messages)
    .find({ conversationId, ...afterPosition('position', page) })
    .sort({ position: -1, _id: -1 })
    .limit(page.limit + 1)
    .lean<MessageRow[]>()
    .exec();
  return cut(rows, page, (row) => row.position);
}

/** @throws Reject (404) */
export async function messageById(ctx: Context, messageId: string): Promise<MessageRow> {
  const row = await ctx.store.model(Messages).findOne({ _id: messageId }).lean<MessageRow>().exec();
  if (!row || row.erasedAt) throw notFound('message');
  return row;
}

/** Newest first; those who are being erased are left out. */
export async function listContacts(ctx: Context, page: Page): Promise<Found<ContactRow>> {
  const rows = await ctx.store
    .model(Contacts)
    .find({ closedAt: { $exists: false }, ...afterTime('createdAt', page) })
    .sort({ createdAt: -1, _id: -1 })
    .limit(page.limit + 1)
    .lean<ContactRow[]>()
    .exec();
  return cut(rows, page, (row) => row.createdAt.getTime());
}

/** Rows that come after the page's start, in falling order of (field, _id). */
function afterPosition(field: string, { after }: Page): Record<string, unknown> {
  return after ? olderThan(field, after.at, after.id) : {};
}

function afterTime(field: string, { after }: Page): Record<string, unknown> {
  return after ? olderThan(field, new Date(after.at), after.id) : {};
}

function olderThan(field: string, value: number | Date, id: string): Record<string, unknown> {
  return { $or: [{ [field]: { $lt: value } }, { [field]: value, _id: { $lt: id } }] };
}

/** One row more than wanted was read: it only tells that there is a next page. */
function cut<Row extends { _id: string }>(
  rows: Row[],
  { limit }: Page,
  at: (row: Row) => number,
): Found<Row> {
  const items = rows.slice(0, limit);
  const last = items.at(-1);
  const next = rows.length > limit && last ? { at: at(last), id: last._id } : null;
  return { items, next };
}
