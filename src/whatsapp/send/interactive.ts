/** Interactive messages with their limits (Cloud API: interactive messages). */
import { z } from 'zod';

import { textOf } from '../limits.ts';
import { carousel } from './carousel.ts';
import { anyHeader, areDistinct, body, footer, link, opaqueId, textHeader } from './parts.ts';

const title = textOf(1, 20);

const replyButton = z.strictObject({
  type: z.literal('reply'),
  reply: z.strictObject({
    id: textOf(1, 256).refine((id) => id === id.trim(), { error: 'must not begin or end with a blank' }),
    title,
  }),
});

const button = z.strictObject({
  type: z.literal('button'),
  header: anyHeader.optional(),
  body,
  footer: footer.optional(),
  action: z.strictObject({
    buttons: z
      .array(replyButton)
      .min(1)
      .max(3)
      .refine((all) => areDistinct(all.map(({ reply }) => reply.id)), { error: 'ids must differ' })
      .refine((all) => areDistinct(all.map(({ reply }) => reply.title)), { error: 'titles must differ' }),
  }),
});

const LIST_ROWS = 10;
const section = z.strictObject({
  title: textOf(1, 24).optional(),
  rows: z
    .array(
      z.strictObject({ id: textOf(1, 200), title: textOf(1, 24), description: textOf(1, 72).optional() }),
    )
    .min(1)
    .max(LIST_ROWS),
});

const list = z.strictObject({
  type: z.literal('list'),
  header: textHeader.optional(),
  body,
  footer: footer.optional(),
  action: z.strictObject({
    button: title,
    sections: z
      .array(section)
      .min(1)
      .max(10)
      .refine((all) => all.flatMap(({ rows }) => rows).length <= LIST_ROWS, {
        error: `all sections together may have ${LIST_ROWS} rows`,
      })
      .refine((all) => all.length === 1 || all.every((one) => one.title !== undefined), {
        error: 'each of several sections needs a title',
      })
      .refine((all) => areDistinct(all.flatMap(({ rows }) => rows.map(({ id }) => id))), {
        error: 'ids of rows must differ',
      }),
  }),
});

const ctaUrl = z.strictObject({
  type: z.literal('cta_url'),
  header: anyHeader.optional(),
  body,
  footer: footer.optional(),
  action: z.strictObject({
    name: z.literal('cta_url'),
    parameters: z.strictObject({ display_text: title, url: link }),
  }),
});

const flowParameters = z
  .strictObject({
    flow_message_version: z.literal('3'),
    flow_id: opaqueId.optional(),
    flow_name: textOf(1, 256).optional(),
    flow_cta: textOf(1, 30).refine((text) => !/\p{Extended_Pictographic}/u.test(text), {
      error: 'must not have an emoji',
    }),
    flow_token: textOf(1, 512).optional(),
    mode: z.enum(['draft', 'published']).optional(),
    flow_action: z.enum(['navigate', 'data_exchange']).optional(),
    flow_action_payload: z
      .strictObject({
        screen: textOf(1, 256),
        data: z
          .record(z.string(), z.unknown())
          .refine((data) => Object.keys(data).length > 0, { error: 'must not be empty when it is given' })
          .optional(),
      })
      .optional(),
  })
  .refine(({ flow_id: id, flow_name: name }) => (id === undefined) !== (name === undefined), {
    error: 'give exactly one of flow_id and flow_name',
  });

const flow = z.strictObject({
  type: z.literal('flow'),
  header: anyHeader.optional(),
  body,
  footer: footer.optional(),
  action: z.strictObject({ name: z.literal('flow'), parameters: flowParameters }),
});

const product = z.strictObject({
  type: z.literal('product'),
  body: body.optional(),
  footer: footer.optional(),
  action: z.strictObject({ catalog_id: opaqueId, product_retailer_id: opaqueId }),
});

const PRODUCTS = 30;
const productList = z.strictObject({
  type: z.literal('product_list'),
  header: textHeader,
  body,
  footer: footer.optional(),
  action: z.strictObject({
    catalog_id: opaqueId,
    sections: z
      .array(
        z.strictObject({
          title: textOf(1, 24),
          product_items: z.array(z.strictObject({ product_retailer_id: opaqueId })).min(1),
        }),
      )
      .min(1)
      .max(10)
      .refine((all) => all.flatMap((one) => one.product_items).length <= PRODUCTS, {
        error: `all sections together may have ${PRODUCTS} products`,
      }),
  }),
});

/** Kinds whose action has a fixed name; what its parameters hold is WhatsApp's to check. */
function named<Type extends string, Name extends string>(type: Type, name: Name) {
  return z.strictObject({
    type: z.literal(type),
    header: anyHeader.optional(),
    body,
    footer: footer.optional(),
    action: z.strictObject({
      name: z.literal(name),
      parameters: z.record(z.string(), z.unknown()).optional(),
    }),
  });
}

export const interactive = z.discriminatedUnion('type', [
  button,
  list,
  ctaUrl,
  flow,
  product,
  productList,
  carousel,
  named('catalog_message', 'catalog_message'),
  named('location_request_message', 'send_location'),
  named('address_message', 'address_message'),
  named('request_contact_info', 'request_contact_info'),
  named('call_permission_request', 'call_permission_request'),
  named('voice_call', 'voice_call'),
  named('order_details', 'review_and_pay'),
  named('order_status', 'review_order'),
]);
