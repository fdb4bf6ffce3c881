import type { Settings } from '../settings.ts';
import { GraphError } from './errors.ts';

/** A bucket that fills by time: `capacity` at once, then one every `everyMs`. */
interface Bucket {
  left: number;
  at: number;
}

/**
 * Meta's two limits of sending (Cloud API: throughput, pair rate limits): so many messages a second from a number (130429),
 * and to one person a burst, then one every few seconds (131056). A refused call takes nothing.
 */
export class Throttle {
  readonly #buckets = new Map<string, Bucket>();

  constructor(
    private readonly limits: Settings['limits'],
    private readonly clock: () => Date,
  ) {}

  /** @throws GraphError 130429 or 131056 */
  take(phoneNumberId: string, address: string): void {
    if (this.limits === 'off') return;
    const { perSecond, pairBurst, pairSeconds } = this.limits;
    const number = this.#fill(`number ${phoneNumberId}`, perSecond, 1_000 / perSecond);
    const pair = this.#fill(`pair ${phoneNumberId} ${address}`, pairBurst, pairSeconds * 1_000);
    if (number.left < 1) throw new GraphError(130429);
    if (pair.left < 1) throw new GraphError(131056);
    number.left -= 1;
    pair.left -= 1;
  }

  #fill(name: string, capacity: number, everyMs: number): Bucket {
    const now = this.clock().getTime();
    const bucket = this.#buckets.get(name) ?? { left: capacity, at: now };
    bucket.left = Math.min(capacity, bucket.left + (now - bucket.at) / everyMs);
    bucket.at = now;
    this.#buckets.set(name, bucket);
    return bucket;
  }
}
