/** From the webhook to the store, the endpoint and an agent's feed: as many at a time as keep everything busy. */
import { setTimeout as pause } from 'node:timers/promises';

import { Connection } from './connection.ts';
import { Notifications, type Sender, sendersFor } from './messages.ts';
import type { Program } from './programs.ts';
import { type Endpoint, type FeedReader, openFeed } from './receivers.ts';
import type { Servers } from './servers.ts';
import { portOf, type Side, type SideName } from './sides/side.ts';
import { percentile, rounded } from './statistics.ts';
import { Tracker } from './tracker.ts';
import { cpuMs, memoryKb } from './usage.ts';

/** Connections from WhatsApp. */
const CONNECTIONS = 64;
/** Messages that may be under way. */
const WINDOW = 500;
/** At least so long before the measured time, and until everybody has written once. */
const WARM_UP_MS = 3_000;
const DRAIN_WITHIN_MS = 30_000;

/** Whose time is counted. */
export const PROCESSES = ['web', 'worker', 'redis', 'database', 'load'] as const;
export type ByProcess = Record<(typeof PROCESSES)[number], number>;

export interface EndToEndRun {
  side: SideName;
  messagesPerSecond: number;
  /** Milliseconds from the POST to both ends, with everything busy. */
  p50: number;
  p99: number;
  /** Microseconds of processor time per message. */
  cpu: ByProcess;
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

export interface EndToEndOptions {
  servers: Servers;
  endpoint: Endpoint;
  seconds: number;
  /** People who write to each business. */
  people: number;
  listening: number;
}

/** A side with all its processes, the feeds that are read, and people who write. */
export class Running {
  readonly tracker: Tracker;
  readonly senders: Sender[];
  readonly #side: Side;
  readonly #notifications: Notifications;
  readonly #programs: { web: Program; worker: Program };
  readonly #connections: Connection[];
  readonly #feeds: FeedReader[];
  readonly #idle: Connection[];
  readonly #servers: Servers;
  sent = 0;
  refused = 0;

  private constructor(
    side: Side,
    options: EndToEndOptions,
    parts: { programs: { web: Program; worker: Program }; connections: Connection[]; feeds: FeedReader[] },
    tracker: Tracker,
  ) {
    this.#side = side;
    this.#servers = options.servers;
    this.#programs = parts.programs;
    this.#connections = parts.connections;
    this.#idle = [...parts.connections];
    this.#feeds = parts.feeds;
    this.tracker = tracker;
    this.senders = sendersFor(side.numbers, options.people);
    this.#notifications = new Notifications(side.target, String(Date.now()));
  }

  static async start(side: Side, options: EndToEndOptions): Promise<Running> {
    const [web, worker] = await Promise.all([side.start('web'), side.start('worker')]);
    const port = portOf(web);
    const tracker = new Tracker({ feeds: options.listening > 0 });
    options.endpoint.listener = (number) => tracker.atEndpoint(number);
    const feeds: FeedReader[] = [];
    for (let business = 0; business < options.listening; business += 1) {
      feeds.push(await openFeed(side.feed(business, port), (number) => tracker.onFeed(number)));
    }
    const connections = await Connection.openMany(port, CONNECTIONS);
    return new Running(side, options, { programs: { web, worker }, connections, feeds }, tracker);
  }

  /** Sends one message if a connection is free. @returns whether there was one */
  send(sender: Sender, group = ''): boolean {
    const connection = this.#idle.pop();
    if (!connection) return false;
    const number = this.sent;
    this.sent += 1;
    this.tracker.sent(number, group);
    connection.send(this.#notifications.request(number, sender), (status) => {
      this.#idle.push(connection);
      if (status === 200) return;
      this.refused += 1;
      this.tracker.refused(number);
    });
    return true;
  }

  /** Processor time of each process so far, in milliseconds. */
  cpu(): ByProcess {
    return this.#byProcess(cpuMs);
  }

  /** MB of each process now. */
  memory(): ByProcess {
    return this.#byProcess((pids) => Math.round(memoryKb(pids) / 1024));
  }

  get feedResets(): number {
    return this.#feeds.reduce((sum, { resets, broken }) => sum + resets + (broken ? 1 : 0), 0);
  }

  /** Waits until nothing is under way. @returns what did not arrive. */
  async drained(): Promise<number> {
    const deadline = Date.now() + DRAIN_WITHIN_MS;
    while (this.tracker.inSystem > 0 && Date.now() < deadline) await pause(20);
    return this.tracker.inSystem;
  }

  async stop(): Promise<void> {
    for (const connection of this.#connections) connection.close();
    for (const feed of this.#feeds) feed.close();
    await Promise.all([this.#programs.worker.stop(), this.#programs.web.stop()]);
  }

  stored(): Promise<number> {
    return this.#side.stored();
  }

  #byProcess(of: (pids: number[]) => number): ByProcess {
    const { redis, database } = this.#servers.pids;
    return {
      web: of([this.#programs.web.pid]),
      worker: of([this.#programs.worker.pid]),
      redis: of(redis),
      database: of(database),
      load: of([process.pid]),
    };
  }
}

/** Keeps as many messages under way as the window allows, everybody in turn. @returns a function that ends it. */
export function keepBusy(running: Running, window = WINDOW): () => void {
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

/** Everybody has written once, and the machine code is warm. */
export async function warmUp(running: Running, leastMs = WARM_UP_MS): Promise<void> {
  const from = Date.now();
  const first = running.tracker.completed;
  const everybody = () => running.tracker.completed - first >= running.senders.length + WINDOW;
  while (Date.now() - from < leastMs || !everybody()) {
    if (Date.now() - from > 20 * leastMs + 60_000) {
      throw new Error('The messages of the warm-up did not arrive.');
    }
    await pause(20);
  }
}

/** One measurement of one side. */
export async function runEndToEnd(side: Side, options: EndToEndOptions): Promise<EndToEndRun> {
  const { servers, seconds } = options;
  const storedBefore = await side.stored();
  const running = await Running.start(side, options);
  try {
    const { tracker } = running;
    const end = keepBusy(running);
    await warmUp(running, Math.min(WARM_UP_MS, seconds * 1000));
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
    return {
      side: side.name,
      messagesPerSecond: rounded(count / elapsed),
      p50: rounded(percentile(latencies, 0.5)),
      p99: rounded(percentile(latencies, 0.99)),
      cpu: perMessage(before.cpu, after.cpu, count),
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
export function perMessage(before: ByProcess, after: ByProcess, count: number): ByProcess {
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
