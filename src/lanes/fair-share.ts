/**
 * Whose wake-ups wait behind the others'. A number that brings more than a quarter of what this process receives is
 * put behind the rest, the further the more it brings: its flood then takes what the others leave, and their delay
 * stays as it was. A number that is alone, or quiet, or one of many alike, waits behind nobody.
 */
import type { Clock } from '../ops/clock.ts';

/** What came within this time counts. */
const WINDOW_MS = 2_000;
/** Part of all that came which a number may bring and still go first. */
const FAIR_PART = 1 / 4;
/** 50 items a second are no flood, however quiet the others are. */
const ALWAYS_FAIR = 100;
/** Priorities 1 to 8: each doubling over the fair part is one step further behind. */
const LAST_PRIORITY = 8;

export class FairShare {
  readonly #clock: Clock;
  #current = { since: 0, all: 0, byNumber: new Map<string, number>() };
  #before = this.#current;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Counts an item of the number. @returns the priority of its wake-up: 0 goes first, 8 last */
  priorityOf(number: string): number {
    this.#turnWindow();
    const { byNumber } = this.#current;
    this.#current.all += 1;
    byNumber.set(number, (byNumber.get(number) ?? 0) + 1);
    const brought = (byNumber.get(number) ?? 0) + (this.#before.byNumber.get(number) ?? 0);
    const all = this.#current.all + this.#before.all;
    const fair = Math.max(ALWAYS_FAIR, all * FAIR_PART);
    return brought <= fair ? 0 : Math.min(LAST_PRIORITY, 1 + Math.floor(Math.log2(brought / fair)));
  }

  /** The window that ended still counts in the next, so that a flood does not begin anew every other second. */
  #turnWindow(): void {
    const now = this.#clock.now();
    const age = now - this.#current.since;
    if (age < WINDOW_MS) return;
    this.#before = age < 2 * WINDOW_MS ? this.#current : { since: 0, all: 0, byNumber: new Map() };
    this.#current = { since: now, all: 0, byNumber: new Map() };
  }
}
