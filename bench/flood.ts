/** One conversation writes at half of what the whole takes: do the others notice? */
import { setTimeout as pause } from 'node:timers/promises';

import type { Bench } from './bench.ts';
import { runEndToEnd, windowOf } from './end-to-end.ts';
import type { Sender } from './messages.ts';
import { Running, type World } from './running.ts';
import { openSides } from './sides/open.ts';
import { percentile, rounded } from './statistics.ts';

const BUSINESSES = 10;
const PEOPLE = 50;
/** Messages of all quiet conversations, as a part of what the whole takes. */
const QUIET_SHARE = 0.1;
const FLOOD_SHARE = 0.5;
/** Until the flood has come to its height. */
const RISE_MS = 2_000;

export interface FloodRun {
  /** Messages per second with everything busy, measured just before. */
  capacity: number;
  quietRate: number;
  floodRate: number;
  /** Milliseconds from the POST to endpoint and feed, of quiet conversations. */
  before: { p50: number; p99: number };
  during: { p50: number; p99: number };
}

export async function measureFlood(bench: Bench): Promise<FloodRun[]> {
  const { options } = bench;
  const [side] = await openSides(bench, ['ours'], { businesses: BUSINESSES, listening: BUSINESSES });
  if (!side) return [];
  const people = options.quick ? 5 : PEOPLE;
  const world: World = { ...bench, people, listening: BUSINESSES, window: windowOf(bench) };
  const runs: FloodRun[] = [];
  try {
    for (let round = 0; round < options.rounds; round += 1) {
      const { messagesPerSecond } = await runEndToEnd(side, world, options.seconds);
      const running = await Running.start(side, world);
      try {
        const run = await flood(running, messagesPerSecond, options.seconds);
        bench.say(
          `flood, round ${round + 1}: p99 ${run.before.p99} ms before, ${run.during.p99} ms during it`,
        );
        runs.push(run);
      } finally {
        await running.stop();
        // What the flood left is nobody's any more.
        await bench.servers.redis.flushall();
      }
    }
    return runs;
  } finally {
    await side.close();
  }
}

async function flood(running: Running, capacity: number, seconds: number): Promise<FloodRun> {
  const [flooding, ...quiet] = running.senders as [Sender, ...Sender[]];
  const quietRate = Math.max(5, QUIET_SHARE * capacity);
  const floodRate = FLOOD_SHARE * capacity;
  const state = { group: 'warm-up' };
  const ends = [sendAtRate(running, quiet, quietRate, () => state.group)];
  await pause(seconds * 500);
  state.group = 'before';
  await pause(seconds * 1000);
  state.group = 'between';
  ends.push(sendAtRate(running, [flooding], floodRate, () => 'flood'));
  await pause(RISE_MS);
  state.group = 'during';
  await pause(seconds * 1000);
  state.group = 'after';
  for (const end of ends) end();
  await running.drained();
  const latencies = (group: string) => {
    const values = running.tracker.latencies.get(group) ?? [];
    return { p50: rounded(percentile(values, 0.5)), p99: rounded(percentile(values, 0.99)) };
  };
  return {
    capacity,
    quietRate: rounded(quietRate),
    floodRate: rounded(floodRate),
    before: latencies('before'),
    during: latencies('during'),
  };
}

/** Everybody in turn, at a rate. @returns a function that ends it. */
function sendAtRate(running: Running, senders: Sender[], rate: number, group: () => string): () => void {
  const from = performance.now();
  let sent = 0;
  const timer = setInterval(() => {
    const due = ((performance.now() - from) * rate) / 1000;
    for (; sent < due; sent += 1) {
      const sender = senders[sent % senders.length];
      if (!sender || !running.send(sender, group())) return;
    }
  }, 1);
  return () => clearInterval(timer);
}
