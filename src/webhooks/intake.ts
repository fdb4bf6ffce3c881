/**
 * Takes items durably: into their lanes, or into the spool while Redis is away, nearly full, or its outcome unknown.
 * What comes while a write is in flight goes together with the next. Once something is spooled, everything goes there
 * until the spool is drained into the lanes, so that the order of receipt holds; so it is at the start, until what
 * dead processes left was looked for, and until the installation's key is proven: what a wrong key sealed must not
 * get further than this disk.
 */
import type { ItemLanes, Placed } from '../lanes/item-lanes.ts';
import { mapInParts } from '../ops/give-way.ts';
import type { Logger } from '../ops/log.ts';
import type { MasterKey } from '../store/master-key.ts';
import { memoryUse, pingAll, type RedisClient } from '../store/redis.ts';
import { IntakeParts } from './intake-parts.ts';
import type { Spool } from './spool.ts';
import type { SpoolSize } from './spool-files.ts';

/** Items of one pipeline: sealing them takes some 5 ms, so that others get their turn. */
const PIPELINE_LIMIT = 125;
/** The rest of the spool is drained while nothing is taken when it is no more than this: some 100 ms. */
const LAST_PART_BYTES = 512 * 1024;
const DRAIN_EVERY_MS = 500;
const ORPHANS_EVERY_MS = 30_000;
const MEMORY_EVERY_MS = 1_000;
/** A full Redis stops the workers too, so the receiver leaves them room. */
const MEMORY_LIMIT = 0.75;
const PLACE = { collection: 'spool', id: '', field: 'items' };

export interface Intake {
  /** Returns when the items are durable. @throws when neither Redis nor the disk took them */
  take(items: Placed[]): Promise<void>;
  /** What waits in this process's spool. */
  spooled(): SpoolSize;
  close(): Promise<void>;
}

interface IntakeOptions {
  lanes: Pick<ItemLanes, 'append'>;
  spool: Spool;
  redis: RedisClient;
  master: MasterKey;
  log: Logger;
  /** Whether the installation's key is the one that the database was made with. Default: yes. */
  isKeyProven?: () => boolean;
}

/** Starts taking, and draining what this and dead processes spooled. */
export function openIntake(options: IntakeOptions): Intake {
  const intake = new OpenIntake(options);
  return {
    take: (items) => intake.take(items),
    spooled: () => options.spool.size(),
    close: () => intake.close(),
  };
}

class OpenIntake {
  readonly #of: IntakeOptions;
  readonly #parts: IntakeParts;
  readonly #timers: NodeJS.Timeout[];
  /** Nothing that an earlier process left can wait unknown to us. */
  #looked = false;
  #full = false;
  #closed = false;
  #spooling = false;
  #draining: Promise<void> | undefined;

  constructor(options: IntakeOptions) {
    this.#of = options;
    this.#parts = new IntakeParts((groups) => this.#write(groups));
    this.#timers = [
      setInterval(() => this.#drainSoon(false), DRAIN_EVERY_MS),
      setInterval(() => this.#drainSoon(true), ORPHANS_EVERY_MS),
      setInterval(() => void this.#lookAtMemory(), MEMORY_EVERY_MS),
    ];
    this.#drainSoon(true);
  }

  async take(items: Placed[]): Promise<void> {
    if (items.length === 0) return;
    const failure = await this.#parts.add(items);
    if (failure) throw failure;
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#timers.forEach(clearInterval);
    await this.#draining;
    await this.#parts.alone(() => this.#of.spool.close());
  }

  get #mayUseLanes(): boolean {
    return this.#looked && !this.#full && (this.#of.isKeyProven?.() ?? true);
  }

  async #write(groups: Placed[][]): Promise<(Error | undefined)[]> {
    const { spool, log } = this.#of;
    if (spool.isEmpty && this.#mayUseLanes) {
      try {
        await this.#append(groups.flat());
        this.#spooling = false;
        return groups.map(() => undefined);
      } catch (error) {
        log.warn({ items: groups.flat().length, err: error }, 'intake.spooling');
        this.#spooling = true;
      }
    } else if (!this.#spooling) {
      this.#spooling = true;
      log.warn({ reason: this.#reason(), items: groups.flat().length }, 'intake.spooling');
    }
    return this.#spool(groups);
  }

  #reason(): string {
    if (this.#full) return 'Redis has less than a quarter of its memory left';
    if (this.#of.isKeyProven?.() === false) return 'the database has not proven MASTER_KEY yet';
    return 'what an earlier process spooled comes first';
  }

  /** All together; each on its own when that fails, so that a body that can't be kept fails alone. */
  async #spool(groups: Placed[][]): Promise<(Error | undefined)[]> {
    try {
      const records = await mapInParts(groups.flat(), PIPELINE_LIMIT, (item) => this.#sealed(item));
      await this.#of.spool.append(records);
      return groups.map(() => undefined);
    } catch (error) {
      if (groups.length === 1 || isOfTheDisk(error)) return groups.map(() => asError(error));
    }
    const outcomes: (Error | undefined)[] = [];
    for (const group of groups) outcomes.push(...(await this.#spool([group])));
    return outcomes;
  }

  #sealed(item: Placed): Buffer {
    const spooled = { ...item, item: { ...item.item, spooled: true } };
    return this.#of.master.seal('transit', PLACE, Buffer.from(JSON.stringify(spooled)));
  }

  async #append(items: Placed[]): Promise<void> {
    for (let at = 0; at < items.length; at += PIPELINE_LIMIT) {
      await this.#of.lanes.append(items.slice(at, at + PIPELINE_LIMIT));
    }
  }

  /** Starts a round unless one runs. Each ends soon when Redis does not answer. */
  #drainSoon(alsoOrphans: boolean): void {
    const nothing = this.#of.spool.isEmpty && this.#looked && !alsoOrphans;
    if (this.#draining || this.#closed || nothing) return;
    this.#draining = this.#drain(alsoOrphans || !this.#looked).finally(() => (this.#draining = undefined));
  }

  async #drain(alsoOrphans: boolean): Promise<void> {
    const { spool, redis, log } = this.#of;
    try {
      if (alsoOrphans) await this.#adopt();
      const goOn = () => !this.#closed && this.#mayUseLanes;
      if (spool.isEmpty || !goOn()) return;
      await pingAll(redis);
      const take = (records: Buffer[]) => this.#drainInto(records);
      let items = await spool.drain(take, () => goOn() && spool.size().bytes > LAST_PART_BYTES);
      items += await this.#parts.alone(() => spool.drain(take, goOn));
      if (items > 0) log.info({ items }, 'spool.drained');
    } catch (error) {
      log.debug({ err: error }, 'spool.not-drained');
    }
  }

  async #adopt(): Promise<void> {
    try {
      await this.#of.spool.adopt();
    } catch (error) {
      this.#of.log.warn({ part: 'spool', err: error }, 'spool.not-adopted');
    } finally {
      this.#looked = true;
    }
  }

  /** @throws SealError for a record of another key, before anything is handed on */
  async #drainInto(records: Buffer[]): Promise<void> {
    const items = records.map(
      (record) => JSON.parse(this.#of.master.unseal('transit', PLACE, record).toString()) as Placed,
    );
    await this.#append(items);
  }

  async #lookAtMemory(): Promise<void> {
    const full = (await memoryUse(this.#of.redis)) >= MEMORY_LIMIT;
    if (full !== this.#full) {
      this.#of.log.warn({ part: 'queue', outcome: full ? 'spooling' : 'draining' }, 'redis.memory');
    }
    this.#full = full;
  }
}

/** A system error: the disk refused, and will refuse the parts too. */
function isOfTheDisk(error: unknown): boolean {
  return typeof (error as { code?: unknown }).code === 'string';
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error('The spool did not take the items.', { cause: error });
}
