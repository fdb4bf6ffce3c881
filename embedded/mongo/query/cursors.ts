import { setImmediate } from 'node:timers/promises';

import { Long } from 'bson';

import { MongoError } from '../errors.ts';
import { type Document, writeDocument } from '../values/values.ts';
import { PAUSE } from './run.ts';

const LARGEST_BATCH = 16 * 1_024 * 1_024; // bytes of documents in one answer
const FIRST_BATCH = 101; // documents, if the client names no number
const LIFETIME = 10 * 60_000; // milliseconds that an unused cursor is kept

/** Results as they are made: documents one by one, or bytes with pauses between them. */
export type Results = AsyncIterable<Document> | Iterable<Uint8Array | typeof PAUSE>;

/** What is at hand is not waited for: that would cost as much as reading it. */
type Reader =
  | { readonly atHand: true; readonly iterator: Iterator<Uint8Array | typeof PAUSE> }
  | { readonly atHand: false; readonly iterator: AsyncIterator<Document> };

interface Cursor {
  readonly namespace: string;
  readonly results: Reader;
  /** Read, but it did not fit into the batch. */
  pending: Uint8Array | undefined;
  usedAt: number;
}

export interface Batch {
  readonly id: Long;
  readonly documents: Uint8Array[];
}

/** Results that are read in several answers. They are read on demand: a cursor holds a position, not documents. */
export class Cursors {
  readonly #open = new Map<string, Cursor>();
  readonly #now: () => number;
  #last = 0n;

  constructor(now: () => number) {
    this.#now = now;
  }

  /** The first batch; `size` undefined takes MongoDB's 101. `single` closes the cursor whatever is left. */
  async start(namespace: string, results: Results, size: number | undefined, single = false): Promise<Batch> {
    this.#expire();
    const cursor: Cursor = {
      namespace,
      results: readerOf(results),
      pending: undefined,
      usedAt: this.#now(),
    };
    const { batch, done } = await fill(cursor, size ?? FIRST_BATCH);
    if (done || single) {
      await cursor.results.iterator.return?.();
      return { id: Long.ZERO, documents: batch };
    }
    this.#last += 1n;
    const id = Long.fromBigInt((BigInt(Math.floor(Math.random() * 0x3fffffff)) << 32n) + this.#last);
    this.#open.set(id.toString(), cursor);
    return { id, documents: batch };
  }

  /** The next batch; `size` undefined is bounded by bytes only. Throws 43 for a cursor that is not open. */
  async next(id: Long, namespace: string, size: number | undefined): Promise<Batch> {
    const cursor = this.#open.get(id.toString());
    if (!cursor || cursor.namespace !== namespace) {
      throw new MongoError(43, `cursor id ${id.toString()} not found`);
    }
    cursor.usedAt = this.#now();
    try {
      const { batch, done } = await fill(cursor, size ?? Infinity);
      if (done) this.#open.delete(id.toString());
      return { id: done ? Long.ZERO : id, documents: batch };
    } catch (error) {
      this.#open.delete(id.toString());
      throw error;
    }
  }

  /** Whether the cursor was open. */
  async close(id: Long): Promise<boolean> {
    const cursor = this.#open.get(id.toString());
    this.#open.delete(id.toString());
    await cursor?.results.iterator.return?.();
    return cursor !== undefined;
  }

  #expire(): void {
    for (const [id, { usedAt }] of this.#open) if (this.#now() - usedAt > LIFETIME) this.#open.delete(id);
  }
}

/** Reads until the batch is full. One document more is read, so that the last batch is known to be the last. */
async function fill(cursor: Cursor, most: number): Promise<{ batch: Uint8Array[]; done: boolean }> {
  const batch: Uint8Array[] = [];
  let bytes = 0;
  for (;;) {
    const { pending, results } = cursor;
    const next = pending ?? (results.atHand ? take(results.iterator) : await read(results.iterator));
    if (next === PAUSE) {
      await setImmediate();
      continue;
    }
    cursor.pending = next;
    if (!next) return { batch, done: true };
    if (batch.length >= most || (batch.length > 0 && bytes + next.length > LARGEST_BATCH)) {
      return { batch, done: false };
    }
    batch.push(next);
    bytes += next.length;
    cursor.pending = undefined;
  }
}

const readerOf = (results: Results): Reader =>
  Symbol.asyncIterator in results
    ? { atHand: false, iterator: results[Symbol.asyncIterator]() }
    : { atHand: true, iterator: results[Symbol.iterator]() };

function take(iterator: Iterator<Uint8Array | typeof PAUSE>): Uint8Array | typeof PAUSE | undefined {
  const next = iterator.next();
  return next.done ? undefined : next.value;
}

async function read(documents: AsyncIterator<Document>): Promise<Uint8Array | undefined> {
  const next = await documents.next();
  return next.done ? undefined : writeDocument(next.value);
}
