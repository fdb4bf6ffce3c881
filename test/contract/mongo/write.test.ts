import { describe, expect, it } from '@jest/globals';
import mongoose from 'mongoose';

import { changes, codeOf, ids, type Row, useDatabase } from './database.ts';

const db = useDatabase();

interface BulkFailure {
  readonly code: number;
  readonly writeErrors: readonly { readonly index: number; readonly code: number }[];
  readonly result: {
    readonly insertedCount: number;
    readonly modifiedCount: number;
    readonly upsertedCount: number;
  };
}

async function bulkFailure(promise: Promise<unknown>): Promise<BulkFailure> {
  try {
    await promise;
  } catch (error) {
    return error as BulkFailure;
  }
  throw new Error('The bulk write succeeded, an error was expected');
}

describe('insert', () => {
  it('makes an _id where there is none', async () => {
    const rows = await db.collection();
    const { insertedId } = await rows.insertOne({ a: 1 });
    expect(insertedId).toBeInstanceOf(mongoose.mongo.ObjectId);
    expect(await rows.findOne({ _id: insertedId })).toEqual({ _id: insertedId, a: 1 });
  });

  it('refuses a second document of the same _id with 11000', async () => {
    const rows = await db.collection([{ _id: 'x' }]);
    expect(await codeOf(rows.insertOne({ _id: 'x', a: 1 }))).toBe(11000);
    await expect(rows.insertOne({ _id: 'x' })).rejects.toThrow(/E11000 duplicate key error/);
  });

  it('stops an ordered insert at the first error', async () => {
    const rows = await db.collection([{ _id: 2 }]);
    const failure = await bulkFailure(rows.insertMany([{ _id: 1 }, { _id: 2 }, { _id: 3 }]));
    expect(failure).toMatchObject({ code: 11000, result: { insertedCount: 1 } });
    expect(ids(await rows.find().sort({ _id: 1 }).toArray())).toEqual([1, 2]);
  });

  it('goes on in an unordered insert and names each duplicate', async () => {
    const rows = await db.collection([{ _id: 2 }, { _id: 4 }]);
    const failure = await bulkFailure(
      rows.insertMany(
        [1, 2, 3, 4, 5].map((_id) => ({ _id })),
        { ordered: false },
      ),
    );
    expect(failure.writeErrors.map(({ index, code }) => [index, code])).toEqual([
      [1, 11000],
      [3, 11000],
    ]);
    expect(failure.result.insertedCount).toBe(3);
    expect(await rows.countDocuments({})).toBe(5);
  });

  it('lets one of several inserts of the same _id through', async () => {
    const rows = await db.collection();
    const race = await Promise.allSettled(
      Array.from({ length: 20 }, (_item, at) => rows.insertOne({ _id: 'one', at })),
    );
    expect(race.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    expect(await rows.countDocuments({})).toBe(1);
  });

  it('keeps nested documents, bytes and long texts', async () => {
    const row = {
      _id: 'deep',
      a: { b: { c: [{ d: Buffer.alloc(100_000, 7) }] } },
      text: 'ש'.repeat(50_000),
      zero: 'a\u0000b',
    };
    const rows = await db.collection([row]);
    const found = await rows.findOne({ _id: 'deep' });
    expect(found?.['text']).toBe(row.text);
    expect(found?.['zero']).toBe(row.zero);
    const [{ d }] = (found as unknown as { a: { b: { c: [{ d: { value(): Uint8Array } }] } } }).a.b.c;
    expect(Buffer.from(d.value()).equals(Buffer.alloc(100_000, 7))).toBe(true);
  });
});

describe('bulkWrite', () => {
  it('does different things in one go and counts them', async () => {
    const rows = await db.collection([
      { _id: 1, a: 1 },
      { _id: 2, a: 1 },
      { _id: 3, a: 3 },
    ]);
    const result = await rows.bulkWrite([
      { insertOne: { document: { _id: 4, a: 4 } } },
      { updateOne: { filter: { _id: 1 }, update: { $set: { a: 9 } } } },
      { updateMany: { filter: { a: { $lt: 4 } }, update: changes({ $inc: { a: 1 } }) } },
      { updateOne: { filter: { _id: 7 }, update: { $set: { a: 7 } }, upsert: true } },
      { replaceOne: { filter: { _id: 4 }, replacement: { b: 4 } } },
      { deleteOne: { filter: { _id: 3 } } },
      { deleteMany: { filter: { _id: { $gt: 100 } } } },
    ]);
    expect(result).toMatchObject({
      insertedCount: 1,
      matchedCount: 4,
      modifiedCount: 4,
      upsertedCount: 1,
      deletedCount: 1,
    });
    const expected: Row[] = [
      { _id: 1, a: 9 },
      { _id: 2, a: 2 },
      { _id: 4, b: 4 },
      { _id: 7, a: 7 },
    ];
    expect(await rows.find().sort({ _id: 1 }).toArray()).toEqual(expected);
  });

  it('goes on unordered after duplicate keys', async () => {
    const rows = await db.collection([{ _id: 1, key: 'x' }]);
    await rows.createIndex({ key: 1 }, { unique: true });
    const upserts = ['x', 'y', 'x', 'z'].map((key, at) => ({
      updateOne: { filter: { _id: at + 10 }, update: { $setOnInsert: { key } }, upsert: true },
    }));
    const failure = await bulkFailure(rows.bulkWrite(upserts, { ordered: false }));
    expect(failure.writeErrors.map(({ index, code }) => [index, code])).toEqual([
      [0, 11000],
      [2, 11000],
    ]);
    expect(failure.result.upsertedCount).toBe(2);
  });

  it('writes a thousand documents in one go', async () => {
    const rows = await db.collection();
    const inserts = Array.from({ length: 1_000 }, (_item, at) => ({
      insertOne: { document: { _id: `k${at}`, at } },
    }));
    expect((await rows.bulkWrite(inserts, { ordered: false })).insertedCount).toBe(1_000);
    expect(await rows.countDocuments({ at: { $gte: 500 } })).toBe(500);
  });
});

describe('delete', () => {
  it('removes one or all that match', async () => {
    const rows = await db.collection([1, 2, 3, 4].map((_id) => ({ _id, a: _id % 2 })));
    expect(await rows.deleteOne({ a: 1 })).toMatchObject({ deletedCount: 1 });
    expect(await rows.deleteMany({ a: 0 })).toMatchObject({ deletedCount: 2 });
    expect(await rows.deleteMany({ a: 7 })).toMatchObject({ deletedCount: 0 });
    expect(await rows.deleteMany({})).toMatchObject({ deletedCount: 1 });
  });

  it('frees the keys of unique indexes', async () => {
    const rows = await db.collection([{ _id: 1, key: 'x' }]);
    await rows.createIndex({ key: 1 }, { unique: true });
    await rows.deleteOne({ _id: 1 });
    await rows.insertOne({ _id: 2, key: 'x' });
    await rows.updateOne({ _id: 2 }, { $set: { key: 'y' } });
    await rows.insertOne({ _id: 3, key: 'x' });
    expect(await rows.countDocuments({})).toBe(2);
  });
});

describe('findOneAnd…', () => {
  it('updates and gives what was or what is', async () => {
    const rows = await db.collection([{ _id: 1, n: 1 }]);
    expect(await rows.findOneAndUpdate({ _id: 1 }, changes({ $inc: { n: 1 } }))).toEqual({ _id: 1, n: 1 });
    expect(
      await rows.findOneAndUpdate({ _id: 1 }, changes({ $inc: { n: 1 } }), { returnDocument: 'after' }),
    ).toEqual({
      _id: 1,
      n: 3,
    });
    expect(await rows.findOneAndUpdate({ _id: 2 }, changes({ $inc: { n: 1 } }))).toBeNull();
  });

  it('lets one of many compare-and-set through', async () => {
    const rows = await db.collection([{ _id: 'm', status: 'queued' }]);
    const claim = (token: number): Promise<Row | null> =>
      rows.findOneAndUpdate(
        { _id: 'm', status: 'queued' },
        { $set: { status: 'sending', token } },
        { returnDocument: 'after' },
      );
    const claims = await Promise.all(Array.from({ length: 20 }, (_item, at) => claim(at)));
    expect(claims.filter((claimed) => claimed !== null)).toHaveLength(1);
  });

  it('takes the first in the order of a sort', async () => {
    const rows = await db.collection([3, 1, 2].map((at) => ({ _id: at, at, due: true })));
    const taken = await rows.findOneAndUpdate(
      { due: true },
      { $set: { due: false } },
      { sort: { at: 1 }, projection: { at: 1 } },
    );
    expect(taken).toEqual({ _id: 1, at: 1 });
    expect(await rows.findOneAndDelete({ due: true }, { sort: { at: -1 } })).toEqual({
      _id: 3,
      at: 3,
      due: true,
    });
    expect(await rows.findOneAndDelete({ _id: 99 })).toBeNull();
  });

  it('upserts, with null or the new document as the answer', async () => {
    const rows = await db.collection();
    const change = { $setOnInsert: { a: 1 } };
    expect(
      await rows.findOneAndUpdate({ _id: 'u' }, change, { upsert: true, returnDocument: 'after' }),
    ).toEqual({ _id: 'u', a: 1 });
    expect(await rows.findOneAndUpdate({ _id: 'v' }, change, { upsert: true })).toBeNull();
    expect(
      await rows.findOneAndUpdate(
        { _id: 'u' },
        { $set: { a: 2 } },
        { upsert: true, returnDocument: 'after' },
      ),
    ).toEqual({ _id: 'u', a: 2 });
  });

  it('replaces', async () => {
    const rows = await db.collection([{ _id: 1, a: 1 }]);
    expect(await rows.findOneAndReplace({ _id: 1 }, { b: 2 }, { returnDocument: 'after' })).toEqual({
      _id: 1,
      b: 2,
    });
  });
});
