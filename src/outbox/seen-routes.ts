/** REST: telling a client that their messages were read, and that somebody types. */
import { z } from 'zod';

import { conversationById } from '../conversations/read.ts';
import { type Route, route } from '../http/route.ts';
import { idParams } from '../http/schemas.ts';
import { askRead, askTyping } from './seen.ts';

const SeenSchema = z
  .object({
    outcome: z.enum(['asked', 'policy', 'nothing']).meta({
      description:
        '`asked`: WhatsApp is told; `policy`: the channel’s policy forbids it; `nothing`: it was told before, or there is nothing.',
    }),
  })
  .meta({ id: 'Seen' });

export const seenRoutes: Route[] = [
  route({
    method: 'post',
    path: '/v1/conversations/{id}/read',
    summary: 'Say that somebody has opened the conversation',
    description:
      'Marks what the client wrote as read, if the channel’s `readReceipts` are `on-open`; else nothing is done. Again is harmless: no message is marked twice.',
    scope: 'messages:send',
    params: idParams,
    response: SeenSchema,
    status: 202,
    handle: async (ctx, { params }) => ({
      outcome: await askRead(ctx, await conversationById(ctx, params.id)),
    }),
  }),
  route({
    method: 'post',
    path: '/v1/conversations/{id}/typing',
    summary: 'Say that somebody types an answer',
    description:
      'The client sees it for 25 seconds or until the answer, if the channel’s `typing` is `on`. It also marks as read. Call it while somebody types; more than once in 20 seconds does nothing.',
    scope: 'messages:send',
    params: idParams,
    response: SeenSchema,
    status: 202,
    handle: async (ctx, { params }) => ({
      outcome: await askTyping(ctx, await conversationById(ctx, params.id)),
    }),
  }),
];
