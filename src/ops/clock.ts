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
export const systemRandom: Random = { bytes: (length) => randomBytes(length) };
