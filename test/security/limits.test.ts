/** T-RL: budgets per tenant, caller and address; what one takes is not another's. Counted, never timed. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { findConversation } from '../../src/conversations/conversations.ts';
import { RateLimits } from '../../src/http/rate-limits.ts';
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
const tenantOf = ({ tenantId }: Business, principal: string) => ({ tenantId, principal });

describe('T-RL', () => {
  it('an answer says what is left, a refusal when to come again', async () => {
    const key = await keyWith(ctx, other.tenantId, ['channels:read']);
    const { headers } = await gateway.ask('GET', '/v1/channels', { key });
    expect(headers.get('ratelimit-policy')).toBe('"read";q=20;w=60, "read-each";q=10;w=60');
    expect(headers.get('ratelimit')).toMatch(/^"read-each";r=9;t=\d+$/);
  });

  it('per user: one key takes half of what its tenant has; one tenant’s flood leaves another’s untouched', async () => {
    expect(await statuses(12, flooder.key)).toEqual({ 200: 10, 429: 2 });
    const second = await keyWith(ctx, flooder.tenantId, ['channels:read']);
    expect(await statuses(11, second)).toEqual({ 200: 10, 429: 1 });
    const third = await keyWith(ctx, flooder.tenantId, ['channels:read']);
    const refused = await gateway.ask('GET', '/v1/channels', { key: third });
    expect([refused.status, refused.body.type]).toEqual([429, 'https://whatsper.dev/problems/rate-limited']);
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
    expect(await statuses(9, other.key)).toEqual({ 200: 9 });
  });

  it('keys include the tenant, and no address stands in Redis', async () => {
    const keys = (await ctx.liveRedis.keys(`${ctx.prefix}:rate:*`)).sort();
    expect(keys.length).toBeGreaterThan(3);
    for (const key of keys) {
      expect([flooder.tenantId, other.tenantId].some((tenant) => key.split(':').includes(tenant))).toBe(true);
      expect(key).not.toContain('127.0.0.1');
    }
  });

  it('export and search budgets are their own', async () => {
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

  it('per IP: refused credentials are counted, a good one from the same address is taken', async () => {
    expect(await statuses(8, 'wsk_nobody_nothing', '/v1/notices')).toEqual({ 401: 5, 429: 3 });
    const key = await keyWith(ctx, other.tenantId, ['channels:read']);
    expect((await gateway.ask('POST', '/v1/messages', { key })).status).toBe(403);
    const limits = new RateLimits({ ...ctx, settings: { ...ctx.settings, RATE_REFUSALS: 1 } });
    await limits.refused('2001:db8:1:2:3::1');
    await expect(limits.refused('2001:db8:1:2:ffff::9')).rejects.toMatchObject({ status: 429 });
    await limits.refused('2001:db8:1:3::1');
  });

  it('spending cap: a tenant accepts so many templates a day, also when they come at once; another’s are its own', async () => {
    const send = async (business: Business, conversationId: string) => {
      const { tenantId } = business;
      const conversation = await withTenant(tenantId, () => findConversation(ctx, tenantId, conversationId));
      if (!conversation) throw new Error('no conversation');
      const template = { name: 'hello', language: { code: 'he' } };
      const body = { type: 'template', template };
      return acceptSend(ctx, { tenantId, principal: 'key:one', conversation, body }).then(
        () => 'accepted',
        (error: { problem?: string }) => error.problem,
      );
    };
    const { conversationId } = await clientWrites(ctx, flooder, { phone: '972500000001' });
    for (let at = 0; at < 3; at += 1) expect(await send(flooder, conversationId)).toBe('accepted');
    expect(await send(flooder, conversationId)).toBe('templates-per-day');
    const theirs = await clientWrites(ctx, other, { phone: '972500000001' });
    const all = await Promise.all([1, 2, 3, 4, 5, 6].map(() => send(other, theirs.conversationId)));
    expect(all.filter((word) => word === 'accepted').length).toBeLessThanOrEqual(3);
    clock.advance(24 * 3_600_000);
    await withTenant(flooder.tenantId, () => requireUnderCap(ctx, 'template', 1));
  });
});
