/**
 * Sealed bytes too many to hold in memory: AES-256-GCM over pieces of 64 KiB, each of which opens alone, so that a
 * player may begin in the middle.
 *
 *   1 byte version (2) · 16 bytes key id · 32 bytes salt · pieces: ciphertext · 16 bytes tag
 *
 * The key of a stream is derived from the owner's and the salt, so no nonce comes twice. The nonce counts the pieces
 * and marks the last: none can be left out, moved or cut off. The place (tenant, document, part) is additional data.
 */
import { createCipheriv, createDecipheriv, hkdfSync } from 'node:crypto';

import type { Random } from '../ops/clock.ts';
import { type DataKey, type Place, SealError } from './seal.ts';

const VERSION = 2;
const KEY_ID_END = 17;
const SALT = 32;
const PIECE = 64 * 1024;
const TAG = 16;

/** Bytes before the first piece. */
export const STREAM_HEADER = KEY_ID_END + SALT;

/** Bytes that `size` bytes take when they are sealed. */
export function sealedSize(size: number): number {
  return STREAM_HEADER + size + piecesOf(size) * TAG;
}

/** Nothing is one piece, too: else it could not be told from everything cut off. */
function piecesOf(size: number): number {
  return Math.max(1, Math.ceil(size / PIECE));
}

/** Seals what comes; the last piece is known only when no more does. */
export async function* sealStream(
  random: Random,
  key: DataKey,
  place: Place,
  source: AsyncIterable<Uint8Array>,
): AsyncGenerator<Buffer> {
  const salt = random.bytes(SALT);
  const secret = streamSecret(key, salt);
  yield Buffer.concat([Buffer.from([VERSION]), Buffer.from(key.id, 'hex'), salt]);
  let index = 0;
  for await (const { bytes, isLast } of inPieces(source, PIECE)) {
    const cipher = createCipheriv('aes-256-gcm', secret, nonceOf(index, isLast)).setAAD(dataOf(place));
    yield Buffer.concat([cipher.update(bytes), cipher.final(), cipher.getAuthTag()]);
    index += 1;
  }
}

/** Which sealed bytes hold a part of a stream. `end` is included, as in HTTP. */
export interface StreamRange {
  /** First and last byte of the sealed form that must be read. */
  from: number;
  to: number;
  /** Number of its first piece, and of the last one of the whole stream. */
  first: number;
  last: number;
  /** Bytes to leave out at the beginning, and how many are wanted. */
  skip: number;
  length: number;
}

/** @param size of the open form; 0 <= start <= end < size, or all of an empty stream */
export function rangeOf(size: number, start: number, end: number): StreamRange {
  const first = Math.floor(start / PIECE);
  const lastRead = Math.floor(Math.max(start, end) / PIECE);
  const last = piecesOf(size) - 1;
  const to = lastRead >= last ? sealedSize(size) : STREAM_HEADER + (lastRead + 1) * (PIECE + TAG);
  return {
    from: STREAM_HEADER + first * (PIECE + TAG),
    to: to - 1,
    first,
    last,
    skip: start - first * PIECE,
    length: end - start + 1,
  };
}

/** Id of the key that opens a stream. @throws SealError when these are not the first bytes of one */
export function streamSealedBy(header: Buffer): string {
  if (header.length < STREAM_HEADER || header[0] !== VERSION) {
    throw new SealError('Not a sealed stream of a known version.');
  }
  return header.subarray(1, KEY_ID_END).toString('hex');
}

/** Opens the sealed bytes of a range. @throws SealError when a piece was changed, moved or is missing */
export async function* openStream(
  key: DataKey,
  place: Place,
  header: Buffer,
  range: StreamRange,
  source: AsyncIterable<Uint8Array>,
): AsyncGenerator<Buffer> {
  if (streamSealedBy(header) !== key.id) throw new SealError('Sealed by another key.');
  const secret = streamSecret(key, header.subarray(KEY_ID_END, STREAM_HEADER));
  let index = range.first;
  let { skip, length } = range;
  for await (const { bytes } of inPieces(source, PIECE + TAG)) {
    const open = openPiece(secret, place, { bytes, index, isLast: index === range.last });
    const wanted = open.subarray(skip, skip + length);
    length -= wanted.length;
    skip = 0;
    index += 1;
    if (wanted.length > 0) yield wanted;
  }
  if (length > 0) throw new SealError('The sealed stream was cut off.');
}

function openPiece(
  secret: Buffer,
  place: Place,
  { bytes, index, isLast }: { bytes: Buffer; index: number; isLast: boolean },
): Buffer {
  const tagAt = bytes.length - TAG;
  if (tagAt < 0) throw new SealError('The sealed stream was cut off.');
  const decipher = createDecipheriv('aes-256-gcm', secret, nonceOf(index, isLast))
    .setAAD(dataOf(place))
    .setAuthTag(bytes.subarray(tagAt));
  try {
    return Buffer.concat([decipher.update(bytes.subarray(0, tagAt)), decipher.final()]);
  } catch {
    throw new SealError('The sealed stream was changed or moved.');
  }
}

/** Cuts what comes into pieces of one size; the last may be shorter, and is empty when nothing came. */
async function* inPieces(
  source: AsyncIterable<Uint8Array>,
  size: number,
): AsyncGenerator<{ bytes: Buffer; isLast: boolean }> {
  let held: Uint8Array[] = [];
  let length = 0;
  for await (const part of source) {
    held.push(part);
    length += part.length;
    if (length <= size) continue;
    let all = Buffer.concat(held);
    while (all.length > size) {
      yield { bytes: all.subarray(0, size), isLast: false };
      all = all.subarray(size);
    }
    held = [all];
    length = all.length;
  }
  yield { bytes: Buffer.concat(held), isLast: true };
}

function streamSecret(key: DataKey, salt: Buffer): Buffer {
  return Buffer.from(hkdfSync('sha256', key.secret, salt, 'whatsper/stream', 32));
}

function nonceOf(index: number, isLast: boolean): Buffer {
  const nonce = Buffer.alloc(12);
  nonce.writeUInt32BE(index, 7);
  nonce[11] = isLast ? 1 : 0;
  return nonce;
}

function dataOf({ tenantId, collection, id, field }: Place): Buffer {
  return Buffer.from(JSON.stringify([tenantId, collection, id, field]));
}
