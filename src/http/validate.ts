/** Checks what a caller sent against the route's schemas; a refusal names every field, never a value. */
import type { z } from 'zod';

import { Reject } from '../ops/errors.ts';

type Refusal = { path: string; message: string };

/** More would only help who sends rubbish. */
const MOST_REFUSALS = 20;
const LONGEST_PATH = 100;

/** @throws Reject (422) `invalid-request` */
export function checked<Value>(schema: z.ZodType<Value>, input: unknown, what: 'body' | 'query'): Value {
  const parsed = schema.safeParse(input);
  if (parsed.success) return parsed.data;
  throw refusal(what, parsed.error.issues.flatMap(refusalsOf));
}

/** The query as single values. @throws Reject (422) for a parameter that is given twice or that nothing takes. */
export function checkedQuery<Value>(schema: z.ZodType<Value> | undefined, query: object): Value | undefined {
  const entries = Object.entries(query) as [string, unknown][];
  const repeated = entries.filter(([, value]) => typeof value !== 'string');
  if (repeated.length > 0) {
    throw refusal(
      'query',
      repeated.map(([path]) => ({ path, message: 'Given more than once.' })),
    );
  }
  if (schema) return checked(schema, Object.fromEntries(entries), 'query');
  if (entries.length > 0) {
    throw refusal(
      'query',
      entries.map(([path]) => unknownField(path)),
    );
  }
  return undefined;
}

/** Visible ASCII of up to 255 characters; undefined when there is none. @throws Reject (422) */
export function checkedIdempotencyKey(header: string | string[] | undefined): string | undefined {
  if (header === undefined) return undefined;
  if (typeof header === 'string' && /^[\x21-\x7e]{1,255}$/.test(header)) return header;
  throw refusal('header', [
    { path: 'Idempotency-Key', message: 'Must be 1 to 255 visible ASCII characters, given once.' },
  ]);
}

function refusal(what: 'body' | 'query' | 'header', all: Refusal[]): Reject {
  const errors = all
    .slice(0, MOST_REFUSALS)
    .map(({ path, message }) => ({ path: path.slice(0, LONGEST_PATH), message }));
  return new Reject(422, 'invalid-request', `The ${what} is not as it should be; see errors.`, { errors });
}

function refusalsOf(issue: z.core.$ZodIssue): Refusal[] {
  const path = issue.path.map(String).join('.');
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => unknownField(path === '' ? key : `${path}.${key}`));
  }
  return [{ path, message: issue.message }];
}

function unknownField(path: string): Refusal {
  return { path, message: 'Unknown field.' };
}
