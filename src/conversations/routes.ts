/** REST: conversations and messages, to read. */
import { z } from 'zod';

import { feedCursor } from '../agents/feed.ts';
import { listRoute, type Route, route } from '../http/route.ts';
import { ConversationSchema, GroupSchema, idParams, MessageSchema } from '../http/schemas.ts';
import { takeControl } from './control.ts';
import { groupView } from './group-view.ts';
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
    views: ({ id }) => [id],
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
    views: ({ id }) => [id],
    handle: async (ctx, { params }) => conversationView(ctx, await conversationById(ctx, params.id)),
  }),
  route({
    method: 'post',
    path: '/v1/conversations/{id}/take-control',
    summary: 'Answer although another app holds the conversation',
    audits: { action: 'conversation.control-taken' },
    description:
      'While another app of WhatsApp holds a conversation (`control`), messages are refused. After this they are accepted, and the first that is sent takes the conversation over. Where nobody else holds it nothing changes.',
    scope: 'messages:send',
    params: idParams,
    response: ConversationSchema,
    views: ({ id }) => [id],
    async handle(ctx, { params }) {
      return conversationView(ctx, await takeControl(ctx, await conversationById(ctx, params.id)));
    },
  }),
  route({
    method: 'get',
    path: '/v1/conversations/{id}/group',
    summary: 'Read what is known of a group',
    scope: 'conversations:read',
    params: idParams,
    response: GroupSchema,
    views: (_group, { id }) => [id],
    problems: { 404: 'No such conversation, or it is not one of a group.' },
    handle: async (ctx, { params }) => groupView(ctx, await conversationById(ctx, params.id)),
  }),
  listRoute({
    path: '/v1/conversations/{id}/messages',
    summary: 'List the messages of a conversation, newest first',
    scope: 'messages:read',
    params: idParams,
    item: MessageSchema,
    views: ({ conversationId }) => [conversationId],
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
    views: ({ conversationId }) => [conversationId],
    handle: async (ctx, { params }) => messageView(ctx, await messageById(ctx, params.id)),
  }),
];
