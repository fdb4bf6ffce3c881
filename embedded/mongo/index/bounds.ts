import { MaxKey, MinKey } from 'bson';

import type { FieldTest } from '../query/filter.ts';
import type { Range } from '../storage/storage.ts';
import { encodeValue, invert } from '../values/keys.ts';
import { TYPE_ORDER, typeOf, type Value } from '../values/values.ts';

/** A position among encoded values: before or after everything that begins with `bytes`. */
export interface Cut {
  readonly bytes: Buffer;
  readonly after: boolean;
}

/** The values from one cut to another, ascending. */
export interface Interval {
  readonly from: Cut;
  readonly to: Cut;
}

const END = Buffer.from([0xff]);

const positionOf = ({ bytes, after }: Cut): Buffer => (after ? Buffer.concat([bytes, END]) : bytes);
const compareCuts = (left: Cut, right: Cut): number => Buffer.compare(positionOf(left), positionOf(right));

const before = (bytes: Buffer): Cut => ({ bytes, after: false });
const after = (bytes: Buffer): Cut => ({ bytes, after: true });

export function pointAt(value: Value): Interval {
  const bytes = encodeValue(value);
  return { from: before(bytes), to: after(bytes) };
}

export const isPoint = ({ from, to }: Interval): boolean =>
  !from.after && to.after && from.bytes.equals(to.bytes);

/** The beginning of a type's values; `order + 1` is behind them, since no type has that number. */
const typeCut = (order: number): Cut => before(Buffer.from([order]));

/**
 * Intervals that hold every value with which a test can be satisfied, or undefined where an index does not help.
 * They may hold more: what is found is always tested again.
 */
export function intervalsOf(test: FieldTest): Interval[] | undefined {
  switch (test.op) {
    case '$eq':
      return indexable(test.value) ? [pointAt(test.value)] : undefined;
    case '$in': {
      if (test.patterns.length > 0 || !test.values.every(indexable)) return undefined;
      return union(test.values.map(pointAt));
    }
    case '$gt':
    case '$gte':
    case '$lt':
    case '$lte':
      return indexable(test.value) ? [rangeOf(test.op, test.value)] : undefined;
    default:
      return undefined;
  }
}

/** Arrays stand in an index element by element, and MinKey and MaxKey compare with every type. */
export const indexable = (value: Value): boolean =>
  !Array.isArray(value) && !(value instanceof MinKey) && !(value instanceof MaxKey) && value !== undefined;

function rangeOf(op: '$gt' | '$gte' | '$lt' | '$lte', value: Value): Interval {
  const bytes = encodeValue(value);
  const order = TYPE_ORDER[typeOf(value)];
  switch (op) {
    case '$gt':
      return { from: after(bytes), to: typeCut(order + 1) };
    case '$gte':
      return { from: before(bytes), to: typeCut(order + 1) };
    case '$lt':
      return { from: typeCut(order), to: before(bytes) };
    case '$lte':
      return { from: typeCut(order), to: after(bytes) };
  }
}

/** Sorted, without overlaps. */
function union(intervals: readonly Interval[]): Interval[] {
  const sorted = [...intervals].sort((left, right) => compareCuts(left.from, right.from));
  const merged: Interval[] = [];
  for (const interval of sorted) {
    const last = merged.at(-1);
    if (last && compareCuts(interval.from, last.to) < 0) {
      if (compareCuts(interval.to, last.to) > 0) {
        merged[merged.length - 1] = { from: last.from, to: interval.to };
      }
    } else {
      merged.push(interval);
    }
  }
  return merged;
}

/** What lies in both lists; each is sorted and without overlaps. */
export function intersect(left: readonly Interval[], right: readonly Interval[]): Interval[] {
  const common: Interval[] = [];
  for (const a of left) {
    for (const b of right) {
      const from = compareCuts(a.from, b.from) > 0 ? a.from : b.from;
      const to = compareCuts(a.to, b.to) < 0 ? a.to : b.to;
      if (compareCuts(from, to) < 0) common.push({ from, to });
    }
  }
  return common;
}

/** The positions of an interval in an index, behind the values of the fields before it. */
export function toRange(prefix: Buffer, { from, to }: Interval, direction: 1 | -1): Range {
  const [low, high] = direction === 1 ? [from, to] : [turn(to), turn(from)];
  return { low: Buffer.concat([prefix, positionOf(low)]), high: Buffer.concat([prefix, positionOf(high)]) };
}

/** Descending fields are stored bit by bit inverted: what came after now comes before. */
const turn = ({ bytes, after: isAfter }: Cut): Cut => ({ bytes: invert(bytes), after: !isAfter });

/** The bytes of a point as they stand in an index. */
export const pointBytes = ({ from }: Interval, direction: 1 | -1): Buffer =>
  direction === 1 ? from.bytes : invert(from.bytes);

/** Sorted ranges without overlaps: a scan of all of them meets every entry once, in order. */
export function mergeRanges(ranges: readonly Range[]): Range[] {
  const sorted = [...ranges].sort((left, right) => Buffer.compare(left.low, right.low));
  const merged: Range[] = [];
  for (const range of sorted) {
    const last = merged.at(-1);
    if (last && Buffer.compare(range.low, last.high) <= 0) {
      if (Buffer.compare(range.high, last.high) > 0) {
        merged[merged.length - 1] = { low: last.low, high: range.high };
      }
    } else {
      merged.push(range);
    }
  }
  return merged;
}
