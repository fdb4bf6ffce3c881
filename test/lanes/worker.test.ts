/** The worker of lanes on real queues: one job carries many lanes, each is worked alone and comes again when it wants. */
import { setTimeout as pause } from 'node:timers/promises';

import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';

import { LaneQueue } from '../../src/lanes/queue.ts';
import { type LaneWorker, type Turn, type TurnEnd, workLanes } from '../../src/lanes/worker.ts';
import { openRedis } from '../../src/store/redis.ts';
import { type TestContext, testContext } from '../support/context.ts';
import { until } from '../support/until.ts';

let ctx: TestContext;
let queue: LaneQueue;
let closers: (() => Promise<unknown>)[];

beforeEach(async () => {
  ctx = await testContext();
  const { queueRedis: redis, prefix, log, clock } = ctx;
  queue = new LaneQueue({ redis, prefix, name: 'test', log, clock });
  closers = [() => queue.close()];
});
afterEach(async () => {
  for (const close of closers.reverse()) await close();
  await ctx.close();
});

function work(handle: (lane: string, turn: Turn) => Promise<TurnEnd>): LaneWorker {
  const { prefix, log, clock, random } = ctx;
  const redis = openRedis({ url: ctx.settings.REDIS_URL ?? '', log, clock, part: 'test', mode: 'wait' });
  const worker = workLanes({
    redis,
    prefix,
    queue,
    concurrency: 2,
    log,
    clock,
    random,
    handle: ({ lane }, turn) => handle(lane, turn),
  });
  closers.push(async () => {
    await worker.close(5_000);
    redis.disconnect();
  });
  return worker;
}

const lanes = (count: number) => Array.from({ length: count }, (_item, index) => `lane-${index}`);
const jobs = async () => (await queue.counts()).waiting ?? 0;

describe('a worker of lanes', () => {
  it('takes lanes that were woken together in few jobs, and works them side by side', async () => {
    await queue.wakeAll(lanes(40).map((lane) => ({ lane })));
    expect(await jobs()).toBe(3);
    let open = 0;
    let most = 0;
    const seen = new Set<string>();
    work(async (lane) => {
      open += 1;
      most = Math.max(most, open);
      await new Promise((resolve) => setImmediate(resolve));
      await ctx.queueRedis.ping();
      open -= 1;
      seen.add(lane);
      return 'done';
    });
    await until('all lanes had their turn', () => seen.size === 40);
    expect(most).toBeGreaterThan(2);
  });

  it('wakes a lane once for many who ask at the same time', async () => {
    await Promise.all(Array.from({ length: 30 }, () => queue.wake({ lane: 'one' })));
    expect(await jobs()).toBe(1);
  });

  it('frees each lane of a job when its own turn ends, however long the others take', async () => {
    let release: () => void = () => undefined;
    const held = new Promise<void>((resolve) => (release = resolve));
    const turns: string[] = [];
    work(async (lane) => {
      turns.push(lane);
      if (lane === 'slow') await held;
      return 'done';
    });
    await queue.wakeAll([{ lane: 'slow' }, { lane: 'quick' }]);
    await until('both began', () => turns.length === 2);
    await until('the quick one comes again', async () => {
      await queue.wake({ lane: 'quick' });
      return turns.filter((lane) => lane === 'quick').length >= 2;
    });
    expect(turns.filter((lane) => lane === 'slow')).toHaveLength(1);
    release();
  });

  it('never works one lane twice at a time, and loses no wake-up', async () => {
    let working = 0;
    let twice = false;
    let rows = 0;
    let handled = 0;
    const handle = async (): Promise<TurnEnd> => {
      working += 1;
      twice ||= working > 1;
      handled = rows; // all that is there by now
      await ctx.queueRedis.ping();
      working -= 1;
      return 'done';
    };
    work(handle);
    work(handle);
    for (let row = 1; row <= 200; row += 1) {
      rows = row;
      await queue.wake({ lane: 'one' });
    }
    await until('the last row was seen', () => handled === 200);
    expect(twice).toBe(false);
  });

  it('one tenant wakes 500 lanes, another one: that is worked within the next few turns', async () => {
    const turns: string[] = [];
    const other = 'of another tenant';
    await Promise.all(lanes(500).map((lane) => queue.wake({ lane, tenantId: 'flood' })));
    await queue.wake({ lane: other, tenantId: 'quiet' });
    work(async (lane) => {
      turns.push(lane);
      await ctx.queueRedis.ping();
      return turns.filter((one) => one === lane).length < 3 ? { againAfterMs: 0 } : 'done';
    });
    await until('it had its turn', () => turns.includes(other));
    // Before it wait those that came before their tenant was seen to flood, and what two jobs hold.
    expect(turns.indexOf(other)).toBeLessThan(200);
    await until('the others too', () => turns.length === 1_503, 30_000);
  });

  it('a long turn ends while others wait for their first, and goes on when they had it', async () => {
    const turns: string[] = [];
    let yielded = 0;
    work(async (lane, turn) => {
      turns.push(lane);
      if (!lane.startsWith('lane-') || yielded > 0) return 'done';
      await until('it should yield', () => turn.yields());
      yielded += 1;
      return { againAfterMs: 0 };
    });
    await queue.wakeAll(lanes(32).map((lane) => ({ lane, priority: 3 })));
    await until('all slots are taken', () => turns.length === 32);
    await queue.wake({ lane: 'other', tenantId: 'quiet' });
    await until('the long ones come again', () => turns.length > 33);
    expect(turns.indexOf('other')).toBe(32);
  });

  it('a lane that goes first yields to nobody', async () => {
    const yielding: boolean[] = [];
    const first: Turn[] = [];
    let flooding = false;
    work(async (lane, turn) => {
      flooding ||= lane === 'flood';
      if (lane === 'flood') await until('it should yield', () => turn.yields());
      else if (lane !== 'other') first.push(turn);
      if (lane === 'flood') yielding.push(...first.map((one) => one.yields()));
      else if (lane !== 'other') await until('the flood yielded', () => yielding.length > 0);
      return 'done';
    });
    await queue.wakeAll([...lanes(16).map((lane) => ({ lane })), { lane: 'flood', priority: 3 }]);
    await until('a job of the first and the flood’s run', () => first.length === 16 && flooding);
    await queue.wake({ lane: 'other', tenantId: 'quiet' });
    await until('the flood yielded', () => yielding.length > 0);
    expect(yielding).toEqual(lanes(16).map(() => false));
  });

  it('gives a failing lane back after a pause, and goes on with the others', async () => {
    const turns: string[] = [];
    let failures = 2;
    work((lane) => {
      turns.push(lane);
      if (lane === 'bad' && failures-- > 0) return Promise.reject(new Error('not yet'));
      return Promise.resolve('done');
    });
    await queue.wakeAll([{ lane: 'bad' }, { lane: 'good' }]);
    await until('the failing lane is through', () => turns.filter((lane) => lane === 'bad').length === 3);
    expect(turns.filter((lane) => lane === 'good')).toEqual(['good']);
  });

  it('comes back to a lane whose lease a dead worker left behind', async () => {
    await queue.leases.begin('left', 'dead', ctx.clock.now());
    await ctx.queueRedis.pexpire(queue.leases.keyOf('left'), 300);
    await queue.addJobs([{ lane: 'left' }]);
    const turns: string[] = [];
    work((lane) => {
      turns.push(lane);
      return Promise.resolve('done');
    });
    await until('it had its turn', () => turns.includes('left'));
  });

  it('stops within its budget, whatever a turn does', async () => {
    let began = false;
    let ended = false;
    const stopped = new AbortController();
    const worker = work(async () => {
      began = true;
      await pause(10_000, undefined, { signal: stopped.signal }).catch(() => undefined);
      ended = true;
      return 'done';
    });
    await queue.wake({ lane: 'endless' });
    await until('its turn began', () => began);
    await worker.close(50);
    expect(ended).toBe(false);
    stopped.abort();
  });

  it('hands the rest of its lanes back when it stops', async () => {
    const turns: string[] = [];
    const first = work(async (lane, turn) => {
      turns.push(lane);
      await until('the worker stops', () => turn.stopping());
      return { againAfterMs: 0 };
    });
    await queue.wake({ lane: 'long' });
    await until('its turn began', () => turns.length === 1);
    await first.close(5_000);
    work((lane) => {
      turns.push(`again ${lane}`);
      return Promise.resolve('done');
    });
    await until('another worker has it', () => turns.includes('again long'));
  });
});
