/** REST: conversations and messages, to read. */
import { z } from 'zod';

import { feedCursor } from '../agents/feed.ts';
import { listRoute, type Route, route } from '../http/route.ts';
import { ConversationSchema, idParams, MessageSchema } from '../http/schemas.ts';
import { conversationById, listConversations, listMessages, messageById } from './read.ts';
import { conversationView, conversationViews, messageView, messageViews } from './views.ts';

export const conversationRoutes: Route[] = [
  listRoute({
    path: '/v1/conversations',
    summary: 'List conversations, newest activity first',
    scope: 'conversations:read',
    filters: {
      state: z.enum(['BOT', 'PENDING', 'ASSIGNED', 'RESOLVED']).optional(),
      channelId: z.string().max(100).optional(),
    },
    item: ConversationSchema,
    feed: true,
    async read(ctx, { tenantId, query }, page) {
      const cursor = await feedCursor(ctx, tenantId);
      const { state, channelId } = query;
      const { items, next } = await listConversations(ctx, { state, channelId }, page);
      return { items: await conversationViews(ctx, items), next, feedCursor: cursor };
    },
  }),
  route({
    method: 'get',
    path: '/v1/conversations/{id}',
    summary: 'Read a conversation',
    scope: 'conversations:read',
    params: idParams,
    response: ConversationSchema,
    handle: async (ctx, { params }) => conversationView(ctx, await conversationById(ctx, params.id)),
  }),
  listRoute({
    path: '/v1/conversations/{id}/messages',
    summary: 'List the messages of a conversation, newest first',
    scope: 'messages:read',
    params: idParams,
    item: MessageSchema,
    feed: true,
    async read(ctx, { tenantId, params }, page) {
      const cursor = await feedCursor(ctx, tenantId);
      const conversation = await conversationById(ctx, params.id);
      const { items, next } = await listMessages(ctx, conversation._id, page);
      return { items: await messageViews(ctx, items), next, feedCursor: cursor };
    },
  }),
  route({
    method: 'get',
    path: '/v1/messages/{id}',
    summary: 'Read a message',
    scope: 'messages:read',
    params: idParams,
    response: MessageSchema,
    handle: async (ctx, { params }) => messageView(ctx, await messageById(ctx, params.id)),
  }),
];
