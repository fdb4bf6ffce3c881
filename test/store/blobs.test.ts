/** Both blob stores keep the same promises; what lies in them opens only in its own place, from its beginning to its end. */
import { createHash, randomBytes } from 'node:crypto';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pathToFileURL } from 'node:url';

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { bytesOf } from '../../src/media/vault.ts';
import { systemRandom } from '../../src/ops/clock.ts';
import { BlobMissingError } from '../../src/store/blob-names.ts';
import type { BlobStore } from '../../src/store/blob-store.ts';
import { newBlobName, openBlobs } from '../../src/store/blobs.ts';
import { SealError } from '../../src/store/seal.ts';
import { openStream, rangeOf, sealedSize, sealStream, STREAM_HEADER } from '../../src/store/sealed-stream.ts';
import { type S3Double, startS3 } from './s3-double.ts';

const name = () => newBlobName({ random: systemRandom }, 'ten_one');
const put = (store: BlobStore, at: string, bytes: Buffer) =>
  store.put(at, Readable.from([bytes]), bytes.length);

let s3: S3Double;
let folder: string;
const before = { ...process.env };
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'whatsper-blobs-'));
  s3 = await startS3();
  Object.assign(process.env, { AWS_ACCESS_KEY_ID: 'test-id', AWS_SECRET_ACCESS_KEY: 'test-secret' });
});
afterAll(async () => {
  process.env = before;
  await s3.stop();
  await rm(folder, { recursive: true, force: true });
});

const kinds: [string, () => Promise<BlobStore>][] = [
  ['on a disk', () => openBlobs({ BLOB_URL: pathToFileURL(folder).toString(), DATA_DIR: '/nowhere' })],
  ['in S3', () => openBlobs({ BLOB_URL: `s3://bucket/pre/fix?endpoint=${s3.url}`, DATA_DIR: '/nowhere' })],
];

describe.each(kinds)('a blob %s', (_kind, open) => {
  let store: BlobStore;
  beforeAll(async () => {
    store = await open();
  });
  afterAll(() => store.close());

  it('is read whole or in part, and replaced', async () => {
    const at = name();
    await put(store, at, Buffer.from('first'));
    await put(store, at, Buffer.from('0123456789'));
    expect((await bytesOf(await store.read(at, 0, 9))).toString()).toBe('0123456789');
    expect((await bytesOf(await store.read(at, 3, 5))).toString()).toBe('345');
  });

  it('is listed with the others until it is deleted', async () => {
    const names = [name(), name(), `${name()}.thumbnail`];
    for (const at of names) await put(store, at, Buffer.from('listed'));
    const listed = async () => {
      const all: string[] = [];
      for await (const blob of store.list()) all.push(blob.name);
      return all;
    };
    expect(await listed()).toEqual(expect.arrayContaining(names));
    for (const at of names) await store.delete(at);
    expect((await listed()).filter((at) => names.includes(at))).toEqual([]);
  });

  it('that is large comes back as it was', async () => {
    const at = name();
    const bytes = randomBytes(3_000_001);
    await put(store, at, bytes);
    expect((await bytesOf(await store.read(at, 0, bytes.length - 1))).equals(bytes)).toBe(true);
  });

  it('that is missing is told as such, and deleting it is no error', async () => {
    const at = name();
    await expect(store.read(at, 0, 1)).rejects.toThrow(BlobMissingError);
    await put(store, at, Buffer.from('gone soon'));
    await store.delete(at);
    await store.delete(at);
    await expect(store.read(at, 0, 1)).rejects.toThrow(BlobMissingError);
  });

  it('that breaks off is not there', async () => {
    const at = name();
    const broken = Readable.from(
      (function* () {
        yield Buffer.from('half');
        throw new Error('broken off');
      })(),
    );
    await expect(store.put(at, broken, 100)).rejects.toThrow();
    await expect(store.read(at, 0, 1)).rejects.toThrow(BlobMissingError);
  });

  it('has no name that leads elsewhere', async () => {
    for (const odd of ['../../etc/passwd', 'ten_one/../other', 'ten_one/.', 'ten_one']) {
      await expect(store.read(odd, 0, 1)).rejects.toThrow('Not a name');
    }
  });
});

describe('what lies there', () => {
  it('has names of the tenant and chance alone', async () => {
    const files = await readdir(folder, { recursive: true });
    expect(files.every((path) => /^ten_one(\/[\w-]{2}(\/[\w-]{43})?)?$/.test(path))).toBe(true);
    expect(s3.names().every((key) => /^\/bucket\/pre\/fix\/ten_one\/[\w-]{43}$/.test(key))).toBe(true);
  });
});

const key = { id: 'ab'.repeat(16), secret: createHash('sha256').update('key').digest() };
const place = { tenantId: 'ten_one', collection: 'blobs', id: 'msg_one', field: 'file' };

async function sealed(bytes: Buffer): Promise<Buffer> {
  return bytesOf(sealStream(systemRandom, key, place, Readable.from([bytes])));
}

async function opened(whole: Buffer, size: number, start: number, end: number, at = place) {
  const range = rangeOf(size, start, end);
  const source = Readable.from([whole.subarray(range.from, range.to + 1)]);
  return bytesOf(openStream(key, at, whole.subarray(0, STREAM_HEADER), range, source));
}

describe('a sealed stream', () => {
  const PIECE = 64 * 1024;
  it.each([1, PIECE - 1, PIECE, PIECE + 1, 2 * PIECE, 200_000])(
    'of %d bytes opens whole and in parts',
    async (size) => {
      const bytes = randomBytes(size);
      const whole = await sealed(bytes);
      expect(whole.length).toBe(sealedSize(size));
      expect((await opened(whole, size, 0, size - 1)).equals(bytes)).toBe(true);
      for (const [start, end] of [
        [0, 0],
        [size - 1, size - 1],
        [Math.floor(size / 2), size - 1],
        [Math.floor(size / 3), Math.floor(size / 2)],
      ] as const) {
        const part = await opened(whole, size, start, end);
        expect(part.equals(bytes.subarray(start, end + 1))).toBe(true);
      }
    },
  );

  it('opens in no other place, and neither altered, cut off nor in another order', async () => {
    const size = 3 * PIECE;
    const whole = await sealed(randomBytes(size));
    const sealedPiece = PIECE + 16;
    const flipped = Buffer.from(whole);
    flipped[STREAM_HEADER + 5] = (flipped[STREAM_HEADER + 5] ?? 0) ^ 1;
    const swapped = Buffer.concat([
      whole.subarray(0, STREAM_HEADER),
      whole.subarray(STREAM_HEADER + sealedPiece, STREAM_HEADER + 2 * sealedPiece),
      whole.subarray(STREAM_HEADER, STREAM_HEADER + sealedPiece),
      whole.subarray(STREAM_HEADER + 2 * sealedPiece),
    ]);
    const short = whole.subarray(0, whole.length - sealedPiece);
    for (const odd of [flipped, swapped, short]) {
      await expect(opened(odd, size, 0, size - 1)).rejects.toThrow(SealError);
    }
    await expect(opened(short, 2 * PIECE, 0, 2 * PIECE - 1)).rejects.toThrow(SealError);
    for (const other of [{ id: 'msg_two' }, { tenantId: 'ten_two' }, { field: 'thumbnail' }]) {
      await expect(opened(whole, size, 0, 9, { ...place, ...other })).rejects.toThrow(SealError);
    }
  });
});
