/**
 * The spool takes what Redis does not: records appended to segment files of this process's own folder, synced to the
 * disk before anything is acknowledged, drained in order into the lanes when Redis is back.
 *
 *   DATA_DIR/spool/<folder>/000000000001.segment …
 *
 * A folder belongs to the process that holds its lock. Whoever starts adopts every folder that nobody holds, so that
 * what a dead process spooled is drained by the next. A segment is removed after all of it is in the lanes; a crash
 * before that drains it twice, which storing makes harmless. Adopting renames the folder first: a holder that was
 * only paused notices at its next write, refuses it, and takes a new folder.
 */
import { mkdir, readdir, readFile, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';

import lockfile from 'proper-lockfile';

import type { Random } from '../ops/clock.ts';
import type { Logger } from '../ops/log.ts';
import { AdoptedError, readSegment, realFiles, SegmentWriter, type SpoolFiles } from './segment.ts';

/** A new segment after so many bytes, so that drained ones can go: 8 MB. */
const SEGMENT_BYTES = 8 * 1024 * 1024;
/** A holder that does not renew its lock for so long is dead. */
const LOCK_STALE_MS = 10_000;

interface SpoolOptions {
  /** DATA_DIR/spool. */
  root: string;
  log: Logger;
  random: Random;
  files?: SpoolFiles;
}

export class Spool {
  readonly #of: SpoolOptions;
  #folder: string;
  #release: () => Promise<void> = () => Promise.resolve();
  #writer: SegmentWriter | undefined;
  #next = 1;
  /** Closed segments that are not drained, oldest first. */
  #waiting: string[] = [];

  private constructor(options: SpoolOptions, folder: string) {
    this.#of = options;
    this.#folder = folder;
  }

  static async open(options: SpoolOptions): Promise<Spool> {
    const spool = new Spool(options, '');
    await spool.#takeFolder();
    return spool;
  }

  async #takeFolder(): Promise<void> {
    const { root, random, log } = this.#of;
    this.#folder = join(root, random.bytes(8).toString('hex'));
    await mkdir(this.#folder, { recursive: true, mode: 0o700 });
    const onCompromised = () =>
      log.warn({ part: 'spool', reason: 'the lock was not renewed in time' }, 'spool.lock-lost');
    this.#release = await lockfile.lock(this.#folder, {
      stale: LOCK_STALE_MS,
      realpath: false,
      onCompromised,
    });
  }

  /** True when nothing waits here: what comes may go to the lanes directly. */
  get isEmpty(): boolean {
    return this.#waiting.length === 0 && this.#writer === undefined;
  }

  /** Takes records durably, in order. @throws when the disk does not (full, read-only). */
  async append(records: Buffer[]): Promise<void> {
    this.#writer ??= await this.#newSegment();
    try {
      await this.#writer.append(records);
    } catch (error) {
      if (error instanceof AdoptedError) await this.#startOver();
      throw error;
    }
    if (this.#writer.length >= SEGMENT_BYTES) await this.#closeSegment();
  }

  /**
   * Hands over all that waits, oldest first; a segment goes when `take` has taken it. @throws what `take` throws; the
   * rest then still waits.
   */
  async drain(take: (records: Buffer[]) => Promise<void>): Promise<number> {
    let drained = 0;
    for (;;) {
      if (this.#waiting.length === 0 && this.#writer) await this.#closeSegment();
      const [path] = this.#waiting;
      if (path === undefined) return drained;
      drained += await drainSegment(path, take, this.#of.log);
      this.#waiting.shift();
    }
  }

  /** Hands over what dead processes left in folders that nobody holds. */
  async drainOrphans(take: (records: Buffer[]) => Promise<void>): Promise<number> {
    let drained = 0;
    const names = await readdir(this.#of.root, { withFileTypes: true });
    for (const folder of names
      .filter((entry) => entry.isDirectory() && !entry.name.endsWith('.lock'))
      .map(({ name }) => join(this.#of.root, name))) {
      if (folder === this.#folder) continue;
      const release = await lockfile
        .lock(folder, { stale: LOCK_STALE_MS, realpath: false })
        .catch(() => undefined);
      if (!release) continue; // somebody holds it
      try {
        const adopted = folder.endsWith('.adopted') ? folder : `${folder}.adopted`;
        if (adopted !== folder) await rename(folder, adopted);
        for (const path of await segmentsOf(adopted)) drained += await drainSegment(path, take, this.#of.log);
        await rm(adopted, { recursive: true });
      } finally {
        await release();
      }
    }
    return drained;
  }

  /** Bytes and segments that wait, for health and metrics. */
  size(): { segments: number; bytes: number } {
    return {
      segments: this.#waiting.length + (this.#writer ? 1 : 0),
      bytes: this.#waiting.length * SEGMENT_BYTES + (this.#writer?.length ?? 0),
    };
  }

  /** Gives the folder back; an empty one is removed. */
  async close(): Promise<void> {
    const empty = this.isEmpty;
    await this.#writer?.close();
    if (empty) await rm(this.#folder, { recursive: true, force: true });
    await this.#release();
  }

  async #newSegment(): Promise<SegmentWriter> {
    const name = `${String(this.#next).padStart(12, '0')}.segment`;
    this.#next += 1;
    return SegmentWriter.create(this.#of.files ?? realFiles, join(this.#folder, name));
  }

  /** Who adopted the folder drains what it held. */
  async #startOver(): Promise<void> {
    await this.#writer?.close();
    this.#writer = undefined;
    this.#waiting = [];
    await this.#takeFolder();
  }

  async #closeSegment(): Promise<void> {
    const writer = this.#writer;
    if (!writer) return;
    this.#writer = undefined;
    this.#waiting.push(writer.path);
    await writer.close();
  }
}

async function segmentsOf(folder: string): Promise<string[]> {
  return (await readdir(folder))
    .filter((name) => name.endsWith('.segment'))
    .sort()
    .map((name) => join(folder, name));
}

async function drainSegment(
  path: string,
  take: (records: Buffer[]) => Promise<void>,
  log: Logger,
): Promise<number> {
  const { records, cut } = readSegment(await readFile(path));
  if (records.length > 0) await take(records);
  if (cut > 0) {
    // A crash tore the last record before it was acknowledged; but a damaged disk would look the same, so it is kept.
    const folder = dirname(path);
    await rename(path, join(dirname(folder), `${basename(folder)}-${basename(path)}.cut`));
    log.warn({ bytes: cut, items: records.length }, 'spool.tail-cut');
  } else await rm(path);
  return records.length;
}
