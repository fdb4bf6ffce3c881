import { writeParts } from './values/raw.ts';
import { type Document, parseDocument } from './values/values.ts';

/**
 * MongoDB's wire protocol, as far as a driver of today needs it: OP_MSG both ways, and the OP_QUERY with which
 * a driver says hello for the first time, answered by OP_REPLY (MongoDB manual: Wire Protocol).
 */
export const LARGEST_MESSAGE = 48_000_000; // bytes, what `hello` announces

const HEADER = 16;
const OP_REPLY = 1;
const OP_QUERY = 2004;
const OP_MSG = 2013;
const CHECKSUM_PRESENT = 1;
const MORE_TO_COME = 2;
const KNOWN_FLAGS = 0x10003; // checksum, more to come, exhaust allowed

export interface Request {
  readonly id: number;
  readonly legacy: boolean;
  /** The client wants no answer (write concern 0). */
  readonly silent: boolean;
  readonly command: Document;
}

/** Cuts a stream of bytes into messages. Parts of a large one are put together once, when the last has come. */
export class MessageReader {
  #parts: Buffer[] = [];
  #length = 0;

  /** Takes bytes from the socket and returns the messages that are complete. Throws on a length out of range. */
  push(bytes: Buffer): Buffer[] {
    this.#parts.push(bytes);
    this.#length += bytes.length;
    const messages: Buffer[] = [];
    for (let size = this.#nextSize(); size <= this.#length; size = this.#nextSize()) {
      const all = this.#parts.length === 1 ? (this.#parts[0] as Buffer) : Buffer.concat(this.#parts);
      messages.push(all.subarray(0, size));
      this.#parts = [all.subarray(size)];
      this.#length -= size;
    }
    return messages;
  }

  /** The size of the message that has begun; infinite while even that is not known. */
  #nextSize(): number {
    if (this.#length < 4) return Infinity;
    if ((this.#parts[0] as Buffer).length < 4) this.#parts = [Buffer.concat(this.#parts)];
    const size = (this.#parts[0] as Buffer).readInt32LE(0);
    if (size < HEADER || size > LARGEST_MESSAGE) {
      throw new Error(`A message of ${size} bytes is no MongoDB message`);
    }
    return size;
  }
}

export function parseRequest(message: Buffer): Request {
  const id = message.readInt32LE(4);
  const code = message.readInt32LE(12);
  if (code === OP_MSG) return parseMessage(id, message);
  if (code === OP_QUERY) return parseQuery(id, message);
  throw new Error(`Operation code ${code} is not supported: this server speaks OP_MSG`);
}

/** Kind 0 is the command, kind 1 a list of documents that belongs into it (`documents`, `updates`, `deletes`). */
function parseMessage(id: number, message: Buffer): Request {
  const flags = message.readUInt32LE(HEADER);
  if ((flags & 0xffff & ~KNOWN_FLAGS) !== 0) {
    throw new Error('The message has required flags that are not known');
  }
  const end = message.length - (flags & CHECKSUM_PRESENT ? 4 : 0);
  let command: Document = {};
  const lists: Document = {};
  for (let at = HEADER + 4; at < end;) {
    const kind = message[at];
    const size = message.readInt32LE(at + 1);
    const section = message.subarray(at + 1, at + 1 + size);
    if (kind === 0) command = parseDocument(section);
    else if (kind === 1) Object.assign(lists, parseSequence(section));
    else throw new Error(`A message section of kind ${kind} is not known`);
    at += 1 + size;
  }
  return { id, legacy: false, silent: (flags & MORE_TO_COME) !== 0, command: { ...command, ...lists } };
}

function parseSequence(section: Buffer): Document {
  const nameEnd = section.indexOf(0, 4);
  const documents: Document[] = [];
  for (let at = nameEnd + 1; at < section.length;) {
    const size = section.readInt32LE(at);
    documents.push(parseDocument(section.subarray(at, at + size)));
    at += size;
  }
  return { [section.toString('utf8', 4, nameEnd)]: documents };
}

function parseQuery(id: number, message: Buffer): Request {
  const nameEnd = message.indexOf(0, HEADER + 4);
  const [database = ''] = message.toString('utf8', HEADER + 4, nameEnd).split('.');
  const start = nameEnd + 1 + 8;
  const command = parseDocument(message.subarray(start, start + message.readInt32LE(start)));
  return { id, legacy: true, silent: false, command: { ...command, $db: database } };
}

let lastId = 0;

function withHeader(code: number, responseTo: number, parts: readonly Uint8Array[]): Buffer {
  const header = Buffer.allocUnsafe(HEADER);
  lastId = (lastId + 1) & 0x7fffffff;
  header.writeInt32LE(
    parts.reduce((sum, { length }) => sum + length, HEADER),
    0,
  );
  header.writeInt32LE(lastId, 4);
  header.writeInt32LE(responseTo, 8);
  header.writeInt32LE(code, 12);
  return Buffer.concat([header, ...parts]);
}

/** The answer to a request, in the form in which it came. */
export function encodeReply({ id, legacy }: Request, reply: object): Buffer {
  const body = writeParts(reply);
  if (!legacy) return withHeader(OP_MSG, id, [Buffer.alloc(5), ...body]); // no flags, one section of kind 0
  const fields = Buffer.alloc(20); // flags, cursor (8 bytes), position, number of documents
  fields.writeInt32LE(8, 0);
  fields.writeInt32LE(1, 16);
  return withHeader(OP_REPLY, id, [fields, ...body]);
}
