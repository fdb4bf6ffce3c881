import type { Binary, BSONRegExp, MaxKey, MinKey, ObjectId, Timestamp } from 'bson';
import { type Code, Decimal128, deserialize, Double, Int32, Long, serialize } from 'bson';

import { refuse } from '../errors.ts';
import { compareNumbers, type NumberValue } from './numbers.ts';

/** A BSON value with its type kept: numbers stay wrapped, so that what is read is written back unchanged. */
export type Value =
  | null
  | undefined
  | boolean
  | string
  | Date
  | NumberValue
  | ObjectId
  | Binary
  | Timestamp
  | BSONRegExp
  | MinKey
  | MaxKey
  | Code
  | Value[]
  | Document;
export interface Document {
  [field: string]: Value;
}

/**
 * MongoDB's order of types. The numbers are also the first byte of an index key, hence the gaps:
 * `order + 1` is a position between two types. `undefined` is the key of an empty array.
 */
export const TYPE_ORDER = {
  minKey: 10,
  undefined: 15,
  null: 20,
  number: 30,
  string: 40,
  object: 50,
  array: 60,
  binary: 70,
  objectId: 80,
  boolean: 90,
  date: 100,
  timestamp: 110,
  regex: 120,
  maxKey: 240,
} as const;
export type TypeName = keyof typeof TYPE_ORDER;

export const parseDocument = (bytes: Uint8Array): Document =>
  deserialize(bytes, { promoteValues: false, promoteLongs: false, bsonRegExp: true });

export const writeDocument = (document: object): Uint8Array =>
  serialize(document, { ignoreUndefined: false });

const BSON_TYPES: Record<string, TypeName> = {
  Int32: 'number',
  Double: 'number',
  Long: 'number',
  Decimal128: 'number',
  ObjectId: 'objectId',
  Binary: 'binary',
  Timestamp: 'timestamp',
  BSONRegExp: 'regex',
  MinKey: 'minKey',
  MaxKey: 'maxKey',
};

/** The comparison type of a value; code, symbols and database references are refused. */
export function typeOf(value: Value): TypeName {
  if (value === null) return 'null';
  if (value === undefined) return 'undefined';
  if (typeof value === 'string') return 'string';
  if (typeof value === 'boolean') return 'boolean';
  if (Array.isArray(value)) return 'array';
  if (value instanceof Date) return 'date';
  const tag = (value as { _bsontype?: string })._bsontype;
  if (tag === undefined || typeof tag !== 'string') return 'object';
  const type = BSON_TYPES[tag];
  if (!type) throw refuse(`Comparing or indexing a value of BSON type ${tag}`);
  return type;
}

export const isNumber = (value: Value): value is NumberValue =>
  value instanceof Int32 || value instanceof Double || value instanceof Long || value instanceof Decimal128;

export function isDocument(value: Value): value is Document {
  if (typeof value !== 'object' || value === null || Array.isArray(value) || value instanceof Date) {
    return false;
  }
  return typeof (value as { _bsontype?: unknown })._bsontype !== 'string';
}

/** The value of an own field; names such as `constructor` are data here, not members of Object. */
export const fieldOf = (document: Document, name: string): Value | undefined =>
  Object.hasOwn(document, name) ? document[name] : undefined;

const utf8 = (text: string): Buffer => Buffer.from(text, 'utf8');

function compareDocuments(left: Document, right: Document): number {
  const leftFields = Object.entries(left);
  const rightFields = Object.entries(right);
  for (let at = 0; at < leftFields.length; at += 1) {
    const [leftName, leftValue] = leftFields[at] as [string, Value];
    const other = rightFields[at];
    if (!other) return 1;
    const difference =
      TYPE_ORDER[typeOf(leftValue)] - TYPE_ORDER[typeOf(other[1])] ||
      compareStrings(leftName, other[0]) ||
      compareValues(leftValue, other[1]);
    if (difference) return difference;
  }
  return leftFields.length - rightFields.length;
}

function compareArrays(left: Value[], right: Value[]): number {
  for (let at = 0; at < left.length; at += 1) {
    if (at >= right.length) return 1;
    const difference = compareValues(left[at], right[at]);
    if (difference) return difference;
  }
  return left.length - right.length;
}

/** Strings are ordered by their UTF-8 bytes, which differs from JavaScript's order beyond U+D7FF. */
function compareStrings(left: string, right: string): number {
  return left === right ? 0 : Buffer.compare(utf8(left), utf8(right));
}

const bytesOf = (value: Binary): Uint8Array => value.buffer.subarray(0, value.position);

function compareBinaries(left: Binary, right: Binary): number {
  return (
    left.position - right.position ||
    left.sub_type - right.sub_type ||
    Buffer.compare(bytesOf(left), bytesOf(right))
  );
}

/** MongoDB's order over all values: by type, then within the type. 0 means equal. */
export function compareValues(left: Value, right: Value): number {
  const type = typeOf(left);
  const difference = TYPE_ORDER[type] - TYPE_ORDER[typeOf(right)];
  if (difference) return difference;
  switch (type) {
    case 'number':
      return compareNumbers(left as NumberValue, right as NumberValue);
    case 'string':
      return compareStrings(left as string, right as string);
    case 'boolean':
      return Number(left) - Number(right);
    case 'date':
      return (left as Date).getTime() - (right as Date).getTime();
    case 'objectId':
      return Buffer.compare((left as ObjectId).id, (right as ObjectId).id);
    case 'binary':
      return compareBinaries(left as Binary, right as Binary);
    case 'timestamp':
      return (left as Timestamp).compare(right as Timestamp);
    case 'regex': {
      const [a, b] = [left as BSONRegExp, right as BSONRegExp];
      return compareStrings(a.pattern, b.pattern) || compareStrings(a.options, b.options);
    }
    case 'array':
      return compareArrays(left as Value[], right as Value[]);
    case 'object':
      return compareDocuments(left as Document, right as Document);
    case 'minKey':
    case 'maxKey':
    case 'null':
    case 'undefined':
      return 0;
  }
}

export const sameValue = (left: Value, right: Value): boolean => compareValues(left, right) === 0;
