/**
 * The gateway's process: starts its parts in order, stops them in reverse, each with a time budget.
 *
 *   settings → embedded servers → database → Redis → workers → web server
 */
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

import { SettingsError } from '../config/settings.ts';
import { startWorkers } from '../workers/index.ts';
import { createServer } from './http/server.ts';
import { createLogger, type Logger, SafeError } from './ops/log.ts';
import { openContext } from './start.ts';
import { openRedis } from './store/redis.ts';
import { openIntake } from './webhooks/intake.ts';
import { createWebhookHandler } from './webhooks/receiver.ts';
import { Spool } from './webhooks/spool.ts';

/** Budgets of the stop: 5 s web + 12 s workers + 5 s connections = 22 s, less than the watchdog's 25 s. */
const WEB_BUDGET_MS = 5_000;
const WORKER_BUDGET_MS = 12_000;
const WATCHDOG_MS = 25_000;

export interface Gateway {
  /** Port of the web server; null for a process that only works. */
  port: number | null;
  stop(): Promise<void>;
}

/** Starts what ROLE says. @throws when a part does not start; what had started is stopped again. */
export async function startGateway(
  environment: Record<string, string | undefined>,
  log?: Logger,
): Promise<Gateway> {
  const progress = (line: string) => process.stderr.write(`${line}\n`);
  const opened = await openContext(environment, {
    onProgress: progress,
    ...(log ? { log } : {}),
  });
  const { ctx, redisUrl } = opened;
  const stops: (() => Promise<unknown>)[] = [() => opened.close()];
  const stop = async () => {
    for (const step of stops.splice(0).reverse()) await step();
  };
  try {
    const { ROLE, WORKERS, PORT, HOST } = ctx.settings;
    if (ROLE !== 'web') {
      const redis = openRedis({
        url: redisUrl,
        log: ctx.log,
        clock: ctx.clock,
        part: 'workers',
        mode: 'wait',
      });
      stops.push(() => Promise.resolve(redis.disconnect()));
      const workers = startWorkers(ctx, redis, WORKERS);
      stops.push(() => Promise.all(workers.map((worker) => worker.close(WORKER_BUDGET_MS))));
    }
    let port: number | null = null;
    if (ROLE !== 'worker') {
      const root = join(ctx.settings.DATA_DIR, 'spool');
      const spool = await Spool.open({ root, log: ctx.log, random: ctx.random, clock: ctx.clock });
      const intake = openIntake({
        lanes: ctx.inbound,
        spool,
        redis: ctx.queueRedis,
        master: ctx.master,
        log: ctx.log,
      });
      stops.push(() => intake.close());
      const server = createServer(ctx, { webhook: createWebhookHandler(ctx, intake) });
      stops.push(() => server.close(WEB_BUDGET_MS));
      port = await server.listen(PORT, HOST);
    }
    ctx.log.info({ role: ROLE, port: port ?? undefined, pid: process.pid }, 'gateway.ready');
    return { port, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** Runs until SIGTERM or SIGINT; a second signal, or a stop that hangs, ends it at once. */
async function run(): Promise<void> {
  const gateway = await startGateway(process.env);
  const log = createLogger(process.env.LOG_LEVEL ?? 'info');
  let stopping = false;
  const onSignal = (signal: NodeJS.Signals) => {
    if (stopping) process.exit(1);
    stopping = true;
    log.info({ signal }, 'gateway.stopping');
    setTimeout(() => {
      log.error({ reason: 'the stop took too long' }, 'gateway.watchdog');
      process.exit(1);
    }, WATCHDOG_MS).unref();
    gateway.stop().then(
      () => process.exit(0),
      (error: unknown) => {
        log.error({ err: error }, 'gateway.stop-failed');
        process.exit(1);
      },
    );
  };
  process.on('SIGTERM', onSignal);
  process.on('SIGINT', onSignal);
}

/** What a person at the terminal is told: our own sentences whole, of others name and code. */
function explain(error: unknown): string {
  if (error instanceof SettingsError || error instanceof SafeError) return error.message;
  return error instanceof Error
    ? `The gateway did not start: ${error.name}: ${error.message}`
    : 'The gateway did not start.';
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  run().catch((error: unknown) => {
    process.stderr.write(`${explain(error)}\n`);
    process.exit(1);
  });
}
