import { describe, expect, it } from '@jest/globals';
import mongoose from 'mongoose';

import { codeOf, ids, type Row, useDatabase } from './database.ts';

const { Decimal128, Double, Int32, Long, ObjectId, MinKey, MaxKey, Timestamp, Binary } = mongoose.mongo;
const db = useDatabase();
const day = (number: number): Date => new Date(Date.UTC(2026, 0, number));
const oid = (digit: number): InstanceType<typeof ObjectId> => new ObjectId(String(digit).repeat(24));

/** Each case: documents (numbered by `_id` from 1 if they have none), a filter, and the `_id`s that it finds. */
const CASES: [name: string, documents: Row[], filter: Row, found: unknown[]][] = [
  ['equality of scalars', [{ a: 1 }, { a: 'x' }, { a: true }], { a: 'x' }, [2]],
  [
    'equality across number types',
    [
      { a: new Int32(5) },
      { a: new Double(5) },
      { a: Long.fromNumber(5) },
      { a: Decimal128.fromString('5') },
      { a: 6 },
    ],
    { a: 5 },
    [1, 2, 3, 4],
  ],
  [
    'equality of large integers',
    [{ a: Long.fromString('9007199254740993') }, { a: Long.fromString('9007199254740992') }],
    { a: Long.fromString('9007199254740993') },
    [1],
  ],
  ['equality with an element of an array', [{ a: [1, 2] }, { a: [3] }, { a: 2 }], { a: 2 }, [1, 3]],
  ['equality with a whole array', [{ a: [1, 2] }, { a: [2, 1] }, { a: [[1, 2]] }], { a: [1, 2] }, [1, 3]],
  [
    'equality of documents with the order of fields',
    [{ a: { x: 1, y: 2 } }, { a: { y: 2, x: 1 } }, { a: { x: 1 } }],
    { a: { x: 1, y: 2 } },
    [1],
  ],
  ['equality of bytes', [{ a: Buffer.from('ab') }, { a: Buffer.from('ac') }], { a: Buffer.from('ab') }, [1]],
  [
    'equality of dates and ids',
    [
      { a: day(1), b: oid(1) },
      { a: day(2), b: oid(1) },
      { a: day(1), b: oid(2) },
    ],
    { a: day(1), b: oid(1) },
    [1],
  ],
  [
    'null for null and for nothing',
    [{ a: null }, {}, { a: 0 }, { a: [] }, { a: [null] }],
    { a: null },
    [1, 2, 5],
  ],
  ['not null', [{ a: null }, {}, { a: 0 }, { a: [] }, { a: [null] }], { a: { $ne: null } }, [3, 4]],
  ['a path through documents', [{ a: { b: 1 } }, { a: { b: 2 } }, { a: 1 }, {}], { 'a.b': 1 }, [1]],
  [
    'a path through an array of documents',
    [{ a: [{ b: 1 }, { b: 2 }] }, { a: [{ b: 3 }] }, { a: { b: 2 } }],
    { 'a.b': 2 },
    [1, 3],
  ],
  ['a position in an array', [{ a: ['x', 'y'] }, { a: ['y', 'x'] }], { 'a.0': 'x' }, [1]],
  [
    'a field of the document at a position',
    [{ a: [{ b: 1 }, { b: 2 }] }, { a: [{ b: 2 }] }],
    { 'a.1.b': 2 },
    [1],
  ],
  [
    'a path that ends in nothing is null',
    [{ a: { b: 1 } }, { a: {} }, { a: 4 }, {}, { a: [{ b: 1 }, {}] }, { a: [{ b: 1 }] }],
    { 'a.b': null },
    [2, 3, 4, 5],
  ],
  [
    '$gt and $lte within one type',
    [{ a: 1 }, { a: 2 }, { a: 3 }, { a: '2' }, { a: null }, {}],
    { a: { $gt: 1, $lte: 3 } },
    [2, 3],
  ],
  [
    '$lt of strings in byte order',
    [{ a: 'B' }, { a: 'a' }, { a: 'é' }, { a: 'z' }, { a: 1 }],
    { a: { $lt: 'z' } },
    [1, 2],
  ],
  ['$gte of dates', [{ a: day(1) }, { a: day(2) }, { a: day(3) }, { a: 5 }], { a: { $gte: day(2) } }, [2, 3]],
  ['$gt of ids', [{ a: oid(1) }, { a: oid(2) }, { a: 'x' }], { a: { $gt: oid(1) } }, [2]],
  ['$gte null finds null only', [{ a: null }, {}, { a: 1 }], { a: { $gte: null } }, [1, 2]],
  [
    'a range over an array is met by any elements',
    [{ a: [1, 10] }, { a: [1] }, { a: [10] }],
    { a: { $gt: 5, $lt: 5 } },
    [1],
  ],
  [
    '$in with several types and null',
    [{ a: 1 }, { a: 'x' }, { a: null }, {}, { a: [2, 'x'] }, { a: 2 }],
    { a: { $in: ['x', null] } },
    [2, 3, 4, 5],
  ],
  ['$in with nothing', [{ a: 1 }], { a: { $in: [] } }, []],
  ['$nin', [{ a: 1 }, { a: 2 }, {}, { a: [1, 3] }], { a: { $nin: [1] } }, [2, 3]],
  ['$ne with an array', [{ a: [1, 2] }, { a: [2] }, { a: 1 }, {}], { a: { $ne: 1 } }, [2, 4]],
  ['$exists', [{ a: null }, {}, { a: 1 }, { a: [] }], { a: { $exists: true } }, [1, 3, 4]],
  ['$exists false', [{ a: null }, {}, { a: 1 }], { a: { $exists: false } }, [2]],
  ['$type by name', [{ a: 'x' }, { a: 1 }, { a: [1, 'x'] }, { a: null }], { a: { $type: 'string' } }, [1, 3]],
  [
    '$type number',
    [{ a: new Int32(1) }, { a: new Double(1.5) }, { a: Long.fromNumber(1) }, { a: '1' }],
    { a: { $type: 'number' } },
    [1, 2, 3],
  ],
  [
    '$type array and objectId',
    [{ a: [oid(1)] }, { a: oid(1) }, { a: [] }],
    { a: { $type: ['array'] } },
    [1, 3],
  ],
  [
    '$and',
    [
      { a: 1, b: 1 },
      { a: 1, b: 2 },
    ],
    { $and: [{ a: 1 }, { b: 2 }] },
    [2],
  ],
  [
    '$or beside a field',
    [
      { a: 1, b: 1 },
      { a: 1, b: 2 },
      { a: 2, b: 2 },
    ],
    { a: 1, $or: [{ b: 2 }, { b: 3 }] },
    [2],
  ],
  ['$nor', [{ a: 1 }, { b: 2 }, { a: 2, b: 3 }], { $nor: [{ a: 1 }, { b: 2 }] }, [3]],
  ['$not', [{ a: 1 }, { a: 5 }, {}, { a: 'x' }], { a: { $not: { $gt: 2 } } }, [1, 3, 4]],
  [
    '$elemMatch on values',
    [{ a: [1, 10] }, { a: [4, 20] }, { a: 5 }],
    { a: { $elemMatch: { $gt: 3, $lt: 6 } } },
    [2],
  ],
  [
    '$elemMatch on documents',
    [
      { a: [{ x: 1, y: 2 }] },
      {
        a: [
          { x: 1, y: 1 },
          { x: 2, y: 2 },
        ],
      },
    ],
    { a: { $elemMatch: { x: 1, y: 2 } } },
    [1],
  ],
  [
    'the same conditions without $elemMatch',
    [
      { a: [{ x: 1, y: 2 }] },
      {
        a: [
          { x: 1, y: 1 },
          { x: 2, y: 2 },
        ],
      },
    ],
    { 'a.x': 1, 'a.y': 2 },
    [1, 2],
  ],
  ['$all', [{ a: [1, 2, 3] }, { a: [1] }, { a: 1 }], { a: { $all: [1, 2] } }, [1]],
  ['$all with one value', [{ a: [1, 2] }, { a: 1 }, { a: 2 }], { a: { $all: [1] } }, [1, 2]],
  ['$size', [{ a: [] }, { a: [1] }, { a: 1 }, {}], { a: { $size: 0 } }, [1]],
  ['$mod', [{ a: 4 }, { a: 5 }, { a: 'x' }], { a: { $mod: [2, 0] } }, [1]],
  ['$regex', [{ a: 'Abc' }, { a: 'xbc' }, { a: ['abz'] }, { a: 1 }], { a: /^ab/i }, [1, 3]],
  [
    '$regex as text with options',
    [{ a: 'a.c' }, { a: 'abc' }],
    { a: { $regex: '^A\\.C$', $options: 'i' } },
    [1],
  ],
  ['$expr', [{ a: 1, b: 2 }, { a: 2, b: 1 }, { a: 2 }], { $expr: { $gt: ['$a', '$b'] } }, [2, 3]],
  [
    '_id among many',
    [{ _id: 'a' }, { _id: 'b' }, { _id: 'c' }],
    { _id: { $in: ['c', 'x', 'a'] } },
    ['a', 'c'],
  ],
  [
    'an _id that is a document',
    [{ _id: { k: 1, v: 2 } }, { _id: { k: 1 } }],
    { _id: { k: 1, v: 2 } },
    [{ k: 1, v: 2 }],
  ],
  ['a name that JavaScript knows', [{ constructor: 1 }, { a: 1 }], { constructor: 1 }, [1]],
  [
    'numbers beyond 2^53 in order',
    [
      { a: Long.fromString('9007199254740993') },
      { a: 9007199254740992 },
      { a: Decimal128.fromString('9007199254740992.5') },
    ],
    { a: { $gt: 9007199254740992 } },
    [1, 3],
  ],
  ['not a number', [{ a: NaN }, { a: 1 }, { a: -Infinity }], { a: NaN }, [1]],
];

describe('find', () => {
  it.each(CASES)('finds by %s', async (_name, documents, filter, found) => {
    const rows = await db.collection(documents.map((document, at) => ({ _id: at + 1, ...document })));
    const sorted = (list: readonly unknown[]): string[] => list.map((item) => JSON.stringify(item)).sort();
    expect(sorted(ids(await rows.find(filter).toArray()))).toEqual(sorted(found));
  });

  it('gives values back with their types', async () => {
    const document = {
      _id: 'types',
      int: new Int32(1),
      double: new Double(2),
      long: Long.fromNumber(3),
      decimal: Decimal128.fromString('4.50'),
      bytes: new Binary(Buffer.from('ab')),
      id: oid(7),
      date: day(1),
      nothing: null,
      yes: true,
      list: [new Int32(1), { deep: new Double(5) }],
      least: new MinKey(),
      most: new MaxKey(),
      stamp: Timestamp.fromBits(1, 2),
    };
    const rows = await db.collection([document]);
    expect(await rows.findOne({ _id: 'types' }, { promoteValues: false, promoteLongs: false })).toEqual(
      document,
    );
  });

  it('finds nothing by values longer than any that could be an indexed key', async () => {
    const rows = await db.collection([{ _id: 'a' }, { _id: 'z' }]);
    const long = 'm'.repeat(5_000);
    expect(await rows.findOne({ _id: long })).toBeNull();
    expect(ids(await rows.find({ _id: { $gt: long } }).toArray())).toEqual(['z']);
    expect(ids(await rows.find({ _id: { $lt: long } }).toArray())).toEqual(['a']);
  });

  it('orders values of all types as MongoDB does', async () => {
    const values = [
      new MinKey(),
      null,
      -5,
      1,
      new Double(1.5),
      Long.fromNumber(2),
      'A',
      'a',
      { x: 1 },
      { x: 2 },
      Buffer.from('b'),
      oid(1),
      false,
      true,
      day(1),
      day(2),
      new MaxKey(),
    ];
    const shuffled = values
      .map((a, at) => ({ _id: at, a }))
      .sort((left, right) => ((left._id * 7) % 17) - ((right._id * 7) % 17));
    const rows = await db.collection(shuffled);
    const order = values.map((_value, at) => at);
    expect(ids(await rows.find().sort({ a: 1 }).toArray())).toEqual(order);
    expect(ids(await rows.find().sort({ a: -1 }).toArray())).toEqual(order.reverse());
  });

  it('sorts arrays by their least element, descending by their greatest', async () => {
    const rows = await db.collection([
      { _id: 1, a: [1, 9] },
      { _id: 2, a: 5 },
      { _id: 3, a: [2, 3] },
      { _id: 4 },
    ]);
    expect(ids(await rows.find().sort({ a: 1 }).toArray())).toEqual([4, 1, 3, 2]);
    expect(ids(await rows.find().sort({ a: -1 }).toArray())).toEqual([1, 2, 3, 4]);
  });

  it('sorts by several fields, with skip and limit', async () => {
    const rows = await db.collection([0, 1, 2, 3, 4, 5].map((n) => ({ _id: n, a: n % 2, b: -n })));
    expect(ids(await rows.find().sort({ a: 1, b: 1 }).skip(1).limit(3).toArray())).toEqual([2, 0, 5]);
  });

  it('projects by inclusion, exclusion and without _id', async () => {
    const rows = await db.collection([{ _id: 1, a: 1, b: { c: 2, d: 3 }, e: [{ f: 1, g: 2 }] }]);
    const project = async (projection: Row): Promise<unknown> => rows.findOne({}, { projection });
    expect(await project({ a: 1 })).toEqual({ _id: 1, a: 1 });
    expect(await project({ 'b.c': 1, 'e.f': 1, _id: 0 })).toEqual({ b: { c: 2 }, e: [{ f: 1 }] });
    expect(await project({ 'b.c': 0, e: 0 })).toEqual({ _id: 1, a: 1, b: { d: 3 } });
    expect(await project({ _id: 0 })).toEqual({ a: 1, b: { c: 2, d: 3 }, e: [{ f: 1, g: 2 }] });
    expect(await project({ missing: 1 })).toEqual({ _id: 1 });
  });

  it('refuses what is no filter', async () => {
    const rows = await db.collection([{ _id: 1 }]);
    expect(await codeOf(rows.find({ a: { $unheardOf: 1 } }).toArray())).toBe(2);
    expect(await codeOf(rows.find({ $unheardOf: 1 }).toArray())).toBe(2);
    expect(await codeOf(rows.find({ a: { $in: 5 } }).toArray())).toBe(2);
    expect(await codeOf(rows.find({ $or: [] }).toArray())).toBe(2);
    await expect(rows.find({}).project({ a: 1, b: 0 }).toArray()).rejects.toThrow(/exclusion/i);
  });
});
