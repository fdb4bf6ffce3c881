import { z } from 'zod';

import { distinct, media, text } from './parts.ts';

const textHeader = z.looseObject({ type: z.literal('text'), text: text(60) });
const anyHeader = z.discriminatedUnion('type', [
  textHeader,
  z.looseObject({ type: z.literal('image'), image: media() }),
  z.looseObject({ type: z.literal('video'), video: media() }),
  z.looseObject({ type: z.literal('document'), document: media() }),
]);
const body = z.looseObject({ text: text(1024) });
const footer = z.looseObject({ text: text(60) }).optional();

const replyButton = z.looseObject({
  type: z.literal('reply'),
  reply: z.looseObject({
    id: text(256).refine((id) => id === id.trim(), 'an id has no blanks at its edges'),
    title: text(20),
  }),
});

const buttons = z.looseObject({
  type: z.literal('button'),
  header: anyHeader.optional(),
  body,
  footer,
  action: z.looseObject({
    buttons: z
      .array(replyButton)
      .min(1)
      .max(3)
      .refine((all) => distinct(all.map(({ reply }) => reply.id)), 'button ids must differ')
      .refine((all) => distinct(all.map(({ reply }) => reply.title)), 'button titles must differ'),
  }),
});

const section = z.looseObject({
  title: text(24).optional(),
  rows: z.array(z.looseObject({ id: text(200), title: text(24), description: text(72).optional() })).min(1),
});

const list = z.looseObject({
  type: z.literal('list'),
  header: textHeader.optional(),
  body: z.looseObject({ text: text(4096) }),
  footer,
  action: z.looseObject({
    button: text(20),
    sections: z
      .array(section)
      .min(1)
      .max(10)
      .refine((all) => all.flatMap(({ rows }) => rows).length <= 10, 'a list has at most 10 rows')
      .refine(
        (all) => all.length === 1 || all.every(({ title }) => title !== undefined),
        'each section needs a title',
      )
      .refine((all) => distinct(all.flatMap(({ rows }) => rows.map(({ id }) => id))), 'row ids must differ'),
  }),
});

const webAddress = z.url({ protocol: /^https?$/ });
const linkAction = z.looseObject({
  name: z.literal('cta_url'),
  parameters: z.looseObject({ display_text: text(20), url: webAddress }),
});
const link = z.looseObject({
  type: z.literal('cta_url'),
  header: anyHeader.optional(),
  body,
  footer,
  action: linkAction,
});

const flow = z.looseObject({
  type: z.literal('flow'),
  header: anyHeader.optional(),
  body,
  footer,
  action: z.looseObject({
    name: z.literal('flow'),
    parameters: z
      .looseObject({
        flow_message_version: z.literal('3'),
        flow_id: z.string().min(1).optional(),
        flow_name: z.string().min(1).optional(),
        flow_cta: text(30),
        mode: z.enum(['draft', 'published']).optional(),
        flow_action: z.enum(['navigate', 'data_exchange']).optional(),
        flow_action_payload: z
          .looseObject({
            data: z
              .record(z.string(), z.unknown())
              .refine((data) => Object.keys(data).length > 0, 'data must not be empty')
              .optional(),
          })
          .optional(),
      })
      .refine(
        ({ flow_id: id, flow_name: name }) => (id === undefined) !== (name === undefined),
        'give either flow_id or flow_name',
      ),
  }),
});

const product = z.looseObject({
  type: z.literal('product'),
  header: z.undefined('a product message has no header').optional(),
  body: body.optional(),
  footer,
  action: z.looseObject({ catalog_id: z.string().min(1), product_retailer_id: z.string().min(1) }),
});

const productSection = z.looseObject({
  title: text(24),
  product_items: z.array(z.looseObject({ product_retailer_id: z.string().min(1) })).min(1),
});
const productList = z.looseObject({
  type: z.literal('product_list'),
  header: textHeader,
  body,
  footer,
  action: z.looseObject({
    catalog_id: z.string().min(1),
    sections: z
      .array(productSection)
      .min(1)
      .max(10)
      .refine((all) => all.flatMap((one) => one.product_items).length <= 30, 'at most 30 products'),
  }),
});

const lines = (value: string): number => value.split('\n').length;
const card = z.looseObject({
  card_index: z.number().int().min(0).max(9),
  type: z.enum(['cta_url', 'product']),
  header: z
    .discriminatedUnion('type', [
      z.looseObject({ type: z.literal('image'), image: media() }),
      z.looseObject({ type: z.literal('video'), video: media() }),
    ])
    .optional(),
  body: z
    .looseObject({ text: text(160).refine((value) => lines(value) <= 3, 'at most 2 line breaks') })
    .optional(),
  action: z.looseObject({ parameters: z.looseObject({ display_text: text(20) }).optional() }),
});
const carousel = z.looseObject({
  type: z.literal('carousel'),
  body,
  action: z.looseObject({
    cards: z
      .array(card)
      .min(2)
      .max(10)
      .refine((all) => new Set(all.map(({ type }) => type)).size === 1, 'cards must be of one kind')
      .refine(
        (all) => new Set(all.map(({ header }) => header?.type)).size === 1,
        'card headers must be of one kind',
      )
      .refine(
        (all) => distinct(all.map(({ card_index: index }) => String(index))),
        'card indexes must differ',
      ),
  }),
});

/** Kinds that need a body and an action of a fixed name. */
const named = <Type extends string>(type: Type, name: string) =>
  z.looseObject({
    type: z.literal(type),
    header: anyHeader.optional(),
    body,
    footer,
    action: z.looseObject({ name: z.literal(name), parameters: z.looseObject({}).optional() }),
  });

/** Each kind with its limits (Cloud API: interactive messages). A list's body: its own page says 4,096 characters. */
export const interactive = z.discriminatedUnion('type', [
  buttons,
  list,
  link,
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
