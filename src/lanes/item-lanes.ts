/**
 * Inbound lanes: a Redis list per sender and one wake-up per list that is not empty. An item is durable when
 * `append` returns. What waits in Redis is sealed with the installation's key; the lane's name is a digest.
 */
import { MOST_INBOUND_QUEUES } from '../../config/schema.ts';
import type { Clock, Random } from '../ops/clock.ts';
import type { Logger } from '../ops/log.ts';
import type { MasterKey } from '../store/master-key.ts';
import type { RedisClient } from '../store/redis.ts';
import { FairShare } from './fair-share.ts';
import type { LaneItem } from './item.ts';
import { keyTag, script } from './leases.ts';
import { LaneQueue } from './queue.ts';

/** 16 digits, "-", 12 hexadecimal digits. */
const HEADER = 29;

interface Scripts {
  laneAppend(
    lane: string,
    lanes: string,
    lease: string,
    woken: string,
    entry: Buffer,
    ...args: (string | number)[]
  ): Promise<number>;
  laneStepBuffer(
    lane: string,
    lanes: string,
    attempts: string,
    lock: string,
    ...args: (string | number)[]
  ): Promise<[left: number, attempts?: number[], entries?: Buffer[]]>;
}

export interface Entry {
  header: string;
  item: LaneItem;
}

/** What the holder of a lane proves itself with. */
interface Lock {
  lockKey: string;
  token: string;
}

interface Step {
  /** Headers of the items that were handled. */
  done?: string[];
  /** Headers of the items to begin. */
  next?: string[];
  /** What an attempt counts; -1 takes one back. */
  count?: 1 | -1;
}

interface Options {
  redis: RedisClient;
  prefix: string;
  log: Logger;
  clock: Clock;
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
  /** The queues that items are put into, and those beyond them that still held items when it was looked. */
  readonly queues: LaneQueue[];
  readonly #of: Options;
  readonly #redis: RedisClient & Scripts;
  readonly #share: FairShare;

  constructor(options: Options) {
    this.#of = options;
    const { redis, clock } = options;
    this.#share = new FairShare(clock);
    redis.defineCommand('laneAppend', { numberOfKeys: 4, lua: script('append') });
    redis.defineCommand('laneStep', { numberOfKeys: 4, lua: script('step') });
    this.#redis = redis as RedisClient & Scripts;
    this.queues = Array.from({ length: options.queues }, (_, index) => this.#openQueue(index));
  }

  #openQueue(index: number): LaneQueue {
    const { redis, prefix, log, clock } = this.#of;
    return new LaneQueue({ redis, prefix, name: nameOf(index), log, clock });
  }

  /**
   * Looks for queues of a number that was larger before, or is at another process, that still hold items: they are
   * among `queues` from now on.
   */
  async findLeftQueues(): Promise<void> {
    const isKnown = (index: number) => this.queues.some(({ name }) => name === nameOf(index));
    const others = Array.from({ length: MOST_INBOUND_QUEUES }, (_, index) => index).filter(
      (index) => !isKnown(index),
    );
    const held = await Promise.all(
      others.map((index) => this.#redis.exists(this.#key(nameOf(index), 'lanes'))),
    );
    const left = others.filter((index, at) => held[at] === 1 && !isKnown(index));
    this.queues.push(...left.map((index) => this.#openQueue(index)));
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
    const groups = new Map<LaneQueue, Placed[]>();
    for (const placed of items) {
      const queue = this.#queueOf(placed.lane);
      const group = groups.get(queue);
      if (group) group.push(placed);
      else groups.set(queue, [placed]);
    }
    await Promise.all([...groups].map(([queue, group]) => this.#appendTo(queue, group)));
  }

  /** All keys of one queue stand on one node, so its items go in one pipeline. */
  async #appendTo(queue: LaneQueue, items: Placed[]): Promise<void> {
    const pipeline = this.#redis.pipeline() as ReturnType<RedisClient['pipeline']> & Scripts;
    const wakings = items.map(({ item, lane }) => {
      const priority = this.#share.priorityOf(item.phoneNumberId ?? item.app);
      void pipeline.laneAppend(
        this.#key(queue.name, `lane:${lane}`),
        this.#key(queue.name, 'lanes'),
        queue.leases.keyOf(lane),
        queue.leases.wokenKey,
        this.#entry(item, lane),
        lane,
        ...queue.leases.wakeArguments(this.#of.clock.now()),
      );
      return { lane, priority };
    });
    const replies = (await pipeline.exec()) ?? [];
    const failure = replies.find(([error]) => error !== null)?.[0];
    if (failure) throw failure;
    await queue.addJobs(wakings.filter((_waking, index) => replies[index]?.[1] === 1));
  }

  /** The first entries of a lane, oldest first; takes nothing. */
  async read(queue: string, lane: string, count: number): Promise<Entry[]> {
    const entries = await this.#redis.lrangeBuffer(this.#key(queue, `lane:${lane}`), 0, count - 1);
    return entries.map((entry) => this.#opened(entry, lane));
  }

  /**
   * Takes `done` out, reads the first entries and counts an attempt at the first of them, if the lease still
   * holds. @returns the entries and the first one's attempts; null when the lane is another worker's now.
   */
  async take(
    queue: string,
    lane: string,
    lock: Lock,
    { done = [], count }: { done?: string[]; count: number },
  ): Promise<{ entries: Entry[]; attempts: number } | null> {
    const reply = await this.#step(queue, lane, lock, { done }, count);
    if (!reply) return null;
    return {
      entries: reply.entries.map((entry) => this.#opened(entry, lane)),
      attempts: reply.attempts[0] ?? 0,
    };
  }

  /**
   * Takes `done` out and counts an attempt at each of `next` (or takes it back), if the lease still holds.
   * @returns items left and attempts at each of `next`; null when the lane is another worker's now.
   */
  async step(
    queue: string,
    lane: string,
    lock: Lock,
    step: Step,
  ): Promise<{ left: number; attempts: number[] } | null> {
    const reply = await this.#step(queue, lane, lock, step, 0);
    return reply && { left: reply.left, attempts: reply.attempts };
  }

  async #step(
    queue: string,
    lane: string,
    { lockKey, token }: Lock,
    { done = [], next = [], count = 1 }: Step,
    entriesToRead: number,
  ): Promise<{ left: number; attempts: number[]; entries: Buffer[] } | null> {
    const [left, attempts = [], entries = []] = await this.#redis.laneStepBuffer(
      this.#key(queue, `lane:${lane}`),
      this.#key(queue, 'lanes'),
      this.#key(queue, 'attempts'),
      lockKey,
      token,
      lane,
      done.join(''),
      next.join(''),
      count,
      entriesToRead,
    );
    return left < 0 ? null : { left, attempts, entries };
  }

  /** An entry that does not open (another master key, a broken byte) is an item of its own, so that it can be parked. */
  #opened(entry: Buffer, lane: string): Entry {
    const header = entry.subarray(0, HEADER).toString('latin1');
    const place = { collection: 'lane', id: lane, field: header };
    const sealed = entry.subarray(HEADER + 1);
    try {
      const plain = this.#of.master.unseal('transit', place, sealed);
      return { header, item: JSON.parse(plain.toString()) as LaneItem };
    } catch (error) {
      this.#of.log.error({ part: 'lane', err: error }, 'lane.entry-does-not-open');
      return { header, item: unopened(header, sealed) };
    }
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
    const hash = Buffer.from(lane).reduce((sum, byte) => (sum * 31 + byte) % 65_536, 7);
    return this.queues[hash % this.#of.queues] as LaneQueue;
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

function nameOf(index: number): string {
  return `inbound-${index}`;
}

function unopened(header: string, sealed: Buffer): LaneItem {
  return {
    kind: 'unreadable',
    app: 'unknown',
    wabaId: null,
    field: null,
    phoneNumberId: null,
    position: Number(header.slice(0, 16)),
    body: { sealed: sealed.toString('base64') },
  };
}
