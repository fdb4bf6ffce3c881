/** REST: who answers a conversation. */
import { z } from 'zod';

import { conversationView } from '../conversations/views.ts';
import { type Route, route } from '../http/route.ts';
import { ConversationSchema, idParams } from '../http/schemas.ts';
import { assign, letWait, resolveConversation } from './assignment.ts';

const userId = z.string().regex(/^usr_\w{1,60}$/, 'must be the id of a user');

const AssignBody = z.strictObject({
  userId: userId.nullable().meta({ description: 'Who answers from now on; null: whoever takes it.' }),
  from: userId.nullable().optional().meta({
    description: 'Who held it when the caller looked: with another holder now the answer is 409.',
  }),
});

const StateBody = z.discriminatedUnion('state', [
  z.strictObject({ state: z.literal('PENDING') }),
  z.strictObject({
    state: z.literal('RESOLVED'),
    lastMessageId: z.string().max(100).nullable().meta({
      description: 'The last message that the caller has seen: after a newer one the answer is 409.',
    }),
  }),
]);

const PROBLEMS = {
  409: '`held-by-another`: somebody else holds it, and you may not assign; `changed-meanwhile`: look again; `not-active`: that person can’t sign in.',
};

export const assignmentRoutes: Route[] = [
  route({
    method: 'post',
    path: '/v1/conversations/{id}/assign',
    summary: 'Say who answers a conversation',
    description:
      'People with `conversations:write` take what nobody holds and give back what they hold; to give it to others, or take it from them, needs `conversations:assign`.',
    scope: 'conversations:write',
    params: idParams,
    body: AssignBody,
    response: ConversationSchema,
    views: ({ id }) => [id],
    audits: {
      action: 'conversation.assigned',
      objects: ({ id }, { userId: to }) => (to === null ? [id] : [id, to]),
    },
    problems: { ...PROBLEMS, 403: '`insufficient-scope`: `conversations:assign` is needed.' },
    handle: async (ctx, { caller, params, body }) =>
      conversationView(ctx, await assign(ctx, caller, params.id, body)),
  }),
  route({
    method: 'post',
    path: '/v1/conversations/{id}/state',
    summary: 'Resolve a conversation, or let it wait for a person',
    description:
      '`RESOLVED` until the client writes again; `PENDING` takes it from the bot or its assignee, or reopens it.',
    scope: 'conversations:write',
    params: idParams,
    body: StateBody,
    response: ConversationSchema,
    views: ({ id }) => [id],
    audits: { action: 'conversation.state-changed', details: ({ state }) => ({ state }) },
    problems: PROBLEMS,
    handle: async (ctx, { caller, params: { id }, body }) =>
      conversationView(
        ctx,
        body.state === 'PENDING'
          ? await letWait(ctx, caller, id)
          : await resolveConversation(ctx, caller, id, body.lastMessageId),
      ),
  }),
];
