/** `whatsper status`: do the servers answer, does the work go on, does anything wait for a person. */
import type { Redis } from 'ioredis';

import type { Context } from '../context.ts';
import { type MessageRow, Messages } from '../conversations/model.ts';
import { Deliveries, type DeliveryRow } from '../endpoints/model.ts';
import { DeadLetters } from '../lanes/model.ts';
import { SafeError } from '../ops/log.ts';
import { asOperator, withTenant } from '../store/scope.ts';
import { Tenants } from '../tenants/model.ts';
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
  output.parts({ servers, queues: await queues(ctx), deadLetters: await deadLetters(ctx) });
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

async function ping(redis: Redis): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new SafeError('Redis does not answer.')), PING_WAIT_MS);
  });
  try {
    await Promise.race([redis.ping(), late]);
  } finally {
    clearTimeout(timer);
  }
}

/** Jobs by state, and the age of the oldest item that nobody has handled: progress, not liveness. */
async function queues(ctx: Context): Promise<Record<string, Cell>[]> {
  const oldest = await oldestRows(ctx);
  const rows = [];
  for (const queue of [...ctx.inbound.queues, ctx.lanes.outbox, ctx.lanes.endpoints]) {
    const { waiting = 0, prioritized = 0, active = 0, delayed = 0, failed = 0 } = await queue.counts();
    const since = ctx.inbound.queues.includes(queue)
      ? await ctx.inbound.oldest(queue.name)
      : queue === ctx.lanes.outbox
        ? oldest.outbox
        : oldest.endpoints;
    const oldestSeconds = since === null ? null : Math.max(0, Math.round((ctx.clock.now() - since) / 1000));
    rows.push({ queue: queue.name, waiting: waiting + prioritized, active, delayed, failed, oldestSeconds });
  }
  return rows;
}

/** When the oldest row came (ms since 1970) that waits to be sent or delivered. Tenant by tenant, as the indexes are. */
async function oldestRows(ctx: Context): Promise<{ outbox: number | null; endpoints: number | null }> {
  const tenantIds = await asOperator('status', () => ctx.store.model(Tenants).distinct('_id').exec());
  const outbox: number[] = [];
  const endpoints: number[] = [];
  for (const tenantId of tenantIds) {
    await withTenant(tenantId, async () => {
      const message = await ctx.store
        .model(Messages)
        .findOne({ direction: 'out', status: 'queued' }, { storedAt: 1 })
        .sort({ position: 1 })
        .lean<MessageRow>()
        .exec();
      if (message) outbox.push(message.storedAt.getTime());
      const delivery = await ctx.store
        .model(Deliveries)
        .findOne({ state: 'due' }, { createdAt: 1 })
        .sort({ createdAt: 1 })
        .lean<DeliveryRow>()
        .exec();
      if (delivery) endpoints.push(delivery.createdAt.getTime());
    });
  }
  const first = (times: number[]) => (times.length === 0 ? null : Math.min(...times));
  return { outbox: first(outbox), endpoints: first(endpoints) };
}

async function deadLetters(ctx: Context): Promise<Record<string, number>> {
  const groups = await asOperator('status', () =>
    ctx.store
      .model(DeadLetters)
      .aggregate<{ _id: string; count: number }>([{ $group: { _id: '$reason', count: { $sum: 1 } } }])
      .exec(),
  );
  const byReason = groups.map(({ _id, count }): [string, number] => [_id, count]).sort();
  const total = byReason.reduce((sum, [, count]) => sum + count, 0);
  return { total, ...Object.fromEntries(byReason) };
}
