import { describe, expect, it } from '@jest/globals';
import mongoose from 'mongoose';

import { changes, codeOf, type Row, useDatabase } from './database.ts';

const { Double, Int32, Long } = mongoose.mongo;
const db = useDatabase();
const day = (number: number): Date => new Date(Date.UTC(2026, 0, number));

/** Each case: a document (with `_id` 1), an update, the document afterwards, and options. */
const CASES: [name: string, before: Row, update: Row, after: Row, options?: Row][] = [
  ['$set of new and old fields', { a: 1 }, { $set: { a: 2, b: 'x' } }, { a: 2, b: 'x' }],
  ['$set along a path that is not there', {}, { $set: { 'a.b.c': 1 } }, { a: { b: { c: 1 } } }],
  ['$set of an element', { a: [1, 2, 3] }, { $set: { 'a.1': 9 } }, { a: [1, 9, 3] }],
  ['$set behind the end of an array', { a: [1] }, { $set: { 'a.3': 9 } }, { a: [1, null, null, 9] }],
  [
    '$set of a field in the elements',
    { a: [{ b: 1 }, { b: 2 }] },
    { $set: { 'a.1.b': 9 } },
    { a: [{ b: 1 }, { b: 9 }] },
  ],
  ['$unset', { a: 1, b: { c: 1, d: 2 } }, { $unset: { a: 1, 'b.c': 1, gone: 1 } }, { b: { d: 2 } }],
  ['$unset of an element leaves null', { a: [1, 2] }, { $unset: { 'a.0': 1 } }, { a: [null, 2] }],
  ['$inc of a field and of nothing', { a: 1 }, { $inc: { a: 2, b: -3, c: 0.5 } }, { a: 3, b: -3, c: 0.5 }],
  ['$mul', { a: 3 }, { $mul: { a: 2.5, b: 7 } }, { a: 7.5, b: 0 }],
  [
    '$min and $max',
    { a: 5, b: 5, c: 'x' },
    { $min: { a: 3, b: 7, d: 1 }, $max: { c: 9, e: day(1) } },
    { a: 3, b: 5, c: 'x', d: 1, e: day(1) },
  ],
  ['$max of dates', { at: day(2) }, { $max: { at: day(3) } }, { at: day(3) }],
  ['$rename', { a: 1, b: { c: 2 } }, { $rename: { a: 'x', 'b.c': 'b.d', gone: 'y' } }, { b: { d: 2 }, x: 1 }],
  [
    '$push onto an array and onto nothing',
    { a: [1] },
    { $push: { a: 2, b: { c: 1 } } },
    { a: [1, 2], b: [{ c: 1 }] },
  ],
  ['$push of several', { a: [1] }, { $push: { a: { $each: [2, 3] } } }, { a: [1, 2, 3] }],
  [
    '$push with $slice from the end',
    { a: [1, 2, 3] },
    { $push: { a: { $each: [4], $slice: -2 } } },
    { a: [3, 4] },
  ],
  [
    '$push with $slice and $position',
    { a: [1, 2] },
    { $push: { a: { $each: [0], $position: 0, $slice: 2 } } },
    { a: [0, 1] },
  ],
  [
    '$push with $sort of documents',
    { a: [{ n: 3 }] },
    { $push: { a: { $each: [{ n: 1 }, { n: 2 }], $sort: { n: -1 } } } },
    { a: [{ n: 3 }, { n: 2 }, { n: 1 }] },
  ],
  ['$push with $sort of values', { a: [3] }, { $push: { a: { $each: [1, 2], $sort: 1 } } }, { a: [1, 2, 3] }],
  [
    '$addToSet',
    { a: [1, { x: 1 }] },
    { $addToSet: { a: { $each: [1, 2, 2, { x: 1 }] }, b: 5 } },
    { a: [1, { x: 1 }, 2], b: [5] },
  ],
  [
    '$pop from both ends',
    { a: [1, 2, 3], b: [1, 2, 3] },
    { $pop: { a: 1, b: -1 } },
    { a: [1, 2], b: [2, 3] },
  ],
  ['$pull of a value', { a: [1, 2, 1, [1]] }, { $pull: { a: 1 } }, { a: [2, [1]] }],
  ['$pull by a condition', { a: [1, 5, 9] }, { $pull: { a: { $gte: 5 } } }, { a: [1] }],
  [
    '$pull of documents',
    { a: [{ x: 1, y: 1 }, { x: 2 }, 3] },
    { $pull: { a: { x: 1 } } },
    { a: [{ x: 2 }, 3] },
  ],
  ['$pull with $in', { a: ['x', 'y', 'z'] }, { $pull: { a: { $in: ['x', 'z'] } } }, { a: ['y'] }],
  ['$pullAll', { a: [1, 2, 3, 2] }, { $pullAll: { a: [2, 3] } }, { a: [1] }],
  [
    '$setOnInsert does nothing to what is there',
    { a: 1 },
    { $set: { a: 2 }, $setOnInsert: { b: 1 } },
    { a: 2 },
  ],
  ['all elements', { a: [1, 2] }, { $inc: { 'a.$[]': 10 } }, { a: [11, 12] }],
  [
    'a field of all elements',
    { a: [{ b: 1 }, { b: 2 }] },
    { $set: { 'a.$[].c': 0 } },
    {
      a: [
        { b: 1, c: 0 },
        { b: 2, c: 0 },
      ],
    },
  ],
  [
    'elements that a filter names',
    {
      a: [
        { k: 'x', n: 1 },
        { k: 'y', n: 1 },
      ],
    },
    { $inc: { 'a.$[item].n': 5 } },
    {
      a: [
        { k: 'x', n: 1 },
        { k: 'y', n: 6 },
      ],
    },
    { arrayFilters: [{ 'item.k': 'y' }] },
  ],
  [
    'elements by value',
    { a: [1, 5, 9] },
    { $set: { 'a.$[big]': 0 } },
    { a: [1, 0, 0] },
    { arrayFilters: [{ big: { $gte: 5 } }] },
  ],
  [
    'elements of elements',
    { a: [{ b: [1, 2] }, { b: [3] }] },
    { $inc: { 'a.$[].b.$[n]': 10 } },
    { a: [{ b: [1, 12] }, { b: [13] }] },
    { arrayFilters: [{ n: { $gt: 1 } }] },
  ],
];

describe('update', () => {
  it.each(CASES)('applies %s', async (_name, before, update, after, options = {}) => {
    const rows = await db.collection([{ _id: 1, ...before }]);
    await rows.updateOne({ _id: 1 }, update, options);
    expect(await rows.findOne()).toEqual({ _id: 1, ...after });
  });

  it('writes to the element that the query matched', async () => {
    const rows = await db.collection([
      {
        _id: 1,
        a: [
          { k: 'x', n: 1 },
          { k: 'y', n: 1 },
        ],
      },
    ]);
    await rows.updateOne({ _id: 1, 'a.k': 'y' }, { $set: { 'a.$.n': 7 } });
    await rows.updateOne({ a: { $elemMatch: { k: 'x', n: 1 } } }, changes({ $inc: { 'a.$.n': 2 } }));
    expect(await rows.findOne()).toEqual({
      _id: 1,
      a: [
        { k: 'x', n: 3 },
        { k: 'y', n: 7 },
      ],
    });
  });

  it('counts what it found and what it changed', async () => {
    const rows = await db.collection([
      { _id: 1, a: 1 },
      { _id: 2, a: 2 },
      { _id: 3, a: 1 },
    ]);
    expect(await rows.updateMany({}, { $set: { a: 1 } })).toMatchObject({
      matchedCount: 3,
      modifiedCount: 1,
    });
    expect(await rows.updateOne({ _id: 9 }, { $set: { a: 1 } })).toMatchObject({
      matchedCount: 0,
      modifiedCount: 0,
    });
    expect(await rows.updateOne({ _id: 1 }, { $unset: { gone: 1 } })).toMatchObject({
      matchedCount: 1,
      modifiedCount: 0,
    });
  });

  it('changes only what a guard allows', async () => {
    const rows = await db.collection([{ _id: 'm', rank: 2 }]);
    expect(await rows.updateOne({ _id: 'm', rank: { $lt: 2 } }, { $set: { rank: 1 } })).toMatchObject({
      matchedCount: 0,
    });
    expect(await rows.updateOne({ _id: 'm', rank: { $lt: 3 } }, { $set: { rank: 3 } })).toMatchObject({
      modifiedCount: 1,
    });
  });

  it('replaces all but _id', async () => {
    const rows = await db.collection([{ _id: 1, a: 1, b: 2 }]);
    await rows.replaceOne({ _id: 1 }, { c: 3 });
    expect(await rows.findOne()).toEqual({ _id: 1, c: 3 });
    expect(await codeOf(rows.replaceOne({ _id: 1 }, { _id: 2, c: 3 }))).toBe(66);
  });

  it('sets the present date', async () => {
    const rows = await db.collection([{ _id: 1 }]);
    await rows.updateOne({ _id: 1 }, changes({ $currentDate: { at: true, on: { $type: 'date' } } }));
    const row = await rows.findOne();
    expect(Math.abs(Date.now() - (row?.['at'] as Date).getTime())).toBeLessThan(60_000);
    expect(row?.['on']).toBeInstanceOf(Date);
  });

  it('keeps the types of numbers in sums', async () => {
    const rows = await db.collection([
      {
        _id: 1,
        int: new Int32(2147483647),
        double: new Double(1),
        long: Long.fromString('9007199254740993'),
      },
    ]);
    await rows.updateOne({ _id: 1 }, changes({ $inc: { int: 1, double: 1, long: 1 } }));
    const row = await rows.findOne({}, { promoteValues: false, promoteLongs: false });
    expect(row).toEqual({
      _id: new Int32(1),
      int: Long.fromNumber(2147483648),
      double: new Double(2),
      long: Long.fromString('9007199254740994'),
    });
  });

  it.each<[name: string, before: Row, update: Row, code: number]>([
    ['$inc of text', { a: 'x' }, { $inc: { a: 1 } }, 14],
    ['$inc by text', { a: 1 }, { $inc: { a: 'x' } }, 14],
    ['$inc of null', { a: null }, { $inc: { a: 1 } }, 14],
    ['$push onto a scalar', { a: 1 }, { $push: { a: 1 } }, 2],
    ['$addToSet onto a scalar', { a: 1 }, { $addToSet: { a: 1 } }, 2],
    ['the same path twice', { a: 1 }, { $set: { a: 1 }, $inc: { a: 1 } }, 40],
    ['a path and one below it', { a: {} }, { $set: { a: {}, 'a.b': 1 } }, 40],
    ['another _id', { a: 1 }, { $set: { _id: 2 } }, 66],
    ['a field of a scalar', { a: 1 }, { $set: { 'a.b': 1 } }, 28],
    ['a name as a position', { a: [1] }, { $set: { 'a.b': 1 } }, 28],
    ['an unknown operator', { a: 1 }, { $unheardOf: { a: 1 } }, 9],
    ['a position that the query did not match', { a: [1] }, { $set: { 'a.$': 1 } }, 2],
    ['an identifier without a filter', { a: [1] }, { $set: { 'a.$[x]': 1 } }, 2],
  ])('refuses %s', async (_name, before, update, code) => {
    const rows = await db.collection([{ _id: 1, ...before }]);
    expect(await codeOf(rows.updateOne({ _id: 1 }, update))).toBe(code);
    expect(await rows.findOne()).toEqual({ _id: 1, ...before });
  });
});

describe('upsert', () => {
  it('inserts what the equality conditions and the update make together', async () => {
    const rows = await db.collection();
    const filter = { tenantId: 't', 'sub.key': { $eq: 'k' }, rank: { $lt: 5 }, $and: [{ kind: 'x' }] };
    const result = await rows.updateOne(
      filter,
      changes({ $set: { a: 1 }, $setOnInsert: { _id: 'new', b: 2 }, $inc: { n: 1 } }),
      { upsert: true },
    );
    expect(result).toMatchObject({ matchedCount: 0, upsertedCount: 1, upsertedId: 'new' });
    expect(await rows.findOne()).toEqual({
      _id: 'new',
      tenantId: 't',
      sub: { key: 'k' },
      kind: 'x',
      a: 1,
      b: 2,
      n: 1,
    });
  });

  it('takes the _id of the filter, or makes an ObjectId', async () => {
    const rows = await db.collection();
    await rows.updateOne({ _id: 'given' }, { $set: { a: 1 } }, { upsert: true });
    expect(await rows.findOne()).toEqual({ _id: 'given', a: 1 });
    const { upsertedId } = await rows.updateOne({ a: 2 }, { $set: { b: 1 } }, { upsert: true });
    expect(upsertedId).toBeInstanceOf(mongoose.mongo.ObjectId);
  });

  it('upserts a replacement', async () => {
    const rows = await db.collection();
    await rows.replaceOne({ _id: 'r', a: 5 }, { b: 1 }, { upsert: true });
    expect(await rows.findOne()).toEqual({ _id: 'r', b: 1 });
  });

  it('inserts once however many upserts race, under a unique index', async () => {
    const rows = await db.collection();
    await rows.createIndex({ key: 1 }, { unique: true });
    const race = Array.from({ length: 20 }, async (_item, at) => {
      try {
        return await rows.updateOne({ key: 'k' }, { $setOnInsert: { winner: at } }, { upsert: true });
      } catch (error) {
        expect((error as { code: number }).code).toBe(11000);
        return { upsertedCount: 0 };
      }
    });
    const inserted = (await Promise.all(race)).reduce((sum, { upsertedCount }) => sum + upsertedCount, 0);
    expect(inserted).toBe(1);
    expect(await rows.countDocuments({})).toBe(1);
  });

  it('counts every increment of a race', async () => {
    const rows = await db.collection([{ _id: 1, n: 0 }]);
    await Promise.all(
      Array.from({ length: 50 }, () => rows.updateOne({ _id: 1 }, changes({ $inc: { n: 1 } }))),
    );
    expect(await rows.findOne()).toEqual({ _id: 1, n: 50 });
  });
});
