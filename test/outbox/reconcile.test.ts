/** Work whose wake-up was lost is found again. */
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';

import { Messages } from '../../src/conversations/model.ts';
import { LOCK_MS } from '../../src/lanes/leases.ts';
import { dueOutboxLanes } from '../../src/outbox/reconcile.ts';
import { asOperator, withTenant } from '../../src/store/scope.ts';
import { GRAPH_TIMEOUT_MS } from '../../src/whatsapp/graph.ts';
import { ManualClock } from '../support/clock.ts';
import { openWorld, type World } from './world.ts';

const clock = new ManualClock();
let world: World;
let clients = 0;

beforeAll(async () => {
  world = await openWorld(clock);
});
const accepted: string[] = [];
afterEach(async () => {
  for (const id of accepted.splice(0)) await world.set(id, { status: 'accepted', rank: 3 });
});
afterAll(async () => world.close());

async function message(fields: Parameters<World['set']>[1] = {}) {
  clients += 1;
  const conversation = await world.conversation({ phone: `97250111${1000 + clients}` });
  const row = await world.accept(conversation, 'Shalom');
  await world.set(row._id, fields);
  accepted.push(row._id);
  return { id: row._id, lane: { lane: conversation._id, tenantId: world.tenantId } };
}
const due = () => asOperator('test', () => dueOutboxLanes(world.ctx));
const ago = (ms: number) => new Date(clock.now() - ms);
const attempt = (ageMs: number) => ({
  status: 'sending' as const,
  rank: 1,
  attemptToken: 't',
  attemptAt: ago(ageMs),
});

describe('a lane is woken', () => {
  it('when a message has been due for 5 s, and once for all its messages', async () => {
    const { lane } = await message({ dueAt: ago(5_000) });
    expect(await due()).toEqual([lane]);
  });

  it('when the worker of an attempt lost its lock', async () => {
    const { lane, id } = await message(attempt(LOCK_MS));
    expect(await due()).toEqual([lane]);
    expect((await world.row(id)).status).toBe('sending'); // the lane's next worker decides
  });
});

it('of many due messages each round takes the next part, over all tenants, and then begins anew', async () => {
  const lanes: { lane: string; tenantId: string }[] = [];
  for (let at = 0; at < 5; at += 1) lanes.push((await message({ dueAt: ago(10_000) })).lane);
  const other = { tenantId: 'zzz', lane: 'cnv_other' };
  const row = await world.row(accepted.at(-1) ?? '');
  const earlier = {
    ...row,
    _id: 'msg_other',
    tenantId: other.tenantId,
    conversationId: other.lane,
    position: 1,
  };
  await withTenant(other.tenantId, () => world.ctx.store.model(Messages).insertMany([earlier]));
  lanes.push(other);
  const walk = {};
  const round = () => asOperator('test', () => dueOutboxLanes(world.ctx, walk, 2));
  const inOrder = (all: typeof lanes) => all.map(({ lane }) => lane).sort();
  const walked = [await round(), await round(), await round()];
  expect(walked.map(({ length }) => length)).toEqual([2, 2, 2]);
  expect(inOrder(walked.flat() as typeof lanes)).toEqual(inOrder(lanes));
  expect(await round()).toEqual([]);
  expect(await round()).toEqual(walked[0]);
  await withTenant(other.tenantId, () => world.ctx.store.model(Messages).deleteMany({ _id: 'msg_other' }));
});

describe('a lane is left alone', () => {
  it.each([
    ['a message that has just been accepted', {}],
    ['a message that waits for its next try', { dueAt: new Date(clock.now() + 60_000) }],
    ['an attempt that is under way', attempt(LOCK_MS - 1)],
    ['an unconfirmed message', { status: 'unconfirmed' as const, rank: 2, attemptAt: ago(3_600_000) }],
    ['a decided message', { status: 'failed' as const, rank: 5, dueAt: ago(3_600_000) }],
  ])('with %s', async (_name, fields) => {
    await message(fields);
    expect(await due()).toEqual([]);
  });
});

it('an attempt that can’t be alive becomes unconfirmed, so that a person can resolve it', async () => {
  const { id, lane } = await message(attempt(LOCK_MS + GRAPH_TIMEOUT_MS + 1));
  expect(await due()).toEqual([lane]);
  expect(await world.row(id)).toMatchObject({ status: 'unconfirmed', rank: 2 });
});
