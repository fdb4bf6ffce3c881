import { z } from 'zod';

import { coordinate, media } from './parts.ts';

/** Meta refuses line breaks, tabs and more than four blanks in a row inside a parameter. */
const plainText = z
  .string()
  .min(1)
  .refine(
    (value) => !/[\n\t]| {5}/.test(value),
    'a parameter has no line breaks, tabs, or more than four blanks',
  );

const parameter = z.discriminatedUnion('type', [
  z.looseObject({ type: z.literal('text'), text: plainText, parameter_name: z.string().optional() }),
  z.looseObject({
    type: z.literal('currency'),
    currency: z.looseObject({
      fallback_value: z.string(),
      code: z.string().length(3),
      amount_1000: z.number(),
    }),
  }),
  z.looseObject({
    type: z.literal('date_time'),
    date_time: z.looseObject({ fallback_value: z.string() }),
  }),
  z.looseObject({ type: z.literal('image'), image: media() }),
  z.looseObject({ type: z.literal('video'), video: media() }),
  z.looseObject({ type: z.literal('document'), document: media() }),
  z.looseObject({
    type: z.literal('location'),
    location: z.looseObject({ latitude: coordinate, longitude: coordinate }),
  }),
  z.looseObject({ type: z.literal('payload'), payload: z.string() }),
  z.looseObject({ type: z.literal('coupon_code'), coupon_code: z.string().min(1).max(20) }),
  z.looseObject({ type: z.literal('action'), action: z.looseObject({}) }),
  z.looseObject({ type: z.literal('limited_time_offer'), limited_time_offer: z.looseObject({}) }),
]);
const parameters = z.array(parameter);
const index = z.union([z.number().int(), z.string().regex(/^\d$/)]);

const simple = [
  z.looseObject({ type: z.literal('header'), parameters: parameters.optional() }),
  z.looseObject({ type: z.literal('body'), parameters: parameters.optional() }),
  z.looseObject({
    type: z.literal('button'),
    sub_type: z.string().min(1),
    index,
    parameters: parameters.optional(),
  }),
] as const;

const component = z.discriminatedUnion('type', [
  ...simple,
  z.looseObject({
    type: z.literal('carousel'),
    cards: z
      .array(
        z.looseObject({
          card_index: z.number().int(),
          components: z.array(z.discriminatedUnion('type', simple)),
        }),
      )
      .min(2)
      .max(10),
  }),
  z.looseObject({ type: z.literal('limited_time_offer'), parameters }),
]);

/** A template with what fills it (Cloud API: template messages). */
export const template = z.looseObject({
  name: z.string().min(1).max(512),
  language: z.looseObject({ code: z.string().min(2) }),
  components: z.array(component).optional(),
});
