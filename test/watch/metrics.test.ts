/** What is measured, and that nobody can be read out of it (P6). */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { parkItem } from '../../src/lanes/dead-letters.ts';
import { Health } from '../../src/ops/health.ts';
import { createMetrics, metered, type Metrics } from '../../src/ops/metrics.ts';
import { type MetricsServer, serveMetrics } from '../../src/watch/metrics-server.ts';
import { handleItem, parkFailed } from '../../src/webhooks/inbound.ts';
import { createWebhookHandler } from '../../src/webhooks/receiver.ts';
import { RoutesTable } from '../../src/webhooks/routes-table.ts';
import { splitNotification } from '../../src/webhooks/split.ts';
import { ManualClock } from '../support/clock.ts';
import { type TestContext, testContext } from '../support/context.ts';
import {
  type Business,
  clientIsParked,
  clientWrites,
  keptLog,
  openBusiness,
  openGateway,
  type TestGateway,
} from '../support/fixtures.ts';
import { change, envelope, signature, textMessage, WABA, wire } from '../support/webhook.ts';

const PHONE = '972500000042';
const WORDS = 'canary-of-the-client';
const clock = new ManualClock();
let metrics: Metrics;
let ctx: TestContext;
let gateway: TestGateway;
let server: MetricsServer;
let business: Business;

beforeAll(async () => {
  metrics = createMetrics();
  ctx = await testContext({ clock, log: metered(keptLog().log, metrics) });
  gateway = await openGateway(ctx, {
    webhook: createWebhookHandler(ctx, { take: (items) => ctx.inbound.append(items) }),
  });
  business = await openBusiness(ctx, WORDS);
  server = await serveMetrics(
    ctx,
    metrics,
    {
      health: new Health(ctx),
      spooled: () => ({ segments: 2, bytes: 1_000, oldestAt: clock.now() - 5_000 }),
      canary: () => ({ latencyMs: 40, ageMs: 30_000, late: false }),
    },
    0,
  );
});
afterAll(async () => {
  await server.close();
  await gateway.close();
  await ctx.close();
});

/** Value of a metric with exactly these labels. */
async function value(name: string, labels: Record<string, string> = {}): Promise<number | undefined> {
  const text = await server.scrape();
  const wanted = Object.entries(labels).map(([label, word]) => `${label}="${word}"`);
  const line = text.split('\n').find((candidate) => {
    const [, found, inside = ''] = /^(\w+)(?:\{(.*)\})? /.exec(candidate) ?? [];
    return found === name && inside === wanted.join(',');
  });
  return line === undefined ? undefined : Number(line.split(' ').at(-1));
}

async function post(body: Buffer, secret = 'app-secret-of-the-tests'): Promise<number> {
  const response = await fetch(`${gateway.url}/webhooks/whatsapp`, {
    method: 'POST',
    body: new Uint8Array(body),
    headers: { 'X-Hub-Signature-256': signature(body, secret) },
  });
  return response.status;
}

describe('metrics', () => {
  it('count webhooks by outcome, and items by kind and outcome', async () => {
    const messages = [textMessage(`wamid.${WORDS}`, WORDS, { phone: PHONE })];
    const body = wire(envelope([change({ messages }, business.phoneNumberId)]));
    expect(await post(body)).toBe(200);
    expect(await post(body, 'another secret')).toBe(401);
    const routes = new RoutesTable();
    for (const { item } of splitNotification(body, 'default')) {
      await handleItem(ctx, routes, { ...item, position: ctx.positions.next() });
    }
    expect(await value('whatsper_webhooks_total', { outcome: 'taken' })).toBe(1);
    expect(await value('whatsper_webhooks_total', { outcome: 'bad-signature' })).toBe(1);
    expect(await value('whatsper_webhook_items_total')).toBe(1);
    expect(await value('whatsper_items_total', { kind: 'message', outcome: 'stored' })).toBe(1);
    expect(await value('whatsper_webhook_seconds_count')).toBe(2);
  });

  it('tell how far the work is', async () => {
    const lane = ctx.inbound.laneName('x');
    const item = { kind: 'other' as const, app: 'default', wabaId: WABA, field: null, phoneNumberId: null };
    await ctx.inbound.append([{ item: { ...item, position: ctx.positions.next(), body: {} }, lane }]);
    await clientIsParked(ctx, business, { phone: PHONE, body: WORDS });
    clock.advance(90_000);
    const fresh = createMetrics();
    const other = await serveMetrics(ctx, fresh, { health: new Health(ctx) }, 0);
    const text = await other.scrape();
    await other.close();
    expect(text).toMatch(/^whatsper_queue_oldest_seconds\{queue="inbound-0"\} (9\d|1\d\d)$/m);
    expect(text).toContain('whatsper_queue_oldest_seconds{queue="outbox"} 0');
    expect(text).toMatch(/^whatsper_queue_lanes\{queue="inbound-0",state="waiting"\} [12]$/m);
    expect(text).toContain('whatsper_dead_letters{reason="failed"} 1');
    expect(text).toContain('whatsper_server_up{server="mongodb"} 1');
    expect(text).toContain('nodejs_eventloop_lag_seconds');
  });

  it('tell of the spool and the canary', async () => {
    expect(await value('whatsper_spool_bytes')).toBe(1_000);
    expect(await value('whatsper_spool_oldest_seconds')).toBe(5);
    expect(await value('whatsper_canary_seconds')).toBe(0.04);
    expect(await value('whatsper_canary_age_seconds')).toBe(30);
  });

  it('say nothing of the work while a server is away, rather than something old', async () => {
    const servers = async () => ({ mongodb: false, redis: true, redisLive: true });
    const other = await serveMetrics(ctx, createMetrics(), { health: { servers } }, 0);
    const text = await other.scrape();
    await other.close();
    expect(text).toContain('whatsper_server_up{server="mongodb"} 0');
    expect(text).not.toMatch(/^whatsper_(queue|backlog|dead_letters)\w*[{ ]/m);
  });

  it('are served on their own port, to this machine only unless HOST says otherwise', async () => {
    const answer = await fetch(`http://127.0.0.1:${server.port}/metrics`);
    expect(answer.headers.get('content-type')).toContain('text/plain');
    expect(await answer.text()).toContain('whatsper_webhooks_total');
    for (const [method, path] of [
      ['GET', '/'],
      ['POST', '/metrics'],
    ] as const) {
      expect((await fetch(`http://127.0.0.1:${server.port}${path}`, { method })).status).toBe(404);
    }
    expect((await gateway.ask('GET', '/metrics')).status).toBe(404);
  });

  it('P6: hold no tenant, number, name, word or id, whatever went through', async () => {
    const { conversationId, messageId } = await clientWrites(ctx, business, {
      phone: PHONE,
      body: WORDS,
      name: WORDS,
    });
    await gateway.ask('GET', `/v1/conversations/${conversationId}`, { key: business.key });
    await gateway.ask('GET', `/v1/${PHONE}/${WORDS}`, { key: business.key });
    await gateway.ask('POST', `/v1/messages/${messageId}/resolve`, {
      key: business.key,
      body: { as: 'sent' },
    });
    const status = { id: `wamid.${WORDS}`, status: WORDS, recipient_id: PHONE, timestamp: '1795348800' };
    const body = wire(envelope([change({ statuses: [status] }, business.phoneNumberId)]));
    await post(body);
    for (const { item } of splitNotification(body, 'default')) {
      const placed = { ...item, position: ctx.positions.next() };
      await handleItem(ctx, new RoutesTable(), placed);
      await parkFailed(ctx, placed, { reason: 'failed', detail: WORDS, attempts: 1 });
      await parkItem(ctx, placed, { reason: 'unrouted', detail: WORDS, attempts: 1 });
    }
    // A caller who logs somebody's words in a field that is a label.
    for (const outcome of [
      PHONE,
      `+${PHONE}`,
      `wamid.${WORDS}==`,
      'שלום',
      'two words',
      'x'.repeat(500),
      null,
      {},
    ]) {
      ctx.log.info({ outcome, kind: outcome, reason: outcome }, 'outbox.attempted');
    }
    const text = await server.scrape();
    for (const secret of [
      ...[PHONE, WORDS, business.tenantId, business.channelId, business.phoneNumberId, business.key],
      ...[conversationId, messageId, WABA, 'ten_', 'msg_', 'wamid', 'שלום'],
    ]) {
      expect(text).not.toContain(secret);
    }
  });

  it('do not grow with the words that come', async () => {
    for (let at = 0; at < 1_000; at += 1) {
      ctx.log.info({ outcome: `made-up-${'x'.repeat(at % 60)}${at}` }, 'outbox.attempted');
    }
    const text = await server.scrape();
    expect(text.split('\n').filter((line) => line.startsWith('whatsper_sends_total')).length).toBeLessThan(
      150,
    );
  });
});
