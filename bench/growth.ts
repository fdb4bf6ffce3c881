/** What a message costs when much is stored, and when there are many businesses. */
import type { Bench } from './bench.ts';
import { type EndToEndRun, runEndToEnd, windowOf } from './end-to-end.ts';
import { prefill } from './prefill.ts';
import { openSides } from './sides/open.ts';
import type { Side } from './sides/side.ts';
import { turns } from './turns.ts';

const STORED = [1_000, 100_000, 1_000_000];
const STORED_QUICK = [1_000, 5_000];
const TENANTS = [10, 1_000, 10_000];
const TENANTS_QUICK = [10, 50];
/** Clients of all businesses together: they are as many whatever the number of businesses. */
const PEOPLE = 10_000;
const PEOPLE_QUICK = 100;
const BUSINESSES = 10;

export type GrowthRun = EndToEndRun & { level: number };

interface Level {
  level: number;
  side: Side;
  /** People of each business. */
  people: number;
}

/** Messages stored before. Everybody who writes has a conversation of that length. */
export async function measureStored(bench: Bench): Promise<GrowthRun[]> {
  const { quick } = bench.options;
  const people = quick ? 5 : 50;
  const levels: Level[] = [];
  for (const level of quick ? STORED_QUICK : STORED) {
    const [side] = await openSides(bench, ['ours'], { businesses: BUSINESSES, listening: BUSINESSES });
    if (!side) continue;
    levels.push({ level, side, people });
    await runEndToEnd(side, { ...bench, people, listening: BUSINESSES, window: windowOf(bench) }, 1);
    await prefill(bench.servers, side, level);
    bench.say(`${level} messages are stored`);
  }
  return inTurn(bench, 'messages stored', levels, BUSINESSES);
}

/** Businesses with a number and an endpoint each. Nobody listens to feeds: they would be more with more businesses. */
export async function measureTenants(bench: Bench): Promise<GrowthRun[]> {
  const { quick } = bench.options;
  const levels: Level[] = [];
  for (const level of quick ? TENANTS_QUICK : TENANTS) {
    const [side] = await openSides(bench, ['ours'], { businesses: level, listening: 0 });
    if (!side) continue;
    levels.push({ level, side, people: Math.ceil((quick ? PEOPLE_QUICK : PEOPLE) / level) });
    bench.say(`${level} tenants are there`);
  }
  return inTurn(bench, 'tenants', levels, 0);
}

async function inTurn(bench: Bench, what: string, levels: Level[], listening: number): Promise<GrowthRun[]> {
  const { rounds, seconds } = bench.options;
  const runs: GrowthRun[] = [];
  try {
    for (let round = 0; round < rounds; round += 1) {
      for (const { level, side, people } of turns(levels, round)) {
        const run = await runEndToEnd(
          side,
          { ...bench, people, listening, window: windowOf(bench) },
          seconds,
        );
        bench.say(`${level} ${what}, round ${round + 1}: ${run.cost} µs a message`);
        runs.push({ ...run, level });
      }
    }
    return runs;
  } finally {
    for (const { side } of levels) await side.close();
  }
}
