/** Which looks at content this process wrote down within the last ten minutes. */
import type { Clock } from '../ops/clock.ts';

/** One entry per principal, object and ten minutes. */
const WINDOW_MS = 10 * 60_000;
/** Beyond that the oldest are forgotten, and written again. Some 10 MB. */
const MOST_REMEMBERED = 100_000;
/** What a process wrote down in the last ten minutes. */
export class RecentViews {
  readonly #clock: Clock;
  readonly #until = new Map<string, number>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Those of the objects that were not written down for this principal. */
  fresh(tenantId: string, principal: string, objects: string[]): string[] {
    const now = this.#clock.now();
    return [...new Set(objects)].filter(
      (object) => (this.#until.get(nameOf(tenantId, principal, object)) ?? 0) <= now,
    );
  }

  /** They were written down. */
  remember(tenantId: string, principal: string, objects: string[]): void {
    const until = this.#clock.now() + WINDOW_MS;
    for (const object of objects) {
      const name = nameOf(tenantId, principal, object);
      this.#until.delete(name); // so that it goes to the end
      this.#until.set(name, until);
    }
    for (const oldest of this.#until.keys()) {
      if (this.#until.size <= MOST_REMEMBERED) break;
      this.#until.delete(oldest);
    }
  }
}

const nameOf = (...parts: string[]) => parts.join('/');
