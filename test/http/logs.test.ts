/** P6: no content, name, number, wamid, token or digest in the log, whatever a request carries; and one line for each. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { type TestContext, testContext } from '../support/context.ts';
import {
  type Business,
  clientWrites,
  keptLog,
  openBusiness,
  openGateway,
  type TestGateway,
} from '../support/fixtures.ts';
import { until } from '../support/until.ts';

const { log, lines } = keptLog();
const PHONE = '972507654321';
const WAMID = 'wamid.canary0123456789';
let ctx: TestContext;
let gateway: TestGateway;
let business: Business;

beforeAll(async () => {
  ctx = await testContext({ log });
  gateway = await openGateway(ctx);
  business = await openBusiness(ctx, 'canary-business');
});
afterAll(async () => {
  await gateway.close();
  await ctx.close();
});

interface Line {
  msg: string;
  route?: string;
  status?: number;
  requestId?: string;
}

const handled = () =>
  lines.map((line) => JSON.parse(line) as Line).filter(({ msg }) => msg === 'request.handled');

/** The line of the request that was answered with this id. */
const lineOf = (requestId: string | null) =>
  until('the line of the request', () => handled().find((line) => line.requestId === requestId));

describe('the log', () => {
  it('has one line per request, with the pattern of the route instead of its address', async () => {
    const written = await clientWrites(ctx, business, { phone: PHONE });
    const answer = await gateway.ask('GET', `/v1/messages/${written.messageId}`, { key: business.key });
    const requestId = answer.headers.get('x-request-id');
    const line = await lineOf(requestId);
    expect(line).toMatchObject({
      method: 'GET',
      route: '/v1/messages/{id}',
      status: 200,
      outcome: 'answered',
      tenantId: business.tenantId,
    });
    expect(handled().filter((other) => other.requestId === requestId)).toHaveLength(1);
  });

  it('says which problem was answered', async () => {
    const answer = await gateway.ask('GET', '/v1/messages/nobody', { key: business.key });
    expect(await lineOf(answer.headers.get('x-request-id'))).toMatchObject({
      status: 404,
      reason: 'not-found',
    });
  });

  it('holds no canary of any flow', async () => {
    const { key } = business;
    const body = 'canary-content';
    const { conversationId } = await clientWrites(ctx, business, {
      phone: PHONE,
      name: 'canary-name',
      body,
      wamid: WAMID,
    });
    const send = { type: 'text', text: { body } };
    const path = `/v1/conversations/${conversationId}/messages`;
    const requests: [string, string, object][] = [
      ['GET', '/v1/conversations', { key }],
      ['GET', path, { key }],
      ['GET', '/v1/contacts', { key }],
      ['POST', path, { key, body: send, headers: { 'Idempotency-Key': 'canary-idempotency' } }],
      ['POST', '/v1/messages', { key, body: { ...send, to: `+${PHONE}`, channelId: business.channelId } }],
      ['POST', '/v1/messages', { key, body: { ...send, to: `+${PHONE}`, channelId: 'canary-channel' } }],
      ['POST', path, { key, body: { ...send, 'canary-field': 'canary-value' } }],
      ['POST', path, { key, body: '{"canary-json' }],
      ['GET', `/v1/messages/canary-path-${PHONE}`, { key }],
      ['GET', `/v1/conversations?canary-query=${PHONE}`, { key }],
      ['GET', '/v1/conversations?cursor=canary-cursor', { key }],
      ['GET', '/canary-file', {}],
      ['GET', '/v1/me', { key: 'wsk_ten_canary_canarysecret' }],
      ['GET', '/v1/feed?cursor=canary', { key }],
    ];
    for (const [method, url, asking] of requests) {
      const answer = await gateway.ask(method, url, asking);
      if (!url.startsWith('/v1/feed')) await lineOf(answer.headers.get('x-request-id'));
    }
    const all = lines.join('');
    expect(all).not.toMatch(/canary/i);
    for (const secret of [PHONE, WAMID, key, key.split('_').at(-1) ?? '']) expect(all).not.toContain(secret);
  });
});
