import { ObjectId } from 'bson';
import { type Context, evalExpr } from 'mingo/core';
import { $literal } from 'mingo/operators/expression';
import * as arithmetic from 'mingo/operators/expression/arithmetic';
import * as arrays from 'mingo/operators/expression/array';
import * as booleans from 'mingo/operators/expression/boolean';
import * as conditional from 'mingo/operators/expression/conditional';
import * as objects from 'mingo/operators/expression/object';
import * as strings from 'mingo/operators/expression/string';
import { $let } from 'mingo/operators/expression/variable';

import { MongoError, refuse } from '../errors.ts';
import { compareValues } from '../values/values.ts';
import { type ClockParts, dayOfYear, formatDate, partsAt, truncateDate } from './dates.ts';
import { fromPlain } from './plain.ts';

type ExpressionOps = Parameters<Context['addExpressionOps']>[0];
type Operator = NonNullable<ExpressionOps[`$${string}`]>;

const isNothing = (value: unknown): value is null | undefined => value === null || value === undefined;

/** An operator on its evaluated operands; a single operand may stand without brackets. */
const on = (count: number, calculate: (...operands: unknown[]) => unknown): Operator => {
  const operator = (
    document: Parameters<Operator>[0],
    operand: unknown,
    options: Parameters<Operator>[2],
  ): unknown => {
    const operands: unknown[] = Array.isArray(operand) ? operand : [operand];
    if (count > 0 && operands.length !== count) {
      throw new MongoError(16020, `Expression takes exactly ${count} arguments`);
    }
    return calculate(...operands.map((each) => evalExpr(document, each as Parameters<Operator>[1], options)));
  };
  return operator;
};

/** A missing value is below null, as in MongoDB. */
const compare = (left: unknown, right: unknown): number => compareValues(fromPlain(left), fromPlain(right));
const comparison = (holds: (difference: number) => boolean): Operator =>
  on(2, (left, right) => holds(compare(left, right)));

/** Dates come alone or as `{ date, timezone }`. */
function dateOf(operand: unknown): { date: Date; zone: string | undefined } | undefined {
  if (isNothing(operand)) return undefined;
  if (operand instanceof Date) return { date: operand, zone: undefined };
  if (operand instanceof ObjectId) return { date: operand.getTimestamp(), zone: undefined };
  const { date, timezone } = operand as { date?: unknown; timezone?: unknown };
  const inner = date === operand ? undefined : dateOf(date);
  if (inner) return { date: inner.date, zone: typeof timezone === 'string' ? timezone : undefined };
  if (typeof operand === 'object' && 'date' in operand && isNothing(date)) return undefined;
  throw new MongoError(16006, "can't convert the operand to Date");
}

const datePart = (part: (parts: ClockParts) => number): Operator =>
  on(1, (operand) => {
    const at = dateOf(operand);
    return at ? part(partsAt(at.date, at.zone)) : null;
  });

const dateToString: Operator = on(1, (operand) => {
  const { format, onNull } = operand as { format?: string; onNull?: unknown };
  const at = dateOf(operand);
  return at ? formatDate(at.date, format, at.zone) : (onNull ?? null);
});

const dateTrunc: Operator = on(1, (operand) => {
  const { unit, binSize, startOfWeek } = operand as { unit?: string; binSize?: number; startOfWeek?: string };
  const at = dateOf(operand);
  if (!at || isNothing(unit)) return null;
  if (!isNothing(binSize) && binSize !== 1) throw refuse('$dateTrunc with a binSize other than 1');
  return truncateDate(at.date, unit, at.zone, startOfWeek);
});

function toText(value: unknown): unknown {
  if (isNothing(value)) return null;
  if (value instanceof Date) return value.toISOString();
  if (value instanceof ObjectId) return value.toHexString();
  if (typeof value === 'string' || typeof value === 'boolean') return String(value);
  if (typeof value === 'number' && Number.isSafeInteger(value)) return String(value);
  throw refuse('$toString of this type', 241);
}

function toDate(value: unknown): unknown {
  if (isNothing(value)) return null;
  if (value instanceof Date) return value;
  if (value instanceof ObjectId) return value.getTimestamp();
  throw refuse('$toDate of this type', 241);
}

function sizeOf(value: unknown): number {
  if (Array.isArray(value)) return value.length;
  throw new MongoError(17124, 'The argument to $size must be an array');
}

/** The least or greatest of the operands, or of the elements of one array; nulls do not count. */
const extreme = (sign: 1 | -1): Operator =>
  on(0, (...operands) => {
    const [first] = operands;
    const values = (operands.length === 1 && Array.isArray(first) ? (first as unknown[]) : operands).filter(
      (value) => !isNothing(value),
    );
    if (values.length === 0) return null;
    return values.reduce((best, value) => (sign * compare(value, best) > 0 ? value : best));
  });

/** What expressions may use; everything else is refused by name. */
export const OPERATORS = {
  $literal,
  $let,
  $abs: arithmetic.$abs,
  $add: arithmetic.$add,
  $ceil: arithmetic.$ceil,
  $divide: arithmetic.$divide,
  $floor: arithmetic.$floor,
  $mod: arithmetic.$mod,
  $multiply: arithmetic.$multiply,
  $subtract: arithmetic.$subtract,
  $and: booleans.$and,
  $or: booleans.$or,
  $not: booleans.$not,
  $cond: conditional.$cond,
  $switch: conditional.$switch,
  $ifNull: on(0, (...operands) => operands.find((value) => !isNothing(value)) ?? operands.at(-1)),
  $arrayElemAt: arrays.$arrayElemAt,
  $concatArrays: arrays.$concatArrays,
  $filter: arrays.$filter,
  $isArray: on(1, (value) => Array.isArray(value)),
  $map: arrays.$map,
  $reduce: arrays.$reduce,
  $slice: arrays.$slice,
  $size: on(1, sizeOf),
  $in: on(2, (value, array) => {
    if (!Array.isArray(array)) throw new MongoError(40081, '$in requires an array as a second argument');
    return array.some((element) => compare(element, value) === 0);
  }),
  $mergeObjects: objects.$mergeObjects,
  $objectToArray: objects.$objectToArray,
  $concat: strings.$concat,
  $substrCP: strings.$substrCP,
  $strLenCP: strings.$strLenCP,
  $toLower: strings.$toLower,
  $toUpper: strings.$toUpper,
  $toString: on(1, toText),
  $toDate: on(1, toDate),
  $eq: comparison((difference) => difference === 0),
  $ne: comparison((difference) => difference !== 0),
  $gt: comparison((difference) => difference > 0),
  $gte: comparison((difference) => difference >= 0),
  $lt: comparison((difference) => difference < 0),
  $lte: comparison((difference) => difference <= 0),
  $cmp: on(2, (left, right) => Math.sign(compare(left, right))),
  $min: extreme(-1),
  $max: extreme(1),
  $dateToString: dateToString,
  $dateTrunc: dateTrunc,
  $year: datePart(({ year }) => year),
  $month: datePart(({ month }) => month),
  $dayOfMonth: datePart(({ day }) => day),
  $hour: datePart(({ hour }) => hour),
  $minute: datePart(({ minute }) => minute),
  $second: datePart(({ second }) => second),
  $millisecond: datePart(({ millisecond }) => millisecond),
  $dayOfWeek: datePart(({ weekday }) => weekday),
  $isoDayOfWeek: datePart(({ weekday }) => ((weekday + 5) % 7) + 1),
  $dayOfYear: datePart(dayOfYear),
} satisfies ExpressionOps;
