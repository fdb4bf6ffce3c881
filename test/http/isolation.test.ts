/** P4: a tenant sees and changes nothing of another tenant. The matrix is made from the table of routes. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { collections } from '../../src/collections.ts';
import { routes } from '../../src/http/routes.ts';
import { linkTo } from '../../src/media/links.ts';
import { asOperator, withTenant } from '../../src/store/scope.ts';
import { Templates } from '../../src/templates/model.ts';
import { sealComponents } from '../../src/templates/store.ts';
import { type TestContext, testContext } from '../support/context.ts';
import {
  type Business,
  clientIsParked,
  clientWrites,
  openBusiness,
  openGateway,
  type TestGateway,
  type Written,
} from '../support/fixtures.ts';
import { WABA } from '../support/webhook.ts';

const CANARY = 'canary-of-the-victim';
const PHONE = '972500000077';
let ctx: TestContext;
let gateway: TestGateway;
let victim: Business & Written & { contactId: string; deadLetterId: string; templateId: string };
let stranger: Business;

beforeAll(async () => {
  ctx = await testContext();
  gateway = await openGateway(ctx);
  const business = await openBusiness(ctx, CANARY);
  const written = await clientWrites(ctx, business, { phone: PHONE, name: CANARY, body: CANARY });
  const conversation = await gateway.ask<{ contact: { id: string } }>(
    'GET',
    `/v1/conversations/${written.conversationId}`,
    { key: business.key },
  );
  const deadLetterId = await clientIsParked(ctx, business, { phone: PHONE, body: CANARY });
  const templateId = await templateOf(business);
  victim = { ...business, templateId, ...written, contactId: conversation.body.contact.id, deadLetterId };
  stranger = await openBusiness(ctx, 'Bet');
});
afterAll(async () => {
  await gateway.close();
  await ctx.close();
});

/** A template with the canary in it. */
async function templateOf({ tenantId }: Business): Promise<string> {
  const _id = `tpl_${'v'.repeat(22)}`;
  const now = new Date();
  await withTenant(tenantId, async () => {
    const components = await sealComponents(ctx, { _id, tenantId }, [{ type: 'BODY', text: CANARY }]);
    const known = { wabaId: WABA, name: 'canary', language: 'he', category: 'UTILITY', status: 'APPROVED' };
    const row = {
      _id,
      tenantId,
      ...known,
      statusAt: now,
      format: 'POSITIONAL' as const,
      components,
      createdAt: now,
    };
    await ctx.store.batches.insert(Templates, row);
  });
  return _id;
}

interface Ids {
  templateId: string;
  conversationId: string;
  messageId: string;
  channelId: string;
  contactId: string;
  deadLetterId: string;
  phoneNumberId: string;
}

interface Attack {
  /** Value of `{id}`. */
  id?: (ids: Ids) => string;
  query?: (ids: Ids) => string;
  body?: (ids: Ids) => unknown;
  /** Without an id of the victim in it, a route answers the stranger's own. */
  expected: 200 | 202 | 404;
}

const FROM = '2026-11-01T00:00:00.000Z';
const TO = '2026-12-01T00:00:00.000Z';
const text = { type: 'text', text: { body: 'from a stranger' } };

/** How each route of the table is attacked. A route without a line here fails the first test. */
const ATTACKS: Record<string, Attack> = {
  'get /v1/me': { expected: 200 },
  'get /v1/channels': { expected: 200 },
  'post /v1/channels/connect': { body: ({ phoneNumberId }) => ({ phoneNumberId }), expected: 200 },
  'get /v1/channels/{id}/check': { id: (ids) => ids.channelId, expected: 404 },
  'post /v1/channels/{id}/check': { id: (ids) => ids.channelId, expected: 404 },
  'put /v1/channels/{id}/token': {
    id: (ids) => ids.channelId,
    body: () => ({ token: 'token-of-a-stranger' }),
    expected: 404,
  },
  'patch /v1/channels/{id}': {
    id: (ids) => ids.channelId,
    body: () => ({ readReceipts: 'on-open' }),
    expected: 404,
  },
  'post /v1/conversations/{id}/read': { id: (ids) => ids.conversationId, expected: 404 },
  'post /v1/conversations/{id}/typing': { id: (ids) => ids.conversationId, expected: 404 },
  'get /v1/contacts': { expected: 200 },
  'get /v1/contacts/{id}': { id: (ids) => ids.contactId, expected: 404 },
  'post /v1/contacts/{id}/merge': {
    id: (ids) => ids.contactId,
    body: ({ contactId }) => ({ into: contactId }),
    expected: 404,
  },
  'delete /v1/contacts/{id}/merge': { id: (ids) => ids.contactId, expected: 404 },
  'post /v1/channels/{id}/media': { id: (ids) => ids.channelId, body: () => text, expected: 404 },
  'post /v1/conversations/{id}/take-control': { id: (ids) => ids.conversationId, expected: 404 },
  'get /v1/conversations/{id}/group': { id: (ids) => ids.conversationId, expected: 404 },
  'get /v1/notices': { query: ({ channelId }) => `channelId=${channelId}`, expected: 200 },
  'get /v1/templates': { expected: 200 },
  'get /v1/templates/{id}': { id: (ids) => ids.templateId, expected: 404 },
  'post /v1/templates': {
    body: ({ channelId }) => ({
      channelId,
      name: 'hello',
      language: 'he',
      category: 'UTILITY',
      components: [{ type: 'BODY', text: 'from a stranger' }],
    }),
    expected: 404,
  },
  'post /v1/templates/sync': { body: ({ channelId }) => ({ channelId }), expected: 404 },
  'patch /v1/templates/{id}': {
    id: (ids) => ids.templateId,
    body: () => ({ category: 'UTILITY' }),
    expected: 404,
  },
  'delete /v1/templates/{id}': { id: (ids) => ids.templateId, expected: 404 },
  'post /v1/templates/{id}/preview': { id: (ids) => ids.templateId, body: () => ({}), expected: 404 },
  'put /v1/conversations/{id}/marketing': {
    id: (ids) => ids.conversationId,
    body: () => ({ state: 'stopped', reason: 'a stranger says so' }),
    expected: 404,
  },
  'get /v1/costs': { query: () => `from=${FROM}&to=${TO}`, expected: 200 },
  'get /v1/conversations': { query: ({ channelId }) => `channelId=${channelId}`, expected: 200 },
  'get /v1/conversations/{id}': { id: (ids) => ids.conversationId, expected: 404 },
  'get /v1/conversations/{id}/messages': { id: (ids) => ids.conversationId, expected: 404 },
  'post /v1/conversations/{id}/messages': {
    id: (ids) => ids.conversationId,
    body: () => text,
    expected: 404,
  },
  'post /v1/messages': {
    body: ({ channelId }) => ({ channelId, to: `+${PHONE}`, ...text }),
    expected: 404,
  },
  'get /v1/messages/{id}': { id: (ids) => ids.messageId, expected: 404 },
  'get /v1/messages/{id}/timeline': { id: (ids) => ids.messageId, expected: 404 },
  'post /v1/timeline': { body: ({ messageId }) => ({ messageId }), expected: 404 },
  'post /v1/messages/{id}/resolve': {
    id: (ids) => ids.messageId,
    body: () => ({ as: 'sent' }),
    expected: 404,
  },
  'get /v1/dead-letters': { expected: 200 },
  'get /v1/dead-letters/{id}': { id: (ids) => ids.deadLetterId, expected: 404 },
  'post /v1/dead-letters/retry': { body: () => ({ person: PHONE }), expected: 202 },
  'post /v1/dead-letters/{id}/retry': { id: (ids) => ids.deadLetterId, expected: 404 },
  'post /v1/dead-letters/{id}/discard': {
    id: (ids) => ids.deadLetterId,
    body: () => ({ reason: 'spam' }),
    expected: 404,
  },
};

/** Filters that name a thing of the victim. */
const FILTERS: [string, string, (ids: Ids) => Pick<Attack, 'query' | 'body'>][] = [
  ['get /v1/dead-letters', 'channelId', (ids) => ({ query: () => `channelId=${ids.channelId}` })],
  ['get /v1/dead-letters', 'contactId', (ids) => ({ query: () => `contactId=${ids.contactId}` })],
  ['get /v1/templates', 'channelId', (ids) => ({ query: () => `channelId=${ids.channelId}` })],
  ['get /v1/costs', 'channelId', (ids) => ({ query: () => `channelId=${ids.channelId}` })],
  ['get /v1/costs', 'conversationId', (ids) => ({ query: () => `conversationId=${ids.conversationId}` })],
  ['post /v1/dead-letters/retry', 'channelId', (ids) => ({ body: () => ({ channelId: ids.channelId }) })],
  ['post /v1/dead-letters/retry', 'contactId', (ids) => ({ body: () => ({ contactId: ids.contactId }) })],
];

/** Ids that nobody has, of the same form. */
const random: Ids = {
  templateId: `tpl_${'x'.repeat(22)}`,
  conversationId: `cnv_${'x'.repeat(22)}`,
  messageId: `msg_${'x'.repeat(22)}`,
  channelId: `chn_${'x'.repeat(26)}`,
  contactId: `con_${'x'.repeat(26)}`,
  deadLetterId: `dlt_${'x'.repeat(26)}`,
  phoneNumberId: '9'.repeat(15),
};

async function attack(name: string, { id, query, body }: Attack, ids: Ids, key: string) {
  const [method = '', pattern = ''] = name.split(' ');
  const path = pattern.replace('{id}', id?.(ids) ?? '') + (query ? `?${query(ids)}` : '');
  const asking = { key, ...(body ? { body: body(ids), headers: { 'Idempotency-Key': 'one' } } : {}) };
  return gateway.ask(method.toUpperCase(), path, asking);
}

/** Every row of the victim in every collection. */
async function rowsOfVictim(): Promise<unknown> {
  const all: Record<string, unknown> = {};
  for (const collection of collections) {
    if (!('tenantId' in collection.fields) && collection.scope === 'operator') continue;
    all[collection.name] = await asOperator('test: snapshot of a tenant', () =>
      ctx.store.model(collection).find({ tenantId: victim.tenantId }).sort({ _id: 1 }).lean().exec(),
    );
  }
  return all;
}

describe('P4: another tenant', () => {
  it('is tried on every route of the table', () => {
    expect(Object.keys(ATTACKS).sort()).toEqual(routes.map(({ method, path }) => `${method} ${path}`).sort());
  });

  it.each(Object.entries(ATTACKS))(
    '%s answers foreign ids like random ones, and changes nothing',
    async (name, line) => {
      const before = await rowsOfVictim();
      const foreign = await attack(name, line, victim, stranger.key);
      const unknown = await attack(name, line, random, stranger.key);
      expect(foreign.status).toBe(line.expected);
      expect(unknown.status).toBe(line.expected);
      expect(withoutCursor(foreign.body)).toEqual(withoutCursor(unknown.body));
      for (const secret of [
        CANARY,
        PHONE,
        victim.conversationId,
        victim.messageId,
        victim.contactId,
        victim.deadLetterId,
      ]) {
        expect(foreign.text).not.toContain(secret);
      }
      expect(await rowsOfVictim()).toEqual(before);
    },
  );

  it.each(FILTERS)('%s finds nothing by the %s of another', async (name, _filter, line) => {
    const before = await rowsOfVictim();
    const foreign = await attack(name, { ...line(victim), expected: 404 }, victim, stranger.key);
    const unknown = await attack(name, { ...line(random), expected: 404 }, random, stranger.key);
    expect([foreign.status, unknown.status]).toEqual([404, 404]);
    expect(foreign.body).toEqual(unknown.body);
    expect(await rowsOfVictim()).toEqual(before);
  });

  it('is refused a cursor of the victim, like an altered one', async () => {
    await clientWrites(ctx, victim, { phone: '972500000078' });
    const own = await gateway.ask<{ nextCursor: string }>('GET', '/v1/conversations?limit=1', {
      key: victim.key,
    });
    const cursor = own.body.nextCursor;
    const mine = await gateway.ask('GET', `/v1/conversations?cursor=${cursor}`, { key: victim.key });
    expect(mine.status).toBe(200);
    const foreign = await gateway.ask('GET', `/v1/conversations?cursor=${cursor}`, { key: stranger.key });
    const altered = await gateway.ask('GET', `/v1/conversations?cursor=x${cursor}`, { key: stranger.key });
    expect(foreign.status).toBe(422);
    expect(foreign.body).toMatchObject({ type: 'https://whatsper.dev/problems/bad-cursor' });
    expect(foreign.body).toEqual(altered.body);
  });

  it('with the same Idempotency-Key and body gets a message of its own', async () => {
    const asking = { body: text, headers: { 'Idempotency-Key': 'shared' } };
    const theirs = await clientWrites(ctx, stranger, { phone: PHONE });
    const path = (conversationId: string) => `/v1/conversations/${conversationId}/messages`;
    const one = await gateway.ask('POST', path(victim.conversationId), { key: victim.key, ...asking });
    const two = await gateway.ask('POST', path(theirs.conversationId), { key: stranger.key, ...asking });
    expect([one.status, two.status]).toEqual([202, 202]);
    expect(two.body.id).not.toBe(one.body.id);
    expect(two.body.conversationId).toBe(theirs.conversationId);
  });

  it('has a contact, conversation and list of its own for the same phone', async () => {
    const list = await gateway.ask<{ items: { id: string }[] }>('GET', '/v1/contacts', { key: stranger.key });
    expect(list.body.items.map(({ id }) => id)).not.toContain(victim.contactId);
    expect(list.text).not.toContain(CANARY);
  });

  it('gets nothing by the link of a file that names the victim, but was made for another', async () => {
    const of = { messageId: victim.messageId, part: 'file' } as const;
    const own = linkTo(ctx, { ...of, tenantId: stranger.tenantId });
    const foreign = linkTo(ctx, { ...of, tenantId: victim.tenantId });
    const mixed = foreign.replace(/[^/]+$/, own.split('/').at(-1) ?? '');
    const answers = await Promise.all([own, mixed, `${foreign}x`].map((path) => gateway.ask('GET', path)));
    for (const { status, body } of answers) {
      expect([status, body.type]).toEqual([404, 'https://whatsper.dev/problems/not-found']);
    }
  });

  it("can't use the victim's tenant id with a secret of its own", async () => {
    const secret = stranger.key.split('_').at(-1) ?? '';
    const answer = await gateway.ask('GET', '/v1/me', { key: `wsk_${victim.tenantId}_${secret}` });
    expect(answer.status).toBe(401);
  });
});

/** The stranger's own feed cursor may move between two answers. */
function withoutCursor(body: Record<string, unknown>): Record<string, unknown> {
  const { feedCursor, ...rest } = body;
  void feedCursor;
  return rest;
}
