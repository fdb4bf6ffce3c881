/**
 * Ids of our own: a word that says what it is, and 26 characters of time and randomness (48 bits of milliseconds,
 * 80 random bits, Crockford base 32, lower case), so that they sort by their time of making.
 */
import type { Clock, Random } from '../ops/clock.ts';

const ALPHABET = '0123456789abcdefghjkmnpqrstvwxyz';

function base32(bytes: Buffer): string {
  let bits = BigInt(`0x${bytes.toString('hex')}`) << 2n;
  let text = '';
  for (let index = 0; index < 26; index += 1) {
    text = (ALPHABET[Number(bits & 31n)] ?? '') + text;
    bits >>= 5n;
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
