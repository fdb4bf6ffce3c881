/** Batches: one call for many waiters, each with its own document's result, and never another tenant's row. */
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';

import { Contacts, type ConversationRow, Conversations } from '../../src/conversations/model.ts';
import { systemClock } from '../../src/ops/clock.ts';
import { Batches } from '../../src/store/batches.ts';
import { asOperator, ScopeError, withTenant } from '../../src/store/scope.ts';
import { Routes } from '../../src/tenants/model.ts';
import { type TestContext, testContext } from '../support/context.ts';

let ctx: TestContext;
beforeAll(async () => {
  ctx = await testContext();
});
afterAll(async () => ctx.close());

const row = (tenantId: string, _id: string, lastPosition = 1): ConversationRow => ({
  _id,
  tenantId,
  channelId: 'chn_1',
  contactId: `con_${_id}`,
  state: 'PENDING',
  lastPosition,
  lastActivityAt: new Date(0),
  createdAt: new Date(0),
});
const operator = <T>(work: () => Promise<T>) => asOperator('test', work);
const insert = (tenantId: string, id: string, position?: number) =>
  withTenant(tenantId, () => ctx.store.batches.insert(Conversations, row(tenantId, id, position)));
const find = (tenantId: string, id: string) =>
  withTenant(tenantId, () => ctx.store.batches.find(Conversations, tenantId, id));

/** Counts the calls that reach the database. */
function counted() {
  const model = ctx.store.model(Conversations);
  const calls = {
    find: jest.spyOn(model, 'find'),
    insertMany: jest.spyOn(model, 'insertMany'),
    bulkWrite: jest.spyOn(model, 'bulkWrite'),
  };
  const end = () => Object.values(calls).forEach((spy) => spy.mockRestore());
  return { calls, end };
}

describe('batches', () => {
  it('let parallel waiters of several tenants share a call, and give each its own row', async () => {
    const { calls, end } = counted();
    const ids = Array.from(
      { length: 40 },
      (_item, index) => [`ten_${index % 4}`, `shared_${index}`] as const,
    );
    expect(await Promise.all(ids.map(([tenantId, id]) => insert(tenantId, id)))).toEqual(ids.map(() => true));
    const rows = await Promise.all(ids.map(([tenantId, id]) => find(tenantId, id)));
    expect(rows.map((found) => [found?.tenantId, found?._id])).toEqual(ids);
    expect(calls.insertMany.mock.calls.length).toBeLessThanOrEqual(2);
    expect(calls.find.mock.calls.length).toBeLessThanOrEqual(2);
    end();
  });

  it('say of a field that it is there: with many values a partial index is used for nothing else', async () => {
    const { calls, end } = counted();
    await insert('ten_0', 'partial');
    const found = await withTenant('ten_0', () =>
      ctx.store.batches.findBy(Conversations, 'contactId', 'ten_0', 'con_partial'),
    );
    expect(found.map(({ _id }) => _id)).toEqual(['partial']);
    expect(calls.find.mock.calls[0]?.[0]).toEqual({
      contactId: { $in: ['con_partial'], $exists: true },
    });
    end();
  });

  it('never give a row to another tenant, also when both ask in one call', async () => {
    await insert('ten_mine', 'cnv_mine');
    const [mine, theirs] = await Promise.all([find('ten_mine', 'cnv_mine'), find('ten_other', 'cnv_mine')]);
    expect(mine?._id).toBe('cnv_mine');
    expect(theirs).toBeNull();
  });

  it('change only the row of the tenant that is named, and only as it was seen', async () => {
    await insert('ten_a', 'cnv_change', 5);
    const change = (tenantId: string, seen: number, lastPosition: number) =>
      withTenant(tenantId, () =>
        ctx.store.batches.update(Conversations, {
          tenantId,
          _id: 'cnv_change',
          where: { lastPosition: { $lt: seen } },
          update: { $set: { lastPosition } },
        }),
      );
    await Promise.all([change('ten_b', 100, 66), change('ten_a', 5, 77), change('ten_a', 6, 88)]);
    expect(await find('ten_a', 'cnv_change')).toMatchObject({ lastPosition: 88 });
  });

  it('tell each waiter whether its own row is new', async () => {
    await insert('ten_a', 'cnv_there');
    const results = await Promise.all(
      ['cnv_new_1', 'cnv_there', 'cnv_new_2'].map((id) => insert('ten_a', id)),
    );
    expect(results).toEqual([true, false, true]);
  });

  it('make of the same row, inserted twice in one call, one new and one known', async () => {
    const results = await Promise.all([insert('ten_a', 'cnv_twice'), insert('ten_a', 'cnv_twice')]);
    expect(results.sort()).toEqual([false, true]);
  });

  it('store the good neighbours of a row that does not fit its schema, and fail only that one', async () => {
    const bad = { ...row('ten_a', 'cnv_bad'), channelId: undefined } as unknown as ConversationRow;
    const results = await Promise.allSettled([
      insert('ten_a', 'cnv_good_1'),
      withTenant('ten_a', () => ctx.store.batches.insert(Conversations, bad)),
      insert('ten_a', 'cnv_good_2'),
    ]);
    expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    expect(await find('ten_a', 'cnv_good_1')).not.toBeNull();
    expect(await find('ten_a', 'cnv_good_2')).not.toBeNull();
    expect(await find('ten_a', 'cnv_bad')).toBeNull();
  });

  it('fail only the change that can’t be made', async () => {
    await Promise.all([insert('ten_a', 'cnv_ok'), insert('ten_a', 'cnv_wrong')]);
    const change = (_id: string, update: Record<string, unknown>) =>
      withTenant('ten_a', () => ctx.store.batches.update(Conversations, { tenantId: 'ten_a', _id, update }));
    const results = await Promise.allSettled([
      change('cnv_wrong', { $set: { unknownField: 1 } }),
      change('cnv_ok', { $set: { state: 'ASSIGNED' } }),
    ]);
    expect(results.map(({ status }) => status)).toEqual(['rejected', 'fulfilled']);
    expect(await find('ten_a', 'cnv_ok')).toMatchObject({ state: 'ASSIGNED' });
  });

  it('do something else to a row that is no longer as the change says', async () => {
    await Promise.all([insert('ten_a', 'cnv_here', 5), insert('ten_a', 'cnv_further', 9)]);
    const at = new Date(1_000);
    const change = (_id: string) =>
      withTenant('ten_a', () =>
        ctx.store.batches.update(Conversations, {
          tenantId: 'ten_a',
          _id,
          where: { lastPosition: { $lt: 7 } },
          update: { $set: { lastPosition: 7 }, $max: { lastInboundAt: at } },
          otherwise: { $max: { lastInboundAt: at } },
        }),
      );
    await Promise.all([change('cnv_here'), change('cnv_further')]);
    expect(await find('ten_a', 'cnv_here')).toMatchObject({ lastPosition: 7, lastInboundAt: at });
    expect(await find('ten_a', 'cnv_further')).toMatchObject({ lastPosition: 9, lastInboundAt: at });
  });

  it('fail all waiters of a call that did not reach the database', async () => {
    const away = Object.assign(new Error('away'), { name: 'MongoServerSelectionError' });
    const insertMany = jest.fn(() => Promise.reject(away));
    const batches = new Batches(() => ({ insertMany }) as never, systemClock);
    const both = operator(() =>
      Promise.allSettled(['a', 'b'].map((id) => batches.insert(Conversations, row('ten_a', id)))),
    );
    expect(await both).toEqual([away, away].map((reason) => ({ status: 'rejected', reason })));
    expect(insertMany).toHaveBeenCalledTimes(1);
  });

  it('read the first rows of many lanes at once, also beside one that is longer than all that is read', async () => {
    const sorted = { where: { state: 'PENDING' }, sort: { lastPosition: 1 as const }, limit: 3 };
    const conversation = (contactId: string, position: number) =>
      ({ ...row('ten_l', `cnv_${contactId}_${position}`, position), contactId }) satisfies ConversationRow;
    const rows = [
      ...Array.from({ length: 20 }, (_item, index) => conversation('long', index)),
      conversation('short', 90),
      conversation('short', 91),
    ];
    await operator(() => ctx.store.model(Conversations).insertMany(rows));
    const first = (value: string) =>
      withTenant('ten_l', () =>
        ctx.store.batches.findFirst(Conversations, {
          field: 'contactId',
          tenantId: 'ten_l',
          value,
          ...sorted,
        }),
      );
    const found = await Promise.all(['long', 'short', 'none'].map(first));
    expect(found.map((some) => some.map(({ lastPosition }) => lastPosition))).toEqual([
      [0, 1, 2],
      [90, 91],
      [],
    ]);
  });

  it('read rows of the installation together, for the operator alone', async () => {
    const { batches } = ctx.store;
    const route = (_id: string) => ({
      _id,
      tenantId: `ten_${_id}`,
      channelId: 'chn_1',
      wabaId: '1',
      app: 'default',
      createdAt: new Date(0),
    });
    const model = ctx.store.model(Routes);
    await operator(() => model.insertMany([route('9001'), route('9002')]));
    const finds = jest.spyOn(model, 'find');
    const found = await operator(() =>
      Promise.all(['9001', '9003', '9002', '9001'].map((id) => batches.findOfInstallation(Routes, id))),
    );
    expect(found.map((one) => one?.tenantId)).toEqual(['ten_9001', undefined, 'ten_9002', 'ten_9001']);
    expect(finds.mock.calls.length).toBeLessThanOrEqual(2);
    finds.mockRestore();
    await Promise.all([
      expect(withTenant('ten_a', () => batches.findOfInstallation(Routes, '9001'))).rejects.toThrow(
        ScopeError,
      ),
      expect(operator(() => batches.findOfInstallation(Contacts, 'x'))).rejects.toThrow(ScopeError),
    ]);
  });

  it('refuse whoever is not bound to the tenant, and an installation’s collection', async () => {
    const { batches } = ctx.store;
    await Promise.all([
      expect(withTenant('ten_a', () => batches.find(Contacts, 'ten_b', 'x'))).rejects.toThrow(ScopeError),
      expect(batches.find(Contacts, 'ten_b', 'x')).rejects.toThrow(ScopeError),
      expect(withTenant('ten_a', () => batches.find(Routes as never, 'ten_a', 'x'))).rejects.toThrow(
        ScopeError,
      ),
      expect(
        withTenant('ten_a', () => batches.insert(Contacts, { tenantId: 'ten_b' } as never)),
      ).rejects.toThrow(ScopeError),
      expect(operator(() => batches.find(Contacts, '', 'x'))).rejects.toThrow(ScopeError),
    ]);
  });
});
