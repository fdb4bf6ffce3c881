/** Work whose wake-up was lost is found again. */
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';

import { LOCK_MS } from '../../src/lanes/leases.ts';
import { dueOutboxLanes } from '../../src/outbox/reconcile.ts';
import { asOperator } from '../../src/store/scope.ts';
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
