/** What the REST interface says and hears: zod schemas that validate, and that the OpenAPI document is made from. */
import { z } from 'zod';

const time = z.iso.datetime().meta({ description: 'ISO 8601, UTC.', example: '2026-11-22T09:30:00.000Z' });

export const ProblemSchema = z
  .object({
    type: z.url().meta({ example: 'https://whatsper.dev/problems/not-found' }),
    title: z.string(),
    status: z.int(),
    detail: z.string(),
    errors: z
      .array(z.object({ path: z.string(), message: z.string() }))
      .optional()
      .meta({ description: 'Which part of the request is refused, and why.' }),
  })
  .meta({ id: 'Problem', description: 'RFC 9457 problem document; rely on `type`.' });

export const MESSAGE_STATUSES = [
  'received',
  'queued',
  'sending',
  'unconfirmed',
  'accepted',
  'sent',
  'failed',
  'delivered',
  'read',
  'played',
] as const;

const direction = z.enum(['in', 'out']);
const status = z.enum(MESSAGE_STATUSES);
const payload = z.record(z.string(), z.unknown());

export const MessageSchema = z
  .object({
    id: z.string().meta({ example: 'msg_06f8a2k3m4n5p6q7r8s9t0v1w2' }),
    conversationId: z.string(),
    direction,
    type: z.string().meta({ description: "WhatsApp's type; more may come.", example: 'text' }),
    wamid: z.string().nullable().meta({ description: "WhatsApp's own id, once it has one." }),
    status,
    timestamp: time,
    position: z.number().int().meta({
      description:
        'Order of the thread: microseconds since 1970 of receipt or acceptance here. WhatsApp’s own times have whole seconds.',
    }),
    content: payload.meta({
      description:
        'The Cloud API payload of the type: `{ body }` of a text, `{ id, mime_type, … }` of an image.',
      example: { body: 'Shalom' },
    }),
    raw: payload.optional().meta({ description: 'The whole message as WhatsApp sent it.' }),
    late: z.literal(true).optional().meta({ description: 'Came after newer messages had been handled.' }),
    erased: z.literal(true).optional().meta({ description: 'The content was erased and is gone.' }),
    error: z
      .object({
        code: z
          .number()
          .nullable()
          .meta({ description: 'Code of the Graph API; null when the reason is ours.' }),
        title: z.string(),
        detail: z.string(),
      })
      .optional(),
    pricing: payload
      .optional()
      .meta({ description: "WhatsApp's pricing object, from the message's statuses." }),
  })
  .meta({ id: 'Message' });
export type MessageView = z.infer<typeof MessageSchema>;

export const ContactSchema = z
  .object({
    id: z.string(),
    name: z.string().nullable(),
    phone: z
      .string()
      .nullable()
      .meta({ description: 'With country code, where known.', example: '+972500000000' }),
    username: z.string().nullable(),
    createdAt: time,
  })
  .meta({ id: 'Contact' });
export type ContactView = z.infer<typeof ContactSchema>;

export const ConversationSchema = z
  .object({
    id: z.string(),
    state: z.enum(['BOT', 'PENDING', 'ASSIGNED', 'RESOLVED']),
    channel: z.object({ id: z.string(), displayNumber: z.string(), name: z.string() }),
    contact: ContactSchema.omit({ createdAt: true }).nullable().meta({ id: 'ConversationContact' }),
    lastMessage: z
      .object({
        id: z.string(),
        direction,
        type: z.string(),
        preview: z.string().meta({ description: 'Start of a text; else the word of the type.' }),
        status,
        timestamp: time,
      })
      .nullable(),
    lastInboundAt: time.nullable(),
    windowExpiresAt: time
      .nullable()
      .meta({ description: 'Until then free text may be sent; null: the client never wrote.' }),
    lastActivityAt: time,
  })
  .meta({ id: 'Conversation' });
export type ConversationView = z.infer<typeof ConversationSchema>;

export const ChannelSchema = z
  .object({
    id: z.string(),
    phoneNumberId: z.string(),
    wabaId: z.string(),
    displayNumber: z.string(),
    name: z.string(),
    status: z.enum(['active', 'paused']),
  })
  .meta({ id: 'Channel' });
export type ChannelView = z.infer<typeof ChannelSchema>;

const timelineItem = z.object({ at: time, step: z.string(), detail: payload.optional() });

export const TimelineSchema = z
  .object({ items: z.array(timelineItem) })
  .meta({ id: 'Timeline', description: 'What happened to a message, oldest first.' });

export const TimelinesSchema = z
  .object({
    items: z.array(
      z.object({
        messageId: z.string(),
        conversationId: z.string(),
        direction,
        steps: z.array(timelineItem),
      }),
    ),
  })
  .meta({ id: 'Timelines', description: 'What happened to the messages with this name, the newest first.' });

/** Id in a path; one of another shape is answered like one that does not exist (handler.ts). */
export const idParams = z.strictObject({ id: z.string() });
