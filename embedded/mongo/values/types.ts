import { MongoError } from '../errors.ts';
import { toNumber } from './numbers.ts';
import { isNumber, type Value } from './values.ts';

/** BSON's type numbers by the names of `$type` (BSON specification; MongoDB manual: $type). */
const TYPE_NUMBERS: Record<string, number> = {
  double: 1,
  string: 2,
  object: 3,
  array: 4,
  binData: 5,
  undefined: 6,
  objectId: 7,
  bool: 8,
  date: 9,
  null: 10,
  regex: 11,
  dbPointer: 12,
  javascript: 13,
  symbol: 14,
  int: 16,
  timestamp: 17,
  long: 18,
  decimal: 19,
  minKey: -1,
  maxKey: 127,
};
const NAMES = new Map(Object.entries(TYPE_NUMBERS).map(([name, number]) => [number, name]));
const TAGS: Record<string, number> = {
  Int32: 16,
  Double: 1,
  Long: 18,
  Decimal128: 19,
  ObjectId: 7,
  Binary: 5,
  Timestamp: 17,
  BSONRegExp: 11,
  MinKey: -1,
  MaxKey: 127,
  BSONSymbol: 14,
  Code: 13,
};

/** The BSON type number of a value. */
export function typeNumberOf(value: Value): number {
  if (value === null) return 10;
  if (value === undefined) return 6;
  if (typeof value === 'string') return 2;
  if (typeof value === 'boolean') return 8;
  if (Array.isArray(value)) return 4;
  if (value instanceof Date) return 9;
  return TAGS[String((value as { _bsontype?: unknown })._bsontype)] ?? 3;
}

/** The name that `$type` expressions answer. */
export const typeNameOf = (value: Value): string => NAMES.get(typeNumberOf(value)) ?? 'object';

/** The type numbers that the operand of a `$type` condition names; `number` means all four. */
export function parseTypes(operand: Value): ReadonlySet<number> {
  const wanted = Array.isArray(operand) ? operand : [operand];
  return new Set(
    wanted.flatMap((item) => {
      if (item === 'number') return [1, 16, 18, 19];
      const number = isNumber(item) ? toNumber(item) : TYPE_NUMBERS[typeof item === 'string' ? item : ''];
      if (number === undefined || !NAMES.has(number)) {
        throw new MongoError(2, `Unknown type name alias or number in $type`);
      }
      return [number];
    }),
  );
}
