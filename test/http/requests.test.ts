/** What is refused, and how: keys, scopes, methods, bodies, queries. Every refusal is a problem document. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import type { Route } from '../../src/http/route.ts';
import { routes } from '../../src/http/routes.ts';
import { ProblemSchema } from '../../src/http/schemas.ts';
import { SESSION_COOKIE } from '../../src/tenants/auth.ts';
import { createApiKey, revokeApiKey } from '../../src/tenants/keys.ts';
import { PERMISSIONS, SCOPES } from '../../src/tenants/permissions.ts';
import { type TestContext, testContext } from '../support/context.ts';
import {
  type Answer,
  type Business,
  clientWrites,
  keyWith,
  openBusiness,
  openGateway,
  signedIn,
  type TestGateway,
  type Written,
} from '../support/fixtures.ts';

let ctx: TestContext;
let gateway: TestGateway;
let business: Business;
let written: Written;
let sendPath: string;
let revoked: string;

beforeAll(async () => {
  ctx = await testContext();
  gateway = await openGateway(ctx);
  business = await openBusiness(ctx, 'Aleph');
  written = await clientWrites(ctx, business, { phone: '972500000001' });
  sendPath = `/v1/conversations/${written.conversationId}/messages`;
  const { id: keyId, key } = await createApiKey(ctx, { tenantId: business.tenantId, scopes: [...SCOPES] });
  await revokeApiKey(ctx, { tenantId: business.tenantId, keyId });
  revoked = key;
});
afterAll(async () => {
  await gateway.close();
  await ctx.close();
});

interface ProblemBody {
  type: string;
  status: number;
  detail: string;
  errors?: { path: string; message: string }[];
}

/** Asks, and expects a problem document of this status and kind. */
async function problem(
  status: number,
  word: string,
  method: string,
  path: string,
  asking: object = {},
): Promise<Answer<ProblemBody>> {
  const answer = await gateway.ask<ProblemBody>(method, path, { key: business.key, ...asking });
  expect(answer.headers.get('content-type')).toBe('application/problem+json');
  expect(ProblemSchema.parse(answer.body)).toEqual(answer.body);
  expect(answer.body).toMatchObject({ status, type: `https://whatsper.dev/problems/${word}` });
  expect(answer.status).toBe(status);
  return answer;
}

const send = { type: 'text', text: { body: 'ok' } };
const pathOf = ({ path }: Route) => path.replace('{id}', 'nobody');
const named = routes.map((route) => [`${route.method} ${route.path}`, route] as const);
const guarded = named.filter(([, { scope }]) => scope !== 'public');
const isForPeople = (route: Route) => route.scope !== 'public' && route.forPeople === true;
/** A body that the route takes, where it takes one. */
const bodyOf = (route: Route) => (route.body ? { body: {} } : {});

describe('keys', () => {
  it.each(guarded)(
    '%s answers 401 without a key, the same for every kind of bad key',
    async (_name, route) => {
      const bodies: unknown[] = [];
      for (const headers of [
        {},
        { Authorization: 'Bearer nonsense' },
        { Authorization: `Basic ${business.key}` },
        { Authorization: `Bearer ${business.key}x` },
        { Authorization: `Bearer wsk_ten_unknown_${'A'.repeat(43)}` },
        { Authorization: `Bearer ${revoked}` },
      ]) {
        const asking = { key: undefined, headers, ...bodyOf(route) };
        const answer = await problem(401, 'unauthorized', route.method.toUpperCase(), pathOf(route), asking);
        expect(answer.headers.get('www-authenticate')).toMatch(/^Bearer/);
        bodies.push(answer.body);
      }
      expect(new Set(bodies.map((body) => JSON.stringify(body))).size).toBe(1);
    },
  );

  it.each(guarded.filter(([, { scope }]) => scope !== 'any-caller'))(
    '%s answers 403 that names the missing scope',
    async (_name, route) => {
      const caller = isForPeople(route)
        ? await signedIn(ctx, business, { permissions: PERMISSIONS.filter((scope) => scope !== route.scope) })
        : {
            key: await keyWith(
              ctx,
              business.tenantId,
              SCOPES.filter((scope) => scope !== route.scope),
            ),
          };
      const asking = { key: undefined, ...caller, ...bodyOf(route) };
      const { body } = await problem(
        403,
        'insufficient-scope',
        route.method.toUpperCase(),
        pathOf(route),
        asking,
      );
      expect(body.detail).toContain(route.scope);
    },
  );

  it('row 4: a key on what is for people is refused, and that is logged', async () => {
    for (const [, route] of guarded.filter(([, each]) => isForPeople(each))) {
      await problem(403, 'wrong-credential', route.method.toUpperCase(), pathOf(route), bodyOf(route));
    }
  });
});

describe('sessions of people', () => {
  const path = '/v1/conversations';
  const change = () => `/v1/conversations/${written.conversationId}/read`;

  it('a person reads with the cookie alone, and changes with the token and an Origin of ours', async () => {
    const person = await signedIn(ctx, business);
    const { Cookie = '' } = person.headers;
    expect((await gateway.ask('GET', path, { headers: { Cookie } })).status).toBe(200);
    expect((await gateway.ask('POST', change(), { ...person, body: {} })).status).toBe(202);
  });

  it('what changes something is refused without the token, or from another Origin', async () => {
    const { headers } = await signedIn(ctx, business);
    for (const wrong of [{ Origin: 'https://elsewhere.example' }, { Origin: '' }, { 'X-CSRF-Token': 'x' }]) {
      const asking = { key: undefined, headers: { ...headers, ...wrong }, body: {} };
      await problem(403, 'foreign-page', 'POST', change(), asking);
    }
  });

  it('T-AU: an ended session, one of a disabled person and an unknown one are all answered the same', async () => {
    const ended = await signedIn(ctx, business, { ended: true });
    const disabled = await signedIn(ctx, business, { status: 'disabled' });
    const unknown = { headers: { Cookie: `${SESSION_COOKIE}=wss_${business.tenantId}_${'A'.repeat(43)}` } };
    const answers = [];
    for (const { headers } of [ended, disabled, unknown]) {
      answers.push((await problem(401, 'unauthorized', 'GET', path, { key: undefined, headers })).body);
    }
    expect(new Set(answers.map((body) => JSON.stringify(body))).size).toBe(1);
  });
});

describe('addresses and methods', () => {
  it('answers 404 for what does not exist', async () => {
    await problem(404, 'not-found', 'GET', '/v1/nothing');
    await problem(404, 'not-found', 'GET', '/nothing');
    await problem(404, 'not-found', 'GET', '/v1/messages/nobody');
    await problem(404, 'not-found', 'GET', `/v1/messages/${'x'.repeat(5_000)}`);
    await problem(404, 'not-found', 'GET', '/v1/messages/%00%24ne');
  });

  it('answers 400 for a path that can’t be decoded', async () => {
    await problem(400, 'bad-request', 'GET', '/v1/messages/%zz');
  });

  it.each([...new Set(routes.map(({ path }) => path))])('%s answers 405 with its methods', async (path) => {
    const known = routes.filter((route) => route.path === path).map(({ method }) => method.toUpperCase());
    const other = ['DELETE', 'PATCH', 'PUT'].find((method) => !known.includes(method));
    const answer = await problem(405, 'method-not-allowed', other ?? '', path.replace('{id}', 'nobody'));
    expect(answer.headers.get('allow')?.split(', ')).toEqual(expect.arrayContaining(known));
  });

  it('answers 405 for webhook and feed, too', async () => {
    await problem(405, 'method-not-allowed', 'PUT', '/webhooks/whatsapp');
    await problem(405, 'method-not-allowed', 'PUT', '/webhooks/whatsapp/other');
    await problem(405, 'method-not-allowed', 'POST', '/v1/feed');
  });
});

describe('bodies', () => {
  const refusals: [what: string, body: unknown, paths: string[]][] = [
    ['nothing', undefined, ['']],
    ['null', 'null', ['']],
    ['a list', [], ['']],
    ['a text', '"text"', ['']],
    ['an empty object', {}, ['type']],
    ['a type alone', { type: 'image' }, ['image']],
    ['an unknown field', { ...send, tenantId: 'ten_other' }, ['tenantId']],
    ['an unknown field within', { type: 'text', text: { body: 'ok', bold: true } }, ['text.bold']],
    [
      'fields of WhatsApp that are ours to fill',
      { ...send, to: '1', messaging_product: 'whatsapp' },
      ['to', 'messaging_product'],
    ],
    ['an empty text', { type: 'text', text: { body: '' } }, ['text.body']],
    ['a text that is too long', { type: 'text', text: { body: 'x'.repeat(4_097) } }, ['text.body']],
    ['half of a surrogate pair', '{"type":"text","text":{"body":"\\ud83d"}}', ['text.body']],
    ['an operator for a text', { type: 'text', text: { body: { $ne: null } } }, ['text.body']],
    ['an operator for the type', { ...send, type: { $gt: '' } }, ['type']],
    ['an operator as a field', { ...send, $where: 'sleep(1000)' }, ['$where']],
    ['a number for a text', { type: 'text', text: { body: 7 } }, ['text.body']],
    ['a list for a text', { type: 'text', text: { body: ['ok'] } }, ['text.body']],
    ['__proto__', '{"type":"text","text":{"body":"ok"},"__proto__":{"polluted":true}}', ['__proto__']],
    [
      '__proto__ within',
      '{"type":"text","text":{"body":"ok","__proto__":{"polluted":true}}}',
      ['text.__proto__'],
    ],
    ['constructor', { ...send, constructor: { prototype: { polluted: true } } }, ['constructor']],
  ];

  it.each(refusals)('answers 422 for %s, naming the fields', async (_what, body, paths) => {
    const answer = await problem(422, 'invalid-request', 'POST', sendPath, { body });
    expect(answer.body.errors?.map(({ path }) => path)).toEqual(expect.arrayContaining(paths));
    expect(({} as { polluted?: boolean }).polluted).toBeUndefined();
  });

  it('answers 422 that names the types that can be sent', async () => {
    const body = { type: 'poll', poll: { question: 'When?' } };
    const answer = await problem(422, 'unsupported-message-type', 'POST', sendPath, { body });
    expect(answer.body.errors?.[0]?.message).toContain('text, image');
  });

  it('names at most 20 fields, cut to a length that can be read', async () => {
    const body = Object.fromEntries(
      Array.from({ length: 500 }, (_, index) => [`${'x'.repeat(300)}${index}`, 1]),
    );
    const answer = await problem(422, 'invalid-request', 'POST', sendPath, { body: { ...send, ...body } });
    expect(answer.body.errors).toHaveLength(20);
    expect(answer.text.length).toBeLessThan(10_000);
  });

  it('answers 400, 413 and 415 for what is no JSON, too large or of another type', async () => {
    await problem(400, 'malformed-json', 'POST', sendPath, { body: '{"type":' });
    await problem(413, 'too-large', 'POST', sendPath, { body: { ...send, padding: 'x'.repeat(1_100_000) } });
    const other = { body: 'type=text', headers: { 'Content-Type': 'application/x-www-form-urlencoded' } };
    await problem(415, 'unsupported-media-type', 'POST', sendPath, other);
    await problem(415, 'unsupported-media-type', 'POST', sendPath, {
      body: send,
      headers: { 'Content-Type': 'text/plain' },
    });
    await problem(415, 'unsupported-media-type', 'POST', sendPath, {
      body: send,
      headers: { 'Content-Encoding': 'zip' },
    });
  });

  it('never quotes what was sent', async () => {
    const body = `{"type":"text","text":{"body":"secret-canary"`;
    const answer = await problem(400, 'malformed-json', 'POST', sendPath, { body });
    expect(answer.text).not.toContain('secret-canary');
  });

  it('refuses an address of POST /v1/messages that is not one', async () => {
    const { channelId } = business;
    const to = '+972500000001';
    for (const [body, path] of [
      [{ channelId, ...send }, 'to'],
      [{ channelId, to, recipient: 'IL.1001', ...send }, 'to'],
      [{ channelId, to: '972500000001', ...send }, 'to'],
      [{ channelId, to: 'IL.1001', ...send }, 'to'],
      [{ channelId, recipient: to, ...send }, 'recipient'],
      [{ channelId: { $ne: null }, to, ...send }, 'channelId'],
      [{ to, ...send }, 'channelId'],
    ] as const) {
      const answer = await problem(422, 'invalid-request', 'POST', '/v1/messages', { body });
      expect(answer.body.errors?.map((error) => error.path)).toContain(path);
    }
  });

  it('answers 409 window-closed for someone who never wrote, and keeps nothing of them', async () => {
    const body = { channelId: business.channelId, to: '+972509999999', ...send };
    await problem(409, 'window-closed', 'POST', '/v1/messages', { body });
    const contacts = await gateway.ask('GET', '/v1/contacts', { key: business.key });
    expect(contacts.text).not.toContain('972509999999');
  });
});

describe('Idempotency-Key', () => {
  it('is refused with another body', async () => {
    const headers = { 'Idempotency-Key': 'reused' };
    await gateway.ask('POST', sendPath, { key: business.key, body: send, headers });
    const body = { type: 'text', text: { body: 'other' } };
    await problem(409, 'idempotency-conflict', 'POST', sendPath, { body, headers });
  });

  it.each(['with space', 'x'.repeat(256)])('is refused when it is not one: %#', async (value) => {
    const headers = { 'Idempotency-Key': value };
    await problem(422, 'invalid-request', 'POST', sendPath, { body: send, headers });
  });
});

describe('queries', () => {
  it.each([
    ['limit=0', 'limit'],
    ['limit=101', 'limit'],
    ['limit=ten', 'limit'],
    ['limit=1.5', 'limit'],
    ['limit=5&limit=6', 'limit'],
    ['limit[]=5', 'limit[]'],
    ['limit[$gt]=5', 'limit[$gt]'],
    ['state=OPEN', 'state'],
    ['state[$ne]=BOT', 'state[$ne]'],
    ['channelId=a&channelId=b', 'channelId'],
    ['unknown=1', 'unknown'],
    ['__proto__=1', '__proto__'],
    ['constructor=1', 'constructor'],
    ['cursor=', 'cursor'],
    ['cursor=abc', 'cursor'],
    ['cursor=..', 'cursor'],
  ])('?%s answers 422', async (query, path) => {
    const word = query.startsWith('cursor') ? 'bad-cursor' : 'invalid-request';
    const answer = await problem(422, word, 'GET', `/v1/conversations?${query}`);
    expect(answer.body.errors?.map((error) => error.path)).toEqual([path]);
  });

  it('takes a cursor for its own list and filters only, with any limit', async () => {
    await clientWrites(ctx, business, { phone: '972500000002' });
    const first = await gateway.ask<{ nextCursor: string }>(
      'GET',
      '/v1/conversations?limit=1&state=PENDING',
      {
        key: business.key,
      },
    );
    const cursor = first.body.nextCursor;
    const own = await gateway.ask('GET', `/v1/conversations?state=PENDING&limit=7&cursor=${cursor}`, {
      key: business.key,
    });
    expect(own.status).toBe(200);
    for (const path of [
      `/v1/conversations?cursor=${cursor}`,
      `/v1/conversations?state=BOT&cursor=${cursor}`,
      `/v1/contacts?cursor=${cursor}`,
      `/v1/conversations/${written.conversationId}/messages?cursor=${cursor}`,
    ]) {
      await problem(422, 'bad-cursor', 'GET', path);
    }
  });

  it('is refused by a route that takes none', async () => {
    await problem(422, 'invalid-request', 'GET', `/v1/conversations/${written.conversationId}?expand=all`);
  });
});
