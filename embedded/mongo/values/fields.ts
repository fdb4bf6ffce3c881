import { Double, Int32, Long, ObjectId } from 'bson';

import { type Document, parseDocument, type Value } from './values.ts';

/**
 * Some fields of a stored document, without making objects of the others: most documents are only looked at in two or
 * three fields before their bytes are passed on. Stored documents name each field once and were checked when they came.
 */

/** Bytes of a value by its BSON type, where that is fixed (BSON specification, version 1.1). */
const FIXED_SIZES: Readonly<Record<number, number>> = {
  0x01: 8, // double
  0x06: 0, // undefined
  0x07: 12, // ObjectId
  0x08: 1, // boolean
  0x09: 8, // date
  0x0a: 0, // null
  0x10: 4, // 32-bit integer
  0x11: 8, // timestamp
  0x12: 8, // 64-bit integer
  0x13: 16, // Decimal128
  0x7f: 0, // MaxKey
  0xff: 0, // MinKey
};

/** Bytes around the length that a value begins with: text and code count without it, documents with it. */
const EXTRA_SIZES: Readonly<Record<number, number>> = {
  0x02: 4, // string
  0x03: 0, // document
  0x04: 0, // array
  0x05: 5, // binary: its subtype, too
  0x0c: 16, // database pointer: its ObjectId, too
  0x0d: 4, // code
  0x0e: 4, // symbol
  0x0f: 0, // code with scope
};

const REGEX = 0x0b;

/** The names of fields as they stand in a document. */
export class FieldNames {
  readonly #names: readonly { readonly name: string; readonly bytes: Buffer }[];

  constructor(names: Iterable<string>) {
    this.#names = [...new Set(names)].map((name) => ({ name, bytes: Buffer.from(name) }));
  }

  get size(): number {
    return this.#names.length;
  }

  /** The name that stands at these positions, if it is one of them. */
  at(bytes: Buffer, start: number, end: number): string | undefined {
    for (const wanted of this.#names) {
      if (wanted.bytes.length === end - start && isAt(wanted.bytes, bytes, start)) return wanted.name;
    }
    return undefined;
  }
}

function isAt(wanted: Buffer, bytes: Buffer, start: number): boolean {
  for (let at = 0; at < wanted.length; at += 1) if (wanted[at] !== bytes[start + at]) return false;
  return true;
}

/** The fields with these names, in the document's order. */
export function parseFields(bytes: Buffer, names: FieldNames): Document {
  const fields: Document = {};
  let missing = names.size;
  for (let at = 4; missing > 0 && bytes[at] !== 0;) {
    const nameEnd = endOfText(bytes, at + 1);
    const end = nameEnd + 1 + sizeOf(bytes, bytes[at] as number, nameEnd + 1);
    const name = names.at(bytes, at + 1, nameEnd);
    if (name !== undefined) {
      fields[name] = parseValue(bytes, at, nameEnd + 1, end, name);
      missing -= 1;
    }
    at = end;
  }
  return fields;
}

/** Where the 0 stands that ends a text. Names are short: a loop finds it sooner than a call out of JavaScript. */
function endOfText(bytes: Buffer, start: number): number {
  let at = start;
  while (bytes[at] !== 0) at += 1;
  return at;
}

function sizeOf(bytes: Buffer, type: number, at: number): number {
  const fixed = FIXED_SIZES[type];
  if (fixed !== undefined) return fixed;
  const extra = EXTRA_SIZES[type];
  if (extra !== undefined) return bytes.readInt32LE(at) + extra;
  if (type === REGEX) return endOfText(bytes, endOfText(bytes, at) + 1) + 1 - at;
  throw new Error(`The stored BSON type ${type} is not known`);
}

/** What most fields hold is read here; the rest by the library, as a document of this one field. */
function parseValue(bytes: Buffer, start: number, at: number, end: number, name: string): Value {
  switch (bytes[start]) {
    case 0x01:
      return new Double(bytes.readDoubleLE(at));
    case 0x02:
      return bytes.toString('utf8', at + 4, end - 1);
    case 0x07:
      return new ObjectId(Uint8Array.prototype.slice.call(bytes, at, end));
    case 0x08:
      return bytes[at] === 1;
    case 0x09:
      return new Date(longAt(bytes, at).toNumber());
    case 0x0a:
      return null;
    case 0x10:
      return new Int32(bytes.readInt32LE(at));
    case 0x12:
      return longAt(bytes, at);
    default:
      return parseDocument(wrapped(bytes.subarray(start, end)))[name];
  }
}

const longAt = (bytes: Buffer, at: number): Long =>
  Long.fromBits(bytes.readInt32LE(at), bytes.readInt32LE(at + 4));

/** One element as a document. */
function wrapped(element: Buffer): Buffer {
  const document = Buffer.alloc(element.length + 5);
  document.writeInt32LE(document.length, 0);
  element.copy(document, 4);
  return document;
}
