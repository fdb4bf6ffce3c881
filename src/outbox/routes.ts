/** REST: sending messages, and what became of them. */
import { z } from 'zod';

import type { Context } from '../context.ts';
import { findOrCreateContact } from '../conversations/contacts.ts';
import { ensureConversation } from '../conversations/conversations.ts';
import { holdersOf } from '../conversations/identities.ts';
import type { Identity } from '../conversations/ids.ts';
import type { ConversationRow } from '../conversations/model.ts';
import { conversationById, conversationWith } from '../conversations/read.ts';
import { messageView } from '../conversations/views.ts';
import { NOTHING_NEW, type Route, route } from '../http/route.ts';
import { idParams, MessageSchema, TimelineSchema, TimelinesSchema } from '../http/schemas.ts';
import { notFound, Reject } from '../ops/errors.ts';
import { Channels } from '../tenants/model.ts';
import { sendBodyWith } from '../whatsapp/send/body.ts';
import { acceptSend } from './accept.ts';
import { refuseOtherTypes, SendBody } from './body.ts';
import { resolveMessage } from './resolve.ts';
import { findTimelines, timelineOf } from './timeline.ts';

/** To whom a message of `POST /v1/messages` goes: a channel, and one of phone and business-scoped user id. */
const address = {
  channelId: z.string().min(1).max(100),
  to: z
    .string()
    .regex(/^\+[1-9]\d{4,14}$/, 'must be a phone number with its country code, like +972501234567')
    .optional()
    .meta({ example: '+972501234567' }),
  recipient: z
    .string()
    .regex(/^[A-Z]{2}\.(?:ENT\.)?[A-Za-z0-9]{1,128}$/, 'must be a business-scoped user id, like US.1A2b3C')
    .optional()
    .meta({ description: 'Business-scoped user id (BSUID).' }),
};
const StartBody = sendBodyWith(address).refine(
  ({ to, recipient }) => (to === undefined) !== (recipient === undefined),
  { path: ['to'], error: 'give exactly one of to and recipient' },
);
type StartBody = z.infer<typeof StartBody>;

const TimelineBody = z
  .strictObject({
    messageId: z.string().min(1).max(100).optional(),
    wamid: z.string().min(1).max(512).optional(),
    callbackId: z.string().min(1).max(512).optional(),
  })
  .refine((body) => Object.keys(body).length === 1, {
    error: 'give exactly one of messageId, wamid and callbackId',
  });

const resolution = z.strictObject({ as: z.enum(['sent', 'failed', 'resend']) });

export const outboxRoutes: Route[] = [
  route({
    method: 'post',
    path: '/v1/conversations/{id}/messages',
    summary: 'Send a message in a conversation',
    description:
      'The body is a Cloud API message without `messaging_product`, `to` and `recipient`. The answer comes when the message is stored; what becomes of it shows its `status`.',
    scope: 'messages:send',
    params: idParams,
    body: SendBody,
    lookAtBody: refuseOtherTypes,
    response: MessageSchema,
    views: NOTHING_NEW,
    status: 202,
    idempotent: true,
    problems: { 409: '`window-closed`: all but templates need a message of the client within 24 hours.' },
    async handle(ctx, { tenantId, principal, idempotencyKey, params, body }) {
      const conversation = await conversationById(ctx, params.id);
      return messageView(
        ctx,
        await acceptSend(ctx, { tenantId, principal, idempotencyKey, conversation, body }),
      );
    },
  }),
  route({
    method: 'post',
    path: '/v1/messages',
    summary: 'Send a message to a phone number or user id',
    description:
      'As in a conversation, but the recipient is given by `to` or `recipient`, and our number by `channelId`.',
    scope: 'messages:send',
    body: StartBody,
    lookAtBody: refuseOtherTypes,
    response: MessageSchema,
    views: NOTHING_NEW,
    status: 202,
    idempotent: true,
    problems: { 409: '`window-closed`: all but templates need a message of the client within 24 hours.' },
    async handle(ctx, { tenantId, principal, idempotencyKey, body: { channelId, to, recipient, ...body } }) {
      const { type } = body;
      const conversation = await openConversation(ctx, tenantId, { channelId, to, recipient, type });
      return messageView(
        ctx,
        await acceptSend(ctx, { tenantId, principal, idempotencyKey, conversation, body }),
      );
    },
  }),
  route({
    method: 'get',
    path: '/v1/messages/{id}/timeline',
    summary: 'What happened to a message, oldest first',
    scope: 'messages:read',
    params: idParams,
    response: TimelineSchema,
    views: (_timeline, { id }) => [id],
    handle: async (ctx, { tenantId, params }) => ({ items: await timelineOf(ctx, tenantId, params.id) }),
  }),
  route({
    method: 'post',
    path: '/v1/timeline',
    summary: 'What happened to a message, found by one of its ids',
    description:
      'By our id, WhatsApp’s (`wamid`), or the `biz_opaque_callback_data` that it was sent with, of which there may be several messages. A wamid holds the client’s number, so it stands in the body: addresses end up in the logs of proxies.',
    scope: 'messages:read',
    body: TimelineBody,
    response: TimelinesSchema,
    views: ({ items }) => items.map(({ messageId }) => messageId),
    problems: { 404: 'There is no such message, or it is not yours.' },
    handle: async (ctx, { tenantId, body }) => ({ items: await findTimelines(ctx, tenantId, body) }),
  }),
  route({
    method: 'post',
    path: '/v1/messages/{id}/resolve',
    summary: 'Decide what became of an unconfirmed message',
    audits: { action: 'message.resolved', details: ({ as }) => ({ as }) },
    description:
      'For a message that WhatsApp may or may not have taken: `sent` and `failed` record what a person found out, `resend` sends it again.',
    scope: 'messages:send',
    params: idParams,
    body: resolution,
    response: MessageSchema,
    views: ({ conversationId }) => [conversationId],
    problems: { 409: 'The message is not `unconfirmed`.' },
    async handle(ctx, { tenantId, params, body }) {
      return messageView(ctx, await resolveMessage(ctx, tenantId, params.id, body.as));
    },
  }),
];

/**
 * The conversation with who is named. One who never wrote to this channel has no window: only a template may begin
 * the conversation, and only then a contact is made of them.
 */
async function openConversation(
  ctx: Context,
  tenantId: string,
  { channelId, to, recipient, type }: Pick<StartBody, 'channelId' | 'to' | 'recipient' | 'type'>,
): Promise<ConversationRow> {
  const channel = await ctx.store.model(Channels).exists({ _id: channelId }).exec();
  if (!channel) throw notFound('channel');
  const known = recipient === undefined ? { phone: (to ?? '').slice(1) } : { bsuid: recipient };
  const identity: Identity =
    known.bsuid === undefined
      ? { kind: 'phone', value: known.phone ?? '' }
      : { kind: 'bsuid', value: known.bsuid };
  const conversation = await conversationWith(ctx, { tenantId, channelId, identity });
  if (conversation) return conversation;
  if (type !== 'template') {
    throw new Reject(
      409,
      'window-closed',
      'The client has not written to this channel, so WhatsApp takes only templates. Begin with one.',
    );
  }
  const held = await holdersOf(ctx, tenantId, known);
  const contact = await findOrCreateContact(ctx, tenantId, known, {}, held);
  return ensureConversation(ctx, { tenantId, channelId, contactId: contact._id });
}
