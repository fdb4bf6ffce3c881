import { describe, expect, it } from '@jest/globals';

import { changes, codeOf, ids, type Row, useDatabase } from './database.ts';

const db = useDatabase();

describe('unique indexes', () => {
  it('refuse a second document of the same key on every way to write', async () => {
    const rows = await db.collection([
      { _id: 1, key: 'x' },
      { _id: 2, key: 'y' },
    ]);
    await rows.createIndex({ key: 1 }, { unique: true });
    expect(await codeOf(rows.insertOne({ _id: 3, key: 'x' }))).toBe(11000);
    expect(await codeOf(rows.updateOne({ _id: 2 }, { $set: { key: 'x' } }))).toBe(11000);
    expect(await codeOf(rows.replaceOne({ _id: 2 }, { key: 'x' }))).toBe(11000);
    expect(await codeOf(rows.findOneAndUpdate({ _id: 2 }, { $set: { key: 'x' } }))).toBe(11000);
    expect(await codeOf(rows.updateOne({ _id: 9 }, { $set: { key: 'x' } }, { upsert: true }))).toBe(11000);
    expect(await rows.find().sort({ _id: 1 }).toArray()).toEqual([
      { _id: 1, key: 'x' },
      { _id: 2, key: 'y' },
    ]);
    await rows.updateOne({ _id: 1 }, { $set: { key: 'x', other: 1 } });
  });

  it('take several fields together', async () => {
    const rows = await db.collection([{ tenantId: 'a', key: 1 }]);
    await rows.createIndex({ tenantId: 1, key: -1 }, { unique: true });
    await rows.insertOne({ tenantId: 'b', key: 1 });
    expect(await codeOf(rows.insertOne({ tenantId: 'a', key: 1 }))).toBe(11000);
  });

  it('count a missing field as null', async () => {
    const rows = await db.collection([{ a: 1 }]);
    await rows.createIndex({ key: 1 }, { unique: true });
    expect(await codeOf(rows.insertOne({ key: null }))).toBe(11000);
  });

  it('compare numbers by their worth and texts by their bytes', async () => {
    const rows = await db.collection([{ key: 1 }, { key: 'a' }]);
    await rows.createIndex({ key: 1 }, { unique: true });
    expect(await codeOf(rows.insertOne({ key: 1.0 }))).toBe(11000);
    await rows.insertMany([{ key: 'A' }, { key: '1' }, { key: true }]);
  });

  it('see each element of an array', async () => {
    const rows = await db.collection([{ _id: 1, keys: ['a', 'b'] }]);
    await rows.createIndex({ keys: 1 }, { unique: true });
    expect(await codeOf(rows.insertOne({ _id: 2, keys: ['c', 'b'] }))).toBe(11000);
    await rows.updateOne({ _id: 1 }, changes({ $pull: { keys: 'b' } }));
    await rows.insertOne({ _id: 2, keys: ['c', 'b', 'c'] });
  });

  it('cannot be made over duplicates', async () => {
    const rows = await db.collection([{ key: 1 }, { key: 1 }]);
    expect(await codeOf(rows.createIndex({ key: 1 }, { unique: true }))).toBe(11000);
    await rows.insertOne({ key: 1 });
    expect(await rows.countDocuments({ key: 1 })).toBe(3);
  });

  it('may see only documents that a partial filter takes', async () => {
    const rows = await db.collection();
    await rows.createIndex(
      { key: 1 },
      { unique: true, partialFilterExpression: { active: true, key: { $exists: true } } },
    );
    await rows.insertMany([
      { _id: 1, key: 'x', active: false },
      { _id: 2, key: 'x', active: false },
      { _id: 3, key: 'x', active: true },
    ]);
    expect(await codeOf(rows.updateOne({ _id: 1 }, { $set: { active: true } }))).toBe(11000);
    await rows.updateOne({ _id: 3 }, { $set: { active: false } });
    await rows.updateOne({ _id: 1 }, { $set: { active: true } });
    await rows.insertMany([{ active: true }, { active: true }]);
  });

  it('may leave out documents without the field', async () => {
    const rows = await db.collection();
    await rows.createIndex({ key: 1 }, { unique: true, sparse: true });
    await rows.insertMany([{ a: 1 }, { a: 2 }, { key: 'x' }]);
    expect(await codeOf(rows.insertOne({ key: 'x' }))).toBe(11000);
  });
});

describe('indexes', () => {
  it('are listed with their options', async () => {
    const rows = await db.collection([{ a: 1 }]);
    await rows.createIndex({ a: 1, b: -1 });
    await rows.createIndex({ at: 1 }, { name: 'expiry', expireAfterSeconds: 3_600 });
    await rows.createIndex({ due: 1 }, { name: 'due', partialFilterExpression: { forward: 'due' } });
    const byName = new Map((await rows.listIndexes().toArray()).map((index: Row) => [index['name'], index]));
    expect([...byName.keys()].sort()).toEqual(['_id_', 'a_1_b_-1', 'due', 'expiry']);
    expect(byName.get('expiry')).toMatchObject({ key: { at: 1 }, expireAfterSeconds: 3_600 });
    expect(byName.get('due')).toMatchObject({ partialFilterExpression: { forward: 'due' } });
  });

  it('may be made again if nothing differs', async () => {
    const rows = await db.collection([{ a: 1 }]);
    await rows.createIndex({ a: 1 }, { unique: true });
    await rows.createIndex({ a: 1 }, { unique: true });
    expect(await rows.listIndexes().toArray()).toHaveLength(2);
    expect([85, 86]).toContain(await codeOf(rows.createIndex({ a: 1 }, { unique: false })));
  });

  it('can be dropped, the one on _id not', async () => {
    const rows = await db.collection([{ a: 1 }]);
    await rows.createIndex({ a: 1 }, { unique: true });
    await rows.dropIndex('a_1');
    await rows.insertOne({ a: 1 });
    expect(await codeOf(rows.dropIndex('a_1'))).toBe(27);
    expect(await codeOf(rows.dropIndex('_id_'))).toBe(72);
  });

  it('do not change what queries find', async () => {
    const documents = Array.from({ length: 60 }, (_item, at) => ({
      _id: at,
      t: at % 3,
      n: at % 7,
      tags: [at % 5, at % 4],
      s: { x: at % 2 },
    }));
    const bare = await db.collection(documents);
    const indexed = await db.collection(documents);
    await indexed.createIndex({ t: 1, n: -1 });
    await indexed.createIndex({ tags: 1, t: 1 });
    await indexed.createIndex({ 's.x': 1, n: 1 });
    const filters: Row[] = [
      { t: 1 },
      { t: 1, n: { $gt: 2, $lte: 5 } },
      { t: { $in: [0, 2] }, n: 3 },
      { tags: 3 },
      { tags: { $all: [1, 3] }, t: 1 },
      { tags: { $gt: 1, $lt: 4 } },
      { 's.x': 1, $or: [{ n: { $lt: 2 } }, { n: 2, _id: { $lt: 30 } }] },
      { $or: [{ t: 2 }, { tags: 4 }] },
      { t: { $ne: 1 } },
    ];
    for (const filter of filters) {
      for (const sort of [{ _id: 1 }, { n: -1, _id: -1 }, { t: 1, n: -1, _id: 1 }] as const) {
        const expected = ids(
          await bare
            .find(filter)
            .sort({ ...sort })
            .limit(25)
            .toArray(),
        );
        expect(
          ids(
            await indexed
              .find(filter)
              .sort({ ...sort })
              .limit(25)
              .toArray(),
          ),
        ).toEqual(expected);
      }
    }
  });

  it('can be asked for by a hint', async () => {
    const rows = await db.collection([
      { _id: 1, a: 1, b: 2 },
      { _id: 2, a: 2, b: 1 },
    ]);
    await rows.createIndex({ a: 1 });
    expect(ids(await rows.find({ b: 1 }).hint({ a: 1 }).toArray())).toEqual([2]);
  });
});

describe('collections', () => {
  it('appear with their first write and go when they are dropped', async () => {
    const rows = await db.collection();
    const listed = async (): Promise<boolean> =>
      (await db.connection.listCollections()).some(({ name }) => name === rows.collectionName);
    expect(await listed()).toBe(false);
    expect(await rows.find().toArray()).toEqual([]);
    expect(await rows.updateOne({ a: 1 }, { $set: { a: 2 } })).toMatchObject({ matchedCount: 0 });
    await rows.insertOne({ _id: 1 });
    expect(await listed()).toBe(true);
    await rows.drop();
    expect(await listed()).toBe(false);
    expect(await rows.countDocuments({})).toBe(0);
  });
});
