import { writeDocument } from './values.ts';

/** An array of documents that are bytes already. */
export class RawDocuments {
  readonly documents: readonly Uint8Array[];

  constructor(documents: readonly Uint8Array[]) {
    this.documents = documents;
  }
}

const DOCUMENT = 0x03;
const ARRAY = 0x04;
const END = Buffer.from([0]);

/** A document as parts that follow one another. Raw documents may be its fields, and those of documents in it. */
export function writeParts(document: object): Uint8Array[] {
  const parts = Object.entries(document).flatMap(([name, value]: [string, unknown]) => {
    if (value instanceof RawDocuments) return [elementHead(ARRAY, name), ...arrayParts(value)];
    if (holdsRaw(value)) return [elementHead(DOCUMENT, name), ...writeParts(value)];
    return [writeDocument({ [name]: value }).subarray(4, -1)];
  });
  return framed(parts);
}

function holdsRaw(value: unknown): value is object {
  if (typeof value !== 'object' || value === null) return false;
  return Object.values(value).some((field) => field instanceof RawDocuments);
}

const arrayParts = ({ documents }: RawDocuments): Uint8Array[] =>
  framed(documents.flatMap((bytes, at) => [elementHead(DOCUMENT, String(at)), bytes]));

const elementHead = (type: number, name: string): Buffer =>
  Buffer.from(`${String.fromCharCode(type)}${name}\0`);

function framed(parts: readonly Uint8Array[]): Uint8Array[] {
  const length = Buffer.allocUnsafe(4);
  length.writeInt32LE(
    parts.reduce((sum, part) => sum + part.length, 5),
    0,
  );
  return [length, ...parts, END];
}
