/** Cards side by side: 2 to 10, all of one kind (Cloud API: interactive messages, carousel). */
import { z } from 'zod';

import { textOf } from '../limits.ts';
import { areDistinct, body, link, mediaHeader, opaqueId } from './parts.ts';

const cardBody = z.strictObject({
  text: textOf(1, 160).refine((text) => text.split('\n').length <= 3, {
    error: 'may have 2 line breaks',
  }),
});
const index = z.number().int().min(0).max(9);

const linkCard = z.strictObject({
  card_index: index,
  type: z.literal('cta_url'),
  header: mediaHeader,
  body: cardBody.optional(),
  action: z.strictObject({
    name: z.literal('cta_url'),
    parameters: z.strictObject({ display_text: textOf(1, 20), url: link }),
  }),
});

const productCard = z.strictObject({
  card_index: index,
  type: z.literal('product'),
  action: z.strictObject({ catalog_id: opaqueId, product_retailer_id: opaqueId }),
});

const card = z.discriminatedUnion('type', [linkCard, productCard]);
type Card = z.infer<typeof card>;

const headerOf = (one: Card): string | undefined => ('header' in one ? one.header.type : undefined);

export const carousel = z.strictObject({
  type: z.literal('carousel'),
  body,
  action: z.strictObject({
    cards: z
      .array(card)
      .min(2)
      .max(10)
      .refine((cards) => new Set(cards.map(({ type }) => type)).size === 1, {
        error: 'cards must be of one kind',
      })
      .refine((cards) => new Set(cards.map(headerOf)).size === 1, {
        error: 'headers must be of one kind',
      })
      .refine((cards) => areDistinct(cards.map((one) => String(one.card_index))), {
        error: 'indexes must differ',
      }),
  }),
});
