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
import { keyTag, leaseKey, LOCK_MS, script, wokenKey } from './leases.ts';
import { LaneQueue } from './queue.ts';

/** 16 digits, "-", 12 hexadecimal digits. */
const HEADER = 29;
/** Names of lanes that are remembered, some MB; beyond that it begins anew. Making one costs as much as a signature. */
const MOST_NAMES = 20_000;

interface Scripts {
  laneAppend(keys: number, ...keysAndValues: (string | number | Buffer)[]): Promise<(0 | 1)[]>;
  laneStepBuffer(...keysAndValues: (string | number)[]): Promise<StepReply>;
}

/** Below 0: the lane is another worker's, for so many milliseconds. */
type StepReply = [left: number, attempts?: number[], entries?: Buffer[]];

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

interface Reading {
  /** Entries to read. */
  read?: number;
  takeLease?: boolean;
}

/** The first entries of a lane, and attempts at the first of them. No entry: the lease was given back. */
export interface Taken {
  entries: Entry[];
  attempts: number;
}

/** `heldForMs`: how long another's lease on the lane still lives; 0 when it is ours now, with its first entries. */
export type Begun = { heldForMs: 0; first: Taken } | { heldForMs: number; first?: undefined };

interface Options {
  redis: RedisClient;
  prefix: string;
  log: Logger;
  clock: Clock;
  random: Random;
  master: MasterKey;
  /** First part of the queues' names. */
  name?: string;
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
  /** Names of lanes that this process used, in its memory alone. */
  readonly #names = new Map<string, string>();

  constructor(options: Options) {
    this.#of = options;
    const { redis, clock } = options;
    this.#share = new FairShare(clock);
    redis.defineCommand('laneAppend', { lua: script('append') });
    redis.defineCommand('laneStep', { numberOfKeys: 5, lua: script('step') });
    this.#redis = redis as RedisClient & Scripts;
    this.queues = Array.from({ length: options.queues }, (_, index) => this.#openQueue(index));
  }

  #openQueue(index: number): LaneQueue {
    const { redis, prefix, log, clock } = this.#of;
    return new LaneQueue({ redis, prefix, name: this.#nameOf(index), log, clock });
  }

  /**
   * Looks for queues of a number that was larger before, or is at another process, that still hold items: they are
   * among `queues` from now on.
   */
  async findLeftQueues(): Promise<void> {
    const isKnown = (index: number) => this.queues.some(({ name }) => name === this.#nameOf(index));
    const others = Array.from({ length: MOST_INBOUND_QUEUES }, (_, index) => index).filter(
      (index) => !isKnown(index),
    );
    const held = await Promise.all(
      others.map((index) => this.#redis.exists(this.#key(this.#nameOf(index), 'lanes'))),
    );
    const left = others.filter((index, at) => held[at] === 1 && !isKnown(index));
    this.queues.push(...left.map((index) => this.#openQueue(index)));
  }

  /** Name of the lane of (number, sender): a digest, so that no number stands in Redis. */
  laneName(...parts: string[]): string {
    const key = JSON.stringify(parts);
    const known = this.#names.get(key);
    if (known !== undefined) return known;
    const name = this.#of.master
      .digest('lane', ...parts)
      .toString('base64url')
      .slice(0, 22);
    if (this.#names.size >= MOST_NAMES) this.#names.clear();
    this.#names.set(key, name);
    return name;
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

  /** All keys of one queue stand on one node, so its items go in one call. */
  async #appendTo(queue: LaneQueue, items: Placed[]): Promise<void> {
    const keys = [this.#key(queue.name, 'lanes'), queue.leases.wokenKey];
    const values: (string | number | Buffer)[] = queue.leases.wakeArguments(this.#of.clock.now());
    for (const { item, lane } of items) {
      keys.push(this.#key(queue.name, `lane:${lane}`), queue.leases.keyOf(lane));
      values.push(this.#entry(item, lane), lane);
    }
    const isWoken = await this.#redis.laneAppend(keys.length, ...keys, ...values);
    const wakings = items.map(({ item, lane }) => ({
      lane,
      priority: this.#share.priorityOf(item.phoneNumberId ?? item.app),
    }));
    await queue.addJobs(wakings.filter((_waking, index) => isWoken[index] === 1));
  }

  /** The first entries of a lane, oldest first; takes nothing. */
  async read(queue: string, lane: string, count: number): Promise<Entry[]> {
    const entries = await this.#redis.lrangeBuffer(this.#key(queue, `lane:${lane}`), 0, count - 1);
    return entries.map((entry) => this.#opened(entry, lane));
  }

  /** Takes the lease of a lane and what it begins with, in one step. */
  async begin(queue: string, lane: string, token: string, count: number): Promise<Begun> {
    const lock = { lockKey: leaseKey(this.#of.prefix, queue, lane), token };
    const reply = await this.#step(queue, lane, lock, { read: count, takeLease: true });
    return reply.left < 0 ? { heldForMs: -reply.left } : { heldForMs: 0, first: this.#taken(reply, lane) };
  }

  /**
   * Takes `done` out, reads the first entries and counts an attempt at the first of them, if the lease still
   * holds; when there is none the lease is given back. @returns null when the lane is another worker's now.
   */
  async take(
    queue: string,
    lane: string,
    lock: Lock,
    { done = [], count }: { done?: string[]; count: number },
  ): Promise<Taken | null> {
    const reply = await this.#step(queue, lane, lock, { done, read: count });
    return reply.left < 0 ? null : this.#taken(reply, lane);
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
    const { left, attempts } = await this.#step(queue, lane, lock, step);
    return left < 0 ? null : { left, attempts };
  }

  async #step(
    queue: string,
    lane: string,
    { lockKey, token }: Lock,
    { done = [], next = [], count = 1, read = 0, takeLease = false }: Step & Reading,
  ): Promise<{ left: number; attempts: number[]; entries: Buffer[] }> {
    const [left, attempts = [], entries = []] = await this.#redis.laneStepBuffer(
      this.#key(queue, `lane:${lane}`),
      this.#key(queue, 'lanes'),
      this.#key(queue, 'attempts'),
      lockKey,
      wokenKey(this.#of.prefix, queue),
      token,
      lane,
      done.join(''),
      next.join(''),
      count,
      read,
      ...(takeLease ? [LOCK_MS, this.#of.clock.now()] : ['', '']),
    );
    return { left, attempts, entries };
  }

  #taken({ attempts, entries }: { attempts: number[]; entries: Buffer[] }, lane: string): Taken {
    return { entries: entries.map((entry) => this.#opened(entry, lane)), attempts: attempts[0] ?? 0 };
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
    // In one call: between two the oldest lane may be done, and the others would be overlooked.
    const [, age] = await this.#redis.zrange(this.#key(queue, 'lanes'), '0', '0', 'WITHSCORES');
    return age === undefined ? null : Number(age);
  }

  async close(): Promise<void> {
    await Promise.all(this.queues.map((queue) => queue.close()));
  }

  #nameOf(index: number): string {
    return `${this.#of.name ?? 'inbound'}-${index}`;
  }

  #key(queue: string, rest: string): string {
    return `${keyTag(this.#of.prefix, queue)}:${rest}`;
  }

  #queueOf(lane: string): LaneQueue {
    let hash = 7;
    for (let at = 0; at < lane.length; at += 1) hash = (hash * 31 + lane.charCodeAt(at)) % 65_536;
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
