/**
 * Ids of our own: a word that says what it is, and 26 characters of time and randomness (48 bits of milliseconds,
 * 80 random bits, Crockford base 32, lower case), so that they sort by their time of making.
 */
import type { Clock, Random } from '../ops/clock.ts';

const ALPHABET = '0123456789abcdefghjkmnpqrstvwxyz';

/** 16 bytes and two zero bits: 26 groups of five, taken from the end. */
function base32(bytes: Buffer): string {
  let text = '';
  let bits = 0;
  let held = 2;
  for (let at = bytes.length - 1; at >= 0; at -= 1) {
    bits |= (bytes[at] ?? 0) << held;
    for (held += 8; held >= 5; held -= 5) {
      text = (ALPHABET[bits & 31] ?? '') + text;
      bits >>= 5;
    }
  }
  return text;
}

/** For example `msg_06f8a…`. */
export function newId(of: { clock: Clock; random: Random }, word: string): string {
  const bytes = Buffer.concat([Buffer.alloc(6), of.random.bytes(10)]);
  bytes.writeUIntBE(of.clock.now(), 0, 6);
  return `${word}_${base32(bytes)}`;
}

/** A secret nobody can guess: 43 characters without `_`, 256 bits. */
export function newSecret(random: Random): string {
  return random.bytes(32).toString('base64url').replaceAll('_', 'A').replaceAll('-', 'B');
}

/**
 * Gives each thing of this process its place in time: microseconds since 1970 that never repeat or go back here.
 * Two processes may give the same; then the id decides.
 */
export class Positions {
  #last = 0;

  constructor(private readonly clock: Clock) {}

  next(): number {
    this.#last = Math.max(this.#last + 1, this.clock.now() * 1000);
    return this.#last;
  }
}
