/**
 * A queue of lanes: lanes that have work are carried to a worker by BullMQ jobs. One job carries several lanes that
 * were woken together, so that under load a job's cost is shared; a lane that waits or is being worked gets no second
 * job (leases.ts). A job carries lanes' names and tenants, never an item.
 */
import { type JobsOptions, Queue } from 'bullmq';

import type { Clock } from '../ops/clock.ts';
import type { Logger } from '../ops/log.ts';
import type { RedisClient } from '../store/redis.ts';
import { FairShare } from './fair-share.ts';
import { GroupCommit } from './group-commit.ts';
import { keyTag, Leases } from './leases.ts';

export interface WakeUp {
  /** Name of the lane within its queue; no number and no content stands in it. */
  lane: string;
  /** Owner, where the lane belongs to one. */
  tenantId?: string;
  /** 0 (or none) goes first, higher ones after all that are lower. A lane that comes again keeps it. */
  priority?: number;
}

/** Lanes that one worker takes at once. */
export interface LaneJob {
  lanes: WakeUp[];
}

/** Wake-ups that share a round trip. */
const TOGETHER = 500;
/** Lanes of one job: enough to share its cost, few enough to spread over the workers. */
const LANES_OF_A_JOB = 16;
/** A job whose worker died is taken up again as often as it needs; the lanes count what fails. */
const ATTEMPTS = 1_000_000;
/** A job fails only when Redis does not answer. */
const RETRY_MS = 1_000;

interface QueueOptions {
  redis: RedisClient;
  prefix: string;
  name: string;
  log: Logger;
  clock: Clock;
}

export class LaneQueue {
  readonly name: string;
  readonly leases: Leases;
  readonly #queue: Queue<LaneJob>;
  readonly #log: Logger;
  readonly #clock: Clock;
  readonly #share: FairShare;
  readonly #wakings = {
    later: new GroupCommit<WakeUp, undefined>((group) => this.#wakeGroup(group, false), TOGETHER),
    soon: new GroupCommit<WakeUp, undefined>((group) => this.#wakeGroup(group, true), TOGETHER),
  };

  constructor({ redis, prefix, name, log, clock }: QueueOptions) {
    this.name = name;
    this.#log = log;
    this.#clock = clock;
    this.#share = new FairShare(clock);
    this.leases = new Leases(redis, prefix, name);
    this.#queue = new Queue(name, {
      connection: redis,
      prefix: keyTag(prefix, name),
      skipWaitingForReady: true,
      streams: { events: { maxLen: 1_000 } },
    });
    this.#queue.on('error', () => undefined); // the connection logs its own outages
  }

  /**
   * Wakes a lane whose items are rows of the database. It may fail when Redis is away: the rows wait, and the
   * reconciler wakes their lane later. `soon` also ends a lane's waiting time. An owner who wakes far more lanes than
   * all others together waits behind them.
   */
  async wake(wakeUp: WakeUp, { soon = false }: { soon?: boolean } = {}): Promise<void> {
    const priority = this.#share.priorityOf(wakeUp.tenantId ?? '');
    try {
      await this.#wakings[soon ? 'soon' : 'later'].add({ priority, ...wakeUp });
    } catch (error) {
      this.#log.warn({ queue: this.name, err: error }, 'lane.wake-up-waits-for-reconciler');
    }
  }

  /** Wakes many lanes. @throws when Redis did not take all of them. */
  async wakeAll(wakings: WakeUp[], options: { soon?: boolean; patienceMs?: number } = {}): Promise<void> {
    if (wakings.length === 0) return;
    await this.addJobs(await this.leases.wake(wakings, { now: this.#clock.now(), ...options }));
  }

  /** Adds jobs for lanes that were noted as woken; after `delayMs` when they are to wait. */
  async addJobs(wakings: WakeUp[], delayMs = 0): Promise<void> {
    const jobs = [...byPriority(wakings)].flatMap(([priority, lanes]) =>
      chunks(lanes, LANES_OF_A_JOB).map((some) => laneJob(some, { priority, delay: delayMs })),
    );
    if (jobs.length > 0) await this.#queue.addBulk(jobs);
  }

  async #wakeGroup(group: WakeUp[], soon: boolean): Promise<undefined[]> {
    const lanes = new Map(group.map((waking) => [waking.lane, waking]));
    await this.wakeAll([...lanes.values()], { soon });
    return group.map(() => undefined);
  }

  /** How many jobs of lanes that go first wait for a worker. */
  async countFirst(): Promise<number> {
    return (await this.#queue.getJobCounts('waiting')).waiting ?? 0;
  }

  /** Jobs by state, for health and metrics. */
  async counts(): Promise<Record<string, number>> {
    return this.#queue.getJobCounts('waiting', 'prioritized', 'active', 'delayed', 'failed');
  }

  async close(): Promise<void> {
    await this.#queue.close();
  }
}

function byPriority(wakings: WakeUp[]): Map<number, WakeUp[]> {
  const groups = new Map<number, WakeUp[]>();
  for (const wakeUp of wakings) {
    const { priority = 0 } = wakeUp;
    const group = groups.get(priority);
    if (group) group.push(wakeUp);
    else groups.set(priority, [wakeUp]);
  }
  return groups;
}

function chunks<Item>(items: Item[], size: number): Item[][] {
  const count = Math.ceil(items.length / size);
  return Array.from({ length: count }, (_item, index) => items.slice(index * size, (index + 1) * size));
}

function laneJob(lanes: WakeUp[], { priority, delay }: { priority: number; delay: number }) {
  const opts: JobsOptions = {
    attempts: ATTEMPTS,
    backoff: { type: 'fixed', delay: RETRY_MS },
    removeOnComplete: true,
    removeOnFail: { age: 24 * 3600, count: 1_000 },
    ...(priority > 0 ? { priority } : {}),
    ...(delay > 0 ? { delay } : {}),
  };
  return { name: 'lanes', data: { lanes }, opts };
}
