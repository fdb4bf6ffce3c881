/** When a file that could not be fetched is tried again. */
import type { Random } from '../ops/clock.ts';

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

/** So long after the message WhatsApp keeps its file (Cloud API: media, since October 2025). */
export const MEDIA_LIFE_MS = 7 * 24 * HOUR;

/** Pauses after the first, second, … failure; the last one from then on, until the seven days are over. */
const PAUSES_MS = [5 * SECOND, 30 * SECOND, 2 * MINUTE, 10 * MINUTE, 30 * MINUTE, HOUR, 3 * HOUR];

/** Milliseconds until the next try after so many failed ones; up to a tenth more, at random. */
export function pauseAfterTry(attempts: number, random: Random): number {
  const pause = PAUSES_MS[Math.min(attempts, PAUSES_MS.length) - 1] ?? 3 * HOUR;
  const spread = (random.bytes(2).readUInt16BE(0) / 65_536) * 0.1 * pause;
  return Math.round(pause + spread);
}
