import type { Events } from '../events.ts';
import type { Ids } from '../ids.ts';
import type { Log, Settings } from '../settings.ts';
import type { Tasks } from '../tasks.ts';
import type { Connections } from './post.ts';
import { makeConnections, postBytes } from './post.ts';
import { signWebhook } from './signature.ts';

/** One request of a webhook and its answer. */
export interface DeliveryAttempt {
  at: Date;
  status: number | null;
  milliseconds: number;
  /** Why there was no answer. */
  error?: string;
}

/** The whole life of one webhook POST. */
export interface DeliveryRecord {
  readonly id: string;
  readonly createdAt: Date;
  readonly body: Buffer;
  readonly attempts: DeliveryAttempt[];
  /**
   * waiting (behind an earlier one of its lanes) → posting ⇄ retrying → accepted (200), given-up (not to be retried), or
   * stopped (the simulator ended first).
   */
  state: 'waiting' | 'posting' | 'retrying' | 'accepted' | 'given-up' | 'stopped';
  /** Real time of the next attempt while `retrying`. */
  nextAttemptAt: Date | null;
}

/** How to post. */
export interface PostOptions {
  /** Earlier deliveries of these lanes end first. */
  lanes?: string[];
  /** Real ms to wait before the first attempt. */
  late?: number | undefined;
  /** Post again until 200; true unless told otherwise. */
  retry?: boolean;
  /** A header value instead of the right one; null sends none. */
  signature?: string | null;
  /** Instead of the configured address; null posts nowhere (not subscribed) and gives up at once. */
  url?: string | null;
  contentType?: string;
  /** Called after each change of the record. */
  onChange?: (record: DeliveryRecord) => void;
}

interface Context {
  settings: Settings;
  events: Events;
  tasks: Tasks;
  ids: Ids;
  clock: () => Date;
  log: Log;
}

/** Posts webhooks to the gateway: concurrent between lanes, one after the other within a lane, again until 200. */
export class Deliveries {
  readonly records: DeliveryRecord[] = [];
  readonly #tails = new Map<string, Promise<void>>();
  readonly #connections: Connections;

  constructor(private readonly context: Context) {
    this.#connections = makeConnections(context.settings.concurrency);
  }

  /** Starts posting. The promise fulfils with the final record, whatever its state. */
  post(body: Buffer, options: PostOptions = {}): { record: DeliveryRecord; posted: Promise<DeliveryRecord> } {
    const { ids, clock, settings, tasks } = this.context;
    const record: DeliveryRecord = {
      id: ids.hex(8),
      createdAt: clock(),
      body,
      attempts: [],
      state: 'waiting',
      nextAttemptAt: null,
    };
    this.records.push(record);
    const lanes = settings.ordered ? (options.lanes ?? []) : [];
    const posted = this.#behind(lanes, () => this.#run(record, options)).then(() => record);
    tasks.own(posted);
    return { record, posted };
  }

  /** Closes idle connections; running requests end with the tasks' signal. */
  close(): void {
    this.#connections.close();
  }

  #behind(lanes: string[], work: () => Promise<void>): Promise<void> {
    const earlier = lanes.map((lane) => this.#tails.get(lane)).filter((tail) => tail !== undefined);
    const done = Promise.all(earlier).then(work);
    for (const lane of lanes) this.#tails.set(lane, done);
    return done.finally(() => {
      for (const lane of lanes) if (this.#tails.get(lane) === done) this.#tails.delete(lane);
    });
  }

  async #run(record: DeliveryRecord, options: PostOptions): Promise<void> {
    const { retryDelays } = this.context.settings;
    const { tasks } = this.context;
    if (options.url === null) return this.#change(record, 'given-up', options);
    if (options.late !== undefined) await tasks.pause(options.late);
    for (;;) {
      if (tasks.signal.aborted) return this.#change(record, 'stopped', options);
      this.#change(record, 'posting', options);
      const attempt = await this.#attempt(record.body, options);
      if (tasks.signal.aborted && attempt.status === null) return this.#change(record, 'stopped', options);
      record.attempts.push(attempt);
      if (attempt.status === 200) return this.#change(record, 'accepted', options);
      if (options.retry === false) return this.#change(record, 'given-up', options);
      const pause = retryDelays[Math.min(record.attempts.length, retryDelays.length) - 1] ?? 0;
      record.nextAttemptAt = new Date(Date.now() + pause);
      this.#change(record, 'retrying', options);
      await tasks.pause(pause);
      record.nextAttemptAt = null;
    }
  }

  async #attempt(body: Buffer, options: PostOptions): Promise<DeliveryAttempt> {
    const { settings, clock, tasks } = this.context;
    const signature =
      options.signature === undefined ? signWebhook(body, settings.appSecret) : options.signature;
    const started = performance.now();
    const at = clock();
    const outcome = await postBytes({
      url: new URL(options.url ?? settings.webhookUrl),
      body,
      headers: {
        'content-type': options.contentType ?? 'application/json',
        'user-agent': 'facebookexternalua',
        accept: '*/*',
        ...(signature === null ? {} : { 'x-hub-signature-256': signature }),
      },
      timeoutMs: settings.webhookTimeout,
      connections: this.#connections,
      signal: tasks.signal,
    });
    return { at, milliseconds: Math.round(performance.now() - started), ...outcome };
  }

  #change(record: DeliveryRecord, state: DeliveryRecord['state'], options: PostOptions): void {
    record.state = state;
    options.onChange?.(record);
    if (state !== 'waiting' && state !== 'posting') this.#report(record);
    this.context.events.emit({ type: 'delivery', deliveryId: record.id });
  }

  #report({ id, state, attempts, body }: DeliveryRecord): void {
    const last = attempts.at(-1);
    this.context.log({
      event: 'webhook.posted',
      deliveryId: id,
      outcome: state,
      attempts: attempts.length,
      status: last?.status ?? null,
      milliseconds: last?.milliseconds ?? null,
      bytes: body.length,
      ...(last?.error === undefined ? {} : { reason: last.error }),
    });
  }
}
