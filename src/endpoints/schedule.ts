/** When a delivery that failed is tried again. */
import type { Random } from '../ops/clock.ts';

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

/**
 * Pauses after the first, second, … failure. 11 tries over 5 s + 30 s + 2 min + 10 min + 1 h + 3 h + 6 h + 12 h +
 * 24 h + 24 h = 70 h 12 min 35 s: an endpoint that breaks on a Friday evening may come back on Monday.
 */
const PAUSES_MS = [
  5 * SECOND,
  30 * SECOND,
  2 * MINUTE,
  10 * MINUTE,
  HOUR,
  3 * HOUR,
  6 * HOUR,
  12 * HOUR,
  24 * HOUR,
  24 * HOUR,
];

/** An endpoint can't put off its own lane for longer than this by `Retry-After`. */
const LONGEST_ASKED_MS = 24 * HOUR;

/**
 * Milliseconds until the next try after so many failed ones; undefined when it is given up. Up to a tenth is added
 * at random, so that the lanes of an endpoint that was away do not all come back in the same second.
 */
export function pauseAfter(attempts: number, askedMs: number, random: Random): number | undefined {
  const pause = PAUSES_MS[attempts - 1];
  if (pause === undefined) return undefined;
  const spread = (random.bytes(2).readUInt16BE(0) / 65_536) * 0.1 * pause;
  return Math.round(Math.max(pause + spread, Math.min(askedMs, LONGEST_ASKED_MS)));
}

/** `Retry-After` in milliseconds: seconds, or a date of HTTP. 0 when absent or unreadable. */
export function askedPause(header: string | undefined, now: number): number {
  if (header === undefined) return 0;
  if (/^\d{1,9}$/.test(header.trim())) return Number(header) * SECOND;
  const date = Date.parse(header);
  return Number.isNaN(date) ? 0 : Math.max(0, date - now);
}
