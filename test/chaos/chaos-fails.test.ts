import { beforeAll, describe, expect, it } from '@jest/globals';

import type { PlannedFault } from './plan.ts';
import { type ChaosResult, runChaos } from './run.ts';

interface Scenario {
  durationMs: number;
  rate: number;
  answered: number;
  plan: PlannedFault[];
}

/** A worker stops for 12 s just before it takes a send, and goes on long after another took its lane over. */
const TAKEN_OVER: Scenario = { durationMs: 20_000, rate: 3, answered: 1, plan: [] };

const REDIS_AWAY: Scenario = {
  durationMs: 6_000,
  rate: 20,
  answered: 0,
  plan: [{ atMs: 2_000, kind: 'redis-cut', forMs: 2_000, target: 0 }],
};

const REPEATS: Scenario = { durationMs: 4_000, rate: 20, answered: 0, plan: [] };

/** On the servers of the test run, through proxies; the product is broken by what its processes load first. */
function runBroken(preload: string, scenario: Scenario): Promise<ChaosResult> {
  return runChaos({
    ...scenario,
    seed: 7,
    scale: 'small',
    mongodbUri: process.env.MONGODB_URI,
    redisUrl: process.env.REDIS_URL,
    quietWithinMs: 45_000,
    preload: new URL(`./sabotage/${preload}.mjs`, import.meta.url).href,
    onProgress: () => undefined,
  });
}

const RUNS = {
  fencing: () => runBroken('fencing', TAKEN_OVER),
  haste: () => runBroken('haste', TAKEN_OVER),
  spool: () => runBroken('spool', REDIS_AWAY),
  'unique-id': () => runBroken('unique-id', REPEATS),
};

describe('a chaos run comes out red', () => {
  const results: Partial<Record<keyof typeof RUNS, ChaosResult>> = {};

  beforeAll(async () => {
    const keep = async (name: keyof typeof RUNS): Promise<void> => {
      results[name] = await RUNS[name]();
    };
    // The first two mostly wait for a lock to end; all at once would be slow enough to change what they show.
    await Promise.all([keep('fencing'), keep('haste')]);
    await Promise.all([keep('spool'), keep('unique-id')]);
  }, 400_000);

  it('when a worker that lost its lane goes on: messages are sent twice', () => {
    expect(results.fencing?.broken).toMatchObject({ 'sent-twice': expect.any(Number) });
  });

  it('but not when fencing stands in the same run', () => {
    expect(results.haste?.broken).toEqual({});
  });

  it('when the spool keeps nothing while Redis is away: acknowledged messages are lost', () => {
    expect(results.spool?.broken).toMatchObject({ lost: expect.any(Number) });
  });

  it('when ids do not follow from wamids: repeated messages are stored twice', () => {
    expect(results['unique-id']?.broken).toMatchObject({ doubled: expect.any(Number) });
  });
});
