import { BSONRegExp, MaxKey, MinKey } from 'bson';

import { compileExpression, type Variables } from '../aggregate/expressions.ts';
import { MongoError } from '../errors.ts';
import { encodeValue } from '../values/keys.ts';
import { toNumber } from '../values/numbers.ts';
import { splitPath } from '../values/paths.ts';
import { parseTypes } from '../values/types.ts';
import { type Document, isDocument, isNumber, type Value } from '../values/values.ts';
import { compileRegex } from './regex.ts';

/** One condition on the values of one path. */
export type FieldTest =
  | { readonly op: '$eq' | '$gt' | '$gte' | '$lt' | '$lte'; readonly value: Value }
  | {
      readonly op: '$in';
      readonly values: readonly Value[];
      readonly keys: ReadonlySet<string>;
      readonly patterns: readonly RegExp[];
    }
  | { readonly op: '$exists' }
  | { readonly op: '$type'; readonly types: ReadonlySet<number> }
  | { readonly op: '$size'; readonly size: number }
  | { readonly op: '$mod'; readonly divisor: number; readonly remainder: number }
  | { readonly op: '$regex'; readonly pattern: RegExp }
  | { readonly op: '$elemMatch'; readonly filter: Filter; readonly onValue: boolean };

/** A parsed filter: what the matcher tests and the planner reads bounds from. */
export type Filter =
  | { readonly kind: 'and' | 'or'; readonly of: readonly Filter[] }
  | { readonly kind: 'not'; readonly of: Filter }
  | {
      readonly kind: 'field';
      readonly path: string;
      readonly parts: readonly string[];
      readonly test: FieldTest;
    }
  | { readonly kind: 'expression'; readonly holds: (document: Document, variables?: Variables) => boolean };

const negate = (of: Filter): Filter => ({ kind: 'not', of });

/** Parses a filter document; unknown operators are refused by name (code 2). */
export function parseFilter(filter: Document): Filter {
  const of = Object.entries(filter).flatMap(([name, value]) => parseEntry(name, value));
  return of.length === 1 ? (of[0] as Filter) : { kind: 'and', of };
}

function parseEntry(name: string, value: Value): Filter[] {
  if (!name.startsWith('$')) return parseField(name, value);
  switch (name) {
    case '$and':
      return [{ kind: 'and', of: parseBranches(name, value) }];
    case '$or':
      return [{ kind: 'or', of: parseBranches(name, value) }];
    case '$nor':
      return [negate({ kind: 'or', of: parseBranches(name, value) })];
    case '$expr':
      return [parseExpression(value)];
    case '$comment':
      return [];
    default:
      throw new MongoError(2, `unknown top level operator: ${name}`);
  }
}

function parseBranches(name: string, value: Value): Filter[] {
  if (!Array.isArray(value) || value.length === 0) {
    throw new MongoError(2, `${name} must be a nonempty array`);
  }
  return value.map((branch) => {
    if (!isDocument(branch)) throw new MongoError(2, `${name} argument's entries must be objects`);
    return parseFilter(branch);
  });
}

function parseExpression(value: Value): Filter {
  const evaluate = compileExpression(value);
  return {
    kind: 'expression',
    holds: (document, variables) => {
      const result = evaluate(document, variables);
      if (isNumber(result)) return toNumber(result) !== 0;
      return result !== undefined && result !== null && result !== false;
    },
  };
}

const isOperators = (value: Value): value is Document =>
  isDocument(value) && Object.keys(value)[0]?.startsWith('$') === true;

function parseField(path: string, condition: Value): Filter[] {
  const parts = splitPath(path);
  const field = (test: FieldTest): Filter => ({ kind: 'field', path, parts, test });
  if (condition instanceof BSONRegExp) {
    return [field({ op: '$regex', pattern: compileRegex(condition.pattern, condition.options) })];
  }
  if (!isOperators(condition)) return [field(equality(condition))];
  return Object.entries(condition).flatMap(([operator, operand]) => {
    if (operator === '$options') return [];
    if (operator === '$regex') return [field(parseRegex(operand, condition['$options']))];
    return [parseOperator(operator, operand, field, (inner) => parseField(path, inner))];
  });
}

function equality(value: Value): FieldTest {
  if (value === undefined) throw new MongoError(2, 'cannot compare to undefined');
  return { op: '$eq', value };
}

type Field = (test: FieldTest) => Filter;

function parseOperator(
  operator: string,
  operand: Value,
  field: Field,
  parseInner: (condition: Value) => Filter[],
): Filter {
  switch (operator) {
    case '$eq':
      return field(equality(operand));
    case '$ne':
      return negate(field(equality(notRegex(operator, operand))));
    case '$gt':
    case '$gte':
    case '$lt':
    case '$lte':
      return field({ op: operator, value: notRegex(operator, operand) });
    case '$in':
      return field(parseIn(operator, operand));
    case '$nin':
      return negate(field(parseIn(operator, operand)));
    case '$exists':
      return truthy(operand) ? field({ op: '$exists' }) : negate(field({ op: '$exists' }));
    case '$type':
      return field({ op: '$type', types: parseTypes(operand) });
    case '$size':
      return field({ op: '$size', size: wholeNumber(operator, operand) });
    case '$mod':
      return field(parseMod(operand));
    case '$all':
      return parseAll(operand, field);
    case '$elemMatch':
      return field(parseElemMatch(operand));
    case '$not':
      return negate({ kind: 'and', of: parseNot(operand, parseInner) });
    default:
      throw new MongoError(2, `unknown operator: ${operator}`);
  }
}

function notRegex(operator: string, value: Value): Value {
  if (value instanceof BSONRegExp) throw new MongoError(2, `Can't have regex as arg to ${operator}.`);
  return value;
}

const truthy = (value: Value): boolean =>
  isNumber(value) ? toNumber(value) !== 0 : value !== false && value != null;

function wholeNumber(operator: string, value: Value): number {
  const number = isNumber(value) ? toNumber(value) : NaN;
  if (!Number.isInteger(number)) throw new MongoError(2, `${operator} must be a whole number`);
  if (number < 0) throw new MongoError(2, `${operator} may not be negative`);
  return number;
}

function parseIn(operator: string, operand: Value): FieldTest {
  if (!Array.isArray(operand)) throw new MongoError(2, `${operator} needs an array`);
  for (const value of operand) {
    if (isOperators(value)) throw new MongoError(2, `cannot nest $ under ${operator}`);
  }
  const patterns = operand.filter((value) => value instanceof BSONRegExp);
  const values = operand.filter((value) => !(value instanceof BSONRegExp));
  return {
    op: '$in',
    values,
    keys: new Set(values.map(keyText)),
    patterns: patterns.map(({ pattern, options }) => compileRegex(pattern, options)),
  };
}

/** A value as a key of a JavaScript set or map: equal values have equal keys. */
export const keyText = (value: Value): string => encodeValue(value).toString('latin1');

function parseMod(operand: Value): FieldTest {
  const numbers = Array.isArray(operand)
    ? operand.map((value) => (isNumber(value) ? Math.trunc(toNumber(value)) : NaN))
    : [];
  const [divisor = NaN, remainder = NaN] = numbers;
  if (numbers.length !== 2 || Number.isNaN(divisor + remainder)) {
    throw new MongoError(2, 'malformed mod, it needs a divisor and a remainder');
  }
  if (divisor === 0) throw new MongoError(2, 'divisor cannot be 0');
  return { op: '$mod', divisor, remainder };
}

function parseRegex(operand: Value, options: Value): FieldTest {
  const flags = typeof options === 'string' ? options : undefined;
  if (operand instanceof BSONRegExp) {
    return { op: '$regex', pattern: compileRegex(operand.pattern, flags ?? operand.options) };
  }
  if (typeof operand !== 'string') throw new MongoError(2, '$regex has to be a string');
  return { op: '$regex', pattern: compileRegex(operand, flags ?? '') };
}

/** Each value may be found in another place of the path; an empty list matches nothing. */
function parseAll(operand: Value, field: Field): Filter {
  if (!Array.isArray(operand)) throw new MongoError(2, '$all needs an array');
  if (operand.length === 0) return { kind: 'or', of: [] };
  const of = operand.map((value) => {
    if (value instanceof BSONRegExp) return field(parseRegex(value, undefined));
    if (!isOperators(value)) return field(equality(value));
    if (!('$elemMatch' in value)) throw new MongoError(2, 'no $ expressions in $all');
    return field(parseElemMatch(value['$elemMatch']));
  });
  return { kind: 'and', of };
}

const LOGICAL = new Set(['$and', '$or', '$nor', '$expr']);

function parseElemMatch(operand: Value): FieldTest {
  if (!isDocument(operand)) throw new MongoError(2, '$elemMatch needs an Object');
  const [first] = Object.keys(operand);
  const onValue = first !== undefined && first.startsWith('$') && !LOGICAL.has(first);
  if (!onValue) return { op: '$elemMatch', filter: parseFilter(operand), onValue };
  // Conditions on the element itself: parsed as conditions on a field that wraps it.
  return { op: '$elemMatch', filter: { kind: 'and', of: parseField(ELEMENT, operand) }, onValue };
}

/** The name under which an element stands while `$elemMatch` tests it by value. */
export const ELEMENT = 'element';

function parseNot(operand: Value, parseInner: (condition: Value) => Filter[]): Filter[] {
  if (operand instanceof BSONRegExp) return parseInner(operand);
  if (!isOperators(operand)) throw new MongoError(2, '$not needs a regex or a document');
  return parseInner(operand);
}

/** True for operands that MongoDB compares across types. */
export const isUnbounded = (value: Value): boolean => value instanceof MinKey || value instanceof MaxKey;

/** The fields of a document that decide whether it satisfies a filter; undefined if that may be any. */
export function fieldsOf(filter: Filter): string[] | undefined {
  switch (filter.kind) {
    case 'field':
      return [filter.parts[0] as string];
    case 'not':
      return fieldsOf(filter.of);
    case 'expression':
      return undefined;
    case 'and':
    case 'or': {
      const all = filter.of.map(fieldsOf);
      return all.every((each) => each !== undefined) ? all.flat() : undefined;
    }
  }
}
