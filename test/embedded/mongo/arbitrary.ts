import { Binary, Decimal128, Double, Int32, Long, MaxKey, MinKey, ObjectId, Timestamp } from 'bson';
import fc from 'fast-check';

import type { Document, Value } from '../../../embedded/mongo/values/values.ts';

/** Numbers near one another in all four types, so that their borders meet. */
const numbers: fc.Arbitrary<Value> = fc.oneof(
  fc.integer({ min: -3, max: 3 }).map((value) => new Int32(value)),
  fc.double().map((value) => new Double(value)),
  fc
    .constantFrom(0, -0, 0.1, -0.1, 1.5, 2 ** 53, 2 ** 53 + 2, -(2 ** 53), Infinity, -Infinity, NaN, 5e-324)
    .map((value) => new Double(value)),
  fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }).map((value) => Long.fromBigInt(value)),
  fc.bigInt({ min: 2n ** 53n - 3n, max: 2n ** 53n + 3n }).map((value) => Long.fromBigInt(value)),
  fc
    .tuple(fc.bigInt({ min: -(10n ** 20n), max: 10n ** 20n }), fc.integer({ min: -340, max: 340 }))
    .map(([digits, exponent]) => Decimal128.fromString(`${digits}E${exponent}`)),
  fc
    .constantFrom(
      '0',
      '-0',
      '0.1',
      '0.10',
      '1',
      '-1',
      '9007199254740992.5',
      '9007199254740993',
      'Infinity',
      '-Infinity',
      'NaN',
      '1E-6000',
      '-1E+6000',
    )
    .map((text) => Decimal128.fromString(text)),
);

const texts = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 6 }),
  fc.constantFrom('', 'a', 'a\u0000', 'a\u0001', 'b', '\uffff', '\u{1f600}'),
);

/** Any BSON value that may stand in an index. */
export const values: fc.Arbitrary<Value> = fc.letrec<{ value: Value; document: Document }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 3 },
    fc.constantFrom<Value>(null, true, false, new MinKey(), new MaxKey()),
    numbers,
    texts,
    fc.date({ noInvalidDate: true }),
    fc.uint8Array({ maxLength: 4 }).map((bytes) => new Binary(bytes, bytes.length % 2)),
    fc.uint8Array({ minLength: 12, maxLength: 12 }).map((bytes) => new ObjectId(bytes)),
    fc.tuple(fc.nat(3), fc.nat(3)).map(([low, high]) => Timestamp.fromBits(low, high)),
    fc.array(tie('value'), { maxLength: 3 }),
    tie('document'),
  ),
  document: fc.dictionary(fc.constantFrom('a', 'b', 'ab'), tie('value'), { maxKeys: 3 }),
})).value;
