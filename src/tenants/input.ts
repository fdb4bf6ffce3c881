/** What callers give us, checked in one place: refused as a whole, with every fault named. */
import { z } from 'zod';

import { Reject } from '../ops/errors.ts';

/** The parsed input. @throws Reject (422) that names each field that is wrong; values are never quoted. */
export function checkInput<Schema extends z.ZodType>(schema: Schema, input: unknown): z.output<Schema> {
  const parsed = schema.safeParse(input);
  if (parsed.success) return parsed.data;
  const errors = parsed.error.issues.map(({ path, message }) => ({ path: path.join('.'), message }));
  const detail = errors.map(({ path, message }) => (path === '' ? message : `${path} ${message}`)).join('; ');
  throw new Reject(422, 'invalid-request', `${detail}.`, { errors });
}

/** A line of text that people read: no control characters, not empty. */
export function textLine(most: number) {
  return z
    .string('is missing')
    .trim()
    .min(1, 'must not be empty')
    .max(most, `must have at most ${most} characters`)
    .refine((value) => !/\p{Cc}/u.test(value), 'must not contain control characters');
}

/** An id that Meta gives: digits only. */
export const metaId = z
  .string('is missing')
  .regex(/^\d{1,32}$/, 'must be the number that Meta shows for it: digits only');
