import { MongoError, refuse } from '../errors.ts';
import { keysOf, type OrderedField } from '../index/entries.ts';
import { toNumber } from '../values/numbers.ts';
import { splitPath } from '../values/paths.ts';
import { type Document, isNumber } from '../values/values.ts';

/** Parses a sort pattern or the key of an index; other kinds of order (`$meta`, `text`, `hashed`) are refused. */
export function parseOrder(pattern: Document, what: string): OrderedField[] {
  return Object.entries(pattern).map(([path, value]) => {
    if (!isNumber(value)) throw refuse(`A ${what} on '${path}' by anything but 1 or -1`, 2);
    const direction = toNumber(value);
    if (direction !== 1 && direction !== -1) {
      throw new MongoError(2, `The ${what} on '${path}' must be 1 (ascending) or -1 (descending)`);
    }
    return { path, parts: splitPath(path), direction };
  });
}

/** The bytes a document is sorted by: of several (arrays) the one that comes first in the wanted direction. */
export function sortKey(document: Document, order: readonly OrderedField[]): Buffer {
  const [first, ...others] = keysOf(document, order);
  return others.reduce((least, key) => (Buffer.compare(key, least) < 0 ? key : least), first as Buffer);
}

/** A comparison of documents by a sort pattern. */
export function compareBy(pattern: Document): (left: Document, right: Document) => number {
  const order = parseOrder(pattern, 'sort');
  return (left, right) => Buffer.compare(sortKey(left, order), sortKey(right, order));
}
