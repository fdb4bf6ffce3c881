/** P4: a tenant sees and changes nothing of another tenant. The matrix is made from the table of routes. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { z } from 'zod';

import { collections } from '../../src/collections.ts';
import { type MessageRow, Messages } from '../../src/conversations/model.ts';
import { type Route, route } from '../../src/http/route.ts';
import { routes } from '../../src/http/routes.ts';
import { idParams } from '../../src/http/schemas.ts';
import type { Turn } from '../../src/lanes/worker.ts';
import { linkTo } from '../../src/media/links.ts';
import { endAccess, giveAccess } from '../../src/operators/grants.ts';
import { listAccess } from '../../src/operators/list.ts';
import { ROLE_MAY } from '../../src/operators/roles.ts';
import { addOperator } from '../../src/operators/staff.ts';
import { notFound } from '../../src/ops/errors.ts';
import { workOutboxLane } from '../../src/outbox/lane.ts';
import { asOperator, withTenant } from '../../src/store/scope.ts';
import { Templates } from '../../src/templates/model.ts';
import { sealComponents } from '../../src/templates/store.ts';
import { createApiKey, revokeApiKey } from '../../src/tenants/keys.ts';
import { Tenants } from '../../src/tenants/model.ts';
import { Users } from '../../src/tenants/people-model.ts';
import { ROLE_PERMISSIONS, SCOPES } from '../../src/tenants/permissions.ts';
import { FeedReader } from '../agents/reader.ts';
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
} from '../support/fixtures.ts';
import { WABA } from '../support/webhook.ts';
import { ACCOUNT_ATTACKS, roleOf } from './isolation-accounts.ts';
import {
  type Actor,
  type Attack,
  type Filter,
  holding,
  type Ids,
  type Matrix,
  nameOf,
  tryAs,
  unknown,
} from './isolation-matrix.ts';
import { signedIn } from './isolation-people.ts';

const CANARY = 'canary-of-the-victim';
const PHONE = '972500000077';
/** Of the stranger's own clients. */
const OTHER_PHONE = '972500000055';
let ctx: TestContext;
let gateway: TestGateway;
let victim: Party;
let stranger: Party;

type Party = Business & Ids;

beforeAll(async () => {
  // What is kept for a moment stays kept, so that only ids make a difference.
  ctx = await testContext({ clock: new ManualClock(Date.now()) });
  gateway = await openGateway(ctx);
  victim = await partyOf(CANARY, PHONE);
  stranger = await partyOf('Bet', OTHER_PHONE);
});
afterAll(async () => {
  await gateway.close();
  await ctx.close();
});

/** A business with one of everything; its name stands in all of it. */
async function partyOf(name: string, phone: string): Promise<Party> {
  const business = await openBusiness(ctx, name);
  const wamid = `wamid.${name}`;
  const written = await clientWrites(ctx, business, { phone, name, body: name, wamid });
  const deadLetterId = await clientIsParked(ctx, business, { phone, body: name });
  const templateName = name.replaceAll('-', '_').toLowerCase();
  const templateId = await templateOf(business, templateName, name);
  const { keyId } = await createApiKey(ctx, { tenantId: business.tenantId, scopes: ['messages:read'], name });
  const roleId = await roleOf(ctx, business.tenantId, name);
  const { userId } = await signedIn(ctx, gateway, { tenantId: business.tenantId, role: roleId });
  const { tenantId } = business;
  const support = { tenantId, hours: 1, reasonCode: 'customer-asked', reason: name };
  const { _id: grantId } = await giveAccess(ctx, support, 'system');
  await endAccess(ctx, { tenantId, grantId }, 'system');
  return {
    ...business,
    ...written,
    userId,
    roleId,
    keyId,
    grantId,
    deadLetterId,
    templateId,
    templateName,
    wamid,
  };
}

async function templateOf({ tenantId }: Business, name: string, text: string): Promise<string> {
  const _id = `tpl_${name.padEnd(22, 'v').slice(0, 22)}`;
  const now = new Date();
  await withTenant(tenantId, async () => {
    const components = await sealComponents(ctx, { _id, tenantId }, [{ type: 'BODY', text }]);
    const known = { wabaId: WABA, name, language: 'he', category: 'UTILITY', status: 'APPROVED' };
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

const FROM = '2026-11-01T00:00:00.000Z';
const TO = '2026-12-01T00:00:00.000Z';
const text = { type: 'text', text: { body: 'from a stranger' } };

/** How each route of the table is attacked. A route without a line here fails the first test. */
const ATTACKS: Record<string, Attack> = {
  'post /v1/sign-in': {
    body: () => ({ accountNumber: '1000000000', name: CANARY, password: 'not the password' }),
    expected: 401,
  },
  'post /v1/sign-in/second-factor': {
    body: ({ tenantId }) => ({ ticket: `${tenantId}.AAAA`, code: '000000' }),
    expected: 410,
  },
  'get /v1/about': { query: ({ tenantId }) => `tenantId=${tenantId}`, expected: 422 },
  'post /v1/sign-in/passkey/begin': { expected: 200, varies: ['ticket', 'options'] },
  'post /v1/sign-in/passkey/finish': {
    body: ({ tenantId }) => ({
      accountNumber: '1000000000',
      ticket: `${tenantId}.AAAA`,
      response: { id: 'A', rawId: 'A', type: 'public-key', response: { clientDataJSON: 'A' } },
    }),
    expected: 410,
  },
  // Known and unknown addresses: test/sign-in. Here it names no id.
  'post /v1/password-reset': { body: () => ({ accountNumber: '1', email: 'x' }), expected: 422 },
  'post /v1/password-reset/finish': {
    body: ({ tenantId }) => ({ token: `wsl_${tenantId}_${'a'.repeat(43)}`, password: 'not the password' }),
    expected: 410,
  },
  // It would end the session of who asks.
  'post /v1/sign-out': { query: () => 'of=another', expected: 422 },
  'get /v1/sessions': { expected: 200 },
  'post /v1/sessions/{id}/end': { id: () => 'ses_ofthevictim', expected: 404 },
  // It ends those of who asks, whatever it is told.
  'post /v1/sessions/end-others': { query: () => 'of=another', expected: 422 },
  'post /v1/sessions/end-all': { query: () => 'of=another', expected: 422 },
  'get /v1/factors': { expected: 200 },
  'post /v1/password': { body: () => ({ current: 'x', password: 'y' }), expected: 403 },
  'post /v1/factors/app/begin': { expected: 200, varies: ['ticket', 'secret', 'uri', 'qrCode'] },
  'post /v1/factors/app/finish': {
    body: ({ tenantId }) => ({ ticket: `${tenantId}.AAAA`, code: '000000', password: 'x' }),
    expected: 410,
  },
  'post /v1/factors/remove': { body: () => ({ password: 'x' }), expected: 403 },
  'post /v1/factors/recovery-codes': { body: () => ({ password: 'x' }), expected: 403 },
  'post /v1/factors/passkey/begin': { expected: 200, varies: ['ticket', 'options'] },
  'post /v1/factors/passkey/finish': {
    body: ({ tenantId }) => ({
      ticket: `${tenantId}.AAAA`,
      response: { id: 'A', rawId: 'A', type: 'public-key', response: { clientDataJSON: 'A' } },
      name: 'x',
      password: 'x',
    }),
    expected: 410,
  },
  ...ACCOUNT_ATTACKS,
  'get /v1/me': { expected: 200 },
  'get /v1/channels': { expected: 200 },
  'get /v1/keys': { expected: 200 },
  'post /v1/keys': { body: () => ({ name: 'of a stranger', scopes: [] }), expected: 422 },
  'patch /v1/keys/{id}': { id: (ids) => ids.keyId, body: () => ({ name: 'of a stranger' }), expected: 404 },
  'post /v1/keys/{id}/rotate': { id: (ids) => ids.keyId, body: () => ({}), expected: 404 },
  'post /v1/keys/{id}/revoke': { id: (ids) => ids.keyId, expected: 404 },
  'get /v1/support-access': { expected: 200 },
  'post /v1/support-access': { body: () => ({ hours: 2, reason: 'a stranger' }), expected: 422 },
  'get /v1/support-access/{id}/looks': { id: (ids) => ids.grantId, expected: 404 },
  'post /v1/support-access/{id}/approve': { id: (ids) => ids.grantId, expected: 404 },
  'post /v1/support-access/{id}/refuse': { id: (ids) => ids.grantId, expected: 404 },
  'post /v1/support-access/{id}/revoke': { id: (ids) => ids.grantId, expected: 404 },
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
  'post /v1/contacts/{id}/erase': {
    id: (ids) => ids.contactId,
    body: () => ({ ground: 'objection' }),
    expected: 404,
  },
  'get /v1/erasures': { expected: 200 },
  'get /v1/erasures/{id}': { id: () => `ers_${'x'.repeat(26)}`, expected: 404 },
  'post /v1/channels/{id}/media': { id: (ids) => ids.channelId, body: () => text, expected: 404 },
  'post /v1/conversations/{id}/take-control': { id: (ids) => ids.conversationId, expected: 404 },
  'post /v1/conversations/{id}/assign': {
    id: (ids) => ids.conversationId,
    body: ({ userId }) => ({ userId }),
    expected: 404,
  },
  'post /v1/conversations/{id}/state': {
    id: (ids) => ids.conversationId,
    body: () => ({ state: 'PENDING' }),
    expected: 404,
  },
  'get /v1/conversations/{id}/group': { id: (ids) => ids.conversationId, expected: 404 },
  'get /v1/audit': { query: ({ conversationId }) => `object=${conversationId}`, expected: 200 },
  'get /v1/audit/integrity': { expected: 200 },
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
  'get /v1/search': { query: () => `q=${CANARY}`, expected: 200 },
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

/** Filters and fields that name a thing of the victim. */
const FILTERS: Filter[] = [
  ['get /v1/dead-letters', 'channelId', (ids) => ({ query: () => `channelId=${ids.channelId}` })],
  ['get /v1/dead-letters', 'contactId', (ids) => ({ query: () => `contactId=${ids.contactId}` })],
  ['get /v1/templates', 'channelId', (ids) => ({ query: () => `channelId=${ids.channelId}` })],
  [
    'get /v1/costs',
    'channelId',
    (ids) => ({ query: () => `from=${FROM}&to=${TO}&channelId=${ids.channelId}` }),
  ],
  ['get /v1/costs', 'conversationId', (ids) => ({ query: () => `conversationId=${ids.conversationId}` })],
  ['post /v1/dead-letters/retry', 'channelId', (ids) => ({ body: () => ({ channelId: ids.channelId }) })],
  ['post /v1/dead-letters/retry', 'contactId', (ids) => ({ body: () => ({ contactId: ids.contactId }) })],
  [
    'post /v1/channels/connect',
    'wabaId',
    ({ phoneNumberId }) => ({ body: () => ({ wabaId: WABA, phoneNumberId }) }),
    200,
  ],
  [
    'post /v1/factors/remove',
    'passkeyId',
    ({ keyId }) => ({ body: () => ({ password: 'x', passkeyId: keyId }) }),
    403,
  ],
  [
    'post /v1/conversations/{id}/state',
    'lastMessageId',
    ({ messageId }) => ({ body: () => ({ state: 'RESOLVED', lastMessageId: messageId }) }),
    409,
  ],
  [
    'post /v1/conversations/{id}/assign',
    'from',
    ({ userId }) => ({ body: () => ({ userId: null, from: userId }) }),
    409,
  ],
  ['post /v1/timeline', 'wamid', (ids) => ({ body: () => ({ wamid: ids.wamid }) })],
  ['post /v1/timeline', 'callbackId', (ids) => ({ body: () => ({ callbackId: ids.messageId }) })],
];

/** Ids that nobody has, of the same form. */
const nobody: Ids = {
  userId: `usr_${'x'.repeat(26)}`,
  roleId: `rol_${'x'.repeat(26)}`,
  tenantId: `ten_${'x'.repeat(26)}`,
  wamid: 'wamid.nobody',
  templateName: 'nobodys_template',
  templateId: `tpl_${'x'.repeat(22)}`,
  conversationId: `cnv_${'x'.repeat(22)}`,
  messageId: `msg_${'x'.repeat(22)}`,
  channelId: `chn_${'x'.repeat(26)}`,
  contactId: `con_${'x'.repeat(26)}`,
  deadLetterId: `dlt_${'x'.repeat(26)}`,
  keyId: `key_${'x'.repeat(26)}`,
  grantId: `agr_${'x'.repeat(26)}`,
  phoneNumberId: '9'.repeat(15),
};

/** Every row of the victim in every collection. */
async function rowsOfVictim(): Promise<unknown> {
  const all: Record<string, unknown> = {};
  for (const collection of collections) {
    if (!('tenantId' in collection.fields) && collection.scope === 'operator') continue;
    all[collection.name] = await asOperator('test: snapshot of a tenant', () =>
      ctx.store
        .model(collection)
        .find({ tenantId: victim.tenantId }, { lastUsedAt: 0, seenAt: 0 }) // of keys and sessions: they were used
        .sort({ _id: 1 })
        .lean()
        .exec(),
    );
  }
  return all;
}

const matrixOf = (more: Partial<Matrix> = {}): Matrix => ({
  ask: async (method, path, asking) => {
    if (/^\/v1\/(sign-in|password|factors)/.test(path)) await forgetTries();
    return gateway.ask(method, path, asking);
  },
  routes,
  attacks: ATTACKS,
  filters: FILTERS,
  victim,
  nobody,
  canaries: [CANARY, PHONE, victim.conversationId, victim.messageId, victim.contactId, victim.deadLetterId],
  ...more,
});

/** Nobody waits because another actor failed to sign in. */
async function forgetTries(): Promise<void> {
  const keys = await ctx.liveRedis.keys(`${ctx.prefix}:sign-in:*`);
  if (keys.length > 0) await ctx.liveRedis.del(...keys);
}

const bearer = (key: string) => ({ Authorization: `Bearer ${key}` });

/** Staff are let in by a tenant or not at all; there is one answer, whatever they ask for. */
const withoutGrant = ({ scope }: Route) => (scope === 'public' ? undefined : 403);

/** Staff read with the rights of their access, and change nothing. */
const asReader = (route: Route): number | undefined => {
  if (route.scope === 'public') return undefined;
  if (route.method !== 'get' || (route.forPeople && route.scope === 'any-caller')) return 403;
  return holding(ROLE_MAY.support, 'person')(route);
};

/** A member of staff who names a tenant, and perhaps has access to one. */
async function staffOf(named: Business, open?: { tenantId: string }): Promise<Record<string, string>> {
  const person = { name: 'Staff', email: 's@whatsper.example', confidentialitySigned: new Date(0) };
  const { operatorId, token } = await addOperator(ctx, person, 'system');
  const access = { operatorId, hours: 1, reasonCode: 'fault', reason: 'a test' };
  if (open) await giveAccess(ctx, { ...access, ...open }, 'system');
  return { ...bearer(token ?? ''), 'X-Whatsper-Tenant': named.tenantId };
}

async function endEvery({ tenantId }: Business): Promise<void> {
  for (const { _id: grantId } of await listAccess(ctx, { tenantId })) {
    await endAccess(ctx, { tenantId, grantId }, 'system');
  }
}

/** Who asks. Each is made when its turn comes. */
const ACTORS: Record<string, () => Promise<Omit<Actor, 'name'>>> = {
  "another tenant's key with all scopes": async () =>
    Promise.resolve({ headers: bearer(stranger.key), own: stranger, refused: holding(SCOPES, 'key') }),
  "another tenant's owner, signed in": async () => ({
    headers: (await signedIn(ctx, gateway, { tenantId: stranger.tenantId, role: 'owner' })).headers,
    own: stranger,
    everywhere: (route) => holding(SCOPES, 'key')(route) !== undefined, // the key tried the rest
    refused: holding(ROLE_PERMISSIONS.owner, 'person'),
  }),
  "another tenant's agent, signed in": async () => ({
    headers: (await signedIn(ctx, gateway, { tenantId: stranger.tenantId, role: 'agent' })).headers,
    refused: holding(ROLE_PERMISSIONS.agent, 'person'),
  }),
  "another tenant's key with one scope": async () => ({
    headers: bearer(await keyWith(ctx, stranger.tenantId, ['conversations:read'])),
    refused: holding(['conversations:read'], 'key'),
  }),
  "the victim's own key with another right": async () => ({
    headers: bearer(await keyWith(ctx, victim.tenantId, ['endpoints:read'])),
    refused: (route) =>
      route.scope === 'public' ? undefined : (holding([], 'key')(route) ?? route.status ?? 200),
    ofVictim: true,
  }),
  "a revoked key of the victim's": async () => {
    const key = await createApiKey(ctx, { tenantId: victim.tenantId, scopes: [...SCOPES] });
    await revokeApiKey(ctx, { tenantId: victim.tenantId, keyId: key.keyId });
    return { headers: bearer(key.key), refused: unknown };
  },
  "a person of the victim's whom it disabled, with a live session": async () => {
    const { headers, userId } = await signedIn(ctx, gateway, { tenantId: victim.tenantId, role: 'owner' });
    await withTenant(victim.tenantId, () =>
      ctx.store
        .model(Users)
        .updateOne({ _id: userId }, { $set: { status: 'disabled' } })
        .exec(),
    );
    return { headers, refused: unknown };
  },
  "another tenant's session altered to name the victim": async () => {
    const { headers } = await signedIn(ctx, gateway, { tenantId: stranger.tenantId, role: 'owner' });
    const Cookie = headers.Cookie?.replace(stranger.tenantId, victim.tenantId) ?? '';
    return { headers: { ...headers, Cookie }, refused: unknown };
  },
  'a key of a tenant that was disabled': async () => {
    const closed = await openBusiness(ctx, 'Closed');
    await asOperator('test', () =>
      ctx.store
        .model(Tenants)
        .updateOne({ _id: closed.tenantId }, { $set: { status: 'disabled' } })
        .exec(),
    );
    return { headers: bearer(closed.key), refused: unknown };
  },
  "another tenant's key altered to name the victim": async () => {
    const secret = stranger.key.split('_').at(-1) ?? '';
    return Promise.resolve({ headers: bearer(`wsk_${victim.tenantId}_${secret}`), refused: unknown });
  },
  'staff without access to the victim': async () => ({
    headers: await staffOf(victim),
    refused: withoutGrant,
  }),
  'staff whose access to the victim has ended': async () => {
    const headers = await staffOf(victim, { tenantId: victim.tenantId });
    await endEvery(victim);
    return { headers, refused: withoutGrant };
  },
  'staff with access to another tenant, who name the victim': async () => ({
    headers: await staffOf(victim, { tenantId: stranger.tenantId }),
    refused: withoutGrant,
  }),
  'staff with access to another tenant': async () => ({
    headers: await staffOf(stranger, { tenantId: stranger.tenantId }),
    own: stranger,
    everywhere: () => false,
    refused: asReader,
  }),
  nobody: async () => Promise.resolve({ headers: {}, refused: unknown, tellsNoName: true }),
};

describe('P4: another tenant', () => {
  it('row 34 and T-AZ: matrix: is tried on every route of the table, and by every id that a route takes', () => {
    expect(Object.keys(ATTACKS).sort()).toEqual(routes.map(nameOf).sort());
    expect(untried(routes)).toEqual([]);
  });

  let cases = 0;
  it.each(Object.entries(ACTORS))(
    'rows 34 and 5 and T-AZ: matrix: %s gets foreign ids like random ones, and changes nothing',
    async (name, make) => {
      const actor = { name, ...(await make()) };
      const before = await rowsOfVictim();
      const tried = await tryAs(matrixOf(), actor);
      expect(tried.leaks).toEqual([]);
      expect(await rowsOfVictim()).toEqual(before);
      cases += tried.cases;
    },
    240_000, // a slow machine may need long for a thousand requests
  );

  it('the size of the matrix', () => {
    const actors = Object.keys(ACTORS).length;
    expect(cases).toBeGreaterThan(actors * routes.filter(({ scope }) => scope !== 'public').length);
    process.stdout.write(
      `Isolation matrix: ${actors} actors × ${routes.length} routes, ${cases} cases, each by a foreign and a random id.\n`,
    );
  });

  it('the matrix can fail: routes without scope, with a slow look, and without a line are reported', async () => {
    const leaky = await leakyGateway();
    const ask: Matrix['ask'] = (method, path, asking) => leaky.ask(method, path, asking);
    try {
      const { leaks } = await tryAs(matrixOf({ ask, routes: LEAKY, attacks: LEAKY_ATTACKS, filters: [] }), {
        name: 'stranger',
        headers: bearer(stranger.key),
        own: stranger,
      });
      const said = leaks.join('\n');
      expect(said).toMatch(/leaky\/read\/\{id\}, ids of another: answered 200, not 404/);
      expect(said).toMatch(/leaky\/read\/\{id\}, ids of another: told a foreign id from a random one/);
      expect(said).toMatch(/leaky\/read\/\{id\}, ids of another: showed /);
      expect(said).toMatch(/leaky\/look\/\{id\}, ids of another: worked differently/);
      expect(said).toMatch(/leaky\/forgotten stands not in the matrix/);
    } finally {
      await leaky.close();
    }
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

  it('row 15: has a contact, conversation and list of its own for the same phone', async () => {
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

  it('row 40: a job that names its own tenant and a conversation of the victim does nothing', async () => {
    const asking = { body: text, headers: { 'Idempotency-Key': 'job' } };
    const path = `/v1/conversations/${victim.conversationId}/messages`;
    const sent = await gateway.ask('POST', path, { key: victim.key, ...asking });
    expect(sent.status).toBe(202);
    const before = await rowsOfVictim();
    const sender = {
      send: () => Promise.reject(new Error('Nothing may be sent.')),
    } as unknown as Parameters<typeof workOutboxLane>[1];
    const turn = { token: 'token', stopping: () => false, yields: () => false } as unknown as Turn;
    await workOutboxLane(ctx, sender, { lane: victim.conversationId, tenantId: stranger.tenantId }, turn);
    await expect(workOutboxLane(ctx, sender, { lane: victim.conversationId }, turn)).rejects.toThrow(
      'no tenant',
    );
    expect(await rowsOfVictim()).toEqual(before);
  });

  it('row 11: a message comes to the live feed of its tenant and to no other, whatever id the other goes on from', async () => {
    const own = await FeedReader.open({ url: gateway.url, key: victim.key });
    const first = await clientWrites(ctx, victim, { phone: PHONE, body: CANARY });
    const { id = '' } = await own.message(first.messageId);
    const feeds = await Promise.all(
      [undefined, id].map((lastEventId) =>
        FeedReader.open({ url: gateway.url, key: stranger.key, lastEventId }),
      ),
    );
    const second = await clientWrites(ctx, victim, { phone: PHONE, body: CANARY });
    await own.message(second.messageId);
    const theirs = await clientWrites(ctx, stranger, { phone: OTHER_PHONE });
    for (const feed of feeds) {
      await feed.message(theirs.messageId);
      expect(feed.messageIds).not.toContain(second.messageId);
      expect(feed.text).not.toContain(CANARY);
    }
    expect(own.messageIds).not.toContain(theirs.messageId);
    await Promise.all([own, ...feeds].map((feed) => feed.close()));
  });

  it('row 34: a reply that quotes a message of the victim is told nothing of it', async () => {
    const path = `/v1/conversations/${stranger.conversationId}/messages`;
    const quoting = (wamid: string) =>
      gateway.ask('POST', path, { key: stranger.key, body: { ...text, context: { message_id: wamid } } });
    const [foreign, unknown] = [await quoting(victim.wamid), await quoting(nobody.wamid)];
    expect(foreign.status).toBe(unknown.status);
    expect(foreign.text).not.toContain(victim.messageId);
    expect(foreign.text).not.toContain(PHONE);
  });

  it('row 40: every key in Redis that is about tenants names its own, and none names a client', async () => {
    const keys = await ctx.liveRedis.keys(`*${ctx.prefix}*`);
    expect(keys.filter((key) => key.includes(victim.tenantId)).length).toBeGreaterThan(0);
    for (const canary of [PHONE, victim.wamid, CANARY]) {
      expect(keys.filter((key) => key.includes(canary))).toEqual([]);
    }
    expect(keys.filter((key) => key.includes(victim.tenantId) && key.includes(stranger.tenantId))).toEqual(
      [],
    );
  });
});

/** Fields of a route that take an id, but in which the matrix tries none of the victim's. */
function untried(table: Route[]): string[] {
  return table.flatMap((known) => {
    const line = ATTACKS[nameOf(known)];
    const lines = [line, ...FILTERS.filter(([name]) => name === nameOf(known)).map(([, , of]) => of(victim))];
    const tried = lines
      .map((one) => `${one?.query?.(victim) ?? ''} ${JSON.stringify(one?.body?.(victim) ?? {})}`)
      .join(' ');
    return [known.query, known.body]
      .flatMap((schema) => (schema instanceof z.ZodObject ? Object.keys(schema.shape as object) : []))
      .filter((field) => /Id$|^into$/.test(field) && !tried.includes(field))
      .map((field) => `${nameOf(known)}: ${field}`);
  });
}

const LEAKY = [
  route({
    method: 'get',
    path: '/v1/leaky/read/{id}',
    summary: 'Reads whatever is asked for',
    scope: 'messages:read',
    params: idParams,
    response: z.unknown(),
    handle: (leaking, { params: { id: _id } }) =>
      asOperator('a mistake', async () => {
        const row = await leaking.store.model(Messages).findOne({ _id }).lean<MessageRow>().exec();
        if (!row) throw notFound('message');
        const place = { tenantId: row.tenantId, collection: 'messages', id: _id, field: 'content' };
        return leaking.store.keyring.open(place, row.content ?? Buffer.alloc(0));
      }),
  }),
  route({
    method: 'get',
    path: '/v1/leaky/look/{id}',
    summary: 'Answers alike, but looks once more when the thing exists',
    scope: 'messages:read',
    params: idParams,
    response: z.unknown(),
    handle: (leaking, { params: { id: _id }, tenantId }) =>
      asOperator('a mistake', async () => {
        const messages = leaking.store.model(Messages);
        if (await messages.exists({ _id }).exec()) await messages.exists({ _id, tenantId }).exec();
        throw notFound('message');
      }),
  }),
  route({
    method: 'get',
    path: '/v1/leaky/forgotten',
    summary: 'Has no line',
    scope: 'messages:read',
    response: z.unknown(),
    handle: () => Promise.resolve({}),
  }),
];
const LEAKY_ATTACKS: Record<string, Attack> = {
  'get /v1/leaky/read/{id}': { id: (ids) => ids.messageId, expected: 404 },
  'get /v1/leaky/look/{id}': { id: (ids) => ids.messageId, expected: 404 },
};

/** The product's server, with routes that were built wrong on purpose. */
async function leakyGateway(): Promise<TestGateway> {
  routes.push(...LEAKY);
  try {
    return await openGateway(ctx);
  } finally {
    routes.splice(-LEAKY.length);
  }
}
