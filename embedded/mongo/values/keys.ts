import type { Binary, BSONRegExp, ObjectId, Timestamp } from 'bson';

import { MongoError } from '../errors.ts';
import type { NumberValue } from './numbers.ts';
import { type NumberParts, partsOf, signOf } from './numbers.ts';
import { type Document, TYPE_ORDER, typeOf, type Value } from './values.ts';

/**
 * Values as bytes whose order (memcmp) is `compareValues`. No encoding is the beginning of another one,
 * therefore encodings can be put after one another, and turned round bit by bit for descending fields.
 * The first byte of a value is its type and lies between 0x05 and 0xFA: 0xFF after an encoding is a
 * position behind everything that begins with it.
 */
const LARGEST_KEY = 1_900; // bytes; lmdb takes 1,978 and an index entry adds the collection's number

let buffer = Buffer.allocUnsafe(4_096);
let length = 0;

function reserve(bytes: number): void {
  if (length + bytes <= buffer.length) return;
  const larger = Buffer.allocUnsafe((length + bytes) * 2);
  buffer.copy(larger, 0, 0, length);
  buffer = larger;
}

function writeByte(byte: number): void {
  reserve(1);
  buffer[length] = byte;
  length += 1;
}

function writeBytes(bytes: Uint8Array): void {
  reserve(bytes.length);
  buffer.set(bytes, length);
  length += bytes.length;
}

function writePlainText(text: string): void {
  reserve(text.length * 3 + 1); // UTF-8 takes at most 3 bytes for each unit of JavaScript's UTF-16
  length += buffer.write(text, length, 'utf8');
  writeByte(0);
}

/** Text ends with 0; 0 and 1 inside it are written as two bytes. */
function writeText(text: string): void {
  if (!text.includes('\u0000') && !text.includes('\u0001')) return writePlainText(text);
  for (const byte of Buffer.from(text, 'utf8')) {
    if (byte <= 1) writeByte(1);
    writeByte(byte <= 1 ? byte + 1 : byte);
  }
  writeByte(0);
}

function invertFrom(start: number): void {
  for (let at = start; at < length; at += 1) buffer[at] = ~(buffer[at] as number) & 0xff;
}

function writeMagnitude({ base, rest }: NumberParts): void {
  reserve(8);
  length = buffer.writeDoubleBE(base, length);
  writeText(rest);
}

/** Not a number 0, negative 1, zero 2, positive 3; then the magnitude, turned round for negative numbers. */
function writeNumber(value: NumberValue): void {
  const parts = partsOf(value);
  if (Number.isNaN(parts.base)) return writeByte(0);
  const sign = signOf(parts);
  writeByte(2 + sign);
  if (sign === 0) return;
  const start = length;
  writeMagnitude(parts);
  if (sign < 0) invertFrom(start);
}

function writeDate(time: number): void {
  reserve(8);
  length = buffer.writeBigUInt64BE(BigInt(time) + 0x8000000000000000n, length);
}

function writeBinary(value: Binary): void {
  reserve(5);
  length = buffer.writeUInt32BE(value.position, length);
  writeByte(value.sub_type);
  writeBytes(value.buffer.subarray(0, value.position));
}

function writeFields(document: Document): void {
  for (const [name, value] of Object.entries(document)) {
    writeByte(TYPE_ORDER[typeOf(value)]);
    writeText(name);
    writeBody(value);
  }
  writeByte(0);
}

function writeBody(value: Value): void {
  switch (typeOf(value)) {
    case 'number':
      return writeNumber(value as NumberValue);
    case 'string':
      return writeText(value as string);
    case 'boolean':
      return writeByte(value ? 1 : 0);
    case 'date':
      return writeDate((value as Date).getTime());
    case 'objectId':
      return writeBytes((value as ObjectId).id);
    case 'binary':
      return writeBinary(value as Binary);
    case 'timestamp':
      reserve(8);
      length = buffer.writeBigUInt64BE(BigInt.asUintN(64, (value as Timestamp).toBigInt()), length);
      return;
    case 'regex':
      writeText((value as BSONRegExp).pattern);
      return writeText((value as BSONRegExp).options);
    case 'array':
      for (const element of value as Value[]) writeValue(element);
      return writeByte(0);
    case 'object':
      return writeFields(value as Document);
    case 'minKey':
    case 'maxKey':
    case 'null':
    case 'undefined':
      return;
  }
}

function writeValue(value: Value): void {
  writeByte(TYPE_ORDER[typeOf(value)]);
  writeBody(value);
}

/** The bytes of one value in ascending order. */
export function encodeValue(value: Value): Buffer {
  length = 0;
  writeValue(value);
  return Buffer.from(buffer.subarray(0, length));
}

/** The bytes of an index key; `directions` holds 1 or -1 per value. */
export function encodeKey(values: readonly Value[], directions: readonly number[]): Buffer {
  length = 0;
  writeKey(values, directions);
  return Buffer.from(buffer.subarray(0, length));
}

/** The key of an entry: the index's number, the values, the encoded `_id`; and how long it is without `_id`. */
export function encodeEntry(
  index: number,
  values: readonly Value[],
  directions: readonly number[],
  id: Buffer,
): { key: Buffer; idAt: number } {
  reserve(4);
  length = buffer.writeUInt32BE(index);
  writeKey(values, directions);
  const idAt = length;
  writeBytes(id);
  return { key: Buffer.from(buffer.subarray(0, length)), idAt };
}

function writeKey(values: readonly Value[], directions: readonly number[]): void {
  values.forEach((value, at) => {
    const start = length;
    writeValue(value);
    if (directions[at] === -1) invertFrom(start);
  });
}

/** Whether something may be stored under these bytes. */
export const isStorable = (key: Buffer): boolean => key.length <= LARGEST_KEY;

/** Refuses what lmdb cannot take as a key; MongoDB before 4.2 answered the same code. */
export function checkKeyLength(key: Buffer, what: string): void {
  if (isStorable(key)) return;
  throw new MongoError(
    17280,
    `${what}: key too large to index, ${key.length} bytes > ${LARGEST_KEY}; index a digest of the value instead`,
  );
}

export const invert = (bytes: Buffer): Buffer => Buffer.from(bytes.map((byte) => ~byte & 0xff));
