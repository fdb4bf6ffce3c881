/** `whatsper status`: do the servers answer, does the work go on, does anything wait for a person. */
import { join } from 'node:path';

import type { Context } from '../context.ts';
import { missingForMail } from '../mail/mail.ts';
import { channelTroubles } from '../onboarding/token-watch.ts';
import { dueReviews } from '../operators/break-glass.ts';
import { inTime } from '../ops/in-time.ts';
import { SafeError } from '../ops/log.ts';
import { pingAll, type RedisClient } from '../store/redis.ts';
import { lastCanary } from '../watch/canary.ts';
import { MOST_COUNTED, type Progress, progress } from '../watch/progress.ts';
import { readSpools } from '../webhooks/spool-files.ts';
import type { Cell, Output } from './output.ts';

interface Server extends Record<string, Cell> {
  server: string;
  setting: string;
  /** Null: no answer. */
  answersInMs: number | null;
}

/** Prints what is known. @throws SafeError that names the servers that do not answer. */
export async function showStatus(ctx: Context, output: Output): Promise<void> {
  const servers = await Promise.all([
    timed('mongodb', 'MONGODB_URI', async () => {
      if (!(await ctx.store.isReachable())) throw new SafeError('MongoDB does not answer.');
    }),
    timed('redis', 'REDIS_URL', () => ping(ctx.queueRedis)),
    timed('redis for feeds', 'REDIS_LIVE_URL', () => ping(ctx.liveRedis)),
  ]);
  const away = servers.filter(({ answersInMs }) => answersInMs === null);
  if (away.length > 0) {
    output.parts({ servers });
    const named = away.map(({ server, setting }) => `${server} (${setting})`).join(', ');
    throw new SafeError(`Does not answer: ${named}. Is the setting right and the server running?`);
  }
  output.parts({ servers, ...(await work(ctx)) });
}

async function timed(server: string, setting: string, ask: () => Promise<unknown>): Promise<Server> {
  const started = performance.now();
  try {
    await ask();
    return { server, setting, answersInMs: Math.round(performance.now() - started) };
  } catch {
    return { server, setting, answersInMs: null };
  }
}

/** Longest wait for an answer, also on a connection that waits out outages. */
const PING_WAIT_MS = 3_000;

const ping = (redis: RedisClient) => inTime(pingAll(redis), PING_WAIT_MS, 'Redis does not answer.');

async function work(ctx: Context): Promise<Record<string, Record<string, Cell>[] | Record<string, Cell>>> {
  const { queues, forwards, sends, deliveries, deadLetters } = await progress(ctx);
  const backlog = { 'to forward': forwards, 'to send': sends, 'to deliver': deliveries };
  return {
    queues: queues.map(({ oldestMs, ...counts }) => ({ ...counts, oldestSeconds: seconds(oldestMs) })),
    backlog: Object.entries(backlog).map(([what, { count, oldestMs }]) => ({
      what,
      count,
      oldestSeconds: seconds(oldestMs),
    })),
    deadLetters: counted(deadLetters),
    channels: { ...(await channelTroubles(ctx)) },
    access: await accessReviews(ctx),
    spool: await spool(ctx),
    canary: await canary(ctx),
    mail: mailState(ctx),
  };
}

/** Of access that staff took in an emergency. */
async function accessReviews(ctx: Context): Promise<Record<string, number>> {
  const reviews = await dueReviews(ctx);
  return { reviewsDue: reviews.length, reviewsOverdue: reviews.filter(({ overdue }) => overdue).length };
}

/** Of the receivers whose DATA_DIR this is. */
async function spool(ctx: Context): Promise<Record<string, number | null>> {
  const { segments, bytes, oldestAt, keptFiles } = await readSpools(join(ctx.settings.DATA_DIR, 'spool'));
  const oldestMs = oldestAt === null ? null : Math.max(0, ctx.clock.now() - oldestAt);
  return { segments, bytes, oldestSeconds: seconds(oldestMs), keptFiles };
}

/** Whether people can be invited and set passwords anew. */
function mailState(ctx: Context): Record<string, Cell> {
  const missing = missingForMail(ctx);
  return { isSetUp: missing === null ? 'yes' : `no: set ${missing}` };
}

async function canary(ctx: Context): Promise<Record<string, number | null>> {
  const { ageMs, latencyMs } = await lastCanary(ctx);
  return { secondsAgo: seconds(ageMs), tookMs: latencyMs };
}

function seconds(ms: number | null): number | null {
  return ms === null ? null : Math.round(ms / 1000);
}

/** `countedUpTo` is there when a number says "at least". */
function counted(byReason: Progress['deadLetters']): Record<string, number> {
  const counts = Object.values(byReason);
  const total = counts.reduce((sum, count) => sum + count, 0);
  const isCut = counts.some((count) => count >= MOST_COUNTED);
  return { total, ...byReason, ...(isCut ? { countedUpTo: MOST_COUNTED } : {}) };
}
