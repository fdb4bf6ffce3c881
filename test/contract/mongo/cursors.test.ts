import { describe, expect, it } from '@jest/globals';

import { codeOf, ids, useDatabase } from './database.ts';

const db = useDatabase();
const numbered = (count: number, filler = ''): { _id: number; group: number; filler: string }[] =>
  Array.from({ length: count }, (_item, at) => ({ _id: at, group: at % 10, filler }));

describe('cursors', () => {
  it('give all documents in batches', async () => {
    const rows = await db.collection(numbered(1_000));
    const all = ids(await rows.find().batchSize(70).toArray()) as number[];
    expect(all.sort((left, right) => left - right)).toEqual(numbered(1_000).map(({ _id }) => _id));
    expect(await rows.find({ group: 3 }).batchSize(7).toArray()).toHaveLength(100);
    expect(await rows.aggregate([{ $match: { group: 3 } }], { batchSize: 7 }).toArray()).toHaveLength(100);
  });

  // DocumentDB's gateway may lose a sorted or limited result between batches: the product reads such a page in one.
  it('give a sorted or limited page in one batch', async () => {
    const rows = await db.collection(numbered(300));
    expect(ids(await rows.find().sort({ _id: -1 }).skip(10).limit(5).toArray())).toEqual([
      289, 288, 287, 286, 285,
    ]);
    expect(await rows.find().sort({ group: 1, _id: 1 }).limit(250).batchSize(251).toArray()).toHaveLength(
      250,
    );
  });

  it('split what is larger than one answer', async () => {
    const rows = await db.collection();
    const large = 'x'.repeat(1_000_000);
    for (let at = 0; at < 20; at += 1) await rows.insertOne({ _id: at, large });
    expect(await rows.find().toArray()).toHaveLength(20);
  });

  it('are gone once they are closed', async () => {
    const rows = await db.collection(numbered(50));
    const cursor = rows.find().batchSize(5);
    await cursor.next();
    const { id } = cursor;
    await cursor.close();
    expect(await codeOf(db.command({ getMore: id, collection: rows.collectionName }))).toBe(43);
  });

  it('go on while other documents are written and removed', async () => {
    const rows = await db.collection(numbered(200));
    const seen: unknown[] = [];
    for await (const { _id } of rows.find({ _id: { $lt: 200 } }).batchSize(20)) {
      seen.push(_id);
      if (seen.length === 50) await rows.insertOne({ _id: 1_000 });
    }
    expect(seen).toHaveLength(200);
  });
});

describe('counting', () => {
  it('counts by a filter, with skip and limit, and everything', async () => {
    const rows = await db.collection(numbered(100));
    expect(await rows.countDocuments({ group: { $in: [1, 2] } })).toBe(20);
    expect(await rows.countDocuments({ group: 1 }, { skip: 3, limit: 4 })).toBe(4);
    expect(await rows.countDocuments({ group: 99 })).toBe(0);
    expect(await rows.estimatedDocumentCount()).toBe(100);
  });

  it('gives distinct values, those of arrays one by one', async () => {
    const rows = await db.collection([
      { a: 1, b: [1, 2] },
      { a: 1, b: 3 },
      { a: 'x', b: [2] },
      { c: { d: 5 } },
    ]);
    const texts = (values: readonly unknown[]): string[] =>
      values.map((value) => JSON.stringify(value)).sort();
    expect(texts(await rows.distinct('a'))).toEqual(texts([1, 'x']));
    expect(texts(await rows.distinct('b'))).toEqual(texts([1, 2, 3]));
    expect(texts(await rows.distinct('c.d'))).toEqual(texts([5]));
    expect(texts(await rows.distinct('b', { a: 1 }))).toEqual(texts([1, 2, 3]));
    expect(await rows.distinct('zzz')).toEqual([]);
  });
});
