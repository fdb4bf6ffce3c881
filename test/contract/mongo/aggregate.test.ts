import { describe, expect, it } from '@jest/globals';

import { codeOf, type Row, type Rows, useDatabase } from './database.ts';

const db = useDatabase();
const at = (text: string): Date => new Date(text);

const SALES: Row[] = [
  { _id: 1, kind: 'a', n: 5, tags: ['x', 'y'], by: { id: 'u1' }, at: at('2026-03-26T21:59:00Z') },
  { _id: 2, kind: 'b', n: 7, tags: ['x'], by: { id: 'u2' }, at: at('2026-03-26T22:01:00Z') },
  { _id: 3, kind: 'a', n: 1, tags: [], by: { id: 'u1' }, at: at('2026-03-27T20:59:00Z') },
  { _id: 4, kind: 'c', n: 2, by: { id: 'u9' }, at: at('2026-03-27T21:01:00Z') },
];

const run = async (pipeline: Row[], documents = SALES): Promise<Row[]> => {
  const rows = await db.collection(documents);
  return rows.aggregate<Row>(pipeline).toArray();
};

/** Each case: a pipeline over SALES and what it gives, in order. */
const CASES: [name: string, pipeline: Row[], result: Row[]][] = [
  [
    '$match, $sort, $skip and $limit',
    [
      { $match: { n: { $gt: 1 } } },
      { $sort: { n: -1 } },
      { $skip: 1 },
      { $limit: 1 },
      { $project: { n: 1 } },
    ],
    [{ _id: 1, n: 5 }],
  ],
  [
    '$limit before $skip',
    [{ $sort: { _id: 1 } }, { $limit: 3 }, { $skip: 2 }, { $project: { _id: 1 } }],
    [{ _id: 3 }],
  ],
  ['$count', [{ $match: { kind: 'a' } }, { $count: 'found' }], [{ found: 2 }]],
  [
    '$group with sums',
    [{ $group: { _id: '$kind', total: { $sum: '$n' }, count: { $sum: 1 } } }, { $sort: { _id: 1 } }],
    [
      { _id: 'a', total: 6, count: 2 },
      { _id: 'b', total: 7, count: 1 },
      { _id: 'c', total: 2, count: 1 },
    ],
  ],
  [
    '$group of everything',
    [
      {
        $group: {
          _id: null,
          least: { $min: '$n' },
          most: { $max: '$n' },
          mean: { $avg: '$n' },
          last: { $max: '$at' },
        },
      },
    ],
    [{ _id: null, least: 1, most: 7, mean: 3.75, last: at('2026-03-27T21:01:00Z') }],
  ],
  [
    '$group by a document',
    [
      { $group: { _id: { kind: '$kind', by: '$by.id' }, n: { $sum: 1 } } },
      { $sort: { n: -1, '_id.kind': 1 } },
      { $limit: 2 },
    ],
    [
      { _id: { kind: 'a', by: 'u1' }, n: 2 },
      { _id: { kind: 'b', by: 'u2' }, n: 1 },
    ],
  ],
  [
    '$group with lists',
    [
      { $sort: { _id: 1 } },
      {
        $group: {
          _id: '$by.id',
          first: { $first: '$_id' },
          last: { $last: '$_id' },
          all: { $push: { id: '$_id' } },
        },
      },
      { $sort: { _id: 1 } },
      { $limit: 1 },
    ],
    [{ _id: 'u1', first: 1, last: 3, all: [{ id: 1 }, { id: 3 }] }],
  ],
  [
    '$group with a condition in a sum',
    [{ $group: { _id: null, large: { $sum: { $cond: [{ $gte: ['$n', 5] }, 1, 0] } } } }],
    [{ _id: null, large: 2 }],
  ],
  [
    '$unwind',
    [{ $unwind: '$tags' }, { $group: { _id: '$tags', n: { $sum: 1 } } }, { $sort: { _id: 1 } }],
    [
      { _id: 'x', n: 2 },
      { _id: 'y', n: 1 },
    ],
  ],
  [
    '$unwind that keeps the empty',
    [
      { $unwind: { path: '$tags', preserveNullAndEmptyArrays: true } },
      { $match: { _id: { $gte: 3 } } },
      { $sort: { _id: 1 } },
      { $project: { tags: 1 } },
    ],
    [{ _id: 3 }, { _id: 4 }],
  ],
  [
    '$project with computed fields',
    [{ $match: { _id: 1 } }, { $project: { _id: 0, n: 1, double: { $multiply: ['$n', 2] }, who: '$by.id' } }],
    [{ n: 5, double: 10, who: 'u1' }],
  ],
  [
    '$addFields and $unset',
    [
      { $match: { _id: 2 } },
      { $addFields: { 'by.name': 'U', twice: { $add: ['$n', '$n'] } } },
      { $unset: ['tags', 'at'] },
    ],
    [{ _id: 2, kind: 'b', n: 7, by: { id: 'u2', name: 'U' }, twice: 14 }],
  ],
  ['$replaceRoot', [{ $match: { _id: 2 } }, { $replaceRoot: { newRoot: '$by' } }], [{ id: 'u2' }]],
  ['$sortByCount', [{ $sortByCount: '$kind' }, { $limit: 1 }], [{ _id: 'a', count: 2 }]],
  [
    '$facet',
    [
      {
        $facet: {
          count: [{ $count: 'n' }],
          top: [{ $sort: { n: -1 } }, { $limit: 1 }, { $project: { n: 1 } }],
          none: [{ $match: { kind: 'z' } }],
        },
      },
    ],
    [{ count: [{ n: 4 }], top: [{ _id: 2, n: 7 }], none: [] }],
  ],
  [
    'days by the clock of a zone, over the change to summer time',
    [
      {
        $group: {
          _id: { $dateToString: { date: '$at', format: '%Y-%m-%d', timezone: 'Asia/Jerusalem' } },
          n: { $sum: 1 },
        },
      },
      { $sort: { _id: 1 } },
    ],
    [
      { _id: '2026-03-26', n: 1 },
      { _id: '2026-03-27', n: 2 },
      { _id: '2026-03-28', n: 1 },
    ],
  ],
];

describe('aggregate', () => {
  it.each(CASES)('runs %s', async (_name, pipeline, result) => {
    expect(await run(pipeline)).toEqual(result);
  });

  it('counts nulls and missing fields as one group, numbers by their worth', async () => {
    const result = await run(
      [{ $group: { _id: '$k', n: { $sum: 1 } } }, { $sort: { n: 1, _id: 1 } }],
      [{ k: null }, {}, { k: 1 }, { k: 1.0 }, { k: 1 }, { k: '1' }],
    );
    expect(result).toEqual([
      { _id: '1', n: 1 },
      { _id: null, n: 2 },
      { _id: 1, n: 3 },
    ]);
  });

  it('gives sets without repetitions', async () => {
    const [group] = await run([{ $group: { _id: null, kinds: { $addToSet: '$kind' } } }]);
    expect((group?.['kinds'] as string[]).sort()).toEqual(['a', 'b', 'c']);
  });

  it('gives the positions of $unwind', async () => {
    const result = await run([
      { $match: { _id: 1 } },
      { $unwind: { path: '$tags', includeArrayIndex: 'at' } },
      { $project: { tags: 1, at: 1 } },
    ]);
    expect(result).toEqual([
      { _id: 1, tags: 'x', at: 0 },
      { _id: 1, tags: 'y', at: 1 },
    ]);
  });

  it('refuses what it does not know', async () => {
    const rows = await db.collection(SALES);
    expect(await codeOf(rows.aggregate([{ $unheardOf: {} }]).toArray())).toBeDefined();
    await expect(rows.aggregate([{ $project: { a: { $unheardOf: 1 } } }]).toArray()).rejects.toThrow(
      /\$unheardOf/,
    );
    await expect(rows.aggregate([{ $group: { _id: null, a: { $unheardOf: 1 } } }]).toArray()).rejects.toThrow(
      /\$unheardOf/,
    );
  });
});

describe('$lookup', () => {
  const users = [
    { _id: 'u1', name: 'Ada' },
    { _id: 'u2', name: 'Bo', teams: ['t1', 't2'] },
  ];
  const both = async (): Promise<[Rows, Rows]> => [await db.collection(SALES), await db.collection(users)];

  it('joins by equal fields', async () => {
    const [sales, people] = await both();
    const joined = await sales
      .aggregate<Row>([
        { $lookup: { from: people.collectionName, localField: 'by.id', foreignField: '_id', as: 'user' } },
        { $sort: { _id: 1 } },
        { $project: { user: 1 } },
      ])
      .toArray();
    expect(joined.map(({ user }) => (user as Row[]).map(({ name }) => name))).toEqual([
      ['Ada'],
      ['Bo'],
      ['Ada'],
      [],
    ]);
  });

  it('joins by arrays on both sides', async () => {
    const [, people] = await both();
    const teams = await db.collection([{ _id: 't1' }, { _id: 't2' }, { _id: 't3' }]);
    const joined = await people
      .aggregate<Row>([
        { $match: { _id: 'u2' } },
        { $lookup: { from: teams.collectionName, localField: 'teams', foreignField: '_id', as: 'teams' } },
      ])
      .toArray();
    expect(joined[0]?.['teams']).toEqual([{ _id: 't1' }, { _id: 't2' }]);
  });

  it('joins by a pipeline with variables', async () => {
    const [sales, people] = await both();
    const joined = await people
      .aggregate<Row>([
        { $match: { _id: 'u1' } },
        {
          $lookup: {
            from: sales.collectionName,
            let: { user: '$_id' },
            pipeline: [
              { $match: { $expr: { $eq: ['$by.id', '$$user'] } } },
              { $group: { _id: null, n: { $sum: '$n' } } },
            ],
            as: 'total',
          },
        },
      ])
      .toArray();
    expect(joined).toEqual([{ _id: 'u1', name: 'Ada', total: [{ _id: null, n: 6 }] }]);
  });

  it('joins nothing of a collection that does not exist', async () => {
    const [sales] = await both();
    const [first] = await sales
      .aggregate<Row>([
        { $limit: 1 },
        { $lookup: { from: 'nowhere', localField: 'n', foreignField: 'n', as: 'x' } },
      ])
      .toArray();
    expect(first?.['x']).toEqual([]);
  });
});
