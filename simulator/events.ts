/** Something that changed; carries ids only, whoever listens reads the state. */
export type SimulatorEvent =
  | { type: 'person'; personId: string }
  | { type: 'message'; personId: string; phoneNumberId: string; wamid: string }
  | { type: 'typing'; personId: string; phoneNumberId: string }
  | { type: 'sent'; phoneNumberId: string; wamid: string }
  | { type: 'delivery'; deliveryId: string }
  | { type: 'faults' }
  | { type: 'quiet' };

type Listener = (event: SimulatorEvent) => void;

/** Tells listeners, in the same tick, about each change after it was made. */
export class Events {
  readonly #listeners = new Set<Listener>();

  emit(event: SimulatorEvent): void {
    for (const listener of [...this.#listeners]) listener(event);
  }

  /** @returns a function that ends the subscription */
  subscribe(listener: Listener): () => void {
    this.#listeners.add(listener);
    return () => {
      this.#listeners.delete(listener);
    };
  }

  /**
   * Waits until the condition gives something other than undefined, null or false; asks it now and after each event.
   * @param timeoutMs real milliseconds; undefined waits for ever
   * @param describe what to say about the state when time is up
   */
  until<T>(
    condition: () => T | undefined | null | false,
    timeoutMs?: number,
    describe?: () => string,
  ): Promise<T> {
    return new Promise((resolve, reject) => {
      let timer: NodeJS.Timeout | undefined;
      let unsubscribe = (): void => undefined;
      const settle = (finish: () => void): void => {
        clearTimeout(timer);
        unsubscribe();
        finish();
      };
      const check = (): void => {
        try {
          const value = condition();
          if (value !== undefined && value !== null && value !== false) settle(() => resolve(value));
        } catch (error) {
          settle(() => reject(error instanceof Error ? error : new Error(String(error))));
        }
      };
      unsubscribe = this.subscribe(check);
      if (timeoutMs !== undefined) {
        const late = (): void =>
          reject(new Error(`Nothing after ${timeoutMs} ms. ${describe?.() ?? ''}`.trim()));
        timer = setTimeout(() => settle(late), timeoutMs);
      }
      check();
    });
  }
}
