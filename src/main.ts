/**
 * The gateway's process: starts its parts in order, stops them in reverse, each with a time budget.
 *
 *   settings → keys → embedded servers → spool → web server → database and Redis, however long → workers
 *
 * The web server comes before the servers of others, so that webhooks are taken, onto the disk if need be, by a
 * process that starts while they are away.
 */
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

import { type RunningWorker, startWorkers } from '../workers/index.ts';
import { explain } from './cli/explain.ts';
import type { Context } from './context.ts';
import { createServer } from './http/server.ts';
import { tellCrashes } from './ops/crash.ts';
import { Health } from './ops/health.ts';
import { inTime } from './ops/in-time.ts';
import { createLogger, type Logger } from './ops/log.ts';
import { createMetrics, metered } from './ops/metrics.ts';
import { plainConnections } from './plain-connections.ts';
import { buildContext, type BuiltContext } from './start.ts';
import { LastKnown } from './store/last-known.ts';
import { openRedis } from './store/redis.ts';
import { KnownApps } from './tenants/apps-known.ts';
import { createWatch } from './watch/watch.ts';
import { type Intake, openIntake } from './webhooks/intake.ts';
import { createWebhookHandler } from './webhooks/receiver.ts';
import { Spool } from './webhooks/spool.ts';

/** Budgets of the stop: 5 s web + 12 s workers + 5 s connections = 22 s, less than the watchdog's 25 s. */
const WEB_BUDGET_MS = 5_000;
const WORKER_BUDGET_MS = 12_000;
const WATCHDOG_MS = 25_000;

export interface Gateway {
  /** Port of the web server; null for a process that only works. */
  port: number | null;
  /** Resolves when the servers answer and all parts run. @throws what no waiting mends: then stop */
  ready: Promise<void>;
  stop(): Promise<void>;
}

type Stops = (() => Promise<unknown>)[];

/** Starts what ROLE says. @throws when a part does not start; what had started is stopped again. */
export async function startGateway(
  environment: Record<string, string | undefined>,
  log?: Logger,
): Promise<Gateway> {
  const onProgress = (line: string) => process.stderr.write(`${line}\n`);
  const built = await buildContext(environment, { onProgress, ...(log ? { log } : {}) });
  const metrics = createMetrics();
  const ctx = { ...built.ctx, log: metered(built.ctx.log, metrics) };
  const watch = createWatch(ctx, metrics);
  const stops: Stops = [() => built.close()];
  for (const field of plainConnections(ctx.settings)) {
    const reason = 'spoken to without TLS beyond a private network: see docs/security/hardening.md';
    ctx.log.warn({ part: 'settings', field, reason }, 'start.plain-connection');
  }
  let stopping = false;
  const stop = async () => {
    stopping = true;
    for (const step of stops.splice(0).reverse()) await step();
  };
  try {
    const { ROLE } = ctx.settings;
    if (built.isEmbedded) await built.connect('brief');
    const web = ROLE === 'worker' ? undefined : await startWeb(ctx, stops, () => watch.notes());
    const port = web?.port ?? null;
    stops.push(() => watch.close());
    await watch.start({ port, health: new Health(ctx), ...web?.watched });
    const ready = (async () => {
      if (!built.isEmbedded) await built.connect('endless');
      await web?.apps.start();
      if (stopping) return;
      if (ROLE !== 'web') startWork({ ...built, ctx }, stops);
      ctx.log.info({ role: ROLE, port: port ?? undefined, pid: process.pid }, 'gateway.ready');
    })();
    ready.catch(() => undefined); // whoever waits for it is told
    return { port, ready, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

interface Web {
  port: number;
  apps: KnownApps;
  watched: { health: Health; spooled: Intake['spooled'] };
}

async function startWeb(ctx: Context, stops: Stops, notes: () => string[]): Promise<Web> {
  const { log, master, settings } = ctx;
  const apps = await KnownApps.open(
    ctx,
    new LastKnown({ dataDir: settings.DATA_DIR, name: 'apps', master, log }),
  );
  stops.push(() => apps.close());
  const spoolFolder = join(settings.DATA_DIR, 'spool');
  const spool = await Spool.open({ root: spoolFolder, log, random: ctx.random, clock: ctx.clock });
  // What an earlier process kept here opens with this key, so it is the right one, whatever the database says later.
  const keyWasProven = apps.isRead;
  const intake = openIntake({
    lanes: ctx.inbound,
    spool,
    redis: ctx.queueRedis,
    master,
    log,
    isKeyProven: () => keyWasProven || ctx.store.isProven,
  });
  stops.push(() => intake.close());
  const health = new Health(ctx, { spoolFolder, notes: () => [...spoolNotes(ctx, intake), ...notes()] });
  const server = createServer(ctx, { webhook: createWebhookHandler(ctx, intake, { apps }), health });
  stops.push(() => server.close(WEB_BUDGET_MS));
  const port = await server.listen(settings.PORT, settings.HOST);
  log.info({ port, pid: process.pid }, 'gateway.listening');
  return { port, apps, watched: { health, spooled: () => intake.spooled() } };
}

/** For /readyz: what waits on this process's disk. */
function spoolNotes(ctx: Context, intake: Intake): string[] {
  const { segments, bytes, oldestAt } = intake.spooled();
  if (oldestAt === null) return [];
  const seconds = Math.max(0, Math.round((ctx.clock.now() - oldestAt) / 1000));
  return [`The spool holds ${bytes} bytes in ${segments} segments, the oldest of ${seconds} seconds ago.`];
}

function startWork({ ctx, redisUrl, redisCluster: cluster }: BuiltContext, stops: Stops): void {
  const { log, clock } = ctx;
  const redis = openRedis({ url: redisUrl, cluster, log, clock, part: 'workers', mode: 'wait' });
  const workers = startWorkers(ctx, redis, ctx.settings.WORKERS);
  // Started last, but stopped after the web server: before it in the list.
  stops.splice(
    1,
    0,
    () => Promise.resolve(redis.disconnect()),
    () => Promise.all(workers.map((worker) => closeInTime(worker, log))),
  );
}

/** What a worker leaves undone when its time is up, another process goes on with. */
async function closeInTime(worker: RunningWorker, log: Logger): Promise<void> {
  try {
    await inTime(worker.close(WORKER_BUDGET_MS), WORKER_BUDGET_MS + 500, 'A worker was not closed in time.');
  } catch (error) {
    log.warn({ part: 'workers', err: error }, 'gateway.part-not-closed');
  }
}

/** Runs until SIGTERM or SIGINT; a second signal, or a stop that hangs, ends it at once. */
async function run(): Promise<void> {
  const gateway = await startGateway(process.env);
  const log = createLogger(process.env.LOG_LEVEL ?? 'info');
  tellCrashes(log);
  let stopping = false;
  const stop = (exitCode: number) => {
    stopping = true;
    setTimeout(() => {
      log.error({ reason: 'the stop took too long' }, 'gateway.watchdog');
      process.exit(1);
    }, WATCHDOG_MS).unref();
    gateway.stop().then(
      () => process.exit(exitCode),
      (error: unknown) => {
        log.error({ err: error }, 'gateway.stop-failed');
        process.exit(1);
      },
    );
  };
  const onSignal = (signal: NodeJS.Signals) => {
    if (stopping) process.exit(1);
    log.info({ signal }, 'gateway.stopping');
    stop(0);
  };
  process.on('SIGTERM', onSignal);
  process.on('SIGINT', onSignal);
  gateway.ready.catch((error: unknown) => {
    if (stopping) return;
    tell(error);
    stop(1);
  });
}

/** What a person at the terminal is told. */
function tell(error: unknown): void {
  process.stderr.write(`The gateway did not start. ${explain(error).message ?? ''}\n`);
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  run().catch((error: unknown) => {
    tell(error);
    process.exit(1);
  });
}
