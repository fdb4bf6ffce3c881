/** T-RL: budgets per tenant, caller and address; what one takes is not another's. Counted, never timed. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { findConversation } from '../../src/conversations/conversations.ts';
import { linkTo } from '../../src/media/links.ts';
import { RateLimits } from '../../src/ops/rate-limits.ts';
import { acceptSend } from '../../src/outbox/accept.ts';
import { requireUnderCap } from '../../src/outbox/cap.ts';
import { openRedis } from '../../src/store/redis.ts';
import { withTenant } from '../../src/store/scope.ts';
import { ManualClock } from '../support/clock.ts';
import { type TestContext, testContext } from '../support/context.ts';
import {
  type Business,
  clientWrites,
  keyWith,
  openBusiness,
  openGateway,
  type TestGateway,
} from '../support/fixtures.ts';
import { until } from '../support/until.ts';

const clock = new ManualClock();
let ctx: TestContext;
let gateway: TestGateway;
let flooder: Business;
let other: Business;
beforeAll(async () => {
  ctx = await testContext({
    clock,
    environment: {
      RATE_READS: '20',
      RATE_SEARCHES: '4',
      RATE_EXPORTS: '2',
      RATE_REFUSALS: '5',
      TEMPLATES_PER_DAY: '3',
      RATE_FEEDS: '12',
      FEEDS_OPEN: '4',
      RATE_FILES: '6',
      TRUSTED_PROXIES: '127.0.0.1',
    },
  });
  gateway = await openGateway(ctx);
  flooder = await openBusiness(ctx, 'Aleph');
  other = await openBusiness(ctx, 'Bet');
});
afterAll(async () => {
  await gateway.close();
  await ctx.close();
});

const statuses = async (times: number, key: string, path = '/v1/channels') => {
  const seen: Record<number, number> = {};
  for (let at = 0; at < times; at += 1) {
    const { status } = await gateway.ask('GET', path, { key });
    seen[status] = (seen[status] ?? 0) + 1;
  }
  return seen;
};
/** @returns `accepted`, or the problem's word */
async function sendTemplate({ tenantId }: Business, conversationId: string): Promise<string | undefined> {
  const conversation = await withTenant(tenantId, () => findConversation(ctx, tenantId, conversationId));
  if (!conversation) throw new Error('no conversation');
  const template = { name: 'hello', language: { code: 'he' } };
  const body = { type: 'template', template };
  return acceptSend(ctx, { tenantId, principal: 'key:one', conversation, body }).then(
    () => 'accepted',
    (error: { problem?: string }) => error.problem,
  );
}
const tenantOf = ({ tenantId }: Business, principal: string) => ({ tenantId, principal });

describe('budgets', () => {
  it('T-RL: per tenant: an answer says what is left, a refusal when to come again', async () => {
    const key = await keyWith(ctx, other.tenantId, ['channels:read']);
    const { headers } = await gateway.ask('GET', '/v1/channels', { key });
    expect(headers.get('ratelimit-policy')).toBe('"read";q=20;w=60, "read-each";q=10;w=60');
    expect(headers.get('ratelimit')).toMatch(/^"read-each";r=9;t=\d+$/);
  });

  it('T-RL: per user: one key takes half of what its tenant has, T-RL: one tenant’s flood leaves another’s untouched', async () => {
    expect(await statuses(12, flooder.key)).toEqual({ 200: 10, 429: 2 });
    const second = await keyWith(ctx, flooder.tenantId, ['channels:read']);
    expect(await statuses(11, second)).toEqual({ 200: 10, 429: 1 });
    const third = await keyWith(ctx, flooder.tenantId, ['channels:read']);
    const refused = await gateway.ask('GET', '/v1/channels', { key: third });
    expect([refused.status, refused.body.type]).toEqual([429, 'https://whatsper.dev/problems/rate-limited']);
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
    expect(await statuses(9, other.key)).toEqual({ 200: 9 });
  });

  it('T-RL: keys include the tenant, and no address stands in Redis', async () => {
    const keys = (await ctx.liveRedis.keys(`${ctx.prefix}:rate:*`)).sort();
    expect(keys.length).toBeGreaterThan(3);
    for (const key of keys) {
      expect([flooder.tenantId, other.tenantId].some((tenant) => key.split(':').includes(tenant))).toBe(true);
      expect(key).not.toContain('127.0.0.1');
    }
  });

  it('T-RL: export and search budgets are their own', async () => {
    const limits = new RateLimits(ctx);
    const spend = (budget: 'export' | 'search', of = flooder) =>
      limits.spend(tenantOf(of, 'key:one'), budget);
    await spend('export');
    await expect(spend('export')).rejects.toMatchObject({ status: 429, problem: 'rate-limited' });
    await spend('export', other);
    await spend('search');
    await spend('search');
    await expect(spend('search')).rejects.toMatchObject({ status: 429 });
  });

  it('while Redis is away each process counts for itself', async () => {
    const { log } = ctx;
    const away = openRedis({ url: 'redis://127.0.0.1:1', log, clock, part: 'live', mode: 'fail-fast' });
    const limits = new RateLimits({ ...ctx, liveRedis: away });
    await limits.spend(tenantOf(other, 'key:away'), 'export');
    await expect(limits.spend(tenantOf(other, 'key:away'), 'export')).rejects.toMatchObject({ status: 429 });
    away.disconnect();
  });

  it('T-RL: per IP: refused credentials are counted, a good one from the same address is taken', async () => {
    expect(await statuses(8, 'wsk_nobody_nothing', '/v1/notices')).toEqual({ 401: 5, 429: 3 });
    const key = await keyWith(ctx, other.tenantId, ['channels:read']);
    expect((await gateway.ask('POST', '/v1/messages', { key })).status).toBe(403);
    const limits = new RateLimits({ ...ctx, settings: { ...ctx.settings, RATE_REFUSALS: 1 } });
    await limits.refused('2001:db8:1:2:3::1');
    await expect(limits.refused('2001:db8:1:2:ffff::9')).rejects.toMatchObject({ status: 429 });
    await limits.refused('2001:db8:1:3::1');
  });

  it('T-RL: spending cap: a tenant accepts so many templates a day, also when they come at once; another’s are its own', async () => {
    const { conversationId } = await clientWrites(ctx, flooder, { phone: '972500000001' });
    for (let at = 0; at < 3; at += 1) expect(await sendTemplate(flooder, conversationId)).toBe('accepted');
    expect(await sendTemplate(flooder, conversationId)).toBe('templates-per-day');
    const theirs = await clientWrites(ctx, other, { phone: '972500000001' });
    const all = await Promise.all([1, 2, 3, 4, 5, 6].map(() => sendTemplate(other, theirs.conversationId)));
    expect(all.filter((word) => word === 'accepted').length).toBeLessThanOrEqual(3);
    clock.advance(24 * 3_600_000);
    const next = { type: 'template', also: 1 } as const;
    await withTenant(flooder.tenantId, () => requireUnderCap(ctx, flooder, next));
  });

  it('T-RL: spending cap, per number: the business’s own cap of a channel, and another channel’s is its own', async () => {
    const capped = await openBusiness(ctx, 'Gimel');
    const { channelId, key, tenantId } = capped;
    const cap = (templatesPerDay: unknown) =>
      gateway.ask('PATCH', `/v1/channels/${channelId}`, { key, body: { templatesPerDay } });
    expect(await cap(2)).toMatchObject({ status: 200, body: { templatesPerDay: 2, readReceipts: 'never' } });
    const { conversationId } = await clientWrites(ctx, capped, { phone: '972500000001' });
    const send = () => sendTemplate(capped, conversationId);
    expect([await send(), await send(), await send()]).toEqual(['accepted', 'accepted', 'templates-per-day']);
    const next = { type: 'template', also: 1 } as const;
    const other = { tenantId, channelId: 'chn_of_nothing_sent' };
    await withTenant(tenantId, () => requireUnderCap(ctx, other, next));
    await cap('off');
    expect([await send(), await send()]).toEqual(['accepted', 'templates-per-day']);
  });
});

describe('feeds and files', () => {
  const open = async (key: string, feeds: AbortController[]) => {
    const abort = new AbortController();
    const headers = { Authorization: `Bearer ${key}` };
    const {
      status,
      headers: said,
      body,
    } = await fetch(`${gateway.url}/v1/feed`, { headers, signal: abort.signal });
    if (status === 200) feeds.push(abort);
    else await body?.cancel();
    return { status, retryAfter: said.get('retry-after') };
  };

  it('T-RL: open feeds: one caller holds half of its tenant’s, and a place is free again once a feed ends', async () => {
    const feeds: AbortController[] = [];
    const business = await openBusiness(ctx, 'Dalet');
    const scopes = ['conversations:read', 'messages:read'] as const;
    const keys = [
      business.key,
      ...(await Promise.all([1, 2].map(() => keyWith(ctx, business.tenantId, [...scopes])))),
    ];
    const [one = '', second = '', third = ''] = keys;
    expect(await Promise.all([one, one, one].map((key) => open(key, feeds)))).toEqual(
      expect.arrayContaining([
        { status: 200, retryAfter: null },
        { status: 200, retryAfter: null },
        { status: 429, retryAfter: '30' },
      ]),
    );
    expect([(await open(second, feeds)).status, (await open(second, feeds)).status]).toEqual([200, 200]);
    expect((await open(third, feeds)).status).toBe(429);
    const answer = await gateway.ask('GET', '/v1/feed', { key: third });
    expect(answer.body.type).toBe('https://whatsper.dev/problems/too-many-feeds');
    expect((await open(other.key, feeds)).status).toBe(200);
    feeds[0]?.abort();
    await until('the place is free', async () => (await open(third, feeds)).status === 200);
    for (const feed of feeds) feed.abort();
  });

  it('T-RL: opening feeds is counted per tenant and caller, and refused keys per address', async () => {
    const limits = new RateLimits(ctx);
    const { tenantId } = await openBusiness(ctx, 'He');
    const spend = (principal: string) => limits.spend({ tenantId, principal }, 'feed');
    for (let at = 0; at < 6; at += 1) await spend('key:one');
    await expect(spend('key:one')).rejects.toMatchObject({ status: 429, problem: 'rate-limited' });
    for (let at = 0; at < 6; at += 1) await spend('user:two');
    await expect(spend('key:three')).rejects.toMatchObject({ status: 429 });
    const headers = { Authorization: 'Bearer wsk_nobody_nothing', 'X-Forwarded-For': '203.0.113.44' };
    const seen = [];
    for (let at = 0; at < 6; at += 1) seen.push((await gateway.ask('GET', '/v1/feed', { headers })).status);
    expect(seen).toEqual([401, 401, 401, 401, 401, 429]);
  });

  it('T-RL: fetching files is counted per tenant and link', async () => {
    const { tenantId } = await openBusiness(ctx, 'Vav');
    const fetched = async (of: string, messageId: string) =>
      (await gateway.ask('GET', linkTo(ctx, { tenantId: of, messageId, part: 'file' }))).status;
    const seen = [];
    for (let at = 0; at < 4; at += 1) seen.push(await fetched(tenantId, 'msg_one'));
    expect(seen).toEqual([404, 404, 404, 429]);
    for (const id of ['msg_two', 'msg_three', 'msg_four']) expect(await fetched(tenantId, id)).toBe(404);
    expect(await fetched(tenantId, 'msg_five')).toBe(429);
    expect(await fetched(other.tenantId, 'msg_one')).toBe(404);
  });
});

describe('addresses behind a proxy', () => {
  const refused = async (said: string) => {
    const headers = { Authorization: 'Bearer wsk_nobody_nothing', 'X-Forwarded-For': said };
    return (await gateway.ask('GET', '/v1/me', { headers })).status;
  };

  it('T-RL: per IP: one address that is refused does not hold up another behind the same proxy', async () => {
    for (let at = 0; at < 5; at += 1) expect(await refused('198.51.100.1')).toBe(401);
    expect(await refused('198.51.100.1')).toBe(429);
    expect(await refused('198.51.100.2')).toBe(401);
  });

  it('T-RL: per IP: nobody gets past a count by writing X-Forwarded-For themselves', async () => {
    for (let at = 0; at < 5; at += 1) expect(await refused(`192.0.2.${at}, 198.51.100.3`)).toBe(401);
    expect(await refused('192.0.2.99, 198.51.100.3')).toBe(429);
  });

  it('T-RL: per IP: without a trusted proxy the header is no way round', async () => {
    const settings = { ...ctx.settings, TRUSTED_PROXIES: undefined };
    const direct = await openGateway({ ...ctx, settings });
    const seen = [];
    for (let at = 0; at < 6; at += 1) {
      const headers = { Authorization: 'Bearer wsk_nobody_nothing', 'X-Forwarded-For': `198.51.100.${at}` };
      seen.push((await direct.ask('GET', '/v1/me', { headers })).status);
    }
    expect(seen).toEqual([401, 401, 401, 401, 401, 429]);
    await direct.close();
  });
});
