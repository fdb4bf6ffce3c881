/**
 * Reading a signed body as JSON without trusting its shape. One look over the bytes, before anything is parsed, counts
 * values and depth and finds the numbers that JavaScript would change: ids must keep every digit, so a number that
 * does not fit becomes a string of its own digits. Nothing here uses the stack in proportion to the body's depth.
 */
import { isUtf8 } from 'node:buffer';

/** 1,000 updates with 300 values each are far more than WhatsApp sends. */
const MOST_VALUES = 300_000;
/** Deeper than any notification; what writes or walks JSON by recursion stands ten times that. */
const DEEPEST = 200;

export interface ReadJson {
  value: unknown;
  /** A part of the value is nested deeper than may be handed on: see `isTooDeep`. */
  deep: boolean;
}

/** @returns undefined for what is no JSON in UTF-8, or has more values than any notification. */
export function readJson(body: Buffer): ReadJson | undefined {
  const looked = lookOver(body);
  return looked && parseJson(looked);
}

/** A text that may be parsed. */
interface Looked {
  text: string;
  depth: number;
}

/** The first half of `readJson`: both are long for a large body, so others may have their turn between them. */
export function lookOver(body: Buffer): Looked | undefined {
  const bytes = withoutMark(body);
  if (!isUtf8(bytes)) return undefined;
  const { values, depth, numbers } = look(bytes);
  if (values > MOST_VALUES) return undefined;
  return { text: (numbers.length === 0 ? bytes : quoted(bytes, numbers)).toString('utf8'), depth };
}

/** The second half of `readJson`. */
export function parseJson({ text, depth }: Looked): ReadJson | undefined {
  try {
    return { value: JSON.parse(text) as unknown, deep: depth > DEEPEST };
  } catch {
    return undefined;
  }
}

/** True when a value is nested deeper than may be handed on. */
export function isTooDeep(value: unknown): boolean {
  let level: unknown[] = [value];
  for (let depth = 0; level.length > 0; depth += 1) {
    if (depth > DEEPEST) return true;
    level = level.flatMap((one) =>
      typeof one === 'object' && one !== null ? (Object.values(one) as unknown[]) : [],
    );
  }
  return false;
}

/** RFC 8259: a byte order mark may be ignored. */
function withoutMark(body: Buffer): Buffer {
  return body[0] === 0xef && body[1] === 0xbb && body[2] === 0xbf ? body.subarray(3) : body;
}

interface Shape {
  values: number;
  depth: number;
  /** From and to of the numbers that JavaScript can't hold. */
  numbers: [number, number][];
}

const QUOTE = 0x22;
const COMMA = 0x2c;
const BACKSLASH = 0x5c;

function look(bytes: Buffer): Shape {
  const shape: Shape = { values: 1, depth: 0, numbers: [] };
  let depth = 0;
  for (let at = 0; at < bytes.length; at += 1) {
    const byte = bytes[at] as number;
    if (byte === QUOTE) at = endOfString(bytes, at);
    else if (byte === COMMA) shape.values += 1;
    else if (byte === 0x7b || byte === 0x5b) {
      shape.values += 1;
      depth += 1;
      if (depth > shape.depth) shape.depth = depth;
    } else if (byte === 0x7d || byte === 0x5d) depth -= 1;
    else if (byte === 0x2d || isDigit(byte)) {
      const end = endOfNumber(bytes, at);
      // The shortest that does not fit is 1e309.
      if (end - at >= 5 && changes(bytes.toString('latin1', at, end))) shape.numbers.push([at, end]);
      at = end - 1;
    }
  }
  return shape;
}

/** Place of the quote that ends the string which begins here. Long texts without escapes are searched natively. */
function endOfString(bytes: Buffer, start: number): number {
  let at = start + 1;
  const near = Math.min(at + 64, bytes.length);
  while (at < near && bytes[at] !== QUOTE) at += bytes[at] === BACKSLASH ? 2 : 1;
  if (at >= near) {
    const quote = bytes.indexOf(QUOTE, at);
    if (quote === -1) return bytes.length;
    if (!bytes.subarray(at, quote).includes(BACKSLASH)) return quote;
  }
  while (at < bytes.length && bytes[at] !== QUOTE) at += bytes[at] === BACKSLASH ? 2 : 1;
  return at;
}

function endOfNumber(bytes: Buffer, start: number): number {
  let at = start + 1;
  while (at < bytes.length && isOfNumber(bytes[at] as number)) at += 1;
  return at;
}

const isDigit = (byte: number) => byte >= 0x30 && byte <= 0x39;
/** Digits, and `.` `+` `-` `e` `E`. */
const isOfNumber = (byte: number) =>
  isDigit(byte) || byte === 0x2e || byte === 0x2b || byte === 0x2d || byte === 0x65 || byte === 0x45;

const NUMBER = /^-?(?:0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?$/;

/** True for an integer that is not exact, and for any number beyond the range, as JavaScript reads them. */
function changes(text: string): boolean {
  const [whole, fraction, exponent] = NUMBER.exec(text) ?? [];
  if (whole === undefined) return false; // no JSON: parsing will say so
  const value = Number(text);
  if (fraction === undefined && exponent === undefined) return !Number.isSafeInteger(value);
  return !Number.isFinite(value);
}

function quoted(bytes: Buffer, numbers: [number, number][]): Buffer {
  const quote = Buffer.of(QUOTE);
  const pieces: Buffer[] = [];
  let done = 0;
  for (const [from, to] of numbers) {
    pieces.push(bytes.subarray(done, from), quote, bytes.subarray(from, to), quote);
    done = to;
  }
  return Buffer.concat([...pieces, bytes.subarray(done)]);
}
