/** The canary goes the whole way of a message, raises the alarm when nothing does, and leaves nothing behind. */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';

import { collections } from '../../src/collections.ts';
import { type MessageRow, Messages } from '../../src/conversations/model.ts';
import { countDeadLetters } from '../../src/lanes/dead-letters.ts';
import { createMetrics, metered, type Metrics } from '../../src/ops/metrics.ts';
import { Keys } from '../../src/store/keyring.ts';
import { openRedis } from '../../src/store/redis.ts';
import { asOperator, withTenant } from '../../src/store/scope.ts';
import { listTenants } from '../../src/tenants/tenants.ts';
import { type Canary, startCanary } from '../../src/watch/canary.ts';
import { progress } from '../../src/watch/progress.ts';
import { createWebhookHandler } from '../../src/webhooks/receiver.ts';
import { startInbound } from '../../workers/inbound.ts';
import { ManualClock } from '../support/clock.ts';
import { type TestContext, testContext } from '../support/context.ts';
import { keptLog } from '../support/fixtures.ts';
import { until } from '../support/until.ts';

const SECRET = 'app-secret-of-the-tests';
const MINUTE = 60_000;
const TENANT = 'ten_canary';
let clock: ManualClock;
let metrics: Metrics;
let lines: string[];
let ctx: TestContext;
let server: Server;
let url: URL;
let canaries: Canary[];
let stopWork: () => Promise<void>;

beforeEach(async () => {
  clock = new ManualClock();
  metrics = createMetrics();
  const kept = keptLog();
  lines = kept.lines;
  ctx = await testContext({ clock, log: metered(kept.log, metrics) });
  server = createServer(createWebhookHandler(ctx, { take: (items) => ctx.inbound.append(items) }));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}/webhooks/whatsapp`);
  canaries = [];
  stopWork = async () => undefined;
});
afterEach(async () => {
  for (const canary of canaries) await canary.close();
  await stopWork();
  await new Promise((resolve) => server.close(resolve));
  await ctx.close();
});

function work(): void {
  const redis = openRedis({
    url: ctx.settings.REDIS_URL ?? '',
    log: ctx.log,
    clock,
    part: 'test',
    mode: 'wait',
  });
  const workers = startInbound(ctx, redis);
  stopWork = async () => {
    await Promise.all(workers.map((worker) => worker.close(5_000)));
    redis.disconnect();
  };
}

function canary(of: TestContext = ctx): Canary {
  const started = startCanary(of, { url, secret: SECRET, app: 'default' });
  canaries.push(started);
  return started;
}

const rows = () => withTenant(TENANT, () => ctx.store.model(Messages).find().lean<MessageRow[]>().exec());
/** Looks, as each process does every few seconds, until what was sent has come through. */
const comeThrough = async (of: Canary) => {
  const before = of.state().ageMs === null ? undefined : clock.now() - (of.state().ageMs ?? 0);
  await until('the canary comes through', async () => {
    await of.look();
    const { ageMs } = of.state();
    return ageMs !== null && clock.now() - ageMs !== before;
  });
};
const alarms = () => lines.filter((line) => line.includes('alert.canary'));

describe('the canary', () => {
  it('comes through receiver, lane, worker and database, and tells how long it took', async () => {
    work();
    const one = canary();
    expect(one.state()).toEqual({ latencyMs: null, ageMs: null, late: false });
    await comeThrough(one);
    expect(one.state()).toMatchObject({ latencyMs: expect.any(Number), late: false });
    clock.advance(MINUTE);
    await comeThrough(one);
    expect(one.state().ageMs).toBe(0);
  });

  it('is sent by one process of the installation a minute, and all know of it', async () => {
    work();
    const [one, two, three] = [canary(), canary(), canary()];
    for (let minute = 0; minute < 3; minute += 1) {
      await Promise.all([one, two, three].map((each) => each.look()));
      await Promise.all([one, two, three].map((each) => each.look()));
      clock.advance(MINUTE);
    }
    expect(lines.filter((line) => line.includes('webhook.handled'))).toHaveLength(3);
    await until('all know', async () => {
      await Promise.all([one, two, three].map((each) => each.look()));
      return [one, two, three].every((each) => each.state().latencyMs !== null);
    });
  });

  it('raises the alarm once in three minutes while no worker works, and is quiet when one works again', async () => {
    const [one, two] = [canary(), canary()];
    const look = async () => {
      await one.look();
      await two.look();
    };
    for (let minute = 0; minute < 3; minute += 1, clock.advance(MINUTE)) await look();
    expect(alarms()).toHaveLength(0);
    clock.advance(1_000);
    for (let times = 0; times < 5; times += 1) await look();
    expect(one.state().late).toBe(true);
    expect(alarms()).toHaveLength(1);
    clock.advance(3 * MINUTE);
    await look();
    expect(alarms()).toHaveLength(2);
    expect(await metrics.registry.metrics()).toContain('whatsper_alerts_total{alert="canary"} 2');
    work();
    await comeThrough(one);
    clock.advance(MINUTE);
    await look();
    expect(one.state().late).toBe(false);
    expect(alarms()).toHaveLength(2);
  });

  it('raises the alarm also when it could not even ask Redis', async () => {
    const dead = openRedis({
      url: 'redis://127.0.0.1:1',
      log: ctx.log,
      clock,
      part: 'test',
      mode: 'fail-fast',
    });
    const one = canary({ ...ctx, queueRedis: dead });
    await one.look();
    clock.advance(3 * MINUTE + 1);
    await one.look();
    await one.look();
    dead.disconnect();
    expect(alarms()).toHaveLength(1);
  });

  it('is in no list, count and rate', async () => {
    work();
    await comeThrough(canary());
    expect(await listTenants(ctx)).toEqual([]);
    expect(await progress(ctx)).toMatchObject({ forwards: { count: 0 }, deadLetters: {} });
    const text = await metrics.registry.metrics();
    for (const name of ['whatsper_webhooks_total', 'whatsper_items_total', 'whatsper_item_wait_seconds']) {
      expect(text).not.toMatch(new RegExp(`^${name}(_count)?(\\{.*\\})? [1-9]`, 'm'));
    }
  });

  it('leaves nothing within the hour: rows, keys, dead letters, feed', async () => {
    work();
    const one = canary();
    for (let minute = 0; minute < 32; minute += 1, clock.advance(MINUTE)) await comeThrough(one);
    expect((await rows()).every(({ storedAt }) => clock.now() - storedAt.getTime() < 40 * MINUTE)).toBe(true);
    await stopWork();
    stopWork = async () => undefined;
    for (let minute = 0; minute < 60; minute += 10, clock.advance(10 * MINUTE)) await one.look();
    const left: Record<string, number> = {};
    for (const collection of collections.filter(({ scope }) => scope === 'tenant')) {
      const count = await withTenant(TENANT, () => ctx.store.model(collection).countDocuments().exec());
      if (count > 0) left[collection.name] = count;
    }
    expect(left).toEqual({});
    const keys = await asOperator('test', () =>
      ctx.store.model(Keys).countDocuments({ tenantId: TENANT }).exec(),
    );
    expect(keys).toBeLessThanOrEqual(1); // the look-up key of what waits in the lane now
    expect(await countDeadLetters(ctx, { phoneNumberId: 'canary' }, 10)).toBe(0);
    expect(await ctx.liveRedis.exists(`${ctx.prefix}:feed:{${TENANT}}`)).toBe(0);
  });

  it('switched off, sends nothing, raises no alarm, and removes what it had left', async () => {
    work();
    const on = canary();
    await comeThrough(on);
    clock.advance(MINUTE);
    await comeThrough(on);
    expect(await rows()).not.toEqual([]);
    await on.close();
    const off = startCanary(ctx, undefined);
    canaries.push(off);
    clock.advance(51 * MINUTE);
    const before = lines.length;
    for (let times = 0; times < 3; times += 1) await off.look();
    expect(await rows()).toEqual([]);
    expect(lines.slice(before)).toEqual([]);
    expect(await ctx.queueRedis.exists(`${ctx.prefix}:canary`)).toBe(0);
  });
});
