/** Time and randomness as arguments, so that a test can hold them. */
import { randomBytes } from 'node:crypto';

export interface Clock {
  /** Milliseconds since 1970. */
  now(): number;
}

export interface Random {
  bytes(length: number): Buffer;
}

export const systemClock: Clock = { now: () => Date.now() };
/** Nonces and ids are cut from a block: a call of the system's source for each costs as much as sealing a short text. */
const BLOCK_BYTES = 4_096;
const SHORT = 16;
let block = Buffer.alloc(0);

export const systemRandom: Random = {
  bytes(length) {
    if (length > SHORT) return randomBytes(length); // secrets: kept for long, in memory of their own
    if (block.length < length) block = randomBytes(BLOCK_BYTES);
    const bytes = block.subarray(0, length);
    block = block.subarray(length);
    return bytes;
  },
};
