/** REST: what a client wants of marketing from the number of a conversation. */
import { z } from 'zod';

import { type Route, route } from '../http/route.ts';
import { ConversationSchema, idParams } from '../http/schemas.ts';
import { Reject } from '../ops/errors.ts';
import { chooseByAgent } from './marketing.ts';
import { contactById } from './merge.ts';
import { conversationById } from './read.ts';
import { conversationView } from './views.ts';

export const marketingRoutes: Route[] = [
  route({
    method: 'put',
    path: '/v1/conversations/{id}/marketing',
    summary: 'Note that a client wants no marketing from this number, or wants it again',
    description:
      'Stands as a line in the conversation, with its reason, and holds for all contacts that are said to be the same person. What the client told WhatsApp itself only they can take back.',
    scope: 'contacts:write',
    audits: { action: 'contact.marketing-chosen', details: ({ state }) => ({ state }) },
    params: idParams,
    body: z.strictObject({
      state: z.enum(['stopped', 'allowed']),
      reason: z
        .string()
        .trim()
        .min(1)
        .max(500)
        .meta({ description: 'How you know, for who reads it later.' }),
    }),
    response: ConversationSchema,
    views: ({ id }) => [id],
    problems: { 409: '`marketing-stopped-by-client`: they told WhatsApp itself; `no-contact`: a group.' },
    async handle(ctx, { tenantId, principal, params, body: { state, reason } }) {
      const { _id, channelId, contactId, groupId } = await conversationById(ctx, params.id);
      if (groupId !== undefined) throw new Reject(409, 'no-contact', 'A group has no marketing of its own.');
      const contact = await contactById(ctx, tenantId, contactId);
      const stopped = state === 'stopped';
      await chooseByAgent(ctx, contact, { channelId, stopped, by: principal, note: reason });
      return conversationView(ctx, await conversationById(ctx, _id));
    },
  }),
];
