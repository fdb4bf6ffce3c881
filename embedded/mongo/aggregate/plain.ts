import { Double, Int32, Long } from 'bson';

import { fromNumber } from '../values/numbers.ts';
import { type Document, isDocument, type Value } from '../values/values.ts';

/**
 * Values as mingo takes them: numbers that JavaScript holds exactly become numbers. 64-bit integers beyond 2^53
 * and decimals stay what they are; arithmetic on them fails by name, comparison works.
 */
export function toPlain(value: Value): unknown {
  if (value instanceof Int32 || value instanceof Double) return value.value;
  if (value instanceof Long) return Number.isSafeInteger(value.toNumber()) ? value.toNumber() : value;
  if (Array.isArray(value)) return value.map(toPlain);
  if (!isDocument(value)) return value;
  const plain: Record<string, unknown> = {};
  for (const [name, field] of Object.entries(value)) plain[name] = toPlain(field);
  return plain;
}

/** The way back: whole numbers become integers, others doubles. */
export function fromPlain(value: unknown): Value {
  if (typeof value === 'number') return fromNumber(value);
  if (Array.isArray(value)) return value.map((element) => fromPlain(element) ?? null);
  if (!isDocument(value as Value)) return value as Value;
  const document: Document = {};
  for (const [name, field] of Object.entries(value as object)) {
    if (field !== undefined) document[name] = fromPlain(field);
  }
  return document;
}
