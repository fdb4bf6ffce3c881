/** When a server is away: 503 with Retry-After where it is needed, an answer where it is not. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { type TestContext, testContext } from '../support/context.ts';
import {
  type Business,
  clientWrites,
  openBusiness,
  openGateway,
  type TestGateway,
} from '../support/fixtures.ts';

let ctx: TestContext;
let gateway: TestGateway;
let business: Business;

beforeAll(async () => {
  ctx = await testContext();
  gateway = await openGateway(ctx);
  business = await openBusiness(ctx, 'Aleph');
  await clientWrites(ctx, business, { phone: '972500000001' });
});
afterAll(async () => {
  await gateway.close();
  await ctx.close();
});

describe('Redis of the live feed is away', () => {
  beforeAll(() => ctx.liveRedis.disconnect());
  afterAll(async () => ctx.liveRedis.connect());

  it('lists answer, with a cursor that leads to a reset', async () => {
    const { status, body } = await gateway.ask('GET', '/v1/conversations', { key: business.key });
    expect(status).toBe(200);
    expect(body.feedCursor).toBe('0-0');
    expect(body.items).toHaveLength(1);
  });

  it('the feed answers 503 with Retry-After', async () => {
    const { status, headers, body } = await gateway.ask('GET', '/v1/feed', { key: business.key });
    expect(status).toBe(503);
    expect(body.type).toBe('https://whatsper.dev/problems/unavailable');
    expect(Number(headers.get('retry-after'))).toBeGreaterThan(0);
  });

  it('/readyz names it, and /healthz does not care', async () => {
    const { status, body } = await gateway.ask('GET', '/readyz');
    expect(status).toBe(200);
    expect(body).toEqual({
      status: 'degraded',
      problems: [expect.stringContaining('REDIS_LIVE_URL')],
    });
    expect((await gateway.ask('GET', '/healthz')).status).toBe(200);
  });
});

describe('MongoDB is away', () => {
  let away: TestContext;
  let server: TestGateway;
  beforeAll(async () => {
    away = await testContext();
    server = await openGateway(away);
    await away.store.drop();
    await away.store.close();
  });
  afterAll(async () => {
    await server.close();
    await Promise.all([away.inbound, ...Object.values(away.lanes)].map((queue) => queue.close()));
    await Promise.all([away.queueRedis.quit(), away.liveRedis.quit()]);
  });

  it.each(['/v1/me', '/v1/conversations', '/v1/feed'])('%s answers 503 with Retry-After', async (path) => {
    const { status, headers, body } = await server.ask('GET', path, { key: business.key });
    expect([status, body.type]).toEqual([503, 'https://whatsper.dev/problems/unavailable']);
    expect(Number(headers.get('retry-after'))).toBeGreaterThan(0);
  });

  it('/readyz names it', async () => {
    const { status, body } = await server.ask('GET', '/readyz');
    expect(status).toBe(200);
    expect(body).toEqual({ status: 'degraded', problems: [expect.stringContaining('MONGODB_URI')] });
  });
});
