/** A side with all its processes, the feeds that are read, and people who write. */
import { setTimeout as pause } from 'node:timers/promises';

import { Connection } from './connection.ts';
import { Notifications, type Sender, sendersFor } from './messages.ts';
import type { Program } from './programs.ts';
import { type Endpoint, type FeedReader, openFeed } from './receivers.ts';
import type { Servers } from './servers.ts';
import { portOf, type Side } from './sides/side.ts';
import { Tracker } from './tracker.ts';
import { cpuMs, memoryKb } from './usage.ts';

/** Connections from WhatsApp. */
const CONNECTIONS = 64;
const DRAIN_WITHIN_MS = 30_000;
const RECONNECT_MS = 100;

/** Whose time is counted. */
export type ByProcess = Record<'web' | 'worker' | 'redis' | 'database' | 'load', number>;

export interface World {
  servers: Servers;
  endpoint: Endpoint;
  /** People who write to each business. */
  people: number;
  /** Businesses of which an agent listens: the first ones. */
  listening: number;
  /** Messages that may be under way while everything is busy. */
  window: number;
}

export class Running {
  readonly tracker: Tracker;
  readonly senders: Sender[];
  readonly #notifications: Notifications;
  readonly #programs: { web: Program; worker: Program };
  readonly #connections: Connection[];
  readonly #feeds: FeedReader[];
  readonly #idle: Connection[];
  readonly #servers: Servers;
  readonly #port: number;
  /** Numbers of an earlier run's late messages are others. */
  readonly #firstNumber = Date.now() * 1000;
  sent = 0;
  refused = 0;

  private constructor(
    side: Side,
    options: World,
    parts: { programs: { web: Program; worker: Program }; connections: Connection[]; feeds: FeedReader[] },
    tracker: Tracker,
  ) {
    this.#servers = options.servers;
    this.#port = portOf(parts.programs.web);
    this.#programs = parts.programs;
    this.#connections = parts.connections;
    this.#idle = [...parts.connections];
    this.#feeds = parts.feeds;
    this.tracker = tracker;
    this.senders = sendersFor(side.numbers, options.people);
    this.#notifications = new Notifications(side.target, String(Date.now()));
  }

  static async start(side: Side, options: World): Promise<Running> {
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
    const number = this.#firstNumber + this.sent;
    this.sent += 1;
    this.tracker.sent(number, group);
    connection.send(this.#notifications.request(number, sender), (status) => {
      if (status === 200) {
        this.#idle.push(connection);
        return;
      }
      this.refused += 1;
      this.tracker.refused(number);
      void this.#reconnect(connection);
    });
    return true;
  }

  /** A connection that was cut or refused something is replaced, a moment later. */
  async #reconnect(broken: Connection): Promise<void> {
    broken.close();
    await pause(RECONNECT_MS);
    try {
      const connection = await Connection.open(this.#port);
      this.#connections.push(connection);
      this.#idle.push(connection);
    } catch {
      // The web server is gone; what waits for messages says so.
    }
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
