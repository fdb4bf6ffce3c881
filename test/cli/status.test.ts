import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { Deliveries, type DeliveryRow } from '../../src/endpoints/model.ts';
import { parkItem } from '../../src/lanes/dead-letters.ts';
import type { LaneItem } from '../../src/lanes/item.ts';
import { openRedis } from '../../src/store/redis.ts';
import { withTenant } from '../../src/store/scope.ts';
import { createTenant } from '../../src/tenants/tenants.ts';
import { ManualClock } from '../support/clock.ts';
import { type TestContext, testContext } from '../support/context.ts';
import { freePort } from './free-port.ts';
import { run } from './terminal.ts';

interface Status {
  servers: { server: string; setting: string; answersInMs: number | null }[];
  queues: { queue: string; waiting: number; oldestSeconds: number | null }[];
  deadLetters: Record<string, number>;
}

describe('whatsper status', () => {
  const clock = new ManualClock();
  let ctx: TestContext;
  beforeAll(async () => {
    ctx = await testContext({ clock });
  });
  afterAll(() => ctx.close());

  const status = async () => JSON.parse((await run(ctx, ['status', '--json'])).out) as Status;
  const item: LaneItem = {
    kind: 'message',
    app: 'default',
    wabaId: '1',
    field: 'messages',
    phoneNumberId: '2',
    position: clock.now() * 1000,
    body: {},
  };

  it('of an idle installation: every server answers, nothing waits', async () => {
    const seen = await status();
    expect(seen.servers.map(({ server }) => server)).toEqual(['mongodb', 'redis', 'redis for feeds']);
    for (const { answersInMs } of seen.servers) expect(answersInMs).toEqual(expect.any(Number));
    expect(seen.queues.map(({ queue }) => queue)).toEqual([
      'inbound-0',
      'audit-0',
      'outbox',
      'endpoints',
      'media',
      'mail',
    ]);
    for (const queue of seen.queues) expect(queue).toMatchObject({ waiting: 0, oldestSeconds: null });
    expect(seen.deadLetters).toEqual({ total: 0 });
  });

  it('tells how old the oldest unhandled item of each queue is, and what needs a person', async () => {
    const { tenantId } = await createTenant(ctx, { name: 'One', email: 'one@one.example' });
    await ctx.inbound.append([{ item, lane: ctx.inbound.laneName('x') }]);
    await parkItem(ctx, item, { reason: 'unrouted', detail: 'x', attempts: 1 });
    await parkItem(ctx, item, { reason: 'unrouted', detail: 'x', attempts: 1 });
    await parkItem(ctx, item, { reason: 'failed', detail: 'x', attempts: 1 });
    const now = new Date(clock.now());
    const owed: DeliveryRow = {
      _id: 'msg_1.end_1',
      tenantId,
      endpointId: 'end_1',
      lane: 'cnv_1.end_1',
      eventId: 'msg_1',
      event: 'message.received',
      conversationId: 'cnv_1',
      contactId: 'con_1',
      messageId: 'msg_1',
      position: 1,
      state: 'due',
      attempts: 0,
      dueAt: now,
      createdAt: now,
      log: [],
    };
    await withTenant(tenantId, () => ctx.store.model(Deliveries).insertMany([owed]));
    clock.advance(90_000);
    const { queues, deadLetters } = await status();
    expect(Object.fromEntries(queues.map(({ queue, oldestSeconds }) => [queue, oldestSeconds]))).toEqual({
      'inbound-0': 90,
      outbox: null,
      endpoints: 90,
      media: null,
      'audit-0': null,
      mail: null,
    });
    expect(deadLetters).toEqual({ total: 3, failed: 1, unrouted: 2 });
  });

  it('prints tables for people', async () => {
    const { out } = await run(ctx, ['status']);
    expect(out).toMatch(/^mongodb +MONGODB_URI +\d+$/m);
    expect(out).toMatch(/^queue +waiting +active +delayed +failed +oldestSeconds$/m);
    expect(out).toMatch(/^total +3$/m);
  });

  it('names a server that does not answer and its setting, exit code 1', async () => {
    const url = `redis://127.0.0.1:${await freePort()}`;
    const dead = openRedis({ url, log: ctx.log, clock, part: 'test', mode: 'fail-fast' });
    const { exitCode, out, err } = await run({ ...ctx, liveRedis: dead }, ['status', '--json']);
    dead.disconnect();
    expect(exitCode).toBe(1);
    expect(err).toContain('redis for feeds (REDIS_LIVE_URL)');
    expect((JSON.parse(out) as Status).servers).toContainEqual({
      server: 'redis for feeds',
      setting: 'REDIS_LIVE_URL',
      answersInMs: null,
    });
  });
});
