/** T-AU: with a session’s cookie nothing is changed but by a page of ours. Every route of the table is tried. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { routes } from '../../src/http/routes.ts';
import { type TestContext, testContext } from '../support/context.ts';
import { type Business, openBusiness, openGateway, signedIn, type TestGateway } from '../support/fixtures.ts';

const changing = routes.filter(({ method }) => method !== 'get');
const forCallers = changing.filter(({ scope }) => scope !== 'public');
const forEverybody = changing.filter(({ scope }) => scope === 'public');
const FOREIGN = 'https://elsewhere.example';

let ctx: TestContext;
let gateway: TestGateway;
let business: Business;
let headers: Record<string, string>;
beforeAll(async () => {
  ctx = await testContext({ environment: { MAIL_OUTBOX: 'on', SIGN_UP: 'on' } });
  gateway = await openGateway(ctx);
  business = await openBusiness(ctx, 'Aleph');
  ({ headers } = await signedIn(ctx, business, { role: 'owner' }));
});
afterAll(async () => {
  await gateway.close();
  await ctx.close();
});

/** What each route answers, with `wrong` instead of what a page of ours sends; only those that did not refuse. */
async function notRefused(table: typeof routes, wrong: Record<string, string>): Promise<string[]> {
  const taken: string[] = [];
  for (const { method, path } of table) {
    const asking = { headers: { ...headers, ...wrong }, body: {} };
    const { status, body } = await gateway.ask(method.toUpperCase(), path.replace('{id}', 'x_1'), asking);
    const isRefused = status === 403 && String(body.type).endsWith('/foreign-page');
    if (!isRefused) taken.push(`${method} ${path}: ${status}`);
  }
  return taken;
}

describe('a foreign page', () => {
  it('T-AU: CSRF: no state changes without the token', async () => {
    expect(forCallers.length).toBeGreaterThan(50);
    expect(await notRefused(forCallers, { 'X-CSRF-Token': '' })).toEqual([]);
    expect(await notRefused(forCallers, { 'X-CSRF-Token': 'A'.repeat(43) })).toEqual([]);
  }, 90_000); // hundreds of requests, on a slow machine

  it('T-AU: CSRF: no state changes from a foreign Origin', async () => {
    expect(await notRefused(forCallers, { Origin: FOREIGN })).toEqual([]);
    expect(await notRefused(forCallers, { Origin: 'null' })).toEqual([]);
    expect(forEverybody.length).toBeGreaterThan(5);
    expect(await notRefused(forEverybody, { Origin: FOREIGN })).toEqual([]);
  }, 90_000);

  it('T-AU: live connection with a foreign Origin: the feed is refused, and no other protocol is spoken', async () => {
    const open = (more: Record<string, string>) =>
      gateway.ask('GET', '/v1/feed', { headers: { ...headers, ...more } });
    expect((await open({ Origin: FOREIGN })).body.type).toMatch(/foreign-page$/);
    const { Cookie = '' } = headers;
    const own = new AbortController();
    const { status, headers: said } = await fetch(`${gateway.url}/v1/feed`, {
      headers: { Cookie },
      signal: own.signal,
    });
    own.abort();
    expect([status, said.get('access-control-allow-origin')]).toEqual([200, null]);
  });
});
