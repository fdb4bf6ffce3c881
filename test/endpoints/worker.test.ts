/** The worker on real queues: owed, woken, delivered, and found again when the wake-up was lost. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { addEndpoint } from '../../src/endpoints/endpoints.ts';
import { laneName } from '../../src/endpoints/lane-name.ts';
import { Deliveries, Endpoints } from '../../src/endpoints/model.ts';
import { interestedEndpoints, oweDeliveries } from '../../src/endpoints/owe.ts';
import { dueEndpointLanes } from '../../src/endpoints/reconcile.ts';
import type { LaneWorker } from '../../src/lanes/worker.ts';
import { systemClock } from '../../src/ops/clock.ts';
import { openRedis } from '../../src/store/redis.ts';
import { asOperator } from '../../src/store/scope.ts';
import { startEndpoints } from '../../workers/endpoints.ts';
import { until } from '../support/until.ts';
import { openReceiver, type Receiver, status } from './receiver.ts';
import { openWorld, type World } from './world.ts';

describe('the endpoints worker', () => {
  let world: World;
  let receiver: Receiver;
  let endpointId: string;
  beforeAll(async () => {
    world = await openWorld();
    receiver = await openReceiver();
    ({ endpointId } = await addEndpoint(world.ctx, { tenantId: world.tenantId, url: receiver.url }));
  });
  afterAll(async () => {
    await receiver.close();
    await world.close();
  });

  async function withWorker(task: () => Promise<void>): Promise<void> {
    const { ctx } = world;
    const url = ctx.environment.REDIS_URL ?? '';
    const redis = openRedis({ url, log: ctx.log, clock: systemClock, part: 'test', mode: 'wait' });
    const workers: LaneWorker[] = startEndpoints({ ...ctx, clock: systemClock }, redis);
    try {
      await task();
    } finally {
      for (const worker of workers) await worker.close(5_000);
      redis.disconnect();
    }
  }
  const bodies = () =>
    receiver.received.map(
      ({ body }) =>
        (JSON.parse(body) as { data: { message: { content: { body: string } } } }).data.message.content.body,
    );

  it('owes a message once, however often it is forwarded', async () => {
    const message = await world.receive('972500000001', 'once');
    const owe = () =>
      world.mine(async () =>
        oweDeliveries(world.ctx, message, await interestedEndpoints(world.ctx, world.tenantId)),
      );
    await owe();
    await Promise.all([1, 2, 3].map(owe));
    const owed = await world.owed(message);
    expect(owed).toMatchObject([
      {
        _id: `${message._id}.${endpointId}`,
        eventId: message._id,
        conversationId: message.conversationId,
        contactId: message.contactId,
        position: message.position,
        state: 'due',
      },
    ]);
  });

  it('owes nothing to an endpoint that is disabled', async () => {
    const { endpointId: off } = await addEndpoint(world.ctx, { tenantId: world.tenantId, url: receiver.url });
    await world.mine(() =>
      world.ctx.store
        .model(Endpoints)
        .updateOne({ _id: off }, { $set: { status: 'disabled' } })
        .exec(),
    );
    const message = await world.receive('972500000001', 'for one');
    expect((await world.owed(message)).map((row) => row.endpointId)).toEqual([endpointId]);
  });

  it('delivers what was owed while no worker ran, each conversation in its order', async () => {
    for (const text of ['a1', 'a2', 'a3']) await world.receive('972500000002', text);
    for (const text of ['b1', 'b2', 'b3']) await world.receive('972500000003', text);
    await withWorker(async () => {
      await until('all delivered', () => receiver.received.length >= 8);
      expect(bodies().filter((body) => body.startsWith('a'))).toEqual(['a1', 'a2', 'a3']);
      expect(bodies().filter((body) => body.startsWith('b'))).toEqual(['b1', 'b2', 'b3']);
      const message = await world.receive('972500000002', 'a4');
      await until('the next one', () => bodies().includes('a4'));
      await until('its mark', async () => (await world.owed(message))[0]?.state === 'done');
    });
  });

  it('goes on by itself when an endpoint answers again, and nobody else waited', async () => {
    receiver.received.length = 0;
    let isBroken = true;
    receiver.reply = (response, received) =>
      status(isBroken && received.body.includes('slow') ? 500 : 200)(response, received);
    await withWorker(async () => {
      await world.receive('972500000004', 'slow 1');
      await world.receive('972500000004', 'slow 2');
      await until('the first try', () => receiver.received.length > 0);
      await world.receive('972500000005', 'quick');
      await until('another conversation', () => bodies().includes('quick'));
      expect(bodies()).not.toContain('slow 2');
      isBroken = false;
      await until('the second message of the lane that waited', () => bodies().includes('slow 2'));
    });
    expect(bodies()).toEqual(['slow 1', 'quick', 'slow 1', 'slow 2']);
  });

  it('finds lanes whose wake-up was lost, not those that wait for their next try', async () => {
    const { ctx, clock } = world;
    const due = () => asOperator('test', () => dueEndpointLanes(ctx));
    clock.advance(60_000);
    const lost = await world.receive('972500000006', 'lost');
    const failing = await world.receive('972500000007', 'failing 1');
    await world.receive('972500000007', 'failing 2');
    await expect(due()).resolves.toEqual([]);
    clock.advance(6_000);
    receiver.reply = status(500, { 'retry-after': '3600' });
    await world.turn(failing, endpointId);
    const wakeUp = { lane: laneName({ ...lost, endpointId }), tenantId: world.tenantId };
    await expect(due()).resolves.toEqual([wakeUp]);
    clock.advance(3_600_000 + 6_000);
    expect((await due()).map(({ lane }) => lane).sort()).toEqual(
      [wakeUp.lane, laneName({ ...failing, endpointId })].sort(),
    );
    await world.mine(() => ctx.store.model(Deliveries).deleteMany({ state: 'due' }).exec());
    await expect(due()).resolves.toEqual([]);
  });
});
