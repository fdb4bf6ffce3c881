import type { Variables } from '../aggregate/expressions.ts';
import { toNumber } from '../values/numbers.ts';
import { type Found, MISSING, visitPath } from '../values/paths.ts';
import { typeNumberOf } from '../values/types.ts';
import {
  compareValues,
  type Document,
  isDocument,
  isNumber,
  sameValue,
  typeOf,
  type Value,
} from '../values/values.ts';
import { ELEMENT, type FieldTest, type Filter, isUnbounded, keyText } from './filter.ts';

/** Whether a document satisfies a parsed filter, with MongoDB's rules for arrays, missing fields and types. */
export function matches(filter: Filter, document: Document, variables?: Variables): boolean {
  switch (filter.kind) {
    case 'and':
      return filter.of.every((part) => matches(part, document, variables));
    case 'or':
      return filter.of.some((part) => matches(part, document, variables));
    case 'not':
      return !matches(filter.of, document, variables);
    case 'expression':
      return filter.holds(document, variables);
    case 'field':
      return fieldMatches(filter.parts, filter.test, document);
  }
}

function fieldMatches(parts: readonly string[], test: FieldTest, document: Document): boolean {
  let found = false;
  visitPath(document, parts, (value) => {
    found ||= satisfies(value, test);
  });
  return found;
}

function satisfies(found: Found, test: FieldTest): boolean {
  switch (test.op) {
    case '$exists':
      return found !== MISSING;
    case '$size':
      return Array.isArray(found) && found.length === test.size;
    case '$elemMatch':
      return (
        Array.isArray(found) && found.some((element) => elementMatches(element, test.filter, test.onValue))
      );
    default:
      return (
        valueSatisfies(found, test) ||
        (Array.isArray(found) && found.some((item) => valueSatisfies(item, test)))
      );
  }
}

/** Whether an element of an array satisfies an `$elemMatch`, by value or as a document. */
export function elementMatches(element: Value, filter: Filter, onValue: boolean): boolean {
  if (onValue) return elementSatisfies(element, filter);
  return isDocument(element) && matches(filter, element);
}

/** An array inside the array is one element here: its own elements do not count. */
function elementSatisfies(element: Value, filter: Filter): boolean {
  if (filter.kind === 'and') return filter.of.every((part) => elementSatisfies(element, part));
  if (filter.kind === 'not') return !elementSatisfies(element, filter.of);
  if (filter.kind !== 'field' || filter.path !== ELEMENT) return matches(filter, { [ELEMENT]: element });
  const { test } = filter;
  return isSingle(test) ? valueSatisfies(element, test) : satisfies(element, test);
}

type SingleTest = Exclude<FieldTest, { op: '$exists' | '$size' | '$elemMatch' }>;
const isSingle = (test: FieldTest): test is SingleTest =>
  !['$exists', '$size', '$elemMatch'].includes(test.op);

function valueSatisfies(found: Found, test: SingleTest): boolean {
  switch (test.op) {
    case '$eq':
      return equals(found, test.value);
    case '$gt':
    case '$gte':
    case '$lt':
    case '$lte':
      return inOrder(found, test.op, test.value);
    case '$in':
      return (
        test.keys.has(keyText(found === MISSING || found === undefined ? null : found)) ||
        test.patterns.some((pattern) => fits(found, pattern))
      );
    case '$type':
      return found !== MISSING && test.types.has(typeNumberOf(found));
    case '$mod':
      return (
        found !== MISSING && isNumber(found) && Math.trunc(toNumber(found)) % test.divisor === test.remainder
      );
    case '$regex':
      return fits(found, test.pattern);
  }
}

function fits(found: Found, pattern: RegExp): boolean {
  return typeof found === 'string' && pattern.test(found);
}

/** A missing field equals null. */
function equals(found: Found, value: Value): boolean {
  if (found === MISSING || found === undefined) return value === null;
  return sameValue(found, value);
}

function inOrder(found: Found, op: '$gt' | '$gte' | '$lt' | '$lte', operand: Value): boolean {
  const value = found === MISSING || found === undefined ? null : found;
  if (found === MISSING && isUnbounded(operand)) return false;
  // Only values of the operand's own type are compared, except with MinKey and MaxKey.
  if (!isUnbounded(operand) && typeOf(value) !== typeOf(operand)) return false;
  if (isNotANumber(value) !== isNotANumber(operand)) return false;
  const difference = compareValues(value, operand);
  if (difference === 0) return op === '$gte' || op === '$lte';
  return difference > 0 ? op === '$gt' || op === '$gte' : op === '$lt' || op === '$lte';
}

const isNotANumber = (value: Value): boolean => isNumber(value) && Number.isNaN(toNumber(value));

/** Whether one element satisfies the conditions on the array at `path`; used for the positional operator. */
export function firstMatchingPosition(filter: Filter, document: Document): number | undefined {
  if (filter.kind === 'and') {
    for (const part of filter.of) {
      const position = firstMatchingPosition(part, document);
      if (position !== undefined) return position;
    }
    return undefined;
  }
  if (filter.kind === 'or') {
    const branch = filter.of.find((part) => matches(part, document));
    return branch && firstMatchingPosition(branch, document);
  }
  if (filter.kind !== 'field') return undefined;
  return arrayPosition(document, filter.parts, filter.test);
}

/** The first array on the path decides: the position of its first element that satisfies the rest. */
function arrayPosition(document: Document, parts: readonly string[], test: FieldTest): number | undefined {
  let value: Value = document;
  for (let at = 0; at <= parts.length; at += 1) {
    if (Array.isArray(value)) return positionIn(value, parts.slice(at), test);
    const part = parts[at];
    if (part === undefined || !isDocument(value) || !Object.hasOwn(value, part)) return undefined;
    value = value[part];
  }
  return undefined;
}

function positionIn(array: Value[], rest: readonly string[], test: FieldTest): number | undefined {
  const position = array.findIndex((element) => {
    if (rest.length > 0) return isDocument(element) && fieldMatches(rest, test, element);
    return test.op === '$elemMatch'
      ? elementMatches(element, test.filter, test.onValue)
      : satisfies(element, test);
  });
  return position === -1 ? undefined : position;
}
