import { describe, expect, it } from '@jest/globals';
import { Decimal128, Double, Int32, Long } from 'bson';
import fc from 'fast-check';

import { encodeKey, encodeValue } from '../../../embedded/mongo/values/keys.ts';
import {
  compareValues,
  parseDocument,
  type Value,
  writeDocument,
} from '../../../embedded/mongo/values/values.ts';
import { values } from './arbitrary.ts';

const sign = (number: number): number => Math.sign(number);

describe('index keys', () => {
  it('have the order of the comparison', () => {
    fc.assert(
      fc.property(values, values, (left, right) => {
        expect(sign(Buffer.compare(encodeValue(left), encodeValue(right)))).toBe(
          sign(compareValues(left, right)),
        );
      }),
      { numRuns: 2_000 },
    );
  });

  it('of several fields have the order of the fields, each in its direction', () => {
    const pairs = fc.tuple(values, values);
    const directions = fc.constantFrom<[number, number]>([1, 1], [1, -1], [-1, 1], [-1, -1]);
    fc.assert(
      fc.property(pairs, pairs, directions, (left, right, [first, second]) => {
        const expected =
          first * sign(compareValues(left[0], right[0])) || second * sign(compareValues(left[1], right[1]));
        const keys = [encodeKey(left, [first, second]), encodeKey(right, [first, second])] as const;
        expect(sign(Buffer.compare(...keys)) + 0).toBe(expected + 0);
      }),
      { numRuns: 1_000 },
    );
  });

  it('are never the beginning of one another, and never continue with 0xFF', () => {
    fc.assert(
      fc.property(values, values, (left, right) => {
        const [a, b] = [encodeValue(left), encodeValue(right)];
        if (a.equals(b)) return;
        expect(b.subarray(0, a.length).equals(a)).toBe(false);
        expect([a[0], 255 - (a[0] as number)]).not.toContain(255);
      }),
      { numRuns: 1_000 },
    );
  });
});

describe('comparison', () => {
  it('is a total order', () => {
    fc.assert(
      fc.property(values, values, values, (a, b, c) => {
        expect(sign(compareValues(a, b)) + sign(compareValues(b, a)) + 0).toBe(0);
        const [low, middle, high] = [a, b, c].sort(compareValues) as [Value, Value, Value];
        expect(compareValues(low, middle)).toBeLessThanOrEqual(0);
        expect(compareValues(middle, high)).toBeLessThanOrEqual(0);
        expect(compareValues(low, high)).toBeLessThanOrEqual(0);
      }),
    );
  });

  it('does not change when values are stored and read', () => {
    fc.assert(
      fc.property(values, (value) => {
        expect(compareValues(parseDocument(writeDocument({ value }))['value'], value)).toBe(0);
      }),
    );
  });

  it.each<[left: Value, right: Value, difference: number]>([
    [new Int32(1), new Double(1), 0],
    [Long.fromString('9007199254740993'), new Double(9007199254740992), 1],
    [Decimal128.fromString('0.1'), new Double(0.1), -1],
    [Decimal128.fromString('0.5'), new Double(0.5), 0],
    [Decimal128.fromString('1.10'), Decimal128.fromString('1.1'), 0],
    [Decimal128.fromString('-1E+6000'), new Double(-Infinity), 1],
    [Decimal128.fromString('1E-6000'), new Double(0), 1],
    [Decimal128.fromString('-1E-6000'), new Double(-0), -1],
    [Decimal128.fromString('-0'), new Int32(0), 0],
    [new Double(NaN), new Double(-Infinity), -1],
    [new Double(NaN), Decimal128.fromString('NaN'), 0],
    ['\uffff', '\u{1f600}', -1],
    [[new Int32(1), new Int32(2)], [new Int32(1)], 1],
    [{ a: new Int32(1) }, { b: new Int32(0) }, -1],
    [{ b: new Int32(0) }, { a: 'x' }, -1],
  ])('%s and %s: %i', (left, right, difference) => {
    expect(sign(compareValues(left, right)) + 0).toBe(difference);
  });
});
