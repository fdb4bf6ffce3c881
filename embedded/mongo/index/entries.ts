import { MongoError } from '../errors.ts';
import { encodeKey } from '../values/keys.ts';
import { valueAt } from '../values/paths.ts';
import { type Document, fieldOf, isDocument, type Value } from '../values/values.ts';

/** One field of a sort or of an index: 1 ascending, -1 descending. */
export interface OrderedField {
  readonly path: string;
  readonly parts: readonly string[];
  readonly direction: 1 | -1;
}

interface Walk {
  readonly value: Value;
  readonly rest: readonly string[];
}

/** Goes down through documents until the path ends or meets an array. */
function descend(value: Value, rest: readonly string[]): Walk {
  const [part, ...further] = rest;
  if (part === undefined || Array.isArray(value)) return { value, rest };
  return isDocument(value) && Object.hasOwn(value, part)
    ? descend(fieldOf(value, part), further)
    : { value: null, rest: [] };
}

/**
 * The tuples of values that a document has under several paths: one, or one per element of the array that the
 * paths go through. An empty array counts as undefined (below null), a missing field as null.
 */
function tuplesOf(walks: readonly Walk[], entered: readonly boolean[]): Value[][] {
  // An array that ends a path and was reached as an element stays whole: only one level is opened.
  const open = walks.map(({ value, rest }, at) => Array.isArray(value) && (rest.length > 0 || !entered[at]));
  const arrays = new Set(walks.flatMap(({ value }, at) => (open[at] ? [value] : [])));
  if (arrays.size === 0) return [walks.map(({ value }) => value)];
  if (arrays.size > 1) throw new MongoError(171, 'cannot index parallel arrays');
  const [array] = arrays as Set<Value[]>;
  const elements = array as Value[];
  const step = (element: Value, empty: boolean): Walk[] =>
    walks.map((walk, at) => {
      if (!open[at]) return walk;
      if (walk.rest.length === 0) return { value: element, rest: [] };
      return empty || !isDocument(element) ? { value: null, rest: [] } : descend(element, walk.rest);
    });
  const nowEntered = walks.map(
    ({ rest }, at) => entered[at] === true || (open[at] === true && rest.length === 0),
  );
  if (elements.length === 0) return tuplesOf(step(undefined, true), nowEntered);
  return elements.flatMap((element) => tuplesOf(step(element, false), nowEntered));
}

/** The tuples of values that a document has under the fields of an index or sort pattern. */
export function tuplesUnder(document: Document, order: readonly OrderedField[]): Value[][] {
  const walks = order.map(({ parts }) => descend(document, parts));
  return tuplesOf(
    walks,
    walks.map(() => false),
  );
}

/** The values under the fields of a pattern where no array is on the way, as in most documents; else undefined. */
export function singleValues(document: Document, order: readonly OrderedField[]): Value[] | undefined {
  const values: Value[] = [];
  for (const { parts } of order) {
    let value: Value = document;
    for (const part of parts) {
      value = isDocument(value) && Object.hasOwn(value, part) ? value[part] : null;
      if (Array.isArray(value)) return undefined;
    }
    values.push(value);
  }
  return values;
}

/** The encoded keys of a document under an index or sort pattern, without repetitions. */
export function keysOf(document: Document, order: readonly OrderedField[]): Buffer[] {
  const directions = order.map(({ direction }) => direction);
  return distinctTuples(document, order).map((tuple) => encodeKey(tuple, directions));
}

/** The tuples of values that a document has under a pattern, without repetitions. */
export function distinctTuples(document: Document, order: readonly OrderedField[]): Value[][] {
  const tuples = tuplesUnder(document, order);
  if (tuples.length === 1) return tuples;
  const ascending = order.map(() => 1);
  return [
    ...new Map(tuples.map((tuple) => [encodeKey(tuple, ascending).toString('latin1'), tuple])).values(),
  ];
}

/** The paths of a pattern that meet an array in this document. */
export function multikeyPaths(document: Document, order: readonly OrderedField[]): string[] {
  return order
    .filter(({ parts }) =>
      parts.some((_part, at) => Array.isArray(valueAt(document, parts.slice(0, at + 1)))),
    )
    .map(({ path }) => path);
}
