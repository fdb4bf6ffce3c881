/** From the webhook to the store, the endpoint and an agent's feed: as many at a time as keep everything busy. */
import { setTimeout as pause } from 'node:timers/promises';

import type { Bench } from './bench.ts';
import { type ByProcess, Running, type World } from './running.ts';
import type { Servers } from './servers.ts';
import { openSides } from './sides/open.ts';
import type { Side, SideName } from './sides/side.ts';
import { percentile, rounded } from './statistics.ts';
import { turns } from './turns.ts';

const BUSINESSES = 10;
const BUSINESSES_QUICK = 2;
const PEOPLE = 50;

/** At least so long before the measured time, and until everybody has written once. */
const WARM_UP_MS = 3_000;
/** Nothing has arrived for so long. */
const STUCK_MS = 20_000;

export interface EndToEndRun {
  side: SideName;
  messagesPerSecond: number;
  /** Milliseconds from the POST to both ends, with everything busy. */
  p50: number;
  p99: number;
  /** Microseconds of processor time per message. */
  cpu: ByProcess;
  /** Their sum without the load generator's. */
  cost: number;
  /** MB at the end. */
  memory: ByProcess;
  /** Redis commands per message by name, with those inside scripts. */
  redisCommands: Record<string, number>;
  sent: number;
  stored: number;
  /** Sent and not seen at both ends. */
  missing: number;
  repeated: number;
  feedResets: number;
}

/** Both sides that store, in turn. */
export async function measureEndToEnd(bench: Bench): Promise<EndToEndRun[]> {
  const { options } = bench;
  const names = options.sides.filter((name) => name !== 'bare');
  const businesses = options.quick ? BUSINESSES_QUICK : BUSINESSES;
  const sides = await openSides(bench, names, { businesses, listening: businesses });
  const people = options.quick ? 5 : PEOPLE;
  const world: World = { ...bench, people, listening: businesses, window: windowOf(bench) };
  const runs: EndToEndRun[] = [];
  try {
    for (let round = 0; round < options.rounds; round += 1) {
      for (const side of turns(sides, round)) {
        const run = await runEndToEnd(side, world, options.seconds);
        bench.say(`end to end, round ${round + 1}, ${side.name}: ${run.messagesPerSecond} messages/s`);
        runs.push(run);
      }
    }
    return runs;
  } finally {
    for (const side of sides) await side.close();
  }
}

/** Messages that may be under way. */
export function windowOf({ options }: Bench): number {
  return options.quick ? 50 : 500;
}

/** Keeps as many messages under way as the window allows, everybody in turn. @returns a function that ends it. */
function keepBusy(running: Running, window: number): () => void {
  let ended = false;
  let next = 0;
  const pump = () => {
    while (!ended && running.tracker.inSystem < window) {
      const sender = running.senders[next % running.senders.length];
      if (!sender || !running.send(sender)) return;
      next += 1;
    }
  };
  running.tracker.onCompleted(pump);
  // A connection that comes free asks for nothing by itself.
  const timer = setInterval(pump, 1);
  return () => {
    ended = true;
    clearInterval(timer);
  };
}

/** Sides whose people have all written once: what is made for a new client is not what is measured. */
const known = new WeakSet<Side>();

/** Until everybody is known and the machine code is warm. @throws Error when nothing arrives any more */
async function warmUp(side: Side, running: Running, { window }: World, leastMs: number): Promise<void> {
  const { tracker, senders } = running;
  const needed = window + (known.has(side) ? 0 : senders.length);
  const from = Date.now();
  let progress = { completed: 0, at: from };
  while (Date.now() - from < leastMs || tracker.completed < needed) {
    if (tracker.completed > progress.completed) progress = { completed: tracker.completed, at: Date.now() };
    if (Date.now() - progress.at > STUCK_MS) {
      const { endpoint, feed } = tracker.waitingFor;
      throw new Error(
        `${side.name}: no message has arrived for ${STUCK_MS / 1000} s. Of ${running.sent} sent, ${running.refused} were ` +
          `refused, ${endpoint} are not at the endpoint, ${feed} not on the feed; ${running.feedResets} feeds were reset.`,
      );
    }
    await pause(20);
  }
  known.add(side);
}

/** One measurement of one side. */
export async function runEndToEnd(side: Side, world: World, seconds: number): Promise<EndToEndRun> {
  const { servers } = world;
  const storedBefore = await side.stored();
  const running = await Running.start(side, world);
  try {
    const { tracker } = running;
    const end = keepBusy(running, world.window);
    await warmUp(side, running, world, Math.min(WARM_UP_MS, seconds * 1000));
    const before = { cpu: running.cpu(), count: tracker.completed, commands: await commandsOf(servers) };
    const latenciesFrom = tracker.latencies.get('')?.length ?? 0;
    const from = performance.now();
    await pause(seconds * 1000);
    const elapsed = (performance.now() - from) / 1000;
    const after = { cpu: running.cpu(), count: tracker.completed, commands: await commandsOf(servers) };
    const memory = running.memory();
    const latencies = tracker.latencies.get('')?.slice(latenciesFrom) ?? [];
    end();
    const missing = await running.drained();
    const count = Math.max(1, after.count - before.count);
    const cpu = perMessage(before.cpu, after.cpu, count);
    return {
      side: side.name,
      messagesPerSecond: rounded(count / elapsed),
      p50: rounded(percentile(latencies, 0.5)),
      p99: rounded(percentile(latencies, 0.99)),
      cpu,
      cost: cpu.web + cpu.worker + cpu.redis + cpu.database,
      memory,
      redisCommands: commandsPerMessage(before.commands, after.commands, count),
      sent: running.sent - running.refused,
      stored: (await side.stored()) - storedBefore,
      missing,
      repeated: tracker.repeated,
      feedResets: running.feedResets,
    };
  } finally {
    await running.stop();
  }
}

/** Microseconds for each of `count` messages. */
function perMessage(before: ByProcess, after: ByProcess, count: number): ByProcess {
  const cost = (name: keyof ByProcess) => Math.round(((after[name] - before[name]) * 1000) / count);
  return {
    web: cost('web'),
    worker: cost('worker'),
    redis: cost('redis'),
    database: cost('database'),
    load: cost('load'),
  };
}

/** Commands that Redis has done, with those inside scripts. */
async function commandsOf({ redis }: Servers): Promise<Map<string, number>> {
  const stats = await redis.info('commandstats');
  const found = [...stats.matchAll(/^cmdstat_(\S+?):calls=(\d+)/gm)];
  return new Map(found.map(([, name = '', calls]) => [name, Number(calls)]));
}

/** Most used first; what is not done for every hundredth message is left out. */
function commandsPerMessage(
  before: Map<string, number>,
  after: Map<string, number>,
  count: number,
): Record<string, number> {
  const rates = [...after].map(
    ([name, calls]) => [name, rounded((calls - (before.get(name) ?? 0)) / count)] as const,
  );
  return Object.fromEntries(
    rates.filter(([, rate]) => rate > 0.01).sort((left, right) => right[1] - left[1]),
  );
}
