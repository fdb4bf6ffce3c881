/**
 * What is counted. Every unit of work logs one wide line, and the counters are made from those lines, so that a
 * number and the lines behind it can't disagree, and work that is logged nowhere shows here as missing. Labels are
 * words of ours: no tenant, number, name or id ever is one (P6).
 */
import { collectDefaultMetrics, Counter, Histogram, Registry } from 'prom-client';

import type { Logger } from './log.ts';

/** Work of this tenant is the installation looking at itself (watch/canary.ts): in no rate. */
export const CANARY_TENANT = 'ten_canary';
/** Its user agent, by which the receiver's line is told from others. */
export const CANARY_AGENT = 'whatsper-canary';

type Fields = Record<string, unknown>;

const QUICK = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5];
const PATIENT = [0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 1_800];

interface Counted {
  name: string;
  help: string;
  /** Event of the log. */
  event: string;
  /** Label → field of the line. */
  labels?: Record<string, string>;
  /** Field that is added instead of 1. */
  add?: string;
  /** Field in milliseconds: a histogram in seconds. */
  observe?: string;
  buckets?: number[];
}

/** Every counter and histogram that is made from lines of the log. */
const COUNTED: Counted[] = [
  {
    name: 'whatsper_webhooks_total',
    help: 'Requests to the webhook, by what became of them.',
    event: 'webhook.handled',
    labels: { outcome: 'outcome' },
  },
  {
    name: 'whatsper_webhook_seconds',
    help: 'Time until a webhook was answered.',
    event: 'webhook.handled',
    observe: 'ms',
    buckets: QUICK,
  },
  {
    name: 'whatsper_webhook_items_total',
    help: 'Messages, statuses and other items that webhooks brought.',
    event: 'webhook.handled',
    add: 'items',
  },
  {
    name: 'whatsper_webhooks_not_taken_total',
    help: 'Webhooks answered 503, because neither Redis nor the disk took them.',
    event: 'webhook.not-taken',
  },
  {
    name: 'whatsper_webhooks_spooled_total',
    help: 'Writes that went to the spool because Redis did not take them.',
    event: 'intake.spooling',
  },
  {
    name: 'whatsper_items_total',
    help: 'Items that workers handled, by kind and by what became of them.',
    event: 'inbound.handled',
    labels: { kind: 'kind', outcome: 'outcome' },
  },
  {
    name: 'whatsper_item_wait_seconds',
    help: 'Time from the receipt of an item until a worker began it.',
    event: 'inbound.handled',
    observe: 'waitMs',
    buckets: PATIENT,
  },
  {
    name: 'whatsper_item_seconds',
    help: 'Time for which a worker handled an item.',
    event: 'inbound.handled',
    observe: 'ms',
    buckets: QUICK,
  },
  {
    name: 'whatsper_item_failures_total',
    help: 'Tries of items that failed and are made again.',
    event: 'inbound.failed',
    labels: { kind: 'kind' },
  },
  {
    name: 'whatsper_dead_letters_parked_total',
    help: 'Items that were parked for a person, by reason.',
    event: 'dead-letter.parked',
    labels: { reason: 'reason' },
  },
  {
    name: 'whatsper_turn_failures_total',
    help: 'Turns at a lane that failed and are taken again.',
    event: 'lane.turn-failed',
    labels: { queue: 'queue' },
  },
  {
    name: 'whatsper_sends_total',
    help: 'Attempts to send a message, by what the Graph API said.',
    event: 'outbox.attempted',
    labels: { outcome: 'outcome' },
  },
  {
    name: 'whatsper_send_seconds',
    help: 'Time until the Graph API answered.',
    event: 'outbox.attempted',
    observe: 'ms',
    buckets: PATIENT,
  },
  {
    name: 'whatsper_sends_refused_here_total',
    help: 'Messages that failed without an attempt, by reason.',
    event: 'outbox.not-attempted',
    labels: { reason: 'reason' },
  },
  {
    name: 'whatsper_read_receipts_total',
    help: 'Messages of clients marked as read, and typing shown, by what the Graph API said.',
    event: 'outbox.read',
    labels: { kind: 'kind', outcome: 'outcome' },
  },
  {
    name: 'whatsper_deliveries_total',
    help: 'Tries of events at endpoints: done, due (again later), failed (given up).',
    event: 'endpoint.delivery',
    labels: { outcome: 'outcome' },
  },
  {
    name: 'whatsper_delivery_seconds',
    help: 'Time until an endpoint answered.',
    event: 'endpoint.delivery',
    observe: 'ms',
    buckets: PATIENT,
  },
  {
    name: 'whatsper_feed_events_lost_total',
    help: 'Events that consoles were not told of at once; they read their lists again.',
    event: 'feed.event-lost',
  },
  {
    name: 'whatsper_requests_total',
    help: 'REST requests, by route and status.',
    event: 'request.handled',
    labels: { route: 'route', status: 'status' },
  },
  {
    name: 'whatsper_request_seconds',
    help: 'Time until a REST request was answered.',
    event: 'request.handled',
    observe: 'ms',
    buckets: QUICK,
  },
];

const ALERTS = {
  name: 'whatsper_alerts_total',
  help: 'Lines of the log that begin with alert., by their word.',
};

/** A label is a word of ours, a route or a status; anything else would be somebody's. */
const WORD = /^(?!.*\d{4})(?:[A-Za-z/][\w{}/-]{0,63}|\d{3})$/;
/** Words of one label; more would be values of something that has no end. */
const MOST_WORDS = 100;

export interface Metrics {
  registry: Registry;
  /** Counts one line of the log. */
  record(event: string, fields: Fields): void;
}

/** Metrics of one process, with those of Node.js itself: memory, processor, event loop, collections. */
export function createMetrics(): Metrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const recorders = new Map<string, ((fields: Fields) => void)[]>();
  for (const counted of COUNTED) {
    const known = recorders.get(counted.event) ?? [];
    recorders.set(counted.event, [...known, recorderOf(registry, counted)]);
  }
  const alerts = new Counter({ ...ALERTS, labelNames: ['alert'], registers: [registry] });
  const words = new Words();
  return {
    registry,
    record(event, fields) {
      if (event.startsWith('alert.')) alerts.inc({ alert: words.of('alert', event.slice(6)) });
      if (fields.tenantId === CANARY_TENANT || fields.kind === 'canary') return;
      for (const recorder of recorders.get(event) ?? []) recorder(fields);
    },
  };
}

/** A logger that also counts. What its level hides is counted all the same. */
export function metered(log: Logger, metrics: Metrics): Logger {
  const counting =
    (level: 'debug' | 'info' | 'warn' | 'error' | 'fatal') =>
    (fields: unknown, event?: unknown): void => {
      if (typeof event !== 'string') return log[level](fields);
      metrics.record(event, (fields ?? {}) as Fields);
      log[level](fields, event);
    };
  const methods = {
    debug: counting('debug'),
    info: counting('info'),
    warn: counting('warn'),
    error: counting('error'),
    fatal: counting('fatal'),
  };
  return Object.assign(Object.create(log) as Logger, methods);
}

function recorderOf(registry: Registry, counted: Counted): (fields: Fields) => void {
  const { name, help, labels = {}, add, observe, buckets = QUICK } = counted;
  const labelNames = Object.keys(labels);
  const words = new Words();
  const labelsFrom = (fields: Fields) =>
    Object.fromEntries(
      Object.entries(labels).map(([label, field]) => [label, words.of(label, fields[field])]),
    );
  if (observe !== undefined) {
    const histogram = new Histogram({ name, help, labelNames, buckets, registers: [registry] });
    return (fields) => {
      const ms = fields[observe];
      if (typeof ms === 'number') histogram.observe(labelsFrom(fields), Math.max(0, ms) / 1000);
    };
  }
  const counter = new Counter({ name, help, labelNames, registers: [registry] });
  return (fields) => {
    const amount = add === undefined ? 1 : fields[add];
    if (typeof amount === 'number' && amount > 0) counter.inc(labelsFrom(fields), amount);
  };
}

/** Keeps labels to a bounded number of words. */
class Words {
  readonly #known = new Map<string, Set<string>>();

  of(label: string, value: unknown): string {
    const word = typeof value === 'number' ? String(value) : value;
    const known = this.#known.get(label) ?? new Set();
    if (typeof word !== 'string') return 'other';
    if (known.has(word)) return word;
    if (!WORD.test(word) || known.size >= MOST_WORDS) return 'other';
    this.#known.set(label, known.add(word));
    return word;
  }
}
