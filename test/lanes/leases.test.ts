/** Leases: one worker at a time, no wake-up lost, a lane that waits or is worked gets no second job. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';

import { Leases, LOCK_MS } from '../../src/lanes/leases.ts';
import { type TestContext, testContext } from '../support/context.ts';

const NOW = 1_800_000_000_000;
let ctx: TestContext;
let leases: Leases;
let lane: string;
let count = 0;
beforeAll(async () => {
  ctx = await testContext();
  leases = new Leases(ctx.queueRedis, ctx.prefix, 'test');
});
beforeEach(() => {
  count += 1;
  lane = `lane-${count}`;
});
afterAll(async () => ctx.close());

/** @returns true when a job must be added */
const wake = async (now = NOW, options: { soon?: boolean; patienceMs?: number } = {}) =>
  (await leases.wake([{ lane }], { now, ...options })).length === 1;

describe('a lane that rests', () => {
  it('gets a job when it is woken, and no second one while that waits', async () => {
    expect([await wake(), await wake(), await wake()]).toEqual([true, false, false]);
  });

  it('gets another when the first one may be lost', async () => {
    expect(await wake()).toBe(true);
    expect(await wake(NOW + 14_000, { patienceMs: 15_000 })).toBe(false);
    expect(await wake(NOW + 16_000, { patienceMs: 15_000 })).toBe(true);
    expect(await wake(NOW + 17_000, { patienceMs: 15_000 })).toBe(false);
  });
});

describe('a lane that is worked', () => {
  it('is one worker’s only, until it is given back', async () => {
    expect(await leases.begin(lane, 'a', NOW)).toBe(0);
    const rest = await leases.begin(lane, 'b', NOW);
    expect(rest).toBeGreaterThan(0);
    expect(rest).toBeLessThanOrEqual(LOCK_MS);
    expect([await leases.holds(lane, 'a'), await leases.holds(lane, 'b')]).toEqual([true, false]);
    // Who came in vain left word: the holder looks once more.
    expect(await leases.end(lane, 'a')).toBe('again');
    expect(await leases.end(lane, 'a')).toBe('given-back');
    expect(await leases.begin(lane, 'b', NOW)).toBe(0);
  });

  it('gets no job when it is woken, and its worker works it again', async () => {
    await wake();
    await leases.begin(lane, 'a', NOW);
    expect([await wake(), await wake()]).toEqual([false, false]);
    expect(await leases.end(lane, 'a')).toBe('again');
    expect(await leases.end(lane, 'a')).toBe('given-back');
    expect(await wake()).toBe(true);
  });

  it('stays with its new worker whatever the one before does (fencing)', async () => {
    await leases.begin(lane, 'paused', NOW);
    await ctx.queueRedis.del(leases.keyOf(lane)); // the lease ran out
    await leases.begin(lane, 'successor', NOW);
    await leases.renew(lane, 'paused');
    expect(await leases.end(lane, 'paused')).toBe('lost');
    expect(await leases.end(lane, 'paused', NOW + 5_000)).toBe('lost');
    expect(await leases.holds(lane, 'successor')).toBe(true);
  });

  it('keeps its lease as long as it is renewed', async () => {
    await leases.begin(lane, 'a', NOW);
    await ctx.queueRedis.pexpire(leases.keyOf(lane), 1_000);
    await leases.renew(lane, 'a');
    expect(await ctx.queueRedis.pttl(leases.keyOf(lane))).toBeGreaterThan(LOCK_MS - 1_000);
  });
});

describe('a lane that waits', () => {
  const waiting = async (nextAt: number) => {
    await leases.begin(lane, 'a', NOW);
    expect(await leases.end(lane, 'a', nextAt)).toBe('given-back');
  };

  it('gets no job before its time', async () => {
    await waiting(NOW + 30_000);
    expect(await wake(NOW + 29_000)).toBe(false);
    expect(await wake(NOW + 30_000 + 14_000, { patienceMs: 15_000 })).toBe(false);
  });

  it('is looked for when its time has passed and nothing came', async () => {
    await waiting(NOW + 30_000);
    expect(await wake(NOW + 30_000 + 16_000, { patienceMs: 15_000 })).toBe(true);
  });

  it('goes on at once for who must not wait', async () => {
    await waiting(NOW + 30_000);
    expect(await wake(NOW + 1_000, { soon: true })).toBe(true);
  });

  it('does not begin to wait when somebody who must not wait came during its turn', async () => {
    await leases.begin(lane, 'a', NOW);
    expect(await wake(NOW, { soon: true })).toBe(false);
    expect(await leases.end(lane, 'a', NOW + 30_000)).toBe('again');
  });

  it('waits although it was woken during its turn', async () => {
    await leases.begin(lane, 'a', NOW);
    await wake();
    expect(await leases.end(lane, 'a', NOW + 30_000)).toBe('given-back');
    expect(await wake(NOW + 1_000)).toBe(false);
  });
});
