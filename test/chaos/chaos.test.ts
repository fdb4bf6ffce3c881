import { describe, expect, it } from '@jest/globals';

import { givenServers } from '../support/embedded.ts';
import { type ChaosResult, runChaos } from './run.ts';

/** Its plan has a receiver killed while only its spool holds what it acknowledged, a paused Redis and a paused worker. */
const SEED = 1;
const DURATION_MS = 30_000;
/** A call of which nothing is known holds its conversation for 30 s; a busy machine needs longer for all of it. */
const QUIET_WITHIN_MS = 120_000;

describe('P1, P2, P3, P4, P5: the product under a plan of faults', () => {
  it('loses, doubles and reorders nothing', async () => {
    const progress: string[] = [];
    // Servers that were given are not ours to kill: they are cut off by a proxy. Else the run has its own.
    const { redisUrl, mongodbUri } = givenServers();
    const result: ChaosResult = await runChaos({
      seed: SEED,
      durationMs: DURATION_MS,
      rate: 8,
      redisUrl,
      mongodbUri,
      quietWithinMs: QUIET_WITHIN_MS,
      onProgress: (line) => progress.push(line),
    });
    const { broken, breaches, counts, faults } = result;
    // Shown together, so that a failure tells what was going on.
    expect({ broken, breaches, progress: result.good ? [] : progress }).toEqual({
      broken: {},
      breaches: [],
      progress: [],
    });
    expect(counts.stored).toBeGreaterThan(100);
    expect(counts.sent).toBeGreaterThan(0);
    expect(Object.keys(faults).length).toBeGreaterThan(3);
  }, 400_000);
});
