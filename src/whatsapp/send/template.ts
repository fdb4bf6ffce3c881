/** A template and what fills it (Cloud API: template messages). Its definition is checked where it is known. */
import { z } from 'zod';

import { textOf } from '../limits.ts';
import { documentMedia, location, media } from './parts.ts';

/** Line breaks, tabs and runs of blanks are refused inside a parameter (132012, 132018). */
const parameterText = textOf(1, 1_024).refine((text) => !/[\n\r\t]| {5}/.test(text), {
  error: 'must have no line break, no tab and no more than 4 blanks in a row',
});

const parameter = z.discriminatedUnion('type', [
  z.strictObject({
    type: z.literal('text'),
    text: parameterText,
    parameter_name: textOf(1, 100).optional(),
  }),
  z.strictObject({
    type: z.literal('currency'),
    currency: z.strictObject({
      fallback_value: parameterText,
      code: z.string().regex(/^[A-Z]{3}$/, 'must be a code of ISO 4217, like EUR'),
      amount_1000: z.number().int(),
    }),
    parameter_name: textOf(1, 100).optional(),
  }),
  z.strictObject({
    type: z.literal('date_time'),
    date_time: z.strictObject({ fallback_value: parameterText }),
    parameter_name: textOf(1, 100).optional(),
  }),
  z.strictObject({ type: z.literal('image'), image: media }),
  z.strictObject({ type: z.literal('video'), video: media }),
  z.strictObject({ type: z.literal('document'), document: documentMedia }),
  z.strictObject({ type: z.literal('location'), location }),
  z.strictObject({ type: z.literal('payload'), payload: textOf(1, 256) }),
  z.strictObject({ type: z.literal('coupon_code'), coupon_code: textOf(1, 20) }),
  z.strictObject({
    type: z.literal('action'),
    action: z.strictObject({
      flow_token: textOf(1, 512).optional(),
      flow_action_data: z.record(z.string(), z.unknown()).optional(),
      thumbnail_product_retailer_id: textOf(1, 256).optional(),
      sections: z.array(z.unknown()).optional(),
    }),
  }),
  z.strictObject({
    type: z.literal('limited_time_offer'),
    limited_time_offer: z.strictObject({ expiration_time_ms: z.number().int() }),
  }),
]);
const parameters = z.array(parameter).max(100);

const simple = [
  z.strictObject({ type: z.literal('header'), parameters }),
  z.strictObject({ type: z.literal('body'), parameters }),
  z.strictObject({
    type: z.literal('button'),
    sub_type: z
      .string()
      .regex(/^[a-z_]{1,40}$/, 'must be a kind of button, like quick_reply, url, copy_code or flow'),
    index: z.union([z.number().int().min(0).max(9), z.string().regex(/^\d$/)], {
      error: 'must be the place of the button, from 0',
    }),
    parameters,
  }),
] as const;

const component = z.discriminatedUnion('type', [
  ...simple,
  z.strictObject({
    type: z.literal('carousel'),
    cards: z
      .array(
        z.strictObject({
          card_index: z.number().int().min(0).max(9),
          components: z.array(z.discriminatedUnion('type', simple)).min(1),
        }),
      )
      .min(2)
      .max(10),
  }),
  z.strictObject({ type: z.literal('limited_time_offer'), parameters }),
]);

export const template = z.strictObject({
  name: z
    .string()
    .regex(/^[a-z0-9_]{1,512}$/, 'must be the name of a template: lower case letters, digits and _'),
  language: z.strictObject({
    code: z.string().regex(/^[a-z]{2,3}(_[A-Za-z]{2,4})?$/, 'must be a language code, like he or en_US'),
    policy: z.literal('deterministic').optional(),
  }),
  components: z.array(component).max(20).optional(),
});

export type TemplateBody = z.infer<typeof template>;
export type TemplateComponent = NonNullable<TemplateBody['components']>[number];
export type TemplateParameter = z.infer<typeof parameter>;
