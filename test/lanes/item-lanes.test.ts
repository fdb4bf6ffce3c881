/** P1–P3 at the lane: order of receipt, fencing, poison, nothing lost, no number or content in Redis. */
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';

import type { LaneItem } from '../../src/lanes/item.ts';
import { ItemLanes } from '../../src/lanes/item-lanes.ts';
import { runItemLane } from '../../src/lanes/lane.ts';
import { DeadLetters } from '../../src/lanes/model.ts';
import type { LaneQueue } from '../../src/lanes/queue.ts';
import { type LaneWorker, type Turn, workLanes } from '../../src/lanes/worker.ts';
import { Park } from '../../src/ops/errors.ts';
import { openRedis } from '../../src/store/redis.ts';
import { asOperator } from '../../src/store/scope.ts';
import { startInbound } from '../../workers/inbound.ts';
import { type TestContext, testContext } from '../support/context.ts';
import { until } from '../support/until.ts';

const QUEUE = 'inbound-0';
const NUMBER = '972500000001';
let ctx: TestContext;
let running: { worker: LaneWorker; redis: ReturnType<typeof openRedis> }[];

beforeEach(async () => {
  ctx = await testContext();
  running = [];
});
afterEach(async () => {
  for (const { worker, redis } of running) {
    await worker.close(5_000);
    redis.disconnect();
  }
  await ctx.close();
});

function item(position: number, text = `text-${position}`): LaneItem {
  return {
    kind: 'message',
    app: 'default',
    wabaId: 'w',
    field: 'messages',
    phoneNumberId: NUMBER,
    position,
    body: { text },
  };
}

const lane = () => ctx.inbound.laneName(NUMBER, 'someone');
const append = (...items: LaneItem[]) =>
  ctx.inbound.append(items.map((one) => ({ item: one, lane: lane() })));
const positions = async () =>
  (await ctx.inbound.read(QUEUE, lane(), 100)).map((entry) => entry.item.position);

interface Parked {
  position: number;
  reason: string;
  attempts: number;
}

/** A worker process in miniature. */
function work(handle: (item: LaneItem) => Promise<void>, parked: Parked[] = []): LaneWorker {
  const redis = openRedis({
    url: ctx.settings.REDIS_URL ?? '',
    log: ctx.log,
    clock: ctx.clock,
    part: 'test',
    mode: 'wait',
  });
  const park = async ({ position }: LaneItem, why: { reason: string; attempts: number }) => {
    parked.push({ position, reason: why.reason, attempts: why.attempts });
    return Promise.resolve();
  };
  const worker = workLanes({
    redis,
    prefix: ctx.prefix,
    queue: ctx.inbound.queues[0] as LaneQueue,
    concurrency: 8,
    log: ctx.log,
    clock: ctx.clock,
    random: ctx.random,
    handle: (wakeUp, turn) =>
      runItemLane({ lanes: ctx.inbound, queue: QUEUE, log: ctx.log, handle, park }, wakeUp, turn),
  });
  running.push({ worker, redis });
  return worker;
}

describe('inbound lanes', () => {
  it('keep the order of receipt, also when another receiver wrote first', async () => {
    await append(item(5), item(7));
    await append(item(6), item(1), item(9));
    expect(await positions()).toEqual([1, 5, 6, 7, 9]);
  });

  it('keep no number and no content readable in Redis', async () => {
    await append(item(1, 'a secret of somebody'));
    const keys = await ctx.queueRedis.keys(`*${ctx.prefix}*`);
    const values = await Promise.all(
      keys.map(async (key) => {
        const type = await ctx.queueRedis.type(key);
        if (type === 'list') return (await ctx.queueRedis.lrangeBuffer(key, 0, -1)).join();
        if (type === 'hash') return JSON.stringify(await ctx.queueRedis.hgetall(key));
        if (type === 'zset') return JSON.stringify(await ctx.queueRedis.zrange(key, '0', '-1'));
        return '';
      }),
    );
    expect(keys.length).toBeGreaterThan(2);
    expect([...keys, ...values].join('\n')).not.toMatch(new RegExp(`secret|${NUMBER}|someone`));
  });

  it('hand every item to the worker once and in order, while more keep coming', async () => {
    const seen: number[] = [];
    work(async ({ position }) => {
      seen.push(position);
      if (position % 10 === 0 && position <= 100) await append(item(position + 1_000));
    });
    for (let position = 1; position <= 100; position += 1) await append(item(position));
    await until('all items are handled', () => seen.length === 110);
    const first = seen.filter((position) => position <= 1_000);
    expect(first).toEqual(Array.from({ length: 100 }, (_, index) => index + 1));
    expect(new Set(seen).size).toBe(110);
    await until('the lane is empty', async () => (await ctx.inbound.oldest(QUEUE)) === null);
  });

  it('try a failing item again before the next one', async () => {
    const seen: number[] = [];
    let failures = 2;
    work(async ({ position }) => {
      seen.push(position);
      if (position === 1 && failures-- > 0) throw new Error('not yet');
      return Promise.resolve();
    });
    await append(item(1), item(2));
    await until('both are handled', () => seen.includes(2));
    expect(seen).toEqual([1, 1, 1, 2]);
  });

  it('park what needs a person and go on', async () => {
    const seen: number[] = [];
    const parked: Parked[] = [];
    work(async ({ position }) => {
      if (position === 1) throw new Park('failed', 'no id');
      seen.push(position);
      return Promise.resolve();
    }, parked);
    await append(item(1), item(2));
    await until('the second is handled', () => seen.length === 1);
    expect(parked).toEqual([{ position: 1, reason: 'failed', attempts: 1 }]);
  });

  it('park an item whose worker died each time, since the attempt is counted before the work', async () => {
    await append(item(1), item(2));
    const [head] = await ctx.inbound.read(QUEUE, lane(), 1);
    await ctx.queueRedis.hset(`{${ctx.prefix}:${QUEUE}}:attempts`, head?.header ?? '', 12);
    const seen: number[] = [];
    const parked: Parked[] = [];
    work(async ({ position }) => void seen.push(position), parked);
    await until('the second is handled', () => seen.length === 1);
    expect(seen).toEqual([2]);
    expect(parked).toEqual([{ position: 1, reason: 'failed', attempts: 13 }]);
  });

  it('do not count attempts while the database is away', async () => {
    const away = Object.assign(new Error('no server'), { name: 'MongoServerSelectionError' });
    const attempts: string[] = [];
    let outages = 2;
    work(async () => {
      if (outages-- > 0) throw away;
      attempts.push(...Object.values(await ctx.queueRedis.hgetall(`{${ctx.prefix}:${QUEUE}}:attempts`)));
    });
    await append(item(1));
    await until('it is handled', () => attempts.length === 1);
    expect(attempts).toEqual(['1']);
  });

  it('a worker that lost its lock takes nothing out and begins nothing (fencing)', async () => {
    await append(item(1), item(2));
    const [first, second] = await ctx.inbound.read(QUEUE, lane(), 2);
    const lock = { lockKey: `{${ctx.prefix}:${QUEUE}}:${QUEUE}:1:lock`, token: 'mine' };
    await ctx.queueRedis.set(lock.lockKey, 'another worker’s');
    expect(
      await ctx.inbound.step(QUEUE, lane(), lock, {
        done: [first?.header ?? ''],
        next: [second?.header ?? ''],
      }),
    ).toBeNull();
    expect(await positions()).toEqual([1, 2]);
    await ctx.queueRedis.set(lock.lockKey, 'mine');
    expect(
      await ctx.inbound.step(QUEUE, lane(), lock, {
        done: [first?.header ?? ''],
        next: [second?.header ?? ''],
      }),
    ).toEqual({ left: 1, attempts: [1] });
    expect(await positions()).toEqual([2]);
  });

  it('handle one item at least before they yield to others, however slow their turn began', async () => {
    await append(item(1), item(2));
    const handled: number[] = [];
    const token = 'late';
    const lockKey = `{${ctx.prefix}:${QUEUE}}:${QUEUE}:late:lock`;
    await ctx.queueRedis.set(lockKey, token);
    const turn: Turn = { lockKey, token, holds: async () => true, stopping: () => false, yields: () => true };
    const handle = ({ position }: LaneItem) => Promise.resolve(void handled.push(position));
    const park = () => Promise.resolve();
    const work = { lanes: ctx.inbound, queue: QUEUE, log: ctx.log, handle, park };
    for (const expected of [[1], [1, 2]]) {
      expect(await runItemLane(work, { lane: lane() }, turn)).toEqual({ againAfterMs: 0 });
      expect(handled).toEqual(expected);
    }
    expect(await positions()).toEqual([]);
  });

  it('a paused twin stops at its next step and handles nothing twice after it', async () => {
    await append(item(1), item(2), item(3));
    const handled: number[] = [];
    const lock = { lockKey: `{${ctx.prefix}:${QUEUE}}:${QUEUE}:1:lock`, token: 'paused' };
    await ctx.queueRedis.set(lock.lockKey, lock.token);
    const turn: Turn = {
      ...lock,
      holds: () => Promise.resolve(true),
      stopping: () => false,
      yields: () => false,
    };
    const handle = async ({ position }: LaneItem) => {
      handled.push(position);
      await ctx.queueRedis.set(lock.lockKey, 'successor'); // it was paused here for longer than its lock
    };
    const park = () => Promise.resolve();
    await runItemLane(
      { lanes: ctx.inbound, queue: QUEUE, log: ctx.log, handle, park },
      { lane: lane() },
      turn,
    );
    expect(handled).toEqual([1]);
    expect(await positions()).toEqual([1, 2, 3]);
  });

  it('work the statuses of a lane together, each with its own attempts', async () => {
    const begun: number[] = [];
    let release: () => void = () => undefined;
    const all = new Promise<void>((resolve) => (release = resolve));
    const failed = new Set<number>();
    work(async ({ position }) => {
      begun.push(position);
      if (begun.length === 5) release();
      await all;
      if (position === 3 && !failed.has(position)) {
        failed.add(position);
        throw new Error('not yet');
      }
    });
    const statuses = [1, 2, 3, 4, 5].map((position) => ({ ...item(position), kind: 'status' as const }));
    await append(...statuses);
    await until('the lane is empty', async () => (await ctx.inbound.oldest(QUEUE)) === null);
    expect([...begun].sort()).toEqual([1, 2, 3, 3, 4, 5]);
  });

  it('hand on an entry that does not open as unreadable, and go on', async () => {
    const broken = `${'1'.padStart(16, '0')}-0123456789ab not sealed by anybody`;
    await ctx.queueRedis.rpush(`{${ctx.prefix}:${QUEUE}}:lane:${lane()}`, broken);
    await append(item(2));
    const seen: [string, number][] = [];
    work(({ kind, position }) => Promise.resolve(void seen.push([kind, position])));
    await until('both are handled', () => seen.length === 2);
    expect(seen).toEqual([
      ['unreadable', 1],
      ['message', 2],
    ]);
  });

  it('spread over several queues, each lane in one of them', async () => {
    const { queueRedis: redis, prefix, log, clock, random, master } = ctx;
    const spread = new ItemLanes({ redis, prefix, log, clock, random, master, queues: 4 });
    const lanes = Array.from({ length: 40 }, (_one, index) => spread.laneName('spread', String(index)));
    await spread.append(lanes.flatMap((name) => [1, 2].map((at) => ({ item: item(at), lane: name }))));
    const found = await Promise.all(
      spread.queues.map(async ({ name }) =>
        Promise.all(lanes.map(async (one) => (await spread.read(name, one, 10)).length)),
      ),
    );
    for (const [at] of lanes.entries()) {
      expect(found.map((counts) => counts[at]).sort()).toEqual([0, 0, 0, 2]);
    }
    expect(found.every((counts) => counts.some((count) => count > 0))).toBe(true);
    await spread.close();
  });

  it('a worker with fewer queues also empties those that a larger number left', async () => {
    const { queueRedis: redis, prefix, log, clock, random, master } = ctx;
    const spread = new ItemLanes({ redis, prefix, log, clock, random, master, queues: 9 });
    const parked = { ...item(1), kind: 'other' as const };
    const lanes = Array.from({ length: 120 }, (_one, index) => spread.laneName('left', String(index)));
    await spread.append(lanes.map((one) => ({ item: parked, lane: one })));
    const workers = startInbound(ctx, redis);
    const letters = () =>
      asOperator('count', () =>
        ctx.store.model(DeadLetters).countDocuments({ reason: 'unknown-field' }).exec(),
      );
    await until('all are handled', async () => (await letters()) === lanes.length);
    await ctx.inbound.append([{ item: parked, lane: lanes[0] ?? '' }]);
    await until('what comes now stands in its own queue', async () => (await letters()) === lanes.length + 1);
    expect(ctx.inbound.queues).toHaveLength(9);
    await Promise.all(workers.map((worker) => worker.close(5_000)));
    await spread.close();
  });

  it('one slow lane delays no other', async () => {
    let release: () => void = () => undefined;
    const held = new Promise<void>((resolve) => (release = resolve));
    const seen: string[] = [];
    work(async ({ body }) => {
      if (body.text === 'slow') await held;
      seen.push(String(body.text));
    });
    await ctx.inbound.append([{ item: item(1, 'slow'), lane: ctx.inbound.laneName(NUMBER, 'slow') }]);
    for (let position = 2; position < 22; position += 1) {
      await ctx.inbound.append([
        {
          item: item(position, `quick-${position}`),
          lane: ctx.inbound.laneName(NUMBER, `person-${position}`),
        },
      ]);
    }
    await until('the others are handled', () => seen.length === 20);
    release();
    await until('the slow one too', () => seen.includes('slow'));
  });
});
