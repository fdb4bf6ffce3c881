/** A number's way in, on a Graph API, a receiver and servers that are real: connected, checked, its token watched. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { type Simulator, startSimulator } from '../../simulator/index.ts';
import { watchTokens } from '../../src/onboarding/token-watch.ts';
import { withTenant } from '../../src/store/scope.ts';
import { asOperator } from '../../src/store/scope.ts';
import { type ChannelRow, Channels, type CheckedPoint } from '../../src/tenants/model.ts';
import { createTenant } from '../../src/tenants/tenants.ts';
import { createWebhookHandler } from '../../src/webhooks/receiver.ts';
import { openAccountClient } from '../../src/whatsapp/account.ts';
import { run } from '../cli/terminal.ts';
import { ManualClock } from '../support/clock.ts';
import { type TestContext, testContext } from '../support/context.ts';
import { keyWith, openGateway, type TestGateway } from '../support/fixtures.ts';

const DAY_MS = 86_400_000;
const WABA = '200000000000001';
const NUMBER = '100000000000001';
const OTHER = '100000000000002';
const TOKEN = 'EAAG-token-of-the-business';
const APP_ID = '1234567890123456';
const secrets = { appSecret: 'app-secret-of-the-tests', verifyToken: 'verify-token-of-the-tests' };

const clock = new ManualClock(Date.now());
let simulator: Simulator;
let ctx: TestContext;
let gateway: TestGateway;
let tenantId: string;
let key: string;
let callbackUrl: string;
let taken = 0;

beforeAll(async () => {
  const number = (phoneNumberId: string, more: object) => ({
    phoneNumberId,
    wabaId: WABA,
    displayNumber: phoneNumberId === NUMBER ? '+44 20 7946 0101' : '+44 20 7946 0102',
    accessToken: TOKEN,
    name: 'קפה Demo',
    ...more,
  });
  simulator = await startSimulator({
    ...secrets,
    webhookUrl: 'http://127.0.0.1:9/nowhere',
    numbers: [number(NUMBER, { registered: false, pin: '111111' }), number(OTHER, {})],
    statuses: 'manual',
  });
  ctx = await testContext({ clock, environment: { GRAPH_API_URL: simulator.url, META_APP_ID: APP_ID } });
  const intake = { take: (items: unknown[]) => Promise.resolve(void (taken += items.length)) };
  gateway = await openGateway(ctx, { webhook: createWebhookHandler(ctx, intake) });
  callbackUrl = `${gateway.url}/webhooks/whatsapp`;
  ({ tenantId } = await createTenant(ctx, { name: 'Aleph', email: 'owner@aleph.example' }));
  key = await keyWith(ctx, tenantId, ['channels:read', 'channels:write']);
});
afterAll(async () => {
  await gateway.close();
  await ctx.close();
  await simulator.stop();
});

interface Connecting {
  connected: boolean;
  channelId: string;
  steps: { step: string; outcome: string; text: string; todo: string | null }[];
}

async function connect(...args: string[]): Promise<Connecting & { exitCode: number }> {
  const ran = await run(ctx, ['channel', 'connect', '--tenant', tenantId, ...args, '--json'], `${TOKEN}\n`);
  expect(ran.err).toBe('');
  expect(ran.out).not.toContain(TOKEN);
  return { ...(JSON.parse(ran.out) as Connecting), exitCode: ran.exitCode };
}
const outcomes = ({ steps }: Connecting) => steps.map(({ step, outcome }) => `${step} ${outcome}`);

async function meta(phoneNumberId: string, change: object): Promise<Record<string, unknown>> {
  const answer = await fetch(`${simulator.url}/control/numbers/${phoneNumberId}/state`, {
    method: 'PATCH',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify(change),
  });
  expect(answer.status).toBe(200);
  return (await answer.json()) as Record<string, unknown>;
}

const channels = () =>
  withTenant(tenantId, () =>
    ctx.store.model(Channels).find().sort({ phoneNumberId: 1 }).lean<ChannelRow[]>().exec(),
  );

describe('channel connect', () => {
  it('asks which number is meant', async () => {
    const { exitCode, steps, connected } = await connect('--token', '-');
    expect({ exitCode, connected }).toEqual({ exitCode: 2, connected: false });
    expect(steps.at(-1)).toMatchObject({ step: 'number', outcome: 'failed' });
    expect(steps.at(-1)?.todo).toContain(`--phone-number-id ${OTHER} (+442079460102)`);
    expect(await channels()).toEqual([]);
  });

  it('stops at what fails, says what to do, and goes on from there when it is repeated', async () => {
    const which = ['--phone-number-id', NUMBER, '--waba-id', WABA];
    const first = await connect('--token', '-', ...which, '--callback-url', callbackUrl);
    expect(outcomes(first)).toEqual(['token done', 'number done', 'channel done', 'register failed']);
    expect(first.steps.at(-1)?.todo).toContain('--pin');
    const wrong = await connect(...which, '--pin', '222222');
    expect(wrong.steps.at(-1)).toMatchObject({
      outcome: 'failed',
      text: expect.stringContaining('code 133005'),
    });
    const right = await connect(...which, '--pin', '111111');
    expect(outcomes(right).slice(3)).toEqual(['register done', 'subscribe done', 'facts done']);
    expect(right).toMatchObject({ connected: true, exitCode: 0, channelId: first.channelId });
    const again = await connect(...which, '--pin', '111111');
    expect(outcomes(again).slice(2)).toEqual([
      'channel already',
      'register already',
      'subscribe already',
      'facts done',
    ]);
    expect(await meta(NUMBER, {})).toMatchObject({ registered: true, registrations: 2 });
  });

  it('keeps what WhatsApp says of the number, and webhooks come from now on', async () => {
    const { body } = await gateway.ask<{ items: { health: object }[] }>('GET', '/v1/channels', { key });
    expect(body.items).toHaveLength(1);
    const [row] = await channels();
    expect(row?.health).toMatchObject({ quality: { value: 'GREEN' }, throughput: { value: 'STANDARD' } });
    expect(row).toMatchObject({ name: 'קפה Demo', displayNumber: '442079460101', status: 'active' });
    const dana = simulator.client({ name: 'Dana', phone: '+972500000001' });
    const { state } = await dana.send(NUMBER, 'shalom').posted;
    expect({ state, taken }).toEqual({ state: 'accepted', taken: 1 });
  });

  it('refuses a number of another tenant, and a token that shows no such number', async () => {
    const other = await createTenant(ctx, { name: 'Bet', email: 'owner@bet.example' });
    const args = ['channel', 'connect', '--tenant', other.tenantId, '--token', TOKEN];
    const ran = await run(ctx, [...args, '--phone-number-id', NUMBER]);
    expect(ran).toMatchObject({ exitCode: 2, err: 'This phone number id belongs to another tenant.' });
    const none = await run(ctx, [...args, '--phone-number-id', '100000000000009']);
    expect(none.out).toContain('✗ number     This number is in no account that the token may manage.');
  });

  it('connects by a code of Embedded Signup, which works once', async () => {
    const made = await fetch(`${simulator.url}/control/numbers/${OTHER}/codes`, { method: 'POST' });
    const { code } = (await made.json()) as { code: string };
    const ask = () =>
      gateway.ask<Connecting>('POST', '/v1/channels/connect', {
        key,
        body: { code, wabaId: WABA, phoneNumberId: OTHER },
      });
    expect((await ask()).body).toMatchObject({ connected: true });
    expect((await ask()).body).toMatchObject({ connected: true });
    expect(await channels()).toHaveLength(2);
    const used = await gateway.ask<Connecting>('POST', '/v1/channels/connect', {
      key,
      body: { code: 'code-of-nobody', wabaId: WABA, phoneNumberId: '100000000000009' },
    });
    expect(used.body.steps).toEqual([expect.objectContaining({ step: 'token', outcome: 'failed' })]);
    expect((await gateway.ask('POST', '/v1/channels/connect', { key, body: {} })).status).toBe(422);
  });
});

describe('channel check', () => {
  interface Check {
    state: string;
    at: string | null;
    points: (CheckedPoint & { means: string; todo: string | null })[];
  }
  const check = async (...args: string[]) => {
    clock.advance(60_000);
    const [first] = await channels();
    const id = first?._id ?? '';
    const { exitCode, out } = await run(ctx, ['channel', 'check', ...args, id, '--json']);
    return { exitCode, ...(JSON.parse(out) as { items: Check[] }).items[0], id };
  };
  const codes = (points: CheckedPoint[] = [], state = 'ok') =>
    points.filter((point) => point.state === state).map(({ code }) => code);

  it('finds a number that can send and receive', async () => {
    const { exitCode, state, points, id } = await check();
    expect(points?.filter((point) => point.state !== 'ok')).toEqual([]);
    expect({ exitCode, state }).toEqual({ exitCode: 0, state: 'ok' });
    expect(codes(points)).toEqual(
      expect.arrayContaining([
        'expiry.never',
        'app.available',
        'callback.ours',
        'handshake.done',
        'roundTrip.done',
      ]),
    );
    const shown = await gateway.ask<Check>('GET', `/v1/channels/${id}/check`, { key });
    expect(shown.body).toMatchObject({ state: 'ok', at: new Date(clock.now()).toISOString() });
  });

  it('finds each thing that is wrong, and says what to do', async () => {
    await meta(NUMBER, {
      registered: false,
      quality: 'YELLOW',
      nameStatus: 'DECLINED',
      accountReview: 'PENDING',
      appLive: false,
      token: {
        scopes: ['whatsapp_business_management'],
        expiresAt: new Date(clock.now() + 5 * DAY_MS).toISOString(),
      },
    });
    const graph = `${simulator.url}/v25.0/${WABA}/subscribed_apps`;
    await fetch(graph, { method: 'DELETE', headers: { Authorization: `Bearer ${TOKEN}` } });
    const { exitCode, points, state } = await check();
    expect({ exitCode, state }).toEqual({ exitCode: 1, state: 'failed' });
    expect(codes(points, 'failed').sort()).toEqual(
      [
        'app.blocked',
        'callback.other',
        'name.refused',
        'registered.not',
        'scopes.missing',
        'subscribed.no',
      ].sort(),
    );
    expect(codes(points, 'warn').sort()).toEqual(['account.pending', 'expiry.soon', 'quality.yellow'].sort());
    for (const point of points ?? []) {
      expect(point.means).not.toMatch(/\{\{|^\w+\.\w+$/);
      if (point.state === 'failed') expect(point.todo).toEqual(expect.stringMatching(/\w{3}/));
    }
    const lines = await run(ctx, ['channel', 'check', '--tenant', tenantId]);
    expect(lines.out).toMatch(/✗ Registration +The number is not connected \(PENDING\)\./);
    await meta(NUMBER, {
      registered: true,
      quality: 'GREEN',
      nameStatus: 'APPROVED',
      accountReview: 'APPROVED',
      appLive: true,
      token: { scopes: ['whatsapp_business_management', 'whatsapp_business_messaging'], expiresAt: null },
    });
    expect((await connect('--phone-number-id', NUMBER, '--waba-id', WABA)).connected).toBe(true);
    expect((await check()).state).toBe('ok');
  });

  it('sends a test message and tells that Meta refused it', async () => {
    simulator.faults.nextSend({ kind: 'error', code: 131030 });
    const { points } = await check('--send-to', '+972500000001');
    expect(points?.at(-1)).toMatchObject({ code: 'send.refused', state: 'failed' });
    expect(points?.at(-1)?.means).toContain('131030');
  });
});

describe('tokens', () => {
  const client = () => openAccountClient(ctx.settings);
  const watch = async () => {
    const account = client();
    const count = await asOperator('test: watch', () => watchTokens(ctx, account));
    account.close();
    return count;
  };
  const notices = async () => {
    const { body } = await gateway.ask<{ items: { event: string; text: string }[] }>('GET', '/v1/notices', {
      key: await keyWith(ctx, tenantId, ['channels:read', 'conversations:read']),
    });
    return body.items.filter(({ event }) => event.startsWith('token-')).length;
  };

  it('are looked at once a day; their end is told 14, 7 and 1 days before', async () => {
    await watch();
    expect(await watch()).toBe(0);
    await meta(NUMBER, { token: { expiresAt: new Date(clock.now() + 15.5 * DAY_MS).toISOString() } });
    const told: number[] = [];
    for (let day = 0; day < 15; day += 1) {
      clock.advance(DAY_MS);
      expect(await watch()).toBe(2);
      told.push(await notices());
    }
    // Days left: 15, 14, 13, … 1. Two channels have tokens, one of them ends.
    expect(told).toEqual([0, 1, 1, 1, 1, 1, 1, 1, 2, 2, 2, 2, 2, 2, 3]);
  });

  it('that Meta no longer takes pause their channel; another one lets it go on', async () => {
    await meta(NUMBER, { token: { valid: false } });
    clock.advance(DAY_MS);
    await watch();
    const [first] = await channels();
    expect(first).toMatchObject({ status: 'paused', pausedReason: '190' });
    const give = (token: string) =>
      run(ctx, ['channel', 'token', '--tenant', tenantId, '--channel', first?._id ?? '', '--token', token]);
    expect(await give(TOKEN)).toMatchObject({
      exitCode: 2,
      err: expect.stringContaining('Nothing was changed'),
    });
    await meta(NUMBER, { token: { valid: true, expiresAt: null } });
    const url = `/v1/channels/${first?._id}/token`;
    const answer = await gateway.ask('PUT', url, { key, body: { token: TOKEN } });
    expect(answer.body).toEqual({ channelId: first?._id, status: 'active', expiresAt: null });
    expect((await channels())[0]).not.toHaveProperty('pausedReason');
  });
});
