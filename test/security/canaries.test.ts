/**
 * T-LOG, P6: strings that stand for what must not be told go through every flow, its errors too; afterwards logs,
 * metrics, names and contents of Redis, every row of the database and every refusal are searched for them.
 * A new flow is a line in FLOWS.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { collections } from '../../src/collections.ts';
import { addEndpoint } from '../../src/endpoints/endpoints.ts';
import { breakGlass, reviewAccess } from '../../src/operators/break-glass.ts';
import { askForAccess } from '../../src/operators/grants.ts';
import { addOperator } from '../../src/operators/staff.ts';
import { createMetrics, metered } from '../../src/ops/metrics.ts';
import { openRedis, type RedisClient } from '../../src/store/redis.ts';
import { asOperator } from '../../src/store/scope.ts';
import { createWebhookHandler } from '../../src/webhooks/receiver.ts';
import { startWorkers } from '../../workers/index.ts';
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
import { until } from '../support/until.ts';
import { change, envelope, signature, textMessage, WABA, wire } from '../support/webhook.ts';

const CANARY = {
  phone: '972507654321',
  name: 'Canary-Name-Zelda',
  message: 'canary-message-forty-two',
  password: 'canary-password-Hunter2!',
  token: 'EAAGcanarytokenofwhatsapp',
  wamid: 'wamid.CANARYcanaryCANARY0123',
  card: '4580458045804580',
  resetLink: 'https://gateway.example/reset/canary-reset-link',
  fileName: 'canary-file-name.pdf',
};
const ALL = `${Object.values(CANARY).join(' ')}\r\n{"level":60,"msg":"forged"}\u001b[31mred`;

const { log, lines } = keptLog('trace');
const metrics = createMetrics();
let ctx: TestContext;
let gateway: TestGateway;
let business: Business;
let graph: Server;
let workers: ReturnType<typeof startWorkers>;
let redis: RedisClient;
const answers: string[] = [];
let conversationId: string;

beforeAll(async () => {
  // Meta, and the tenant's endpoint: whatever they are asked, they answer with all that they were told.
  graph = createServer((request, response) => {
    request.resume().on('end', () => {
      const error = { message: ALL, type: 'OAuthException', code: 131_000, error_data: { details: ALL } };
      response.writeHead(500, { 'Content-Type': 'application/json' }).end(JSON.stringify({ error }));
    });
  });
  graph.listen(0, '127.0.0.1');
  await once(graph, 'listening');
  const elsewhere = `http://127.0.0.1:${(graph.address() as AddressInfo).port}`;
  ctx = await testContext({
    log: metered(log, metrics),
    environment: { GRAPH_API_URL: elsewhere, META_APP_SECRET: 'canary-app-secret' },
  });
  gateway = await openGateway(ctx, {
    webhook: createWebhookHandler(ctx, { take: (items) => ctx.inbound.append(items) }),
  });
  business = await openBusiness(ctx, 'Bakery');
  await addEndpoint(ctx, { tenantId: business.tenantId, url: `${elsewhere}/${CANARY.resetLink.slice(-17)}` });
  const written = await clientWrites(ctx, business, {
    phone: CANARY.phone,
    name: CANARY.name,
    body: ALL,
    wamid: CANARY.wamid,
  });
  conversationId = written.conversationId;
  redis = openRedis({
    url: ctx.settings.REDIS_URL ?? '',
    log: ctx.log,
    clock: ctx.clock,
    part: 'workers',
    mode: 'wait',
  });
  workers = startWorkers(ctx, redis);
});
afterAll(async () => {
  for (const worker of workers) await worker.close(5_000);
  redis.disconnect();
  await gateway.close();
  await ctx.close();
  graph.closeAllConnections();
  graph.close();
});

async function ask(method: string, path: string, body?: unknown, headers: Record<string, string> = {}) {
  const { key } = business;
  const asking = { key, headers: { 'X-Forwarded-For': '203.0.113.77', ...headers } };
  const answer = await gateway.ask(method, path, { ...asking, ...(body === undefined ? {} : { body }) });
  if (answer.status >= 400) answers.push(answer.text);
  return answer;
}

/** A signed notification. */
async function notify(body: Buffer, secret = 'canary-app-secret'): Promise<number> {
  const answer = await fetch(`${gateway.url}/webhooks/whatsapp`, {
    method: 'POST',
    headers: { 'X-Hub-Signature-256': signature(body, secret), 'User-Agent': ALL.replaceAll(/[^\w ]/g, '') },
    body: new Uint8Array(body),
  });
  answers.push(await answer.text());
  return answer.status;
}

const contacts = [{ wa_id: CANARY.phone, profile: { name: CANARY.name } }];
const message = (id: string, more: object = {}) => ({
  ...textMessage(`${CANARY.wamid}${id}`, ALL, { phone: CANARY.phone }),
  ...more,
});
const count = (event: string) => lines.filter((line) => line.includes(`"msg":"${event}"`)).length;

/** Each resolves when the flow has come to its end. */
const FLOWS: Record<string, () => Promise<unknown>> = {
  'a client writes, and the endpoint of the business fails': async () => {
    const messages = [message('a')];
    expect(await notify(wire(envelope([change({ messages, contacts }, business.phoneNumberId)])))).toBe(200);
    await until('it was delivered, and refused', () => count('endpoint.delivery') > 0);
  },
  'a client sends a place, contacts and a file that can’t be fetched': async () => {
    const kinds = [
      { type: 'location', location: { latitude: 32, longitude: 34, name: CANARY.name, address: ALL } },
      {
        type: 'contacts',
        contacts: [{ name: { formatted_name: CANARY.name }, phones: [{ phone: CANARY.phone }] }],
      },
      {
        type: 'document',
        document: { id: '77', filename: CANARY.fileName, caption: ALL, mime_type: 'application/pdf' },
      },
    ];
    const messages = kinds.map((kind, at) => message(`k${at}`, { text: undefined, ...kind }));
    expect(await notify(wire(envelope([change({ messages, contacts }, business.phoneNumberId)])))).toBe(200);
    await until('they are stored', async () => {
      const list = await ask('GET', `/v1/conversations/${conversationId}/messages`);
      return ['location', 'contacts', 'document'].every((type) => list.text.includes(`"type":"${type}"`));
    });
  },
  'a notification with a bad signature, and one that is no JSON': async () => {
    expect(await notify(Buffer.from(ALL), 'another-secret')).toBe(401);
    expect(await notify(Buffer.from(ALL))).toBe(200);
  },
  'what is for nobody, or for a number of another account': async () => {
    const before = count('dead-letter.parked');
    const lost = [change({ messages: [message('u')], contacts }, '990000000000001')];
    const foreign = [change({ messages: [message('m')], contacts }, business.phoneNumberId)];
    expect(await notify(wire(envelope(lost)))).toBe(200);
    expect(await notify(wire(envelope(foreign, `${WABA}9`)))).toBe(200);
    await until('both are parked', () => count('dead-letter.parked') >= before + 2);
  },
  'a message that was parked is looked at, put back and discarded': async () => {
    const id = await clientIsParked(ctx, business, { phone: CANARY.phone, body: ALL });
    expect((await ask('GET', '/v1/dead-letters')).status).toBe(200);
    await ask('POST', '/v1/dead-letters/retry', { person: CANARY.phone });
    await ask('POST', `/v1/dead-letters/${id}/discard`, { reason: 'spam' });
  },
  'an agent answers, and WhatsApp refuses with a message of its own': async () => {
    const sent = await ask(
      'POST',
      `/v1/conversations/${conversationId}/messages`,
      { type: 'text', text: { body: ALL } },
      {
        'Idempotency-Key': CANARY.password,
      },
    );
    expect(sent.status).toBe(202);
    await until('it was tried', () => count('outbox.attempted') > 0);
  },
  'requests that are refused': async () => {
    const path = `/v1/conversations/${conversationId}/messages`;
    await ask('POST', path, { type: 'text', text: { body: 7 }, value: ALL });
    await ask('POST', path, `{"${CANARY.message}`);
    await ask('POST', path, { type: 'text', text: { body: { $ne: ALL } } });
    await ask('GET', `/v1/messages/${encodeURIComponent(CANARY.phone)}`);
    await ask('GET', `/v1/conversations?cursor=${CANARY.wamid}`);
    await ask('POST', '/v1/messages', {
      type: 'text',
      text: { body: ALL },
      to: `+${CANARY.phone}`,
      channelId: 'no',
    });
    // Here the owner of the token is told what WhatsApp said of it; nobody else is.
    const put = { key: business.key, body: { token: CANARY.token } };
    await gateway.ask('PUT', `/v1/channels/${business.channelId}/token`, put);
    await ask('GET', `/${encodeURIComponent(CANARY.resetLink)}`);
    await ask('GET', '/media/a/b/c/d/e');
    const key = `wsk_${business.tenantId}_${CANARY.password}`;
    answers.push((await gateway.ask('GET', '/v1/me', { key })).text);
  },
  'access of support: its reasons, the names of staff, a look, a review': async () => {
    const by = 'system';
    const person = { name: CANARY.name, email: 'staff@whatsper.example', confidentialitySigned: new Date(0) };
    const { operatorId, token } = await addOperator(ctx, person, by);
    const { tenantId } = business;
    const reason = `${CANARY.message} ${CANARY.phone} ${CANARY.password}`;
    const wanted = { tenantId, operatorId, reasonCode: 'emergency', reason };
    await askForAccess(ctx, { ...wanted, hours: 1 }, by);
    const { _id: grantId } = await breakGlass(ctx, { ...wanted, approver: by }, by);
    const headers = { Authorization: `Bearer ${token}`, 'X-Whatsper-Tenant': tenantId };
    const path = `/v1/conversations/${conversationId}/messages`;
    expect((await gateway.ask('GET', path, { headers })).status).toBe(200);
    answers.push((await gateway.ask('POST', '/v1/messages', { headers, body: {} })).text);
    await reviewAccess(ctx, { grantId, finding: reason }, by);
  },
  'errors that nobody foresaw': () => {
    const cause = Object.assign(new Error(ALL), { config: { headers: { authorization: CANARY.token } } });
    ctx.log.error({ err: new Error(ALL, { cause }), body: ALL, phone: CANARY.phone }, 'test.failed');
    ctx.log.error(cause, 'test.failed');
    return Promise.resolve();
  },
};

/** What was found, with the canary's name. */
function found(text: string): string[] {
  const secrets = { ...CANARY, key: business.key.split('_').at(-1) ?? '', appSecret: 'canary-app-secret' };
  return Object.entries(secrets).flatMap(([name, canary]) => {
    const at = text.toLowerCase().indexOf(canary.toLowerCase());
    return at === -1 ? [] : [`${name}: …${text.slice(Math.max(0, at - 60), at + 20)}…`];
  });
}

async function allOfRedis(): Promise<string> {
  const parts: string[] = [];
  for (const key of (await ctx.queueRedis.keys(`*${ctx.prefix}*`)).sort()) {
    const dump = await ctx.queueRedis.dumpBuffer(key);
    parts.push(key, dump?.toString('latin1') ?? '');
  }
  return parts.join('\n');
}

async function allOfDatabase(): Promise<string> {
  const rows: unknown[] = [];
  for (const collection of collections) {
    rows.push(...(await asOperator('test: search', () => ctx.store.model(collection).find().lean().exec())));
  }
  return JSON.stringify(rows, (_name, value: unknown) => {
    const sealed = value as { type?: string; data?: number[]; buffer?: Uint8Array } | null;
    return sealed?.type === 'Buffer' && sealed.data ? Buffer.from(sealed.data).toString('latin1') : value;
  });
}

describe('T-LOG: canaries', () => {
  it.each(Object.entries(FLOWS))('%s', async (_name, flow) => {
    await flow();
  });

  it('are in no line of the log', () => {
    expect(lines.length).toBeGreaterThan(20);
    expect(found(lines.join(''))).toEqual([]);
  });

  it('forge no line of the log, and no colour (CR/LF, ANSI)', () => {
    for (const line of lines) {
      const parsed = JSON.parse(line) as { msg: string };
      expect(parsed.msg).not.toBe('forged');
      for (const sign of ['\r', '\n', '\u001b']) expect(line.trim()).not.toContain(sign);
    }
  });

  it('row 48: no line of the log has an address that asked', () => {
    const all = lines.filter((line) => line.includes('"msg":"request.handled"'));
    expect(all.length).toBeGreaterThan(5);
    for (const line of lines) {
      expect(line).not.toMatch(/203\.0\.113\.77|"(ip|address|remoteAddress)"|127\.0\.0\.1/);
    }
  });

  it('are in no metric', async () => {
    expect(found(await metrics.registry.metrics())).toEqual([]);
  });

  it('are in no name and no value of Redis: keys, jobs, lanes, counts', async () => {
    expect(found(await allOfRedis())).toEqual([]);
  });

  it('are in no row of the database in the clear: dead letters, audit entries, messages', async () => {
    expect(found(await allOfDatabase())).toEqual([]);
  });

  it('are in no refusal', () => {
    expect(answers.length).toBeGreaterThan(8);
    expect(found(answers.join('\n'))).toEqual([]);
  });

  it('are in no crash dump', async () => {
    const log = new URL('../../src/ops/log.ts', import.meta.url).href;
    const crash = new URL('../../src/ops/crash.ts', import.meta.url).href;
    const script = `
      const { createLogger } = await import(${JSON.stringify(log)});
      const { tellCrashes } = await import(${JSON.stringify(crash)});
      tellCrashes(createLogger('info'));
      void Promise.reject(new Error(${JSON.stringify(ALL)}));
    `;
    const child = spawn(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', script]);
    let said = '';
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (piece) => (said += String(piece)));
    const [code] = (await once(child, 'close')) as [number];
    expect([code, found(said)]).toEqual([1, []]);
    expect(said).toContain('process.crashed');
  });

  it('would be found', () => {
    expect(found(`x ${CANARY.phone} y`)).toHaveLength(1);
  });
});
