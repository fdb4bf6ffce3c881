import { Long } from 'bson';

import { MongoError } from '../errors.ts';
import { type Document, writeDocument } from '../values/values.ts';

const LARGEST_BATCH = 16 * 1_024 * 1_024; // bytes of documents in one answer
const FIRST_BATCH = 101; // documents, if the client names no number
const LIFETIME = 10 * 60_000; // milliseconds that an unused cursor is kept

interface Cursor {
  readonly namespace: string;
  readonly documents: AsyncIterator<Document>;
  /** Read, but it did not fit into the batch. */
  pending: Document | undefined;
  usedAt: number;
}

export interface Batch {
  readonly id: Long;
  readonly documents: Document[];
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
  async start(
    namespace: string,
    documents: AsyncIterable<Document>,
    size: number | undefined,
    single = false,
  ): Promise<Batch> {
    this.#expire();
    const cursor: Cursor = {
      namespace,
      documents: documents[Symbol.asyncIterator](),
      pending: undefined,
      usedAt: this.#now(),
    };
    const { batch, done } = await fill(cursor, size ?? FIRST_BATCH);
    if (done || single) {
      await cursor.documents.return?.();
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
    await cursor?.documents.return?.();
    return cursor !== undefined;
  }

  #expire(): void {
    for (const [id, { usedAt }] of this.#open) if (this.#now() - usedAt > LIFETIME) this.#open.delete(id);
  }
}

/** Reads until the batch is full. One document more is read, so that the last batch is known to be the last. */
async function fill(cursor: Cursor, most: number): Promise<{ batch: Document[]; done: boolean }> {
  const batch: Document[] = [];
  let bytes = 0;
  for (;;) {
    const next = cursor.pending ?? (await read(cursor.documents));
    cursor.pending = next;
    if (!next) return { batch, done: true };
    const size = batch.length >= most ? 0 : writeDocument(next).length;
    if (batch.length >= most || (batch.length > 0 && bytes + size > LARGEST_BATCH)) {
      return { batch, done: false };
    }
    batch.push(next);
    bytes += size;
    cursor.pending = undefined;
  }
}

async function read(documents: AsyncIterator<Document>): Promise<Document | undefined> {
  const next = await documents.next();
  return next.done ? undefined : next.value;
}
