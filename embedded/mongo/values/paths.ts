import { MongoError } from '../errors.ts';
import { fieldOf, isDocument, type Value } from './values.ts';

/** Stands for a field that is not there, where `undefined` would be mistaken for a value. */
export const MISSING: unique symbol = Symbol('missing');
export type Found = Value | typeof MISSING;

const NUMERIC = /^(0|[1-9]\d*)$/;
export const isIndex = (part: string | undefined): boolean => part !== undefined && NUMERIC.test(part);

/** The parts of a dotted path. Empty parts are an error; `__proto__` is refused, since it is no data in JavaScript. */
export function splitPath(path: string): string[] {
  const parts = path.split('.');
  if (parts.includes('')) throw new MongoError(56, `The path '${path}' has an empty field name`);
  if (parts.includes('__proto__')) {
    throw new MongoError(2, `The field name __proto__ in '${path}' is not supported`);
  }
  return parts;
}

/**
 * Calls `visit` with every value that a query path stands for. Arrays on the way are entered: each element
 * that is a document goes on with the same part, and a numeric part also means the position. A path that ends
 * in nothing visits MISSING; elements that are no documents visit nothing.
 */
export function visitPath(
  value: Found,
  parts: readonly string[],
  visit: (found: Found) => void,
  at = 0,
): void {
  const part = parts[at];
  if (part === undefined) return visit(value);
  if (value === MISSING || typeof value !== 'object' || value === null) return visit(MISSING);
  if (Array.isArray(value)) return visitArray(value, parts, visit, at);
  if (!isDocument(value)) return visit(MISSING);
  visitPath(Object.hasOwn(value, part) ? fieldOf(value, part) : MISSING, parts, visit, at + 1);
}

function visitArray(
  array: Value[],
  parts: readonly string[],
  visit: (found: Found) => void,
  at: number,
): void {
  const part = parts[at] as string;
  const numeric = isIndex(part);
  for (const element of array) {
    if (isDocument(element) && (!numeric || Object.hasOwn(element, part))) {
      visitPath(element, parts, visit, at);
    }
  }
  if (numeric && Number(part) < array.length) visitPath(array[Number(part)], parts, visit, at + 1);
}

/** The value at an exact path (positions in arrays allowed, nothing is expanded), or MISSING. */
export function valueAt(value: Value, parts: readonly string[]): Found {
  let current: Value = value;
  for (const part of parts) {
    if (Array.isArray(current)) {
      if (!isIndex(part) || Number(part) >= current.length) return MISSING;
      current = current[Number(part)];
    } else if (isDocument(current) && Object.hasOwn(current, part)) {
      current = fieldOf(current, part);
    } else {
      return MISSING;
    }
  }
  return current;
}
