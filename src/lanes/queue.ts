/**
 * A queue of lanes: at most one job per lane waits or runs, and a wake-up that comes while its lane is being worked
 * is kept, so none is lost (`keepLastIfActive`). The job carries the lane's name and tenant, never an item.
 */
import { Queue } from 'bullmq';
import type { Redis } from 'ioredis';

import type { Logger } from '../ops/log.ts';
import { GroupCommit } from './group-commit.ts';

export interface WakeUp {
  /** Name of the lane within its queue; no number and no content stands in it. */
  lane: string;
  /** Owner, where the lane belongs to one. */
  tenantId?: string;
}

/** A wake-up that is about to be queued. */
export interface Waking extends WakeUp {
  /** 0 (or none) goes first, higher ones after all that are lower. */
  priority?: number;
}

/** Wake-ups that share a round trip. */
const TOGETHER = 500;

interface QueueOptions {
  redis: Redis;
  prefix: string;
  name: string;
  log: Logger;
}

/** All keys of one queue share this hash tag, so that they stand on one node of a Redis Cluster. */
export function keyTag(prefix: string, queue: string): string {
  return `{${prefix}:${queue}}`;
}

/** Wake-ups of a working lane are many attempts of one job; the lane itself counts what fails. */
const ATTEMPTS = 1_000_000;

export class LaneQueue {
  readonly name: string;
  readonly #queue: Queue;
  readonly #log: Logger;
  readonly #wakings = {
    later: new GroupCommit<Waking, undefined>((group) => this.#wakeGroup(group, false), TOGETHER),
    soon: new GroupCommit<Waking, undefined>((group) => this.#wakeGroup(group, true), TOGETHER),
  };

  constructor({ redis, prefix, name, log }: QueueOptions) {
    this.name = name;
    this.#log = log;
    this.#queue = new Queue(name, {
      connection: redis,
      prefix: keyTag(prefix, name),
      skipWaitingForReady: true,
      streams: { events: { maxLen: 1_000 } },
    });
    this.#queue.on('error', () => undefined); // the connection logs its own outages
  }

  /**
   * Wakes lanes whose items are rows of the database. It may fail when Redis is away: the rows wait, and the
   * reconciler wakes their lane later. `soon` also ends a lane's waiting time.
   */
  async wake(wakeUp: Waking, { soon = false }: { soon?: boolean } = {}): Promise<void> {
    try {
      await this.#wakings[soon ? 'soon' : 'later'].add(wakeUp);
    } catch (error) {
      this.#log.warn({ queue: this.name, err: error }, 'lane.wake-up-waits-for-reconciler');
    }
  }

  /** Wakes many lanes in one round trip. @throws when Redis did not take all of them. */
  async wakeAll(wakeUps: Waking[], { soon = false }: { soon?: boolean } = {}): Promise<void> {
    if (wakeUps.length === 0) return;
    await this.#queue.addBulk(
      wakeUps.map(({ priority = 0, ...data }) => ({
        name: 'lane',
        data,
        opts: {
          deduplication: { id: data.lane, keepLastIfActive: true, ...(soon ? { reschedule: true } : {}) },
          ...(priority > 0 ? { priority } : {}),
          attempts: ATTEMPTS,
          removeOnComplete: true,
          removeOnFail: { age: 24 * 3600, count: 1_000 },
        },
      })),
    );
  }

  async #wakeGroup(group: Waking[], soon: boolean): Promise<undefined[]> {
    const lanes = new Map(group.map((waking) => [waking.lane, waking]));
    await this.wakeAll([...lanes.values()], { soon });
    return group.map(() => undefined);
  }

  /** Jobs by state, for health and metrics. */
  async counts(): Promise<Record<string, number>> {
    return this.#queue.getJobCounts('waiting', 'prioritized', 'active', 'delayed', 'failed');
  }

  async close(): Promise<void> {
    await this.#queue.close();
  }
}
