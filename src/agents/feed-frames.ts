/** From entries of the stream to what goes over the wire; content is read here, with the tenant's keys. */
import type { Context } from '../context.ts';
import { Conversations, Messages } from '../conversations/model.ts';
import { viewsOf } from '../conversations/views.ts';
import { Notices } from '../notices/model.ts';
import { noticeViews } from '../notices/views.ts';
import type { Collection, TenantRow } from '../store/collection.ts';
import { withTenant } from '../store/scope.ts';
import { CHANNEL_EVENT, FEED_EVENT_TYPES, type FeedEntry, NOTICE_EVENT } from './feed.ts';

/** One event of `text/event-stream`. */
export interface Frame {
  /** Id of the stream entry. */
  id: string;
  /** Sets the client's place to `id` wherever it was; other frames count only when they are newer. */
  isReset?: true;
  text: string;
}

/** Events of a tenant in order, with one read each for the messages and conversations they speak of. */
export async function framesOf(ctx: Context, tenantId: string, entries: FeedEntry[]): Promise<Frame[]> {
  const conversationIds = idsOf(entries.map((entry) => entry.conversationId));
  const messageIds = idsOf(entries.map((entry) => entry.messageId));
  const noticeIds = idsOf(entries.map((entry) => entry.noticeId));
  const views = await withTenant(tenantId, async () => {
    const [conversations, messages, notices] = await Promise.all([
      rowsOf(ctx, Conversations, tenantId, conversationIds),
      rowsOf(ctx, Messages, tenantId, messageIds),
      rowsOf(ctx, Notices, tenantId, noticeIds),
    ]);
    return {
      ...(await viewsOf(ctx, { conversations, messages })),
      notices: await noticeViews(ctx, notices),
    };
  });
  const conversations = byId(views.conversations);
  const messages = byId(views.messages);
  const notices = byId(views.notices);
  return entries.flatMap(({ id, type, conversationId, messageId, channelId, noticeId }) => {
    if (type === 'reset') return [resetFrame(id)];
    if (type === NOTICE_EVENT) return [frame(id, type, { type, notice: notices.get(noticeId ?? '') })];
    if (type === CHANNEL_EVENT && channelId !== undefined) return [frame(id, type, { type, channelId })];
    if (!isEvent(type) || conversationId === undefined) return [];
    const message = messageId === undefined ? undefined : messages.get(messageId);
    const conversation = conversations.get(conversationId);
    return [frame(id, type, { type, conversationId, message, conversation })];
  });
}

/** Tells a client to read its lists again; it goes on from `id`. */
export function resetFrame(id: string): Frame {
  return { ...frame(id, 'reset', { type: 'reset' }), isReset: true };
}

/** JSON has no line breaks of its own, so one `data:` line carries it. */
function frame(id: string, event: string, data: object): Frame {
  return { id, text: `id: ${id}\nevent: ${event}\ndata: ${JSON.stringify(data)}\n\n` };
}

function isEvent(type: string): boolean {
  return (FEED_EVENT_TYPES as readonly string[]).includes(type);
}

function idsOf(ids: (string | undefined)[]): string[] {
  return [...new Set(ids.filter((id) => id !== undefined))];
}

async function rowsOf<Row extends TenantRow>(
  ctx: Context,
  collection: Collection<Row>,
  tenantId: string,
  ids: string[],
): Promise<Row[]> {
  const rows = await Promise.all(ids.map((id) => ctx.store.batches.find(collection, tenantId, id)));
  return rows.filter((row) => row !== null);
}

function byId<View extends { id: string }>(views: View[]): Map<string, View> {
  return new Map(views.map((view) => [view.id, view]));
}
