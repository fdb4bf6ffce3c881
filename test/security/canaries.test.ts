/**
 * T-LOG, P6: strings that stand for what must not be told go through every flow, its errors too; afterwards logs,
 * metrics, names and contents of Redis, every row of the database and every refusal are searched for them.
 * A new flow is a line in FLOWS.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { generate } from 'otplib';

import { currentPolicy } from '../../src/accounts/legal-texts.ts';
import { collections } from '../../src/collections.ts';
import { addEndpoint } from '../../src/endpoints/endpoints.ts';
import { keptMail } from '../../src/mail/outbox-page.ts';
import { linkTo } from '../../src/media/links.ts';
import { breakGlass, reviewAccess } from '../../src/operators/break-glass.ts';
import { askForAccess } from '../../src/operators/grants.ts';
import { addOperator } from '../../src/operators/staff.ts';
import { createMetrics, metered } from '../../src/ops/metrics.ts';
import { destroyDue } from '../../src/privacy/destroy.ts';
import { setPassword } from '../../src/sign-in/credentials.ts';
import { openRedis, type RedisClient } from '../../src/store/redis.ts';
import { asOperator, withTenant } from '../../src/store/scope.ts';
import { type UserRow, Users } from '../../src/tenants/people-model.ts';
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
  signedIn,
  type TestGateway,
} from '../support/fixtures.ts';
import { type Person, personOf, sessionOf } from '../support/people.ts';
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
    environment: {
      GRAPH_API_URL: elsewhere,
      META_APP_SECRET: 'canary-app-secret',
      MAIL_OUTBOX: 'on',
      SIGN_UP: 'on',
    },
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

/** What new people choose: the canary’s own holds a part of their names. */
const NEW_PASSWORD = 'elephants-juggle-27-pears';
/** Secrets that the flows were given: tokens, codes, links. */
const live: string[] = [NEW_PASSWORD];
let person: Person;

type Headers = Record<string, string>;

/** As a person or nobody; no key. */
async function askAs(headers: Headers, method: string, path: string, body?: object) {
  const answer = await gateway.ask(method, path, { headers, ...(body ? { body } : {}) });
  if (answer.status >= 400) answers.push(answer.text);
  return answer;
}

/** What an answer gave of a session. */
function keepSecrets({
  headers,
  body,
}: {
  headers: globalThis.Headers;
  body: Record<string, unknown>;
}): void {
  for (const cookie of headers.getSetCookie()) live.push(/=([^;]+)/.exec(cookie)?.[1]?.slice(-20) ?? '');
  live.push(String(body.csrfToken));
}

/** Of a link in a mail: what lets in whoever has it. */
function tokenIn(url: string | undefined): string {
  const token = url?.split('/').at(-1) ?? '';
  live.push(token.slice(-30));
  return token;
}

const invited = (username: string) => ({
  firstName: CANARY.name,
  lastName: 'Of the tests',
  username,
  email: `${username}@business.example`,
  phone: `+${CANARY.phone}`,
});

/** A person with the canary's password, an authenticator app and recovery codes, signed in. */
async function strongPerson(): Promise<{ headers: Headers; recoveryCodes: string[] }> {
  person = await personOf(ctx, business);
  const row = await withTenant(business.tenantId, () =>
    ctx.store.model(Users).findOne({ _id: person.userId }).lean<UserRow>().exec(),
  );
  if (!row) throw new Error('nobody');
  await withTenant(business.tenantId, () => setPassword(ctx, row, CANARY.password));
  const { headers } = await sessionOf(ctx, person);
  const { ticket, secret } = (await askAs(headers, 'POST', '/v1/factors/app/begin')).body;
  await askAs(headers, 'POST', '/v1/factors/app/finish', { ticket, code: '000000', password: ALL });
  const code = await generate({ secret: String(secret), epoch: Math.floor(ctx.clock.now() / 1000) });
  const finish = { ticket, code, password: CANARY.password };
  const { body } = await askAs(headers, 'POST', '/v1/factors/app/finish', finish);
  const recoveryCodes = body.recoveryCodes as string[];
  live.push(String(secret), ...recoveryCodes, ...recoveryCodes.map((one) => one.replaceAll('-', '')));
  return { headers, recoveryCodes };
}

/** Each resolves when the flow has come to its end. */
const FLOWS: Record<string, () => Promise<unknown>> = {
  'T-LOG: flow: a client writes, and the endpoint of the business fails': async () => {
    const messages = [message('a')];
    expect(await notify(wire(envelope([change({ messages, contacts }, business.phoneNumberId)])))).toBe(200);
    await until('it was delivered, and refused', () => count('endpoint.delivery') > 0);
  },
  'T-LOG: flow: a client sends a place, contacts and a file that can’t be fetched': async () => {
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
  'T-LOG: flow: a notification with a bad signature, and one that is no JSON': async () => {
    expect(await notify(Buffer.from(ALL), 'another-secret')).toBe(401);
    expect(await notify(Buffer.from(ALL))).toBe(200);
  },
  'T-LOG: flow: what is for nobody, or for a number of another account': async () => {
    const before = count('dead-letter.parked');
    const lost = [change({ messages: [message('u')], contacts }, '990000000000001')];
    const foreign = [change({ messages: [message('m')], contacts }, business.phoneNumberId)];
    expect(await notify(wire(envelope(lost)))).toBe(200);
    expect(await notify(wire(envelope(foreign, `${WABA}9`)))).toBe(200);
    await until('both are parked', () => count('dead-letter.parked') >= before + 2);
  },
  'T-LOG: flow: a message that was parked is looked at, put back and discarded': async () => {
    const id = await clientIsParked(ctx, business, { phone: CANARY.phone, body: ALL });
    expect((await ask('GET', '/v1/dead-letters')).status).toBe(200);
    await ask('POST', '/v1/dead-letters/retry', { person: CANARY.phone });
    await ask('POST', `/v1/dead-letters/${id}/discard`, { reason: 'spam' });
  },
  'T-LOG: flow: an agent answers, and WhatsApp refuses with a message of its own': async () => {
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
  'T-LOG: flow: requests that are refused': async () => {
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
  'T-LOG: flow: access of support: its reasons, the names of staff, a look, a review': async () => {
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
  'T-LOG: flow: sign-in, with wrong names, passwords and codes too': async () => {
    const { headers, recoveryCodes } = await strongPerson();
    const { accountNumber, username } = person;
    const signIn = (name: string, password: string) =>
      askAs({}, 'POST', '/v1/sign-in', { accountNumber, name, password });
    expect((await signIn(CANARY.name, CANARY.password)).status).toBe(401);
    expect((await signIn(username, ALL)).status).toBe(401);
    const { ticket } = (await signIn(username, CANARY.password)).body;
    const prove = (proof: object) => askAs({}, 'POST', '/v1/sign-in/second-factor', { ticket, ...proof });
    expect((await prove({ recoveryCode: CANARY.card })).status).toBe(401);
    const signedIn = await prove({ recoveryCode: recoveryCodes[0] });
    expect(signedIn.status).toBe(200);
    keepSecrets(signedIn);
    expect((await askAs(headers, 'POST', '/v1/sessions/end-all')).status).toBe(200);
    expect((await askAs(headers, 'GET', '/v1/me')).status).toBe(401);
  },
  'T-LOG: flow: a forgotten password, with links that are wrong, used and right': async () => {
    const { accountNumber, email } = person;
    await askAs({}, 'POST', '/v1/password-reset', { accountNumber, email: `${CANARY.name}@nobody.example` });
    expect((await askAs({}, 'POST', '/v1/password-reset', { accountNumber, email })).status).toBe(202);
    const token = tokenIn((await keptMail(ctx)).find(({ to }) => to === email)?.link?.url);
    const finish = (given: string, password: string) =>
      askAs({}, 'POST', '/v1/password-reset/finish', { token: given, password });
    expect((await finish(CANARY.resetLink, CANARY.password)).status).toBe(410);
    expect((await finish(token, CANARY.name.slice(0, 6))).status).toBe(422);
    expect((await finish(token, `${CANARY.password} again`)).status).toBe(200);
    expect((await finish(token, CANARY.password)).status).toBe(410);
  },
  'T-LOG: flow: an invitation, a change of the person and their end': async () => {
    const { tenantId } = business;
    const owner = await signedIn(ctx, business, { role: 'owner' });
    const body = { ...invited('canary-invited'), role: 'agent' };
    const made = await askAs(owner.headers, 'POST', '/v1/users', body);
    expect(made.status).toBe(201);
    const token = tokenIn((await keptMail(ctx)).find(({ to }) => to === body.email)?.link?.url);
    await askAs({}, 'POST', '/v1/invitations/look', { token: CANARY.resetLink });
    const policyVersion = currentPolicy(ctx.settings).version;
    const accept = { token, password: NEW_PASSWORD, policyVersion };
    expect((await askAs({}, 'POST', '/v1/invitations/accept', accept)).status).toBe(200);
    await askAs({}, 'POST', '/v1/invitations/accept', accept);
    const path = `/v1/users/${String(made.body.id)}`;
    expect((await askAs(owner.headers, 'PATCH', path, { lastName: CANARY.name })).status).toBe(200);
    await askAs(owner.headers, 'PATCH', path, { email: `${CANARY.name}@x.example`, ownPassword: ALL });
    expect((await askAs(owner.headers, 'DELETE', path)).status).toBe(200);
    const entries = await withTenant(tenantId, () => ctx.store.model(Users).countDocuments().exec());
    expect(entries).toBeGreaterThan(0);
  },
  'T-LOG: flow: sign-up, and its proof': async () => {
    const eea = { established: false, servesThere: false, otherwiseSubject: false };
    const more = { business: CANARY.name, company: { isCompany: true, number: CANARY.card }, eea };
    const body = { ...invited('canary-signs-up'), ...more, acceptTerms: true };
    await askAs({}, 'POST', '/v1/sign-up', { ...body, phone: ALL });
    expect((await askAs({}, 'POST', '/v1/sign-up', body)).status).toBe(202);
    const token = tokenIn((await keptMail(ctx)).find(({ to }) => to === body.email)?.link?.url);
    const policyVersion = currentPolicy(ctx.settings).version;
    const accept = { token, password: NEW_PASSWORD, policyVersion };
    expect((await askAs({}, 'POST', '/v1/invitations/accept', accept)).status).toBe(200);
  },
  'T-LOG: flow: erasure of a client, to its end': async () => {
    const phone = '972507654322';
    const written = await clientWrites(ctx, business, { phone, name: CANARY.name, body: ALL });
    live.push(phone);
    const path = `/v1/contacts/${written.contactId}/erase`;
    expect((await ask('POST', path, { ground: ALL })).status).toBe(422);
    expect((await ask('POST', path, { ground: 'not-needed' })).status).toBe(202);
    const later = { now: () => ctx.clock.now() + 60_000 };
    expect(await asOperator('test: erasures', () => destroyDue({ ...ctx, clock: later }))).toBeGreaterThan(0);
    await ask('GET', `/v1/contacts/${written.contactId}`);
    await ask('GET', `/v1/messages/${written.messageId}`);
  },
  'T-LOG: flow: links to files, and the live feed': async () => {
    const of = { tenantId: business.tenantId, messageId: 'msg_of_nobody', part: 'file' } as const;
    const link = linkTo(ctx, of);
    live.push(link.split('/').at(-1) ?? '');
    await ask('GET', link, undefined, { Range: `bytes=${CANARY.card}-` });
    await ask('GET', `/media/${CANARY.phone}/${CANARY.name}/file/1/${CANARY.password}`);
    await ask('GET', `/v1/feed?cursor=${CANARY.password}`);
    await ask('GET', '/v1/feed', undefined, { 'Last-Event-ID': CANARY.card, Authorization: 'Bearer x' });
  },
  'T-LOG: flow: errors that nobody foresaw': () => {
    const cause = Object.assign(new Error(ALL), { config: { headers: { authorization: CANARY.token } } });
    ctx.log.error({ err: new Error(ALL, { cause }), body: ALL, phone: CANARY.phone }, 'test.failed');
    ctx.log.error(cause, 'test.failed');
    return Promise.resolve();
  },
};

/** What was found, with the canary's name. */
function found(text: string): string[] {
  const secrets = { ...CANARY, key: business.key.split('_').at(-1) ?? '', appSecret: 'canary-app-secret' };
  if (live.some((secret) => secret.length < 8)) throw new Error('Too short to be looked for.');
  const all = [...Object.entries(secrets), ...live.map((secret, at) => [`secret ${at}`, secret] as const)];
  return all.flatMap(([name, canary]) => {
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

describe('canaries', () => {
  it.each(Object.entries(FLOWS))('%s', async (_name, flow) => {
    await flow();
  });

  it('T-LOG: no line of the log has them', () => {
    expect(lines.length).toBeGreaterThan(20);
    expect(found(lines.join(''))).toEqual([]);
  });

  it('T-LOG: log injection: they forge no line, and no colour (CR/LF, ANSI)', () => {
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

  it('T-LOG: no metric has them', async () => {
    expect(found(await metrics.registry.metrics())).toEqual([]);
  });

  it('T-LOG: no trace has them: there are none, and no package that would send any', () => {
    const { dependencies } = JSON.parse(readFileSync('package.json', 'utf8')) as {
      dependencies: Record<string, string>;
    };
    expect(
      Object.keys(dependencies).filter((name) => /telemetry|tracing|sentry|dd-trace/.test(name)),
    ).toEqual([]);
  });

  it('T-LOG: no name and no value of Redis has them: keys, jobs, lanes, counts', async () => {
    expect(found(await allOfRedis())).toEqual([]);
  });

  it('T-LOG: no row of the database in the clear has them: dead letters, audit entries, messages', async () => {
    expect(found(await allOfDatabase())).toEqual([]);
  });

  it('T-LOG: no refusal has them', () => {
    expect(answers.length).toBeGreaterThan(8);
    expect(found(answers.join('\n'))).toEqual([]);
  });

  it('T-LOG: no crash dump has them', async () => {
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

  it('T-LOG: would be found', () => {
    expect(found(`x ${CANARY.phone} y`)).toHaveLength(1);
  });
});
