/** Names, addresses and numbers as people write them, checked. */
import { parsePhoneNumberFromString } from 'libphonenumber-js/min';
import { z } from 'zod';

import { textLine } from '../tenants/input.ts';

/** In one line, without characters that change the direction of what follows: a name must not look like another. */
const DIRECTION = /[\u202A-\u202E\u2066-\u2069]/u;

export const personName = textLine(100).refine((name) => !DIRECTION.test(name), {
  error: 'must not contain characters that change the direction of the text',
});

export const userName = personName
  .min(2, 'must have at least 2 characters')
  .max(60, 'must have at most 60 characters')
  .refine((name) => !/[@＠]/.test(name), { error: 'must not contain @: that is for e-mail addresses' });

export const emailAddress = z
  .email({ pattern: z.regexes.unicodeEmail, error: 'must be an e-mail address' })
  .max(254, 'must have at most 254 characters')
  .refine((value) => !/[\p{Cc}<>"]/u.test(value), { error: 'must be an e-mail address' });

/** International form; spaces, dots and dashes are taken out. `+972 50-123-4567` → `+972501234567` */
export const phoneNumber = z.string('is missing').transform((text, check) => {
  const parsed = text.length > 40 ? undefined : parsePhoneNumberFromString(text);
  if (parsed?.isPossible() === true) return parsed.number;
  check.addIssue('must be a phone number with its country, like +972 50 123 4567');
  return z.NEVER;
});

export const profileBody = z.strictObject({
  firstName: personName,
  lastName: personName,
  username: userName,
  email: emailAddress,
  phone: phoneNumber,
});
