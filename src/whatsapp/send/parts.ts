/** What the bodies of several message types share (Cloud API: messages; interactive messages). */
import { z } from 'zod';

import { textOf, WAMID_MAX } from '../limits.ts';

export const CAPTION_MAX = 1_024;

/** Text of an interactive message's body, in code points. A list's own page says 4,096, its schema 1,024: the lesser. */
export const BODY_MAX = 1_024;

/** Ids of things at WhatsApp (media, catalogs, flows) are opaque. */
export const opaqueId = textOf(1, 256);

/** WhatsApp fetches it itself and keeps it for 10 minutes: an address of the public web. */
export const link = z
  .url({ protocol: /^https?$/, error: 'must be an http or https address' })
  .max(2_000)
  .refine((value) => !/^https?:\/\/(localhost|127\.|10\.|192\.168\.|\[?::1)/i.test(value), {
    error: 'WhatsApp can’t reach an address of this machine or of a private network',
  });

/** A file that was uploaded, or one that WhatsApp fetches. */
export function mediaOf<Shape extends Record<string, z.ZodType>>(extra: Shape) {
  return z
    .strictObject({ id: opaqueId.optional(), link: link.optional(), ...extra })
    .refine(
      (given: { id?: unknown; link?: unknown }) => (given.id === undefined) !== (given.link === undefined),
      {
        error: 'give exactly one of id and link',
      },
    );
}

export const media = mediaOf({});
export const documentMedia = mediaOf({ filename: textOf(1, 240).optional() });

/** Degrees; WhatsApp takes them as numbers or as decimal text. */
export function degreesOf(limit: 90 | 180) {
  const error = `must be a number from -${limit} to ${limit}`;
  return z
    .union([z.number(), z.string().regex(/^-?\d{1,3}(\.\d{1,20})?$/)], { error })
    .refine((value) => Math.abs(Number(value)) <= limit, { error });
}

export const location = z.strictObject({
  latitude: degreesOf(90),
  longitude: degreesOf(180),
  name: textOf(1, 1_000).optional(),
  address: textOf(1, 1_000).optional(),
});

export const textHeader = z.strictObject({ type: z.literal('text'), text: textOf(1, 60) });
export const mediaHeader = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('image'), image: media }),
  z.strictObject({ type: z.literal('video'), video: media }),
]);
export const anyHeader = z.discriminatedUnion('type', [
  textHeader,
  ...mediaHeader.options,
  z.strictObject({ type: z.literal('document'), document: documentMedia }),
]);
export const body = z.strictObject({ text: textOf(1, BODY_MAX) });
export const footer = z.strictObject({ text: textOf(1, 60) });

export const wamid = textOf(1, WAMID_MAX);

export function areDistinct(values: string[]): boolean {
  return new Set(values).size === values.length;
}
