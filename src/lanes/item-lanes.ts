/**
 * Inbound lanes: a Redis list per sender and one wake-up per list that is not empty. An item is durable when
 * `append` returns. What waits in Redis is sealed with the installation's key; the lane's name is a digest.
 */
import { readFileSync } from 'node:fs';

import type { Redis } from 'ioredis';

import type { Random } from '../ops/clock.ts';
import type { Logger } from '../ops/log.ts';
import type { MasterKey } from '../store/master-key.ts';
import type { LaneItem } from './item.ts';
import { keyTag, LaneQueue } from './queue.ts';

/** 16 digits, "-", 12 hexadecimal digits. */
const HEADER = 29;

const script = (name: string) => readFileSync(new URL(`./scripts/${name}.lua`, import.meta.url), 'utf8');

interface Scripts {
  laneAppend(lane: string, lanes: string, entry: Buffer, name: string): Promise<number>;
  laneStep(
    lane: string,
    lanes: string,
    attempts: string,
    lock: string,
    ...args: (string | number)[]
  ): Promise<number[]>;
}

export interface Entry {
  header: string;
  item: LaneItem;
}

interface Options {
  redis: Redis;
  prefix: string;
  log: Logger;
  random: Random;
  master: MasterKey;
  /** Number of queues over which lanes are spread; each stands on one node of a Redis Cluster. */
  queues: number;
}

export interface Placed {
  item: LaneItem;
  lane: string;
}

/** A full write pipeline's outcome is unknown when one of its replies failed; then all of it counts as not done. */
export class ItemLanes {
  readonly queues: LaneQueue[];
  readonly #of: Options;
  readonly #redis: Redis & Scripts;

  constructor(options: Options) {
    this.#of = options;
    const { redis, prefix, log } = options;
    redis.defineCommand('laneAppend', { numberOfKeys: 2, lua: script('append') });
    redis.defineCommand('laneStep', { numberOfKeys: 4, lua: script('step') });
    this.#redis = redis as Redis & Scripts;
    this.queues = Array.from(
      { length: options.queues },
      (_, index) => new LaneQueue({ redis, prefix, name: `inbound-${index}`, log }),
    );
  }

  /** Name of the lane of (number, sender): a digest, so that no number stands in Redis. */
  laneName(...parts: string[]): string {
    return this.#of.master
      .digest('lane', ...parts)
      .toString('base64url')
      .slice(0, 22);
  }

  /** Puts items into their lanes, durably. @throws when Redis did not confirm; then some may be in, and a repeat is harmless. */
  async append(items: Placed[]): Promise<void> {
    if (items.length === 0) return;
    const pipeline = this.#redis.pipeline() as ReturnType<Redis['pipeline']> & Scripts;
    const wakeUps = new Map<LaneQueue, Set<string>>();
    for (const { item, lane } of items) {
      const queue = this.#queueOf(lane);
      wakeUps.set(queue, (wakeUps.get(queue) ?? new Set()).add(lane));
      void pipeline.laneAppend(
        this.#key(queue.name, `lane:${lane}`),
        this.#key(queue.name, 'lanes'),
        this.#entry(item, lane),
        lane,
      );
    }
    const replies = (await pipeline.exec()) ?? [];
    const failure = replies.find(([error]) => error !== null)?.[0];
    if (failure) throw failure;
    await Promise.all(
      [...wakeUps].map(([queue, lanes]) => queue.wakeAll([...lanes].map((lane) => ({ lane })))),
    );
  }

  /** The first entries of a lane, oldest first. */
  async read(queue: string, lane: string, count: number): Promise<Entry[]> {
    const entries = await this.#redis.lrangeBuffer(this.#key(queue, `lane:${lane}`), 0, count - 1);
    return entries.map((entry) => {
      const header = entry.subarray(0, HEADER).toString('latin1');
      const plain = this.#of.master.unseal(
        'transit',
        { collection: 'lane', id: lane, field: header },
        entry.subarray(HEADER + 1),
      );
      return { header, item: JSON.parse(plain.toString()) as LaneItem };
    });
  }

  /**
   * Takes `done` out and counts an attempt at `next` (or takes the attempt back), if the job's lock still holds.
   * @returns items left and attempts at `next`; null when the lane is another worker's now.
   */
  async step(
    queue: string,
    lane: string,
    lock: { lockKey: string; token: string },
    { done = '', next = '', count = 1 }: { done?: string; next?: string; count?: 1 | -1 },
  ): Promise<{ left: number; attempts: number } | null> {
    const keys = [
      this.#key(queue, `lane:${lane}`),
      this.#key(queue, 'lanes'),
      this.#key(queue, 'attempts'),
      lock.lockKey,
    ] as const;
    const [left = 0, attempts = 0] = await this.#redis.laneStep(...keys, lock.token, lane, done, next, count);
    return left < 0 ? null : { left, attempts };
  }

  /** Lanes whose oldest item came before this time (ms since 1970), oldest first. */
  async waitingSince(queue: string, before: number, limit: number): Promise<string[]> {
    return this.#redis.zrangebyscore(this.#key(queue, 'lanes'), '-inf', before, 'LIMIT', 0, limit);
  }

  /** Time of receipt (ms since 1970) of the oldest unhandled item, or null: progress, not liveness. */
  async oldest(queue: string): Promise<number | null> {
    const key = this.#key(queue, 'lanes');
    const [lane] = await this.#redis.zrangebyscore(key, '-inf', '+inf', 'LIMIT', 0, 1);
    const age = lane === undefined ? null : await this.#redis.zscore(key, lane);
    return age === null ? null : Number(age);
  }

  async close(): Promise<void> {
    await Promise.all(this.queues.map((queue) => queue.close()));
  }

  #key(queue: string, rest: string): string {
    return `${keyTag(this.#of.prefix, queue)}:${rest}`;
  }

  #queueOf(lane: string): LaneQueue {
    const index = Buffer.from(lane).reduce((sum, byte) => (sum * 31 + byte) % 65_536, 7) % this.queues.length;
    return this.queues[index] as LaneQueue;
  }

  #entry(item: LaneItem, lane: string): Buffer {
    const header = `${String(item.position).padStart(16, '0')}-${this.#of.random.bytes(6).toString('hex')}`;
    const sealed = this.#of.master.seal(
      'transit',
      { collection: 'lane', id: lane, field: header },
      Buffer.from(JSON.stringify(item)),
    );
    return Buffer.concat([Buffer.from(`${header} `, 'latin1'), sealed]);
  }
}
