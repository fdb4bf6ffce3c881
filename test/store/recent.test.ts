/** What was written a moment ago may be shown as it was written, for five seconds, and only to its tenant. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';

import { type ConversationRow, Conversations } from '../../src/conversations/model.ts';
import { RecentRows } from '../../src/store/recent.ts';
import { ScopeError, withTenant } from '../../src/store/scope.ts';
import { ManualClock } from '../support/clock.ts';
import { type TestContext, testContext } from '../support/context.ts';

const clock = new ManualClock();
let ctx: TestContext;
beforeAll(async () => {
  ctx = await testContext({ clock });
});
afterAll(async () => ctx.close());

const row: ConversationRow = {
  _id: 'cnv_1',
  tenantId: 'ten_a',
  channelId: 'chn_1',
  contactId: 'con_1',
  state: 'PENDING',
  lastPosition: 1,
  lastActivityAt: new Date(0),
  createdAt: new Date(0),
};
const ofTenant = <T>(work: () => Promise<T>) => withTenant('ten_a', work);
const recent = () => ofTenant(() => ctx.store.batches.findRecent(Conversations, 'ten_a', 'cnv_1'));

describe('a row that was kept', () => {
  beforeEach(async () => {
    await ofTenant(() => ctx.store.batches.insert(Conversations, row));
    await ofTenant(() => Promise.resolve(ctx.store.batches.keep(Conversations, { ...row, lastPosition: 2 })));
  });

  it('is shown as it was kept for five seconds, then as it stands', async () => {
    expect(await recent()).toMatchObject({ lastPosition: 2 });
    clock.advance(5_000);
    expect(await recent()).toMatchObject({ lastPosition: 1 });
  });

  it('is read again after a change of ours', async () => {
    const update = { $set: { state: 'ASSIGNED' } };
    await ofTenant(() =>
      ctx.store.batches.update(Conversations, { tenantId: 'ten_a', _id: 'cnv_1', update }),
    );
    expect(await recent()).toMatchObject({ lastPosition: 1, state: 'ASSIGNED' });
  });

  it('stays after a change that no view shows', async () => {
    const update = { $set: { state: 'ASSIGNED' } };
    await ofTenant(() =>
      ctx.store.batches.update(Conversations, { tenantId: 'ten_a', _id: 'cnv_1', update, unseen: true }),
    );
    expect(await recent()).toMatchObject({ lastPosition: 2, state: 'PENDING' });
  });

  it('P4: is another tenant’s neither to read nor to keep', async () => {
    const { batches } = ctx.store;
    const foreign = withTenant('ten_b', () => batches.findRecent(Conversations, 'ten_a', 'cnv_1'));
    await expect(foreign).rejects.toBeInstanceOf(ScopeError);
    const own = await withTenant('ten_b', () => batches.findRecent(Conversations, 'ten_b', 'cnv_1'));
    expect(own).toBeNull();
    const kept = withTenant('ten_b', async () => batches.keep(Conversations, row));
    await expect(kept).rejects.toBeInstanceOf(ScopeError);
  });
});

it('keeps no more than 4,000 rows', () => {
  const rows = new RecentRows(clock);
  for (let index = 0; index <= 4_000; index += 1) {
    rows.keep('messages', { _id: `msg_${index}`, tenantId: 't' });
  }
  expect(rows.get('messages', 't', 'msg_0')).toBeUndefined();
  expect(rows.get('messages', 't', 'msg_1')).toBeDefined();
});
