import { z } from 'zod';

import { BSUID } from '../settings.ts';
import { interactive } from './body/interactive.ts';
import { coordinate, media, text } from './body/parts.ts';
import { template } from './body/template.ts';
import { GraphError } from './errors.ts';

const graphemes = new Intl.Segmenter();

const isOneEmoji = (value: string): boolean =>
  value === '' || ([...graphemes.segment(value)].length === 1 && /\p{Emoji}/u.test(value));

/** Payload of each type that may be sent (Cloud API: messages). */
const PAYLOADS: Record<string, z.ZodType> = {
  text: z.looseObject({ body: text(4096), preview_url: z.boolean().optional() }),
  image: media({ caption: text(1024).optional() }),
  video: media({ caption: text(1024).optional() }),
  audio: media({
    voice: z.boolean().optional(),
    caption: z.undefined('audio has no caption').optional(),
  }),
  document: media({ caption: text(1024).optional(), filename: z.string().optional() }),
  sticker: media(),
  location: z.looseObject({
    latitude: coordinate,
    longitude: coordinate,
    name: z.string().optional(),
    address: z.string().optional(),
  }),
  contacts: z
    .array(z.looseObject({ name: z.looseObject({ formatted_name: z.string().min(1) }) }))
    .min(1)
    .max(257),
  reaction: z.looseObject({
    message_id: z.string().min(1),
    emoji: z.string().refine(isOneEmoji, 'give one emoji, or an empty text to take it back'),
  }),
  interactive,
  template,
  pin: z.looseObject({
    type: z.enum(['pin', 'unpin']),
    message_id: z.string().min(1),
    expiration_days: z.number().int().min(1).max(30).optional(),
  }),
};

const base = z.looseObject({
  messaging_product: z.literal('whatsapp'),
  recipient_type: z.enum(['individual', 'group']).optional(),
  to: z.string().min(1).optional(),
  recipient: z.string().min(1).optional(),
  type: z.string().default('text'),
  context: z.looseObject({ message_id: z.string().min(1) }).optional(),
  biz_opaque_callback_data: text(512).optional(),
});

const readBody = z.looseObject({
  messaging_product: z.literal('whatsapp'),
  status: z.literal('read'),
  message_id: z.string().min(1),
  typing_indicator: z.looseObject({ type: z.literal('text') }).optional(),
});

function valueAt(value: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>(
    (current, key) =>
      typeof current === 'object' && current !== null ? Reflect.get(current, key) : undefined,
    value,
  );
}

/** Names the first problem by Meta's code: missing 131008, too long or misspelt word 100, else 131009. */
function graphErrorOf(error: z.ZodError, body: unknown): GraphError {
  const [issue] = error.issues;
  const path = issue?.path.join('.') ?? '';
  if (issue === undefined) return new GraphError(131009);
  if (issue.code === 'custom' && typeof issue.params?.['tooLong'] === 'number') {
    return new GraphError(100, {
      details: `Param ${path} must be at most ${issue.params['tooLong']} characters long.`,
    });
  }
  if (path === 'messaging_product' || path === 'recipient_type') {
    return new GraphError(100, { details: `Param ${path} is missing or none of the known words.` });
  }
  if (valueAt(body, issue.path) === undefined) {
    return new GraphError(131008, { details: `The parameter ${path} is required.` });
  }
  return new GraphError(131009, { details: `Param ${path || 'body'} is not valid: ${issue.message}` });
}

function check<T>(schema: z.ZodType<T>, body: unknown, whole: unknown = body): T {
  const result = schema.safeParse(body);
  if (result.success) return result.data;
  throw graphErrorOf(result.error, whole);
}

export type SendBody = z.infer<typeof base>;
export type ReadBody = z.infer<typeof readBody>;

/** True for a call that marks a message as read instead of sending one. */
export const isReadCall = (body: unknown): boolean => valueAt(body, ['status']) !== undefined;

/** @throws GraphError */
export const parseRead = (body: unknown): ReadBody => check(readBody, body);

/**
 * Checks a send call.
 * @throws GraphError 100, 131008 or 131009 that names the parameter
 */
export function parseSend(body: unknown): SendBody {
  const parsed = check(base, body);
  const schema = PAYLOADS[parsed.type];
  if (schema === undefined) {
    const types = Object.keys(PAYLOADS).join(', ').toUpperCase();
    throw new GraphError(100, { details: `Param type must be one of {${types}} - got "${parsed.type}".` });
  }
  check(z.looseObject({ [parsed.type]: schema }), parsed);
  if (parsed.to === undefined && parsed.recipient === undefined) {
    throw new GraphError(131008, { details: 'The parameter to or recipient is required.' });
  }
  if (parsed.to === undefined && parsed.recipient !== undefined && !BSUID.test(parsed.recipient)) {
    throw new GraphError(131009, { details: 'Param recipient is not a business-scoped user id.' });
  }
  return parsed;
}
