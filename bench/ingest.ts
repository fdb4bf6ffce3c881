/** Webhooks taken per second while no worker runs, and how long each waits for its answer. */
import type { Bench } from './bench.ts';
import { Connection } from './connection.ts';
import { closedLoop, type Load, openLoop } from './load.ts';
import { Notifications, sendersFor } from './messages.ts';
import type { Program } from './programs.ts';
import { openSides } from './sides/open.ts';
import { portOf, type Side, type SideName } from './sides/side.ts';
import { turns } from './turns.ts';
import { cpuMs, memoryKb } from './usage.ts';

const CONNECTIONS = 64;
const BUSINESSES = 10;
const BUSINESSES_QUICK = 2;
const PEOPLE = 500;
const WARM_UP_MS = 2_000;
/** Bodies are signed before the time runs; more than these come round again. */
const BODIES_PER_SECOND = 4_000;
/** Load at which waiting times are compared, as a part of what was taken at most. */
const SHARE = 0.7;

export interface IngestRun {
  side: SideName;
  /** As many as it takes. */
  most: Load;
  /** At 70 % of its own most. */
  atShare: Load & { rate: number };
  /** At 70 % of the naive side's most, where that side takes part. */
  atSameLoad?: Load & { rate: number };
  /** Microseconds of processor time per request, with everything busy. */
  cpu: { web: number; redis: number; load: number };
  /** MB after it. */
  webMemory: number;
}

interface Receiver {
  side: Side;
  web: Program;
}

export async function measureIngest(bench: Bench): Promise<IngestRun[]> {
  const { options, servers } = bench;
  const sides = await openSides(bench, options.sides, {
    businesses: options.quick ? BUSINESSES_QUICK : BUSINESSES,
    listening: 0,
  });
  const receivers: Receiver[] = [];
  try {
    for (const side of sides) {
      receivers.push({ side, web: await side.start('web') });
    }
    const runs: IngestRun[] = [];
    for (let round = 0; round < options.rounds; round += 1) {
      const order = turns(receivers, round);
      const these: IngestRun[] = [];
      for (const receiver of order) {
        const run = await runIngest(bench, receiver);
        bench.say(`ingest, round ${round + 1}, ${run.side}: ${run.most.requestsPerSecond} requests/s`);
        these.push(run);
      }
      const naive = these.find(({ side }) => side === 'naive');
      for (const receiver of naive ? order : []) {
        const run = these.find(({ side }) => side === receiver.side.name);
        if (run && naive) {
          run.atSameLoad = await atRate(bench, receiver, SHARE * naive.most.requestsPerSecond);
        }
      }
      runs.push(...these);
    }
    return runs;
  } finally {
    for (const { web } of receivers) await web.stop();
    await servers.redis.flushall();
    for (const side of sides) await side.close();
  }
}

async function runIngest(bench: Bench, receiver: Receiver): Promise<IngestRun> {
  const { seconds } = bench.options;
  const { side, web } = receiver;
  const warmUpMs = Math.min(WARM_UP_MS, seconds * 1000);
  const next = requests(side, (seconds + warmUpMs / 1000) * BODIES_PER_SECOND);
  const cpu = () => ({
    web: cpuMs([web.pid]),
    redis: cpuMs(bench.servers.pids.redis),
    load: cpuMs([process.pid]),
  });
  let before = cpu();
  const onMeasuring = () => {
    before = cpu();
  };
  const most = await connected(web, (connections) =>
    closedLoop(connections, next, { warmUpMs, seconds, onMeasuring }),
  );
  const after = cpu();
  if (most.requestsPerSecond === 0) throw new Error(`${side.name} took no webhook.`);
  const webMemory = Math.round(memoryKb([web.pid]) / 1024);
  const each = (name: keyof typeof after) =>
    Math.round(((after[name] - before[name]) * 1000) / (most.requestsPerSecond * seconds));
  await bench.servers.redis.flushall();
  return {
    side: side.name,
    most,
    atShare: await atRate(bench, receiver, SHARE * most.requestsPerSecond),
    cpu: { web: each('web'), redis: each('redis'), load: each('load') },
    webMemory,
  };
}

async function atRate(bench: Bench, { side, web }: Receiver, rate: number) {
  const { seconds } = bench.options;
  const next = requests(side, Math.min(rate, BODIES_PER_SECOND) * seconds);
  const load = await connected(web, (connections) => openLoop(connections, next, { rate, seconds }));
  // Nobody works on what was taken; the next run finds it gone.
  await bench.servers.redis.flushall();
  return { ...load, rate: Math.round(rate) };
}

/** With connections that are fresh: servers close those that nobody uses. */
async function connected<T>(web: Program, use: (connections: Connection[]) => Promise<T>): Promise<T> {
  const connections = await Connection.openMany(portOf(web), CONNECTIONS);
  try {
    return await use(connections);
  } finally {
    for (const connection of connections) connection.close();
  }
}

/** So many signed bodies of as many people, round and round. */
function requests(side: Side, count: number): () => Buffer {
  const notifications = new Notifications(side.target, String(Date.now()));
  const senders = sendersFor(side.numbers, PEOPLE);
  const bodies = Array.from({ length: Math.ceil(count) }, (_, number) => {
    const sender = senders[number % senders.length];
    if (!sender) throw new Error('Nobody writes.');
    return notifications.request(number, sender);
  });
  let sent = 0;
  return () => {
    sent += 1;
    return bodies[sent % bodies.length] as Buffer;
  };
}
