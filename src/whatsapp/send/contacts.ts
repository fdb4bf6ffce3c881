/** Cards of people that are sent (Cloud API: contacts messages). */
import { z } from 'zod';

import { textOf } from '../limits.ts';

const word = textOf(1, 250);
const kind = textOf(1, 50).optional();

export const contactCard = z.strictObject({
  name: z.strictObject({
    formatted_name: word,
    first_name: word.optional(),
    last_name: word.optional(),
    middle_name: word.optional(),
    suffix: word.optional(),
    prefix: word.optional(),
  }),
  phones: z
    .array(
      z.strictObject({
        phone: textOf(1, 40).optional(),
        // Without it the card offers an invitation instead of a chat.
        wa_id: z
          .string()
          .regex(/^\d{5,20}$/, 'must be digits')
          .optional(),
        type: kind,
      }),
    )
    .max(20)
    .optional(),
  emails: z
    .array(z.strictObject({ email: textOf(3, 320), type: kind }))
    .max(20)
    .optional(),
  addresses: z
    .array(
      z.strictObject({
        street: word.optional(),
        city: word.optional(),
        state: word.optional(),
        zip: word.optional(),
        country: word.optional(),
        country_code: textOf(2, 3).optional(),
        type: kind,
      }),
    )
    .max(20)
    .optional(),
  org: z
    .strictObject({ company: word.optional(), department: word.optional(), title: word.optional() })
    .optional(),
  urls: z
    .array(z.strictObject({ url: textOf(1, 2_000), type: kind }))
    .max(20)
    .optional(),
  birthday: z
    .string()
    .regex(/^\d{4}-\d{2}-\d{2}$/, 'must be a date, like 1990-12-31')
    .optional(),
});

/** At most 257 in one message. */
export const contactCards = z.array(contactCard).min(1).max(257);
