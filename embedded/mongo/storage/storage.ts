import { mkdirSync } from 'node:fs';
import { join } from 'node:path';

import { type Database, open, type RootDatabase } from 'lmdb';

import { MongoError } from '../errors.ts';

/** Part of a table, in key order: from `low` (included) to `high` (excluded). */
export interface Range {
  readonly low: Buffer;
  readonly high: Buffer;
}

export interface Entry {
  readonly key: Buffer;
  readonly value: Buffer;
}

/** One table of the file: bytes under bytes, ordered by memcmp. */
export type Table = Database<Buffer, Buffer>;

const FIRST_CHUNK = 8; // entries read at once at the beginning of a scan, doubled up to the largest
const LARGEST_CHUNK = 512;

const END = Buffer.from([0xff]);
const LONGEST_BOUND = 1_920; // bytes; stored keys have at most 1,904, and lmdb takes 1,978

/** The files of the server: documents, index entries and the catalog, in one lmdb environment. */
export class Storage {
  readonly documents: Table;
  readonly entries: Table;
  readonly catalog: Table;
  readonly #root: RootDatabase<Buffer, Buffer>;

  constructor(folder: string) {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    // Without overlapping sync a transaction's promise resolves after its bytes were flushed to the disk.
    this.#root = open<Buffer, Buffer>(join(folder, 'data.mdb'), { overlappingSync: false, maxDbs: 4 });
    const table = (name: string): Table =>
      this.#root.openDB<Buffer, Buffer>({ name, encoding: 'binary', keyEncoding: 'binary' });
    this.documents = table('documents');
    this.entries = table('entries');
    this.catalog = table('catalog');
  }

  /**
   * Runs `action` alone among all writers; its reads see its own writes. Actions that wait at the same time share
   * one commit. Resolves when the commit is on the disk. What an action wrote before it threw is committed: check
   * first, write then.
   */
  async write<T>(action: () => T): Promise<T> {
    let result: { value: T } | { error: unknown } | undefined;
    await this.#root.transaction(() => {
      try {
        result = { value: action() };
      } catch (error) {
        result = { error };
      }
    });
    if (!result) throw new MongoError(1, 'The write was not run');
    if ('error' in result) throw result.error;
    return result.value;
  }

  async close(): Promise<void> {
    await this.#root.close();
  }
}

/**
 * Reads a range in chunks and holds no read transaction between them: a slow reader neither keeps old pages alive
 * nor sees one moment; like MongoDB's cursors it may meet what was written meanwhile.
 */
export function* scan(table: Table, range: Range, reverse = false): Generator<Entry> {
  const [low, high] = [shortened(range.low), shortened(range.high)];
  let [start, exclusiveStart] = reverse ? [high, true] : [low, false];
  for (let limit = FIRST_CHUNK; ; limit = Math.min(limit * 2, LARGEST_CHUNK)) {
    const chunk = readChunk(table, { start, exclusiveStart, limit, end: reverse ? low : high, reverse });
    yield* chunk;
    const last = chunk.at(-1);
    if (!last || chunk.length < limit) return;
    [start, exclusiveStart] = [last.key, true];
  }
}

/** A longer bound than any stored key, which lmdb would refuse: its beginning parts the keys in the same way. */
function shortened(bound: Buffer): Buffer {
  return bound.length <= LONGEST_BOUND ? bound : Buffer.concat([bound.subarray(0, LONGEST_BOUND), END]);
}

interface Chunk {
  readonly start: Buffer;
  readonly exclusiveStart: boolean;
  readonly end: Buffer;
  readonly limit: number;
  readonly reverse: boolean;
}

function readChunk(table: Table, chunk: Chunk): Entry[] {
  return [...table.getRange({ ...chunk, inclusiveEnd: chunk.reverse })];
}

/** A collection's or index's number as the beginning of its keys. */
export function prefixOf(id: number): Buffer {
  const prefix = Buffer.allocUnsafe(4);
  prefix.writeUInt32BE(id);
  return prefix;
}

/** Every key that begins with these bytes (key encodings never continue with 0xFF). */
export const startingWith = (prefix: Buffer): Range => ({ low: prefix, high: Buffer.concat([prefix, END]) });
