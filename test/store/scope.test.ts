/** P4: a tenant's work can't reach another tenant's rows, and work in nobody's name can't reach any. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { type ConversationRow, Conversations } from '../../src/conversations/model.ts';
import { asOperator, ScopeError, withTenant } from '../../src/store/scope.ts';
import { Routes } from '../../src/tenants/model.ts';
import { type TestContext, testContext } from '../support/context.ts';

let ctx: TestContext;
beforeAll(async () => {
  ctx = await testContext();
});
afterAll(async () => ctx.close());

const row = (tenantId: string, _id: string): ConversationRow => ({
  _id,
  tenantId,
  channelId: 'chn_1',
  contactId: 'con_1',
  state: 'PENDING',
  lastPosition: 1,
  lastActivityAt: new Date(0),
  createdAt: new Date(0),
});

const model = () => ctx.store.model(Conversations);
const insert = (tenantId: string, id: string) =>
  withTenant(tenantId, () => model().insertMany([row(tenantId, id)]));
const whole = (tenantId: string) =>
  asOperator('test', () => model().find({ tenantId }).sort({ _id: 1 }).lean().exec());

/** Every way in which work can name a row. */
const READS: [string, (id: string) => Promise<unknown>][] = [
  ['find', (_id) => model().find({ _id }).lean().exec()],
  [
    'find under $or',
    (_id) =>
      model()
        .find({ $or: [{ _id }, { state: 'PENDING', _id }] })
        .lean()
        .exec(),
  ],
  ['findOne', async (_id) => (await model().findOne({ _id }).lean().exec()) ?? []],
  ['exists', async (_id) => (await model().exists({ _id }).exec()) ?? []],
  ['distinct', (_id) => model().distinct('channelId', { _id }).exec()],
  [
    'aggregate',
    (_id) =>
      model()
        .aggregate([{ $match: { _id } }])
        .exec(),
  ],
  [
    'aggregate with $facet',
    async (_id) => {
      const [found] = (await model()
        .aggregate([{ $facet: { rows: [{ $match: { _id } }] } }])
        .exec()) as { rows: unknown[] }[];
      return found?.rows;
    },
  ],
];

const WRITES: [string, (id: string) => Promise<unknown>][] = [
  [
    'updateOne',
    (_id) =>
      model()
        .updateOne({ _id }, { $set: { state: 'BOT' } })
        .exec(),
  ],
  [
    'updateMany',
    () =>
      model()
        .updateMany({}, { $set: { state: 'BOT' } })
        .exec(),
  ],
  [
    'findOneAndUpdate',
    (_id) =>
      model()
        .findOneAndUpdate({ _id }, { $set: { state: 'BOT' } })
        .exec(),
  ],
  ['deleteOne', (_id) => model().deleteOne({ _id }).exec()],
  ['deleteMany', () => model().deleteMany({}).exec()],
  ['findOneAndDelete', (_id) => model().findOneAndDelete({ _id }).exec()],
  [
    'bulkWrite',
    (_id) =>
      model().bulkWrite([
        { updateOne: { filter: { _id }, update: { $set: { state: 'BOT' } } } },
        { deleteOne: { filter: { _id } } },
        { updateMany: { filter: {}, update: { $set: { state: 'BOT' } } } },
      ]),
  ],
];

describe('tenant scope', () => {
  it.each(READS)('%s reads nothing of another tenant', async (name, read) => {
    const id = `read-${name}`;
    await insert('victim', id);
    expect(await withTenant('attacker', () => read(id))).toEqual([]);
    expect(await withTenant('victim', () => read(id))).not.toEqual([]);
  });

  it.each(WRITES)('%s changes nothing of another tenant', async (name, write) => {
    await insert('victim', `write-${name}`);
    await insert('attacker', `own-${name}`);
    const before = await whole('victim');
    await withTenant('attacker', () => write(`write-${name}`));
    expect(await whole('victim')).toEqual(before);
  });

  it('countDocuments counts only the own rows', async () => {
    await insert('counted', 'one');
    expect(await withTenant('counted', () => model().countDocuments({}).exec())).toBe(1);
  });

  it.each([...READS, ...WRITES])('%s outside a scope throws', async (_name, run) => {
    await expect(async () => run('any')).rejects.toThrow(ScopeError);
  });

  it('refuses rows and filters that name another tenant', async () => {
    await expect(
      insert('attacker', 'x').then(() =>
        withTenant('attacker', () => model().insertMany([row('victim', 'y')])),
      ),
    ).rejects.toThrow(ScopeError);
    await expect(withTenant('attacker', () => model().find({ tenantId: 'victim' }).exec())).rejects.toThrow(
      ScopeError,
    );
    await expect(
      withTenant('attacker', () => model().bulkWrite([{ insertOne: { document: row('victim', 'z') } }])),
    ).rejects.toThrow(ScopeError);
  });

  it('can not move a row to another tenant', async () => {
    await insert('mover', 'moved');
    await withTenant('mover', async () => {
      await model()
        .updateOne({ _id: 'moved' }, { $set: { tenantId: 'victim' } })
        .exec()
        .catch(() => undefined);
    });
    expect((await whole('mover')).map(({ _id }) => _id)).toContain('moved');
  });

  it('refuses stages that read other collections', async () => {
    const lookup = {
      $lookup: { from: 'messages', localField: '_id', foreignField: 'conversationId', as: 'm' },
    };
    await expect(withTenant('attacker', () => model().aggregate([lookup]).exec())).rejects.toThrow(
      ScopeError,
    );
    await expect(
      withTenant('attacker', () =>
        model()
          .aggregate([{ $facet: { a: [lookup] } }] as never)
          .exec(),
      ),
    ).rejects.toThrow(ScopeError);
  });

  it("keeps the installation's collections from tenants", async () => {
    await expect(withTenant('attacker', () => ctx.store.model(Routes).find({}).exec())).rejects.toThrow(
      ScopeError,
    );
    await expect(asOperator('test', () => ctx.store.model(Routes).find({}).lean().exec())).resolves.toEqual(
      [],
    );
  });

  it('holds over awaits and keeps parallel works apart', async () => {
    await insert('left', 'l');
    await insert('right', 'r');
    const ids = await Promise.all(
      ['left', 'right', 'left', 'right'].map((tenantId) =>
        withTenant(tenantId, async () => {
          await Promise.resolve();
          const rows = await model()
            .find({ _id: { $in: ['l', 'r'] } })
            .lean()
            .exec();
          return rows.map(({ _id }) => _id).join();
        }),
      ),
    );
    expect(ids).toEqual(['l', 'r', 'l', 'r']);
  });
});

it('a limited read comes in one piece, without a cursor that stays at the server', async () => {
  const rows = Array.from({ length: 150 }, (_row, index) => row('ten_many', `cnv_many_${index}`));
  await withTenant('ten_many', () => model().insertMany(rows));
  const query = model().find({}).limit(140);
  const found = await withTenant('ten_many', () => query.lean().exec());
  expect(found).toHaveLength(140);
  expect(query.getOptions().batchSize).toBe(141);
});
