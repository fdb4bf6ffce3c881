/**
 * The spool takes what Redis does not: records appended to segment files of this process's own folder, synced to the
 * disk before anything is acknowledged, drained in order into the lanes when Redis is back.
 *
 *   DATA_DIR/spool/<folder>/<time of its first record, ms>-<folder>.segment …
 *   DATA_DIR/spool/<segment>.torn | .damaged | .other-key      kept for a look, see spool-leave.ts
 *
 * A folder belongs to the process that holds its lock. Whoever runs adopts the folders that nobody holds: it renames
 * the whole folder into its own, which only one of several can, and drains what it holds before what came to itself.
 * A segment is removed after all of it is in the lanes; a crash before that drains it twice, which storing makes
 * harmless. A holder that was only paused finds its folder gone at its next write, and takes a new one.
 */
import { mkdir, readFile, rm } from 'node:fs/promises';
import { basename, join } from 'node:path';

import { codeOf } from '../../embedded/errors.ts';
import { type Lock, takeLock } from '../../embedded/lock.ts';
import type { Clock, Random } from '../ops/clock.ts';
import { type Logger, SafeError } from '../ops/log.ts';
import { AdoptedError, readSegment, realFiles, SegmentWriter, type SpoolFiles } from './segment.ts';
import { adoptLeft } from './spool-adopt.ts';
import { isThere, type KEPT, type Segment, sizeOf, type SpoolSize, syncFolder } from './spool-files.ts';
import { setAside, type Take, takeReadable } from './spool-leave.ts';

/** A new segment after so many bytes, so that drained ones can go: 8 MB. */
const SEGMENT_BYTES = 8 * 1024 * 1024;
/** Records that leave the spool in one write. */
const DRAIN_GROUP = 200;
interface SpoolOptions {
  /** DATA_DIR/spool. */
  root: string;
  log: Logger;
  random: Random;
  clock: Clock;
  files?: SpoolFiles;
}

interface Home {
  path: string;
  lock: Lock;
}

export class Spool {
  readonly #of: SpoolOptions;
  #home: Home | undefined;
  #writer: SegmentWriter | undefined;
  /** Closed segments that are not drained, oldest first. */
  #waiting: Segment[] = [];
  /** Names of segments that this process could not read: sealed by another key. */
  readonly #notReadable = new Set<string>();
  #lastName = 0;
  #closed = false;
  /** Appending and changing segments go one after the other. */
  #turn: Promise<unknown> = Promise.resolve();

  private constructor(options: SpoolOptions) {
    this.#of = options;
  }

  /**
   * Opens a folder of its own. A full disk is no reason not to start: the folder is then made when there is room.
   * @throws SafeError when DATA_DIR can't be used at all
   */
  static async open(options: SpoolOptions): Promise<Spool> {
    const spool = new Spool(options);
    try {
      await spool.#takeHome();
    } catch (error) {
      if (['EACCES', 'EPERM', 'EROFS', 'ENOTDIR', 'EEXIST'].includes(codeOf(error) ?? '')) {
        const detail = `${options.root} can't be written (${codeOf(error)}): webhooks could not be kept while Redis is away. Give this user write access to DATA_DIR.`;
        throw new SafeError(detail, { cause: error });
      }
      options.log.error({ part: 'spool', err: error }, 'spool.unusable');
    }
    return spool;
  }

  /** True when nothing waits here: what comes may go to the lanes directly. */
  get isEmpty(): boolean {
    return this.#waiting.length === 0 && this.#writer === undefined;
  }

  /** Takes records durably, in order. @throws when the disk does not (full, read-only). */
  append(records: Buffer[]): Promise<void> {
    return this.#inTurn(async () => {
      if (this.#closed) throw new SafeError('The spool is closed: this process stops.');
      try {
        await this.#write(records);
      } catch (error) {
        if (!(error instanceof AdoptedError)) throw error;
        await this.#startOver();
        await this.#write(records);
      }
    });
  }

  /**
   * Hands over what waits, oldest first, while `goOn` says so; a segment goes when all of it is taken.
   * @returns how many records. @throws what `take` throws; the rest then still waits
   */
  async drain(take: Take, goOn: () => boolean = () => true): Promise<number> {
    let drained = 0;
    while (goOn()) {
      const segment = await this.#inTurn(() => this.#oldest());
      if (!segment) break;
      const bytes = await readFile(segment.path).catch((error: unknown) => this.#gone(segment, error));
      if (!bytes) break;
      drained += await this.#drainSegment(segment, bytes, take, goOn);
    }
    return drained;
  }

  /** Takes over what dead processes left, and files of another key that may be ours now. @returns how many segments. */
  async adopt(): Promise<number> {
    const home = await this.#inTurn(async () => this.#home ?? (await this.#takeHome()));
    const { root, log } = this.#of;
    const adopted = await adoptLeft({
      root,
      log,
      home: home.path,
      isNotOurs: (name) => this.#notReadable.has(name),
    });
    if (adopted.length > 0) {
      await this.#inTurn(() => this.#include(home, adopted));
      this.#of.log.info({ part: 'spool', count: adopted.length }, 'spool.adopted');
    }
    return adopted.length;
  }

  /** What waits, for health and metrics. */
  size(): SpoolSize {
    const writing = this.#writer ? [{ path: this.#writer.path, bytes: this.#writer.length }] : [];
    return sizeOf([...this.#waiting, ...writing]);
  }

  /** Gives the folder back; an empty one is removed. What still waits is drained by whoever adopts it. */
  close(): Promise<void> {
    return this.#inTurn(async () => {
      if (this.#closed) return;
      this.#closed = true;
      const empty = this.isEmpty;
      await this.#closeSegment();
      const home = this.#home;
      if (!home) return;
      try {
        await home.lock.release();
        if (empty) await rm(home.path, { recursive: true, force: true });
      } catch (error) {
        this.#of.log.warn({ part: 'spool', err: error }, 'spool.not-given-back');
      }
    });
  }

  #inTurn<Result>(work: () => Promise<Result>): Promise<Result> {
    const turn = this.#turn.then(work);
    this.#turn = turn.catch(() => undefined);
    return turn;
  }

  async #takeHome(): Promise<Home> {
    const { root, random, log } = this.#of;
    const path = join(root, random.bytes(8).toString('hex'));
    await mkdir(path, { recursive: true, mode: 0o700 });
    const onLost = () => log.warn({ part: 'spool', reason: 'another process adopted it' }, 'spool.lock-lost');
    const taken = await takeLock(path, { details: {}, onLost });
    if (!('lock' in taken)) throw new Error('A new spool folder is held by another process.');
    await syncFolder(root);
    this.#home = { path, lock: taken.lock };
    return this.#home;
  }

  async #write(records: Buffer[]): Promise<void> {
    try {
      this.#writer ??= await this.#newSegment();
      await this.#writer.append(records);
    } catch (error) {
      await this.#abandonSegment();
      throw error;
    }
    if (this.#writer.length >= SEGMENT_BYTES) await this.#closeSegment();
  }

  async #newSegment(): Promise<SegmentWriter> {
    const home = this.#home ?? (await this.#takeHome());
    this.#lastName = Math.max(this.#lastName + 1, this.#of.clock.now());
    const name = `${String(this.#lastName).padStart(15, '0')}-${basename(home.path)}.segment`;
    let writer: SegmentWriter | undefined;
    try {
      writer = await SegmentWriter.create(this.#of.files ?? realFiles, join(home.path, name));
      await syncFolder(home.path);
      return writer;
    } catch (error) {
      await writer?.close();
      if (codeOf(error) !== 'ENOENT') throw error;
      throw new AdoptedError('Another process took this spool folder over.');
    }
  }

  /** After a failure nothing more is appended to a segment; what was acknowledged in it waits as before. */
  async #abandonSegment(): Promise<void> {
    const writer = this.#writer;
    if (!writer) return;
    await this.#closeSegment();
    if (writer.length > 0) return;
    this.#waiting.pop();
    await rm(writer.path, { force: true }).catch(() => undefined); // an empty file drains as nothing
  }

  async #closeSegment(): Promise<void> {
    const writer = this.#writer;
    if (!writer) return;
    this.#writer = undefined;
    this.#waiting.push({ path: writer.path, bytes: writer.length, done: 0 });
    await writer.close().catch((error: unknown) => {
      this.#of.log.warn({ part: 'spool', err: error }, 'spool.not-closed'); // its records are synced
    });
  }

  /** Whoever adopted the folder drains what it held. */
  async #startOver(): Promise<void> {
    await this.#closeSegment();
    this.#waiting = [];
    await this.#home?.lock.release().catch((error: unknown) => {
      this.#of.log.debug({ part: 'spool', err: error }, 'spool.lock-lost');
    });
    this.#home = undefined;
  }

  async #oldest(): Promise<Segment | undefined> {
    if (this.#waiting.length === 0) await this.#closeSegment();
    return this.#waiting[0];
  }

  async #drainSegment(segment: Segment, bytes: Buffer, take: Take, goOn: () => boolean): Promise<number> {
    const content = readSegment(bytes);
    const before = segment.done;
    let otherKey = false;
    while (segment.done < content.records.length) {
      if (!goOn()) return segment.done - before;
      const group = content.records.slice(segment.done, segment.done + DRAIN_GROUP);
      otherKey = (await takeReadable(take, group)) || otherKey;
      segment.done += group.length;
    }
    await this.#inTurn(async () => {
      const { torn, damaged } = content;
      if (otherKey) await this.#setAside(segment, 'otherKey', bytes.length);
      else if (damaged > 0) await this.#setAside(segment, 'damaged', damaged);
      else if (torn > 0) await this.#setAside(segment, 'torn', torn);
      else await rm(segment.path, { force: true });
      this.#waiting = this.#waiting.filter((other) => other !== segment);
      await this.#tidy(segment);
    });
    return segment.done - before;
  }

  async #setAside(segment: Segment, why: keyof typeof KEPT, bytes: number): Promise<void> {
    if (why === 'otherKey') this.#notReadable.add(basename(segment.path, '.segment'));
    await setAside(segment, why, { root: this.#of.root, log: this.#of.log, bytes });
  }

  /** Removes a folder that was adopted once it is drained. */
  async #tidy({ path }: Segment): Promise<void> {
    const home = this.#home?.path;
    const [first] = home === undefined ? [] : path.slice(home.length + 1).split('/');
    if (home === undefined || first === undefined || !path.startsWith(`${home}/`)) return;
    const adopted = join(home, first);
    if (adopted === path || this.#waiting.some((other) => other.path.startsWith(`${adopted}/`))) return;
    await rm(adopted, { recursive: true, force: true });
  }

  /** A segment is not there: another process took the folder over, or somebody removed it. @throws any other error */
  async #gone(segment: Segment, error: unknown): Promise<undefined> {
    if (codeOf(error) !== 'ENOENT') throw error;
    await this.#inTurn(async () => {
      if (!this.#home || !(await isThere(this.#home.path))) return this.#startOver();
      this.#of.log.error({ part: 'spool', bytes: segment.bytes }, 'alert.spool-segment-vanished');
      this.#waiting = this.#waiting.filter((other) => other !== segment);
    });
    return undefined;
  }

  async #include(home: Home, adopted: Segment[]): Promise<void> {
    await syncFolder(home.path);
    const byName = (left: Segment, right: Segment) => (basename(left.path) < basename(right.path) ? -1 : 1);
    this.#waiting = [...this.#waiting, ...adopted].sort(byName);
  }
}
