/**
 * `/metrics` on a port of its own (METRICS_PORT), for Prometheus: what this process counted, and how far the work of
 * the whole installation is. It holds no tenant's data, but a company's numbers all the same: without HOST it listens
 * on this machine only.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

import { Gauge, type Registry } from 'prom-client';

import type { Context } from '../context.ts';
import { dueReviews, type Review } from '../operators/break-glass.ts';
import type { Health } from '../ops/health.ts';
import type { Metrics } from '../ops/metrics.ts';
import type { CanaryState } from './canary.ts';
import { type Progress, progress } from './progress.ts';

/** Looking at the work costs the database something, so answers are kept for a while: 10 s, or longer when it is slow. */
const KEPT_MS = 10_000;
const KEPT_PER_COST = 20;

export interface MetricsSources {
  health: Pick<Health, 'servers'>;
  /** What waits on the disk of this process; absent where there is no receiver. */
  spooled?: () => { segments: number; bytes: number; oldestAt?: number | null };
  canary?: () => CanaryState;
}

export interface MetricsServer {
  port: number;
  /** The answer of /metrics. */
  scrape(): Promise<string>;
  close(): Promise<void>;
}

/** Listens until closed. @throws when the port is taken */
export async function serveMetrics(
  ctx: Context,
  metrics: Metrics,
  sources: MetricsSources,
  port: number,
): Promise<MetricsServer> {
  const refresh = gauges(ctx, metrics.registry, sources);
  const scrape = async () => {
    await refresh();
    return metrics.registry.metrics();
  };
  const server = createServer((request, response) => {
    answer(metrics.registry, scrape, request, response).catch((error: unknown) => {
      ctx.log.error({ part: 'metrics', err: error }, 'metrics.failed');
      response.destroy();
    });
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen({ port, host: ctx.settings.HOST ?? '127.0.0.1' }, resolve);
  });
  const listening = (server.address() as AddressInfo).port;
  ctx.log.info({ part: 'metrics', port: listening }, 'metrics.ready');
  return {
    port: listening,
    scrape,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function answer(
  registry: Registry,
  scrape: () => Promise<string>,
  { method, url }: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  if ((method !== 'GET' && method !== 'HEAD') || url?.split('?')[0] !== '/metrics') {
    response.writeHead(404).end();
    return;
  }
  const text = await scrape();
  response.writeHead(200, { 'Content-Type': registry.contentType, 'Cache-Control': 'no-store' }).end(text);
}

/** Makes the gauges. @returns what brings them up to date, at most every KEPT_MS */
function gauges(ctx: Context, registry: Registry, sources: MetricsSources): () => Promise<void> {
  const gauge = <Label extends string>(name: string, help: string, ...labelNames: Label[]) =>
    new Gauge({ name, help, labelNames, registers: [registry] });
  const up = gauge('whatsper_server_up', 'Whether a server answers this process: 1 or 0.', 'server');
  const work = workGauges(gauge);
  const spool = spoolGauges(gauge);
  const canary = canaryGauges(gauge);
  const reviews = reviewGauge(gauge);
  let until = 0;
  let running: Promise<void> | undefined;
  const look = async () => {
    const started = performance.now();
    const servers = await sources.health.servers();
    for (const [server, isUp] of Object.entries(servers)) up.set({ server }, isUp ? 1 : 0);
    if (sources.spooled) spool(sources.spooled(), ctx.clock.now());
    // What is not known is not there: an old number would look like a good one.
    work(servers.mongodb && servers.redis ? await progress(ctx).catch(() => undefined) : undefined);
    if (sources.canary) canary(sources.canary());
    reviews(servers.mongodb ? await dueReviews(ctx).catch(() => undefined) : undefined);
    until = Date.now() + Math.max(KEPT_MS, KEPT_PER_COST * (performance.now() - started));
  };
  return async () => {
    if (Date.now() < until) return;
    running ??= look().finally(() => (running = undefined));
    await running;
  };
}

type MakeGauge = <Label extends string>(name: string, help: string, ...labelNames: Label[]) => Gauge<Label>;

function workGauges(gauge: MakeGauge): (seen: Progress | undefined) => void {
  const all = 'Of the whole installation, the same from every process.';
  const oldest = gauge(
    'whatsper_queue_oldest_seconds',
    `Age of the oldest thing that nobody has handled; 0 when nothing waits. ${all}`,
    'queue',
  );
  const lanes = gauge(
    'whatsper_queue_lanes',
    `Lanes of a queue by state of their wake-up. ${all}`,
    'queue',
    'state',
  );
  const backlog = gauge(
    'whatsper_backlog',
    `Rows that wait to be forwarded, sent or delivered. ${all}`,
    'kind',
  );
  const backlogOldest = gauge(
    'whatsper_backlog_oldest_seconds',
    `Age of the oldest such row; 0 when there is none. ${all}`,
    'kind',
  );
  const letters = gauge(
    'whatsper_dead_letters',
    `Items that wait for a person, counted up to 10,000. ${all}`,
    'reason',
  );
  return (seen) => {
    for (const known of [oldest, lanes, backlog, backlogOldest, letters]) known.reset();
    if (!seen) return;
    for (const { queue, oldestMs, ...states } of seen.queues) {
      oldest.set({ queue }, (oldestMs ?? 0) / 1000);
      for (const [state, count] of Object.entries(states)) lanes.set({ queue, state }, count);
    }
    const { forwards, sends, deliveries } = seen;
    for (const [kind, { count, oldestMs }] of Object.entries({ forwards, sends, deliveries })) {
      backlog.set({ kind }, count);
      backlogOldest.set({ kind }, (oldestMs ?? 0) / 1000);
    }
    for (const [reason, count] of Object.entries(seen.deadLetters)) letters.set({ reason }, count);
  };
}

function spoolGauges(gauge: MakeGauge) {
  const bytes = gauge('whatsper_spool_bytes', 'Bytes that wait on the disk of this process.');
  const segments = gauge('whatsper_spool_segments', 'Files that wait on the disk of this process.');
  const oldest = gauge(
    'whatsper_spool_oldest_seconds',
    'Age of the oldest record on the disk of this process.',
  );
  return (size: ReturnType<NonNullable<MetricsSources['spooled']>>, now: number) => {
    bytes.set(size.bytes);
    segments.set(size.segments);
    oldest.set(size.oldestAt == null ? 0 : Math.max(0, now - size.oldestAt) / 1000);
  };
}

function reviewGauge(gauge: MakeGauge): (seen: Review[] | undefined) => void {
  const reviews = gauge(
    'whatsper_access_reviews',
    'Reviews of emergency access that are still to be done: in time, or overdue. Of the whole installation.',
    'state',
  );
  return (seen) => {
    reviews.reset();
    if (!seen) return;
    const overdue = seen.filter((review) => review.overdue).length;
    reviews.set({ state: 'due' }, seen.length - overdue);
    reviews.set({ state: 'overdue' }, overdue);
  };
}

function canaryGauges(gauge: MakeGauge): (state: CanaryState) => void {
  const latency = gauge(
    'whatsper_canary_seconds',
    'Time of the last canary from its webhook until it was stored and forwarded.',
  );
  const age = gauge('whatsper_canary_age_seconds', 'Time since a canary last came through.');
  return ({ latencyMs, ageMs }) => {
    latency.set(latencyMs === null ? NaN : latencyMs / 1000);
    age.set(ageMs === null ? NaN : ageMs / 1000);
  };
}
