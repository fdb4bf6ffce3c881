import { beforeAll, describe, expect, it } from '@jest/globals';

import type { PlannedFault } from './plan.ts';
import { type ChaosResult, runChaos } from './run.ts';

interface Scenario {
  durationMs: number;
  rate: number;
  answered: number;
  plan: PlannedFault[];
}

/** Long enough that another worker takes over from a paused one, whose lock is made short here. */
const TAKEN_OVER: Scenario = {
  durationMs: 12_000,
  rate: 8,
  answered: 1,
  plan: [{ atMs: 2_000, kind: 'worker-pause', forMs: 8_000, target: 0 }],
};

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
    mongodbUri: process.env.MONGODB_URI,
    redisUrl: process.env.REDIS_URL,
    quietWithinMs: 15_000,
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
    // One after the other: two stacks at once would be slow enough to change what they show.
    for (const [name, run] of Object.entries(RUNS)) results[name as keyof typeof RUNS] = await run();
  }, 240_000);

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
