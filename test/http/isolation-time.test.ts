/**
 * P4: whether a foreign id exists is not told by time either. That the same is asked of the database for foreign and
 * random ids stands in isolation.test.ts; here the clock is asked, by turns, so that a busy machine is as slow to the
 * one as to the other. No time is held against a fixed one: only how often the foreign id was the slower of the two.
 */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { type TestContext, testContext } from '../support/context.ts';
import {
  type Business,
  clientWrites,
  openBusiness,
  openGateway,
  type TestGateway,
  type Written,
} from '../support/fixtures.ts';

const ROUNDS = 120;
/** By chance alone a share outside of this comes once in some millions of runs (120 rounds: 5 standard deviations). */
const LEAST = 0.27;
const MOST = 0.73;

let ctx: TestContext;
let gateway: TestGateway;
let stranger: Business;
let victims: Written;
beforeAll(async () => {
  ctx = await testContext();
  gateway = await openGateway(ctx);
  const victim = await openBusiness(ctx, 'Aleph');
  stranger = await openBusiness(ctx, 'Bet');
  victims = await clientWrites(ctx, victim, { phone: '972500000001', name: 'Noa', body: 'hello' });
});
afterAll(async () => {
  await gateway.close();
  await ctx.close();
});

/** How often `one` took longer than `other`, asked by turns and in changing order. */
async function shareOfSlower(one: () => Promise<unknown>, other: () => Promise<unknown>): Promise<number> {
  const took = async (ask: () => Promise<unknown>) => {
    const started = performance.now();
    await ask();
    return performance.now() - started;
  };
  await one();
  await other();
  let slower = 0;
  for (let round = 0; round < ROUNDS; round += 1) {
    const isFirst = round % 2 === 0;
    const first = await took(isFirst ? one : other);
    const second = await took(isFirst ? other : one);
    if (isFirst ? first > second : second > first) slower += 1;
  }
  return slower / ROUNDS;
}

describe('P4: by time', () => {
  it.each<[string, (written: Written) => string, string]>([
    ['a message', ({ messageId }) => `/v1/messages/${messageId}`, '/v1/messages/msg_of_nobody'],
    [
      'a conversation',
      ({ conversationId: id }) => `/v1/conversations/${id}`,
      '/v1/conversations/cnv_of_nobody',
    ],
    ['a contact', ({ contactId }) => `/v1/contacts/${contactId}`, '/v1/contacts/con_of_nobody'],
  ])('%s of another tenant is answered as late as one that never was', async (_what, foreign, random) => {
    const ask = (path: string) => async () => {
      expect((await gateway.ask('GET', path, { key: stranger.key })).status).toBe(404);
    };
    const share = await shareOfSlower(ask(foreign(victims)), ask(random));
    expect(share).toBeGreaterThan(LEAST);
    expect(share).toBeLessThan(MOST);
  });

  it('a look that takes longer would be found', async () => {
    const me = () => gateway.ask('GET', '/v1/me', { key: stranger.key });
    const share = await shareOfSlower(async () => {
      await me();
      await me();
    }, me);
    expect(share).toBeGreaterThan(MOST);
  });
});
