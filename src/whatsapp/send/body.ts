/**
 * Every body that the Cloud API takes for a message, with its limits, so that what can't be sent is told before it is
 * accepted (Cloud API: messages, by type). Unknown fields are refused: a misspelt one would be lost in silence.
 */
import { z } from 'zod';

import { CALLBACK_DATA_MAX, TEXT_BODY_MAX, textOf } from '../limits.ts';
import { contactCards } from './contacts.ts';
import { interactive } from './interactive.ts';
import { CAPTION_MAX, location, media, mediaOf, wamid } from './parts.ts';
import { template } from './template.ts';

const caption = textOf(1, CAPTION_MAX).optional();

const graphemes = new Intl.Segmenter();

/** Empty: the reaction is taken back. */
const emoji = z
  .string()
  .refine((text) => text === '' || ([...graphemes.segment(text)].length === 1 && /\p{Emoji}/u.test(text)), {
    error: 'must be one emoji, or empty to take the reaction back',
  });

/** The payload of each type, under the type's name. */
export const PAYLOADS = {
  text: z.strictObject({ body: textOf(1, TEXT_BODY_MAX), preview_url: z.boolean().optional() }),
  image: mediaOf({ caption }),
  video: mediaOf({ caption }),
  audio: mediaOf({ voice: z.boolean().optional() }),
  document: mediaOf({ caption, filename: textOf(1, 240).optional() }),
  sticker: media,
  location,
  contacts: contactCards,
  reaction: z.strictObject({ message_id: wamid, emoji }),
  interactive,
  template,
  pin: z.strictObject({
    type: z.enum(['pin', 'unpin']),
    message_id: wamid,
    expiration_days: z.int().min(1).max(30).optional(),
  }),
} as const;

export type SendType = keyof typeof PAYLOADS;

const common = {
  context: z.strictObject({ message_id: wamid }).optional(),
  biz_opaque_callback_data: textOf(0, CALLBACK_DATA_MAX).optional(),
};

/** A message body of any type, with further fields beside. Of a reaction: it answers nothing, it has its target. */
export function sendBodyWith<Extra extends Record<string, z.ZodType>>(extra: Extra) {
  const { biz_opaque_callback_data: callbackData } = common;
  return z.discriminatedUnion('type', [
    z.strictObject({ type: z.literal('text'), text: PAYLOADS.text, ...common, ...extra }),
    z.strictObject({ type: z.literal('image'), image: PAYLOADS.image, ...common, ...extra }),
    z.strictObject({ type: z.literal('video'), video: PAYLOADS.video, ...common, ...extra }),
    z.strictObject({ type: z.literal('audio'), audio: PAYLOADS.audio, ...common, ...extra }),
    z.strictObject({ type: z.literal('document'), document: PAYLOADS.document, ...common, ...extra }),
    z.strictObject({ type: z.literal('sticker'), sticker: PAYLOADS.sticker, ...common, ...extra }),
    z.strictObject({ type: z.literal('location'), location: PAYLOADS.location, ...common, ...extra }),
    z.strictObject({ type: z.literal('contacts'), contacts: PAYLOADS.contacts, ...common, ...extra }),
    z.strictObject({
      type: z.literal('reaction'),
      reaction: PAYLOADS.reaction,
      biz_opaque_callback_data: callbackData,
      ...extra,
    }),
    z.strictObject({
      type: z.literal('interactive'),
      interactive: PAYLOADS.interactive,
      ...common,
      ...extra,
    }),
    z.strictObject({ type: z.literal('template'), template: PAYLOADS.template, ...common, ...extra }),
    z.strictObject({
      type: z.literal('pin'),
      pin: PAYLOADS.pin,
      biz_opaque_callback_data: callbackData,
      ...extra,
    }),
  ]);
}
