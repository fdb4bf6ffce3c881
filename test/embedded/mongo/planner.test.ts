import { describe, expect, it } from '@jest/globals';
import { Int32 } from 'bson';
import fc from 'fast-check';

import { change, changeOf } from '../../../embedded/mongo/commands/change.ts';
import { MongoError } from '../../../embedded/mongo/errors.ts';
import { sortKey } from '../../../embedded/mongo/query/sorting.ts';
import type { Collection } from '../../../embedded/mongo/storage/collection.ts';
import { prefixOf, startingWith } from '../../../embedded/mongo/storage/storage.ts';
import { encodeValue } from '../../../embedded/mongo/values/keys.ts';
import { ask, type Asked, idsOf, queryOf, toValues, useCollections } from './collections.ts';

const collections = useCollections();

const scalar = fc.oneof(fc.integer({ min: 0, max: 4 }), fc.constantFrom(null, 'x', 'y', true));
const item = fc.dictionary(fc.constantFrom('x', 'y'), fc.oneof(scalar, fc.array(scalar, { maxLength: 2 })), {
  maxKeys: 2,
});
const field = fc.oneof(
  { weight: 4, arbitrary: scalar },
  { weight: 1, arbitrary: fc.array(fc.oneof(scalar, item), { maxLength: 3 }) },
  { weight: 1, arbitrary: item },
);
/** `b` is never an array, so that compound indexes may hold it beside arrays. */
const document = fc.record({ a: field, b: scalar, c: fc.oneof(scalar, item) }, { requiredKeys: [] });

const condition = fc.oneof(
  scalar,
  fc.record({ $gt: scalar, $lte: scalar }, { requiredKeys: ['$gt'] }),
  fc.record({ $gte: scalar, $lt: scalar }, { requiredKeys: ['$lt'] }),
  fc.array(scalar, { maxLength: 3 }).map(($in) => ({ $in })),
  fc.array(scalar, { minLength: 1, maxLength: 2 }).map(($all) => ({ $all })),
  fc.boolean().map(($exists) => ({ $exists })),
  scalar.map(($ne) => ({ $ne })),
  fc.record({ $gte: scalar, $lte: scalar }).map(($elemMatch) => ({ $elemMatch })),
  fc.record({ x: scalar, y: scalar }, { requiredKeys: ['x'] }).map(($elemMatch) => ({ $elemMatch })),
);
const path = fc.constantFrom('a', 'b', 'c', 'a.x', 'a.y', 'c.x', '_id');
const plain = fc.dictionary(path, condition, { maxKeys: 3 });
const filter = fc.oneof(
  { weight: 3, arbitrary: plain },
  {
    weight: 1,
    arbitrary: fc
      .tuple(plain, fc.array(plain, { minLength: 1, maxLength: 3 }))
      .map(([rest, $or]) => ({ ...rest, $or })),
  },
  { weight: 1, arbitrary: fc.array(plain, { minLength: 1, maxLength: 3 }).map(($and) => ({ $and })) },
);
const direction = fc.constantFrom(1, -1);
const sort = fc.dictionary(path, direction, { maxKeys: 3 });

/** Indexes with at most one path through arrays of `a`, as MongoDB demands it for what is stored. */
const key = fc.oneof(
  fc.tuple(direction, direction).map(([b, c]) => ({ b, c })),
  fc.tuple(direction, direction).map(([a, b]) => ({ a, b })),
  fc.tuple(direction, direction, direction).map(([b, ax, ay]) => ({ b, 'a.x': ax, 'a.y': ay })),
  direction.map((a) => ({ a })),
  fc.tuple(direction, direction).map(([cx, id]) => ({ 'c.x': cx, _id: id })),
);
const options = fc.oneof(
  { weight: 3, arbitrary: fc.constant({}) },
  { weight: 1, arbitrary: fc.constant({ sparse: true }) },
  {
    weight: 1,
    arbitrary: fc
      .constantFrom({ b: { $gt: 1 } }, { b: 'x' }, { a: { $exists: true } }, { b: { $in: ['x', 2] } })
      .map((partial) => ({ partialFilterExpression: partial })),
  },
);
const indexes = fc
  .array(fc.tuple(key, options), { minLength: 1, maxLength: 3 })
  .map((list) => list.map(([fields, extra], at) => ({ key: fields, name: `index${at}`, ...extra })));

const entriesOf = (collection: Collection): string[] =>
  collection.indexes.flatMap(({ id }) =>
    [...collection.scanIndex(startingWith(prefixOf(id)))].map(({ key: bytes }) => bytes.toString('hex', 4)),
  );

/** Two arrays side by side can be neither indexed nor sorted by, in MongoDB too: such cases are passed over. */
function passOver(error: unknown): undefined {
  if (!(error instanceof MongoError && error.code === 171)) throw error;
}

function unlessParallel<T>(action: () => T): T | undefined {
  try {
    return action();
  } catch (error) {
    return passOver(error);
  }
}

describe('the planner', () => {
  it('finds with indexes what it finds without', async () => {
    const cases = fc.tuple(
      fc.array(document, { maxLength: 25 }),
      indexes,
      fc.array(fc.tuple(filter, sort), { minLength: 8, maxLength: 8 }),
    );
    await fc.assert(
      fc.asyncProperty(cases, async ([documents, wanted, queries]) => {
        const numbered = documents.map((each, at) => ({ _id: at, ...each }));
        const collection = await collections.make(numbered, wanted).catch(passOver);
        if (!collection) return;
        for (const [asked, order] of queries) {
          const bare = ask(collection, { filter: asked, hint: '$natural' });
          const used = unlessParallel(() => ask(collection, { filter: asked, sort: order }));
          if (!used) continue;
          expect(idsOf(used.found).map(String).sort()).toEqual(idsOf(bare.found).map(String).sort());
          const { sort: parsed } = queryOf({ sort: order });
          const keys = used.found.map((each) => sortKey(each, parsed));
          expect(keys).toEqual([...keys].sort((left, right) => Buffer.compare(left, right)));
        }
      }),
      { numRuns: 150 },
    );
  });

  it('keeps entries in step with what is written', async () => {
    const change = fc.tuple(fc.nat(9), fc.option(document, { nil: undefined }));
    await fc.assert(
      fc.asyncProperty(fc.array(change, { maxLength: 40 }), async (changes) => {
        const wanted = [
          { key: { a: 1, b: -1 }, name: 'one' },
          { key: { b: 1 }, name: 'two', sparse: true },
          { key: { c: 1 }, name: 'three', partialFilterExpression: { b: 'x' } },
        ];
        const kept = await collections.make([], wanted);
        await collections.write(() => {
          for (const [_id, next] of changes) {
            const stored = kept.read(encodeValue(new Int32(_id)));
            if (stored && next === undefined) kept.remove(stored);
            if (stored && next !== undefined) kept.replace(stored, toValues({ _id, ...next }));
            if (!stored && next !== undefined) kept.insert(toValues({ _id, ...next }));
          }
        });
        const fresh = await collections.make(ask(kept, {}).found, wanted);
        expect(entriesOf(kept)).toEqual(entriesOf(fresh));
      }),
      { numRuns: 60 },
    );
  });

  it('keeps entries in step with updates, which touch only the indexes of what they change', async () => {
    const target = fc.constantFrom('a', 'a.x', 'b', 'c', 'c.x', 'd');
    const operation = fc.oneof(
      fc.tuple(fc.constantFrom('$set', '$max', '$min'), target, scalar),
      fc.tuple(fc.constantFrom('$push', '$addToSet'), fc.constantFrom('a', 'd'), scalar),
      fc.tuple(fc.constant('$unset'), target, fc.constant('')),
      fc.tuple(fc.constant('$rename'), fc.constantFrom('a', 'd'), fc.constantFrom('b', 'c')),
    );
    const update = fc
      .uniqueArray(operation, { minLength: 1, maxLength: 3, selector: ([, path]) => path[0] })
      .map((list) =>
        list.reduce<Record<string, object>>(
          (all, [operator, path, value]) => ({ ...all, [operator]: { ...all[operator], [path]: value } }),
          {},
        ),
      );
    const documents = fc.array(fc.record({ a: field, b: scalar, d: scalar }, { requiredKeys: [] }), {
      minLength: 1,
      maxLength: 6,
    });
    const wanted = [
      { key: { a: 1, b: -1 }, name: 'one' },
      { key: { b: 1 }, name: 'two', sparse: true },
      { key: { 'c.x': 1 }, name: 'three', partialFilterExpression: { b: 'x' } },
      { key: { d: -1, _id: 1 }, name: 'four' },
    ];
    const tried = { changed: 0 };
    await fc.assert(
      fc.asyncProperty(documents, fc.array(update, { maxLength: 12 }), async (rows, updates) => {
        const kept = await collections.make(
          rows.map((row, at) => ({ _id: at, ...row })),
          wanted,
        );
        await collections.write(() => {
          for (const [at, each] of updates.entries()) {
            const stored = kept.read(encodeValue(new Int32(at % rows.length)));
            try {
              const item = toValues({ q: {}, u: each });
              const parsed = changeOf(kept, item, 'q', item['u']);
              if (stored && change(kept, stored, parsed).modified) tried.changed += 1;
            } catch (error) {
              if (!(error instanceof MongoError)) throw error; // what MongoDB refuses changes nothing
            }
          }
        });
        const fresh = await collections.make(ask(kept, {}).found, wanted);
        expect(entriesOf(kept)).toEqual(entriesOf(fresh));
      }),
      { numRuns: 150 },
    );
    expect(tried.changed).toBeGreaterThan(100);
  });
});

/** Each case: a query that must read no more than it needs, and the index that must serve it. */
const BOUNDED: [name: string, asked: Asked, most: number, index: string][] = [
  ['an _id', { filter: { _id: 'm0005' } }, 1, '_id_'],
  ['an _id with a guard', { filter: { _id: 'm0005', rank: { $lt: 9 } } }, 1, '_id_'],
  ['many ids', { filter: { tenantId: 't1', _id: { $in: ['m0001', 'm0500', 'm0900', 'gone'] } } }, 3, '_id_'],
  [
    'the last of a conversation',
    { filter: { tenantId: 't1', conversationId: 'c1' }, sort: { position: -1 }, limit: 20 },
    20,
    'byConversation',
  ],
  [
    'the first of a conversation',
    { filter: { tenantId: 't1', conversationId: 'c1' }, sort: { position: 1, _id: 1 }, limit: 20 },
    20,
    'byConversation',
  ],
  [
    'a page before a key',
    {
      filter: {
        tenantId: 't1',
        conversationId: 'c1',
        $or: [{ position: { $lt: 60 } }, { position: 60, _id: { $lt: 'm0500' } }],
      },
      sort: { position: -1, _id: -1 },
      limit: 20,
    },
    20,
    'byConversation',
  ],
  [
    'a page after a key, in an $and',
    {
      filter: {
        $and: [
          { tenantId: 't1', conversationId: 'c1' },
          { $or: [{ position: { $gt: 60 } }, { position: 60, _id: { $gt: 'm0500' } }] },
        ],
      },
      sort: { position: 1, _id: 1 },
      limit: 20,
    },
    20,
    'byConversation',
  ],
  [
    'a range of positions',
    { filter: { tenantId: 't1', conversationId: 'c1', position: { $gte: 10, $lt: 20 } } },
    10,
    'byConversation',
  ],
  ['what is due', { filter: { tenantId: 't1', forward: 'due' }, limit: 10 }, 10, 'due'],
  [
    'several states in one order',
    { filter: { tenantId: 't1', status: { $in: ['sent', 'read'] } }, sort: { at: -1 }, limit: 10 },
    10,
    'byStatus',
  ],
  [
    'one state backwards',
    { filter: { tenantId: 't1', status: 'sent' }, sort: { at: -1, _id: -1 }, limit: 10 },
    10,
    'byStatus',
  ],
  [
    'one state forwards',
    { filter: { tenantId: 't1', status: 'sent', at: { $gt: new Date(50_000) } }, sort: { at: 1 }, limit: 10 },
    10,
    'byStatus',
  ],
  ['one element of an array', { filter: { tags: 'tag7' } }, 10, 'byTag'],
];

describe('the product’s queries', () => {
  const rows = Array.from({ length: 1_000 }, (_item, at) => ({
    _id: `m${String(at).padStart(4, '0')}`,
    tenantId: `t${at % 2}`,
    conversationId: `c${at % 10}`,
    position: Math.floor(at / 10),
    rank: 1,
    status: ['sent', 'delivered', 'read'][Math.floor(at / 2) % 3],
    at: new Date(at * 100),
    tags: [`tag${at % 100}`, `tag${at % 100}`],
    ...(at % 20 === 1 && { forward: 'due' }),
  }));
  const indexed = [
    { name: 'byConversation', key: { tenantId: 1, conversationId: 1, position: 1, _id: 1 } },
    { name: 'due', key: { tenantId: 1, forward: 1 }, partialFilterExpression: { forward: 'due' } },
    { name: 'byStatus', key: { tenantId: 1, status: 1, at: -1, _id: -1 } },
    { name: 'byTag', key: { tags: 1 } },
  ];

  it.each(BOUNDED)('read only what they need: %s', async (_name, asked, most, index) => {
    const collection = await collections.make(rows, indexed);
    const { found, costs } = ask(collection, asked);
    const bare = ask(await collections.make(rows), asked);
    expect(idsOf(found).sort()).toEqual(idsOf(bare.found).sort());
    expect(found.length).toBeGreaterThan(0);
    expect(costs.documents).toBeLessThanOrEqual(most);
    expect(costs.keys).toBeLessThanOrEqual(most + 2);
    expect(ask(collection, { ...asked, hint: index }).costs).toEqual(costs);
  });

  it('read everything where no index helps', async () => {
    const collection = await collections.make(rows, indexed);
    expect(ask(collection, { filter: { rank: 1 } }).costs).toEqual({ keys: 0, documents: 1_000 });
  });

  it('use an index for each branch of an $or', async () => {
    const collection = await collections.make(rows, indexed);
    const { found, costs } = ask(collection, { filter: { $or: [{ tags: 'tag7' }, { _id: 'm0001' }] } });
    expect(found).toHaveLength(11);
    expect(costs.documents).toBe(11);
  });
});
