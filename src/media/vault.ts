/**
 * Files under their owner's key. On the way in they are sealed before they touch a disk: first into a file of
 * DATA_DIR, and from there into the blob store when their length, hash and type have been seen.
 */
import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir, readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';

import type { Context } from '../context.ts';
import type { DataKey, Place } from '../store/seal.ts';
import {
  openStream,
  rangeOf,
  sealedSize,
  sealStream,
  STREAM_HEADER,
  streamSealedBy,
} from '../store/sealed-stream.ts';
import { keyOwner, type MediaPart, type MediaRow, sizeOfPart } from './model.ts';

/** What of a file is enough to know its type. */
const HEAD = 4_100;
/** A draft this old belongs to nobody any more. */
const ABANDONED_MS = 24 * 3600 * 1000;

/** A sealed file of DATA_DIR, and what was seen while it was written. */
export interface Draft {
  path: string;
  key: DataKey;
  place: Place;
  /** Bytes of the open form. */
  size: number;
  /** Hexadecimal. */
  sha256: string;
  /** Its first bytes. */
  head: Buffer;
  remove(): Promise<void>;
}

/** More came than may. */
export class TooLargeError extends Error {
  override name = 'TooLargeError';
}

interface Drafting {
  key: DataKey;
  place: Place;
  /** Most bytes. */
  limit: number;
}

/** Writes what comes into a draft. @throws TooLargeError; nothing is left then */
export async function draftOf(
  ctx: Context,
  source: AsyncIterable<Uint8Array>,
  { key, place, limit }: Drafting,
): Promise<Draft> {
  const folder = folderOf(ctx);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const path = join(folder, ctx.random.bytes(18).toString('base64url'));
  const hash = createHash('sha256');
  const seen = { size: 0, head: Buffer.alloc(0) };
  async function* watched() {
    for await (const part of source) {
      seen.size += part.length;
      if (seen.size > limit) throw new TooLargeError('The file is larger than it may be.');
      hash.update(part);
      if (seen.head.length < HEAD) seen.head = Buffer.concat([seen.head, part]).subarray(0, HEAD);
      yield part;
    }
  }
  const remove = () => rm(path, { force: true });
  try {
    const sealed = sealStream(ctx.random, key, place, watched());
    await pipeline(sealed, createWriteStream(path, { flags: 'wx', mode: 0o600 }));
  } catch (error) {
    await remove();
    throw error;
  }
  return { path, key, place, sha256: hash.digest('hex'), ...seen, remove };
}

/** The open form of a draft. */
export function readDraft({ path, key, place, size }: Draft): AsyncGenerator<Buffer> {
  const range = rangeOf(size, 0, size - 1);
  return opened(key, place, range, createReadStream(path));
}

/** Moves a draft into the blob store. */
export async function keep(ctx: Context, row: MediaRow, part: MediaPart, draft: Draft): Promise<void> {
  await ctx.blobs.put(blobOf(row, part), createReadStream(draft.path), sealedSize(draft.size));
}

/** Seals bytes into the blob store. */
export async function keepBytes(ctx: Context, row: MediaRow, part: MediaPart, bytes: Buffer): Promise<void> {
  const key = await ctx.store.keyring.keyOf(row.tenantId, keyOwner(row));
  const sealed = sealStream(ctx.random, key, placeOfPart(row, part), parts(bytes));
  await ctx.blobs.put(
    blobOf(row, part),
    Readable.from(sealed, { objectMode: false }),
    sealedSize(bytes.length),
  );
}

/**
 * A part of a stored file, `end` included. Its key is found before this returns, so what is missing or erased is known
 * by then.
 * @throws ErasedError, BlobMissingError
 */
export async function readPart(
  ctx: Context,
  row: MediaRow,
  part: MediaPart,
  { start, end }: { start: number; end: number },
): Promise<Readable> {
  const name = blobOf(row, part);
  const header = await bytesOf(await ctx.blobs.read(name, 0, STREAM_HEADER - 1));
  const key = await ctx.store.keyring.keyById(row.tenantId, streamSealedBy(header));
  const range = rangeOf(sizeOfPart(row, part) ?? 0, start, end);
  const content = await ctx.blobs.read(name, range.from, range.to);
  const open = openStream(key, placeOfPart(row, part), header, range, content);
  const readable = Readable.from(open, { objectMode: false });
  readable.once('close', () => content.destroy()); // also when nobody began to read
  return readable;
}

/** A whole stored part in memory. */
export async function readWhole(ctx: Context, row: MediaRow, part: MediaPart): Promise<Buffer> {
  const size = sizeOfPart(row, part) ?? 0;
  return bytesOf(await readPart(ctx, row, part, { start: 0, end: size - 1 }));
}

export async function bytesOf(source: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const all: Uint8Array[] = [];
  for await (const part of source) all.push(part);
  return Buffer.concat(all);
}

/** Names of a message's blobs follow from one, so that who knows the row knows them all. */
export function blobOf({ blob }: Pick<MediaRow, 'blob'>, part: MediaPart): string {
  return part === 'file' ? blob : `${blob}.${part}`;
}

/** A part can't stand for another part, message or tenant. */
export function placeOfPart({ _id, tenantId }: Pick<MediaRow, '_id' | 'tenantId'>, part: MediaPart): Place {
  return { tenantId, collection: 'blobs', id: _id, field: part };
}

/** Removes drafts of processes that died. */
export async function removeAbandoned(ctx: Context): Promise<void> {
  const folder = folderOf(ctx);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  for (const name of await readdir(folder)) {
    const path = join(folder, name);
    const file = await stat(path).catch(() => undefined);
    if (file && ctx.clock.now() - file.mtimeMs > ABANDONED_MS) await rm(path, { force: true });
  }
}

async function* opened(
  key: DataKey,
  place: Place,
  range: ReturnType<typeof rangeOf>,
  source: AsyncIterable<Buffer>,
): AsyncGenerator<Buffer> {
  const parts = source[Symbol.asyncIterator]();
  let begun = Buffer.alloc(0);
  while (begun.length < STREAM_HEADER) {
    const { value, done } = (await parts.next()) as IteratorResult<Buffer, undefined>;
    if (done) break;
    begun = Buffer.concat([begun, value]);
  }
  const rest = begun.subarray(STREAM_HEADER);
  async function* pieces() {
    yield rest;
    yield* { [Symbol.asyncIterator]: () => parts };
  }
  yield* openStream(key, place, begun.subarray(0, STREAM_HEADER), range, pieces());
}

async function* parts(bytes: Buffer): AsyncGenerator<Buffer> {
  yield bytes;
}

function folderOf(ctx: Context): string {
  return join(ctx.settings.DATA_DIR, 'media-drafts');
}
