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

const MessageContextSchema = z
  .object({
    wamid: z
      .string()
      .nullable()
      .meta({ description: 'The quoted message, or the one whose button was pressed.' }),
    messageId: z.string().nullable().meta({ description: 'Null when we do not have it.' }),
    quoted: z
      .object({ direction, type: z.string(), preview: z.string() })
      .optional()
      .meta({ description: 'Start of the quoted message as it stands now.' }),
    forwarded: z.enum(['forwarded', 'frequently-forwarded']).optional(),
    product: z
      .object({ catalogId: z.string().nullable(), productRetailerId: z.string() })
      .optional()
      .meta({ description: 'The catalog’s product that the client asks about.' }),
  })
  .meta({ id: 'MessageContext', description: 'What the message answers, or where it came from.' });

export const ChargeSchema = z
  .object({
    billed: z.boolean().nullable().meta({ description: 'Null: WhatsApp’s words are not known here.' }),
    reason: z
      .enum(['charged', 'service-window', 'free-tier', 'entry-point', 'conversation', 'unknown'])
      .meta({
        description:
          'Why: free in the open window (until September 2026), in the month’s free tier (since October 2026), after an ad’s entry point; `conversation`: the pricing until June 2025.',
      }),
    category: z.string(),
  })
  .meta({ id: 'Charge', description: '`pricing`, read by the rules of its day.' });

const renderedPart = z.object({
  header: z
    .object({
      format: z.string(),
      text: z.string().optional(),
      link: z.string().optional(),
      filename: z.string().optional(),
    })
    .optional(),
  body: z.string(),
  footer: z.string().optional(),
  buttons: z.array(
    z.object({
      type: z.string(),
      text: z.string(),
      url: z.string().optional(),
      payload: z.string().optional(),
    }),
  ),
});

export const RenderedSchema = renderedPart
  .extend({
    cards: z.array(renderedPart).optional(),
    offer: z.object({ text: z.string(), expiresAt: z.string().optional() }).optional(),
  })
  .meta({ id: 'RenderedTemplate', description: 'A template as the client sees it.' });

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
    rendered: RenderedSchema.optional().meta({
      description: 'Of a template that we sent, when its definition was known: what the client sees.',
    }),
    raw: payload.optional().meta({ description: 'The whole message as WhatsApp sent it.' }),
    kind: z.string().optional().meta({
      description:
        'What kind of its type: of `interactive` `button_reply`, `list_reply`, `nfm_reply`, …; of `system` `user_changed_number`, `user_changed_user_id`, `recycled_number`, …; of `unsupported` what it was; of `audio` `voice`; of `edit` the type that was edited.',
      example: 'list_reply',
    }),
    context: MessageContextSchema.optional(),
    refersTo: z.object({ wamid: z.string(), messageId: z.string().nullable() }).optional().meta({
      description:
        'Of a reaction, edit or revoke: the earlier message that it changes; `messageId` is null when we do not have it.',
    }),
    reply: z
      .object({ id: z.string().nullable(), title: z.string().nullable() })
      .optional()
      .meta({ description: 'What was chosen, of a template’s button and of an interactive message alike.' }),
    form: z
      .object({
        name: z.string().nullable(),
        flowToken: z.string().nullable(),
        answers: payload.nullable(),
      })
      .optional()
      .meta({
        description:
          'A filled form (`nfm_reply`); `answers` is null when they are no JSON object that may be read.',
      }),
    referral: payload.optional().meta({
      description: 'The ad or post from which the client came, as WhatsApp sent it; with `ctwa_clid`.',
    }),
    sender: z
      .object({
        contactId: z.string(),
        name: z.string().nullable(),
        phone: z.string().nullable(),
        username: z.string().nullable(),
      })
      .optional()
      .meta({ description: 'In a group: who wrote.' }),
    media: z
      .object({
        id: z.string(),
        status: z.enum(['pending', 'stored', 'failed', 'expired']).meta({
          description:
            '`pending`: being fetched; `expired`: WhatsApp keeps files for seven days, and this one could not be had in time.',
        }),
        mime: z.string().meta({ description: 'Of the bytes; until they are here, what was said of them.' }),
        name: z.string().optional().meta({ description: 'As the sender named it: not to be trusted.' }),
        size: z.int().optional().meta({ description: 'Bytes.' }),
        url: z.string().optional().meta({
          description:
            'Path under this installation’s address; works without a key, for one to two hours. `Range` is understood.',
        }),
        thumbnailUrl: z.string().optional().meta({ description: 'Of a picture: at most 480 pixels a side.' }),
        mp3Url: z.string().optional().meta({ description: 'Of a voice message, for what plays no OGG.' }),
        reason: z.string().optional().meta({ description: 'Why it failed.', example: 'too-large' }),
      })
      .optional()
      .meta({ id: 'MessageMedia', description: 'The file of the message.' }),
    reactions: z
      .array(
        z.object({
          emoji: z.string(),
          direction,
          contactId: z.string().nullable().meta({ description: 'Null when it is ours.' }),
          messageId: z.string(),
          at: time,
        }),
      )
      .optional()
      .meta({
        description: 'What stands under the message now: the last of each person, none that was removed.',
      }),
    edited: z
      .object({ at: time, times: z.number().int(), original: payload })
      .optional()
      .meta({ description: '`content` is the last version, `original` the first.' }),
    revoked: z
      .object({ at: time })
      .optional()
      .meta({ description: 'Deleted by who wrote it: `content` is empty and no longer shown.' }),
    errors: z
      .array(z.object({ code: z.number().nullable(), title: z.string(), detail: z.string() }))
      .optional()
      .meta({ description: 'Why WhatsApp could not deliver an incoming message to us, in its words.' }),
    times: z
      .partialRecord(z.enum(['sent', 'delivered', 'read', 'played', 'failed']), time)
      .optional()
      .meta({ description: 'Of what we sent: when each status was first reached, by WhatsApp’s clock.' }),
    recipients: z
      .partialRecord(z.enum(['sent', 'delivered', 'read', 'played', 'failed']), z.number().int())
      .optional()
      .meta({ description: 'In a group: how many members stand at each status.' }),
    charge: ChargeSchema.optional(),
    via: z.enum(['phone', 'other-app', 'standby', 'history']).optional().meta({
      description:
        'How it came, when not the usual way: typed on the business’s phone, sent by another app, written while another app held the conversation, or imported.',
    }),
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
    mergedInto: z
      .string()
      .optional()
      .meta({ description: 'An agent said that this is the same person as that contact.' }),
    marketing: z
      .array(
        z.object({
          channelId: z.string(),
          state: z.enum(['stopped', 'allowed']),
          cause: z.enum(['preference', 'refused', 'word', 'button', 'agent']).meta({
            description:
              '`preference`: told WhatsApp itself; `refused`: WhatsApp refused a send for it; `word`, `button`: wrote or pressed it; `agent`: of yours.',
          }),
          at: time,
          by: z.string().optional(),
        }),
      )
      .optional()
      .meta({ description: 'What the client wants of marketing, by number; absent: they never said.' }),
    createdAt: time,
  })
  .meta({ id: 'Contact' });
export type ContactView = z.infer<typeof ContactSchema>;

export const ConversationSchema = z
  .object({
    id: z.string(),
    state: z.enum(['BOT', 'PENDING', 'ASSIGNED', 'RESOLVED']).meta({
      description:
        '`BOT`: a bot answers; `PENDING`: it waits for a person; `ASSIGNED`: the assignee answers; `RESOLVED`: done, until the client writes again.',
    }),
    assignee: z
      .object({
        id: z.string(),
        name: z.string().nullable().meta({ description: 'Null: the person was deleted just now.' }),
      })
      .nullable()
      .meta({ description: 'Who holds it while it is `ASSIGNED`.' }),
    channel: z.object({ id: z.string(), displayNumber: z.string(), name: z.string() }),
    group: z.literal(true).optional().meta({ description: 'A group: each message names its sender.' }),
    contact: ContactSchema.omit({ createdAt: true }).nullable().meta({ id: 'ConversationContact' }),
    lastMessage: z
      .object({
        id: z.string(),
        direction,
        type: z.string(),
        preview: z
          .string()
          .meta({ description: 'Start of the text, caption or chosen answer; else the word of the type.' }),
        status,
        timestamp: time,
      })
      .nullable(),
    lastInboundAt: time.nullable(),
    windowExpiresAt: time
      .nullable()
      .meta({ description: 'Until then free text may be sent; null: the client never wrote or called.' }),
    window: z
      .object({
        open: z.boolean(),
        expiresAt: time.nullable(),
        cause: z.enum(['message', 'call']).nullable().meta({ description: 'What the client did last.' }),
        freeEntryUntil: time.optional().meta({
          description:
            'Until then WhatsApp charges nothing: an ad or a post brought the client, and they were answered within 24 hours. It does not open the window.',
        }),
      })
      .meta({ description: 'The window in which free text may be sent, as it stood when this was read.' }),
    control: z
      .object({ holder: z.literal('other'), role: z.string().nullable(), since: time })
      .optional()
      .meta({
        description:
          'Another app of WhatsApp, as Meta’s business agent, holds the conversation: answers are refused until control is taken.',
      }),
    humanSince: time.optional().meta({
      description: 'When a person last wrote from the business’s phone or another app: bots keep silent.',
    }),
    groupBlocked: z.enum(['suspended', 'deleted']).optional(),
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
    pausedReason: z
      .string()
      .nullable()
      .meta({ description: 'A code of the Graph API, or a word; null while it sends.' }),
    tokenExpiresAt: time
      .nullable()
      .meta({ description: 'Null: the token does not expire, or nobody said when.' }),
    health: z.record(z.string(), z.object({ value: z.string(), at: time })).meta({
      description:
        'What WhatsApp says of the number and its account, each with its time: `quality`, `messagingLimit`, `throughput`, `nameStatus`, `verifiedName`, `numberStatus`, `accountReview`, `accountStatus`, …',
    }),
    readReceipts: z.enum(['never', 'on-open', 'on-answer']).meta({
      description:
        'When a client’s messages are marked as read: never, when somebody opens the conversation, or when somebody answers.',
    }),
    typing: z.enum(['on', 'off']).meta({
      description: 'Whether the client is shown that somebody is typing; that marks as read, too.',
    }),
    waitForDelivered: z.union([z.literal('off'), z.int().min(1).max(300)]).meta({
      description:
        'Seconds for which a message waits until the one before it in its conversation was delivered or failed.',
    }),
    templatesPerDay: z.union([z.literal('off'), z.int().min(1).max(10_000_000)]).meta({
      description: 'Spending cap: most templates that are accepted from this number in a day (UTC).',
    }),
  })
  .meta({ id: 'Channel' });
export type ChannelView = z.infer<typeof ChannelSchema>;

export const GroupSchema = z
  .object({
    subject: z.string().nullable(),
    description: z.string().nullable(),
    inviteLink: z.string().nullable(),
    members: z.array(ContactSchema),
    joinRequests: z.int().meta({ description: 'How many wait for an answer.' }),
    blocked: z.enum(['suspended', 'deleted']).nullable(),
  })
  .meta({ id: 'Group', description: 'A group, as far as WhatsApp has told of it.' });
export type GroupView = z.infer<typeof GroupSchema>;

export const NoticeSchema = z
  .object({
    id: z.string(),
    kind: z.string().meta({
      description: 'The webhook field that said it, or a word of ours.',
      example: 'account_update',
    }),
    event: z.string().meta({ description: 'What happened; more may come.', example: 'ACCOUNT_RESTRICTION' }),
    severity: z.enum(['info', 'warning', 'critical']),
    channelId: z.string().nullable().meta({ description: 'Null: it concerns the whole account.' }),
    wabaId: z.string().nullable(),
    at: time,
    createdAt: time,
    text: z.string().meta({ description: 'The same in words.' }),
    details: payload.meta({ description: 'What WhatsApp said.' }),
  })
  .meta({ id: 'Notice', description: 'What happened to an account or a number.' });
export type NoticeView = z.infer<typeof NoticeSchema>;

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
