import { setMaxListeners } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';

/** Owns work that nobody awaits, so that stopping can end it and no failure is lost. */
export class Tasks {
  readonly #running = new Set<Promise<void>>();
  readonly #failures: unknown[] = [];
  readonly #stopping = new AbortController();

  /** @param onQuiet called each time that the last running task has ended */
  constructor(private readonly onQuiet: () => void) {
    // Every pause and request on its way listens; none is a leak.
    setMaxListeners(0, this.#stopping.signal);
  }

  /** Aborted when the simulator stops. */
  get signal(): AbortSignal {
    return this.#stopping.signal;
  }

  get running(): number {
    return this.#running.size;
  }

  /** Takes the promise over; a rejection is reported by `stop`. */
  own(work: Promise<unknown>): void {
    const task = work
      .then(() => undefined)
      .catch((error: unknown) => {
        this.#failures.push(error);
      })
      .finally(() => {
        this.#running.delete(task);
        if (this.#running.size === 0) this.onQuiet();
      });
    this.#running.add(task);
  }

  /** Waits so many real milliseconds. @returns false if the simulator stopped meanwhile */
  async pause(milliseconds: number): Promise<boolean> {
    if (this.signal.aborted) return false;
    if (milliseconds === 0) return true;
    try {
      await delay(milliseconds, undefined, { signal: this.signal });
      return true;
    } catch (error) {
      if (this.signal.aborted) return false;
      throw error;
    }
  }

  /**
   * Ends pauses, waits for all tasks.
   * @throws AggregateError if a task failed
   */
  async stop(): Promise<void> {
    this.#stopping.abort();
    while (this.#running.size > 0) await Promise.all(this.#running);
    if (this.#failures.length > 0) {
      throw new AggregateError(this.#failures, 'Work of the simulator failed in the background.');
    }
  }
}
