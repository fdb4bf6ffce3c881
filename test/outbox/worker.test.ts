/** The outbox as it runs: a request, BullMQ's worker, the Graph API, statuses. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import nock from 'nock';

import { systemClock } from '../../src/ops/clock.ts';
import { openRedis } from '../../src/store/redis.ts';
import { startOutbox } from '../../workers/outbox.ts';
import { until } from '../support/until.ts';
import { graphAccepts, graphSays } from './fake-graph.ts';
import { openWorld, type World } from './world.ts';

let world: World;
let stop: () => Promise<void>;

beforeAll(async () => {
  nock.disableNetConnect();
  world = await openWorld(systemClock);
  const { log, clock, settings } = world.ctx;
  const redis = openRedis({ url: settings.REDIS_URL ?? '', log, clock, part: 'workers', mode: 'wait' });
  const workers = startOutbox(world.ctx, redis);
  stop = async () => {
    for (const worker of workers) await worker.close(5_000);
    redis.disconnect();
  };
});
afterAll(async () => {
  await stop();
  nock.restore();
  await world.close();
});

const reached = (id: string, status: string) =>
  until(`${id} is ${status}`, async () => (await world.row(id)).status === status);

describe('the worker', () => {
  it('sends each conversation in its order, whatever others do', async () => {
    const conversations = await Promise.all(
      ['972501110001', '972501110002', '972501110003'].map((phone) => world.conversation({ phone })),
    );
    const sent = graphAccepts(9);
    const rows = [];
    for (const text of ['1', '2', '3']) {
      for (const conversation of conversations) rows.push(await world.accept(conversation, text));
    }
    for (const row of rows) await reached(row._id, 'accepted');
    for (const conversation of conversations) {
      const mine = rows.filter((row) => row.conversationId === conversation._id).map((row) => row._id);
      const order = sent.map((request) => request.biz_opaque_callback_data).filter((id) => mine.includes(id));
      expect(order).toEqual(mine);
    }
    expect(sent).toHaveLength(9);
  });

  it('goes on at once when a status tells what became of an unconfirmed message', async () => {
    const conversation = await world.conversation({ phone: '972501110004' });
    graphSays(502, '');
    const one = await world.accept(conversation, 'one');
    await reached(one._id, 'unconfirmed');
    const two = await world.accept(conversation, 'two');
    graphAccepts();
    const status = { id: 'wamid.w1', status: 'sent', timestamp: String(Math.floor(Date.now() / 1000)) };
    await world.status({ ...status, biz_opaque_callback_data: one._id });
    await reached(two._id, 'accepted'); // in less than the 30 s for which the lane would have waited
  });
});
