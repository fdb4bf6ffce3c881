/** P7: who looked at what, what was refused, what staff did; and what happens when the log can't be written. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { audit } from '../../src/audit/audit.ts';
import { AuditIntake } from '../../src/audit/intake.ts';
import { AuditEntries, type AuditRow, WaitingAudit } from '../../src/audit/model.ts';
import { addressClass } from '../../src/audit/origin.ts';
import { moveWaiting } from '../../src/audit/waiting.ts';
import { routes } from '../../src/http/routes.ts';
import { ItemLanes } from '../../src/lanes/item-lanes.ts';
import { openRedis } from '../../src/store/redis.ts';
import { asOperator, withTenant } from '../../src/store/scope.ts';
import { type ChannelRow, Channels } from '../../src/tenants/model.ts';
import { openIntake } from '../../src/webhooks/intake.ts';
import { Spool } from '../../src/webhooks/spool.ts';
import { startAudit } from '../../workers/audit.ts';
import { run } from '../cli/terminal.ts';
import { ManualClock } from '../support/clock.ts';
import { type TestContext, testContext } from '../support/context.ts';
import {
  type Business,
  clientIsParked,
  clientWrites,
  keyWith,
  openBusiness,
  openGateway,
  type TestGateway,
  type Written,
} from '../support/fixtures.ts';
import { until } from '../support/until.ts';

const NAME = 'Canary-Name-Ofra';
const PHONE = '972509998877';
const BODY = 'canary-words-of-a-client';
const TEN_MINUTES_MS = 600_000;

interface Entry {
  seq: number;
  actor: string;
  staff: boolean;
  action: string;
  objects: string[];
  outcome: string;
  reason: string | null;
  details: Record<string, unknown>;
  address: string;
  requestId: string | null;
}

const clock = new ManualClock();
let ctx: TestContext;
let gateway: TestGateway;
let workers: ReturnType<typeof startAudit>;
let business: Business;
let written: Written;

beforeAll(async () => {
  ctx = await testContext({ clock });
  gateway = await openGateway(ctx);
  workers = startAudit(ctx, ctx.queueRedis);
  business = await openBusiness(ctx, 'Aleph');
  written = await clientWrites(ctx, business, { phone: PHONE, name: NAME, body: BODY });
});

afterAll(async () => {
  await gateway.close();
  await Promise.all(workers.map((worker) => worker.close(5_000)));
  await ctx.close();
});

const get = async <Body = { items: Entry[]; nextCursor: string | null }>(path: string, key = business.key) =>
  (await gateway.ask<Body>('GET', path, { key })).body;

/** Entries of the business once nothing waits for the chain any more. */
async function entries(query = '', key = business.key): Promise<Entry[]> {
  await settled();
  return (await get(`/v1/audit?limit=100${query}`, key)).items;
}

async function settled(): Promise<void> {
  await until('the lanes are empty', async () => (await ctx.audit.lanes.oldest('audit-0')) === null);
}

const keyIdOf = async (key: string) => (await get<{ caller: { id: string } }>('/v1/me', key)).caller.id;

describe('P7: every access to content is attributable', () => {
  it('P7: reading a conversation is written down per principal, once in ten minutes', async () => {
    const { conversationId } = written;
    const path = `/v1/conversations/${conversationId}/messages`;
    for (let time = 0; time < 3; time += 1) await get(path);
    const looks = async () => entries(`&action=content.viewed&object=${conversationId}`);
    const [look, ...others] = await looks();
    expect(others).toEqual([]);
    expect(look).toMatchObject({
      actor: `key:${await keyIdOf(business.key)}`,
      staff: false,
      outcome: 'allowed',
      address: 'private-v4',
      requestId: expect.stringMatching(/^req_/),
    });
    const second = await keyWith(ctx, business.tenantId, ['messages:read']);
    await get(path, second);
    expect((await looks()).map(({ actor }) => actor)).toEqual([
      `key:${await keyIdOf(second)}`,
      `key:${await keyIdOf(business.key)}`,
    ]);
    clock.advance(TEN_MINUTES_MS);
    await get(path);
    expect((await looks()).length).toBe(3);
  });

  it('P7: lists, contacts and dead letters name what they showed', async () => {
    const deadLetterId = await clientIsParked(ctx, business, { phone: PHONE, body: BODY });
    await get('/v1/conversations');
    await get('/v1/contacts');
    await get(`/v1/dead-letters/${deadLetterId}`);
    for (const id of [written.conversationId, written.contactId, deadLetterId]) {
      expect((await entries(`&action=content.viewed&object=${id}`)).length).toBeGreaterThan(0);
    }
  });

  it('P7: a connection to the live feed is written down when it opens', async () => {
    const leaving = new AbortController();
    const headers = { Authorization: `Bearer ${business.key}` };
    const feed = await fetch(`${gateway.url}/v1/feed`, { headers, signal: leaving.signal });
    expect(feed.status).toBe(200);
    leaving.abort();
    expect((await entries('&action=feed.opened')).length).toBe(1);
  });

  it('row 88: what staff did to a tenant by a command stands in its log', async () => {
    expect((await run(ctx, ['channel', 'list', '--tenant', business.tenantId])).exitCode).toBe(0);
    const deadLetterId = await clientIsParked(ctx, business, { phone: PHONE });
    expect((await run(ctx, ['dead-letters', 'show', deadLetterId])).exitCode).toBe(0);
    const acts = await entries('&action=command.');
    expect(acts.map(({ action }) => action)).toEqual(['command.dead-letters-show', 'command.channel-list']);
    for (const { staff, actor } of acts) {
      expect(staff).toBe(true);
      expect(actor).toMatch(/^operator:/);
    }
  });

  it('a refused request is written down, once in ten minutes', async () => {
    const key = await keyWith(ctx, business.tenantId, ['channels:read']);
    for (let time = 0; time < 2; time += 1) {
      expect((await gateway.ask('GET', '/v1/contacts', { key })).status).toBe(403);
    }
    expect(await entries('&action=request.refused')).toEqual([
      expect.objectContaining({
        outcome: 'refused',
        reason: 'insufficient-scope',
        details: { method: 'GET', route: '/v1/contacts' },
      }),
    ]);
  });

  it('acts are written down before they are done, and again when they failed; never with values', async () => {
    const { channelId } = business;
    const change = { readReceipts: 'on-open', waitForDelivered: 7 };
    await gateway.ask('PATCH', `/v1/channels/${channelId}`, { key: business.key, body: change });
    await gateway.ask('PATCH', '/v1/channels/chn_nobody', { key: business.key, body: change });
    const acts = await entries('&action=channel.policy-changed');
    expect(acts).toMatchObject([
      { outcome: 'failed', reason: 'not-found', objects: ['chn_nobody'] },
      { outcome: 'allowed', objects: ['chn_nobody'] },
      { outcome: 'allowed', objects: [channelId], details: { fields: 'readReceipts waitForDelivered' } },
    ]);
  });

  it('the log holds no name, number or word of a client', async () => {
    await settled();
    const rows = await asOperator('test', () =>
      ctx.store.model(AuditEntries).find().lean<AuditRow[]>().exec(),
    );
    expect(rows.length).toBeGreaterThan(5);
    const text = JSON.stringify(rows);
    for (const canary of [NAME, PHONE, BODY, PHONE.slice(3)]) expect(text).not.toContain(canary);
  });

  it('a tenant reads its own log only, in pages, by who, what and when', async () => {
    const other = await openBusiness(ctx, 'Beth');
    await settled();
    expect((await entries('', other.key)).map(({ action }) => action)).not.toContain('content.viewed');
    expect(
      (
        await gateway.ask('GET', '/v1/audit', {
          key: await keyWith(ctx, business.tenantId, ['channels:read']),
        })
      ).status,
    ).toBe(403);
    const first = await get('/v1/audit?limit=2');
    const next = await get(`/v1/audit?limit=2&cursor=${first.nextCursor}`);
    expect([...first.items, ...next.items].map(({ seq }) => seq)).toEqual(
      Array.from({ length: 4 }, (_, index) => (first.items[0]?.seq ?? 0) - index),
    );
    expect(await entries(`&to=${new Date(clock.now() - 3 * TEN_MINUTES_MS).toISOString()}`)).toEqual([]);
    const mine = await entries(`&actor=key:${await keyIdOf(business.key)}`);
    expect(new Set(mine.map(({ actor }) => actor)).size).toBe(1);
  });

  it('P7: every route that changes a channel, a contact or a template is declared as an act', () => {
    const acting = routes.filter(
      ({ method, scope }) =>
        method !== 'get' && ['channels:write', 'contacts:write', 'dead-letters:write'].includes(scope),
    );
    expect(acting.length).toBeGreaterThan(8);
    const silent = acting
      .filter((route) => !('audits' in route))
      .map(({ method, path }) => `${method} ${path}`);
    expect(silent).toEqual([]);
  });
});

describe('the command', () => {
  it('row 136: verify says whether the log is whole, by its exit code too', async () => {
    await settled();
    const { exitCode, out } = await run(ctx, ['audit', 'verify', '--tenant', business.tenantId, '--json']);
    expect(exitCode).toBe(0);
    expect(JSON.parse(out)).toMatchObject({
      items: [{ verdict: 'log-longer-than-checkpoints', faults: [] }],
    });
    const { state } = await get<{ state: string }>('/v1/audit/integrity');
    expect(state).toBe('intact');
  });

  it('lists and exports a tenant’s log as JSON lines, and shows the public key', async () => {
    const listed = await run(ctx, ['audit', 'list', '--tenant', business.tenantId, '--limit', '3', '--json']);
    expect((JSON.parse(listed.out) as { items: Entry[] }).items.length).toBe(3);
    const exported = await run(ctx, ['audit', 'export', '--tenant', business.tenantId]);
    const lines = exported.out.split('\n').map((line) => JSON.parse(line) as Entry);
    expect(lines.map(({ seq }) => seq)).toEqual(lines.map((_, index) => index + 1));
    expect((await run(ctx, ['audit', 'key'])).out).toContain('BEGIN PUBLIC KEY');
    expect((await entries('&action=audit.exported')).length).toBe(1);
  });

  it('row 136: verify finds what was altered outside the application', async () => {
    await settled();
    await asOperator('test: tamper', () =>
      ctx.store
        .model(AuditEntries)
        .updateOne({ tenantId: business.tenantId, seq: 2 }, { $set: { actor: 'user:usr_somebody' } })
        .exec(),
    );
    const { exitCode, err } = await run(ctx, ['audit', 'verify']);
    expect(exitCode).toBe(1);
    expect(err).toContain(`${business.tenantId} (altered)`);
    expect(await get<object>('/v1/audit/integrity')).toMatchObject({ state: 'faulty', verdict: 'altered' });
  });
});

describe('audit sink down', () => {
  it('T-AUD: audit sink down: privileged acts are refused, reading goes on; T-AUD: audit sink down: message intake continues into a durable buffer', async () => {
    const { log, random, master, prefix } = ctx;
    const dead = openRedis({ url: 'redis://127.0.0.1:1', log, clock, part: 'queue', mode: 'fail-fast' });
    const lanes = new ItemLanes({ redis: dead, prefix, log, clock, random, master, queues: 1 });
    const root = await mkdtemp(join(tmpdir(), 'whatsper-audit-'));
    const spool = await Spool.open({ root, log, random, clock });
    const intake = openIntake({ lanes, spool, redis: dead, master, log });
    const down = { ...ctx, audit: new AuditIntake({ redis: dead, prefix, log, clock, random, master }) };
    const without = await openGateway(down);
    try {
      const path = `/v1/channels/${business.channelId}`;
      const refused = await without.ask('PATCH', path, {
        key: business.key,
        body: { readReceipts: 'never' },
      });
      expect(refused).toMatchObject({
        status: 503,
        body: { type: expect.stringMatching(/audit-unavailable$/) },
      });
      const row = await withTenant(business.tenantId, () =>
        ctx.store.model(Channels).findOne({ _id: business.channelId }).lean<ChannelRow>().exec(),
      );
      expect(row?.readReceipts).toBe('on-open');
      expect((await run(down, ['tenant', 'list'])).exitCode).not.toBe(0);
      await expect(
        audit(down, { tenantId: null, actor: 'system', action: 'test.done', outcome: 'allowed' }),
      ).rejects.toMatchObject({ status: 503, problem: 'audit-unavailable' });

      const seen = await without.ask('GET', `/v1/contacts/${written.contactId}`, { key: business.key });
      expect(seen.status).toBe(200);
      const waiting = await asOperator('test', () => ctx.store.model(WaitingAudit).countDocuments().exec());
      expect(waiting).toBe(1);

      const item = {
        kind: 'message' as const,
        app: 'default',
        wabaId: '1',
        field: 'messages',
        phoneNumberId: '2',
      };
      await intake.take([{ lane: 'one', item: { ...item, position: 1, body: {} } }]);
      expect(intake.spooled().segments).toBe(1);
    } finally {
      await without.close();
      await intake.close();
      await down.audit.close();
      await lanes.close();
      dead.disconnect();
      await rm(root, { recursive: true, force: true });
    }
    const before = (await entries(`&object=${written.contactId}`)).length;
    expect(await moveWaiting(ctx)).toBe(1);
    expect((await entries(`&object=${written.contactId}`)).length).toBe(before + 1);
  });
});

describe('an address', () => {
  it.each([
    [undefined, 'none'],
    ['127.0.0.1', 'private-v4'],
    ['::ffff:10.1.2.3', 'private-v4'],
    ['100.64.0.9', 'private-v4'],
    ['8.8.8.8', 'public-v4'],
    ['::ffff:8.8.8.8', 'public-v4'],
    ['::1', 'private-v6'],
    ['fe80::1%eth0', 'private-v6'],
    ['fd00::1', 'private-v6'],
    ['2001:4860:4860::8888', 'public-v6'],
  ])('%s is kept as %s', (address, kind) => expect(addressClass(address)).toBe(kind));
});
