/**
 * Limits of what may be sent (Cloud API: messages). WhatsApp counts "characters" without saying which: code points
 * are counted here, since code units would refuse emoji that fit.
 */
import { z } from 'zod';

/** Longest text body, in code points. */
export const TEXT_BODY_MAX = 4_096;
/** Longest `biz_opaque_callback_data`, in code points. */
export const CALLBACK_DATA_MAX = 512;
/** No wamid seen is longer than 100; the format is opaque. */
export const WAMID_MAX = 256;

/** A string of `min` to `max` code points that UTF-8 can carry. */
export function textOf(min: number, max: number) {
  return z
    .string()
    .refine((value) => within(Array.from(value).length, min, max), {
      error: `must have ${min} to ${max} characters`,
    })
    .refine((value) => !/\p{Surrogate}/u.test(value), {
      error: 'must be valid Unicode: it holds half of a surrogate pair',
    });
}

function within(count: number, min: number, max: number): boolean {
  return count >= min && count <= max;
}
