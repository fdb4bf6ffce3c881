/** Follows each message from its POST to the endpoint and to the agent's feed. */

/** Which of the two ends a message has reached. */
const ENDPOINT = 1;
const FEED = 2;

interface Waiting {
  sentAt: number;
  reached: number;
  /** Counted apart from the others, when it has one. */
  group: string;
}

export class Tracker {
  /** Messages that reached all ends. */
  completed = 0;
  /** Deliveries of a message that had been delivered there. */
  repeated = 0;
  /** Milliseconds from POST to the last end, in order of completion; by group. */
  readonly latencies = new Map<string, number[]>();
  readonly #waiting = new Map<number, Waiting>();
  readonly #needed: number;
  #onCompleted: () => void = () => undefined;

  /** Without feeds a message is complete at the endpoint. */
  constructor({ feeds }: { feeds: boolean }) {
    this.#needed = feeds ? ENDPOINT | FEED : ENDPOINT;
  }

  /** Messages on their way. */
  get inSystem(): number {
    return this.#waiting.size;
  }

  /** Messages that have not reached each end. */
  get waitingFor(): { endpoint: number; feed: number } {
    const without = (end: number) =>
      [...this.#waiting.values()].filter(({ reached }) => (reached & end) === 0).length;
    return { endpoint: without(ENDPOINT), feed: (this.#needed & FEED) === 0 ? 0 : without(FEED) };
  }

  onCompleted(listener: () => void): void {
    this.#onCompleted = listener;
  }

  sent(number: number, group = ''): void {
    this.#waiting.set(number, { sentAt: performance.now(), reached: 0, group });
  }

  /** The POST was refused: nothing will come of it. */
  refused(number: number): void {
    this.#waiting.delete(number);
  }

  atEndpoint(number: number): void {
    this.#reach(number, ENDPOINT);
  }

  onFeed(number: number): void {
    this.#reach(number, FEED);
  }

  #reach(number: number, end: number): void {
    const message = this.#waiting.get(number);
    if (!message || (message.reached & end) !== 0) {
      if (end === ENDPOINT) this.repeated += 1;
      return;
    }
    message.reached |= end;
    if ((message.reached & this.#needed) !== this.#needed) return;
    this.#waiting.delete(number);
    this.completed += 1;
    const latencies = this.latencies.get(message.group) ?? [];
    this.latencies.set(message.group, latencies);
    latencies.push(performance.now() - message.sentAt);
    this.#onCompleted();
  }
}
