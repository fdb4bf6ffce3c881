/** Every route of the table does what it says, and answers what its schema says. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { generate } from 'otplib';

import { appendRecords } from '../../src/audit/appender.ts';
import { auditRecord } from '../../src/audit/audit.ts';
import { applyGroupUpdate } from '../../src/conversations/groups.ts';
import { Messages } from '../../src/conversations/model.ts';
import type { Route } from '../../src/http/route.ts';
import { routes } from '../../src/http/routes.ts';
import type { ConversationView, MessageView } from '../../src/http/schemas.ts';
import { linkBase } from '../../src/mail/mail.ts';
import { keptMail } from '../../src/mail/outbox-page.ts';
import { raiseNotice } from '../../src/notices/notices.ts';
import { askForAccess } from '../../src/operators/grants.ts';
import { addOperator } from '../../src/operators/staff.ts';
import { withTenant } from '../../src/store/scope.ts';
import { createTenant } from '../../src/tenants/tenants.ts';
import { type TestContext, testContext } from '../support/context.ts';
import {
  type Answer,
  type Business,
  clientIsParked,
  clientWrites,
  keyWith,
  openBusiness,
  openGateway,
  signedIn,
  type TestGateway,
  type Written,
} from '../support/fixtures.ts';
import { newPasskey } from '../support/passkey.ts';
import { personOf, sessionOf } from '../support/people.ts';
import { WABA } from '../support/webhook.ts';
import { tryAccounts } from './contract-accounts.ts';

const PHONE = '972500000001';
let ctx: TestContext;
let gateway: TestGateway;
let business: Business;
let first: Written;

/** What the account has in templates. */
const HELLO = {
  id: '1689556908129832',
  name: 'hello',
  language: 'he',
  status: 'APPROVED',
  category: 'UTILITY',
  components: [{ type: 'BODY', text: 'Hello dear client' }],
};

/** Meta, as far as it knows the business's number and its templates. */
const graph = createServer((request, response) => {
  const { id, ...number } = {
    id: business.phoneNumberId,
    display_phone_number: '+972 3 555 0100',
    status: 'CONNECTED',
  };
  const path = new URL(request.url ?? '', 'http://graph').pathname.split('/').at(-1) ?? '';
  const answers: Record<string, object> = {
    debug_token: { data: { is_valid: true, type: 'SYSTEM_USER', scopes: [], granular_scopes: [] } },
    phone_numbers: { data: [{ id, ...number }] },
    subscribed_apps: { data: [{ whatsapp_business_api_data: { id: '1' } }] },
    [id]: { id, ...number },
    message_templates: request.method === 'GET' ? { data: [HELLO] } : { ...HELLO, success: true },
    [HELLO.id]: { success: true },
  };
  response.setHeader('Content-Type', 'application/json');
  response.end(JSON.stringify(answers[path] ?? {}));
});

beforeAll(async () => {
  await new Promise<void>((resolve) => graph.listen(0, '127.0.0.1', resolve));
  const { port } = graph.address() as AddressInfo;
  ctx = await testContext({
    environment: { GRAPH_API_URL: `http://127.0.0.1:${port}`, MAIL_OUTBOX: 'on', SIGN_UP: 'on' },
  });
  gateway = await openGateway(ctx);
  business = await openBusiness(ctx, 'Aleph');
  first = await clientWrites(ctx, business, { phone: PHONE, name: 'Noa', body: 'שלום' });
});
afterAll(async () => {
  graph.close();
  await gateway.close();
  await ctx.close();
});

const tried = new Set<Route>();

/** Asks a route of the table with its own status, and holds the answer against its schema. */
async function ask<Body>(method: string, pattern: string, id = '', asking: object = {}): Promise<Body> {
  const [path = '', query = ''] = pattern.split('?');
  const route = routes.find((known) => known.method === method && known.path === path);
  if (!route) throw new Error(`The table has no ${method} ${path}.`);
  tried.add(route);
  const url = path.replace('{id}', id) + (query === '' ? '' : `?${query}`);
  const answer: Answer<Body> = await gateway.ask<Body>(method.toUpperCase(), url, {
    key: business.key,
    ...asking,
  });
  expect({ status: answer.status, body: answer.body }).toMatchObject({ status: route.status ?? 200 });
  expect(route.response.parse(answer.body)).toEqual(answer.body);
  expect(answer.headers.get('cache-control')).toBe('no-store');
  expect(answer.headers.get('etag')).toBeNull();
  return answer.body;
}

describe('every route', () => {
  it('GET /v1/me says whose key it is', async () => {
    const me = await ask<Record<string, Record<string, unknown>>>('get', '/v1/me');
    expect(me.tenant).toMatchObject({ id: business.tenantId, name: 'Aleph' });
    expect(me.tenant?.accountNumber).toMatch(/^\d{10}$/);
    expect(me.scopes).toContain('messages:send');
  });

  it('GET /v1/channels lists channels', async () => {
    const { items } = await ask<{ items: object[] }>('get', '/v1/channels');
    expect(items).toEqual([
      expect.objectContaining({
        id: business.channelId,
        phoneNumberId: business.phoneNumberId,
        status: 'active',
      }),
    ]);
  });

  it('PATCH /v1/channels/{id} changes how a channel sends, and what is opened or typed is told by that', async () => {
    const { channelId } = business;
    const change = (body: object) => ask<object>('patch', '/v1/channels/{id}', channelId, { body });
    const open = () => ask<object>('post', '/v1/conversations/{id}/read', first.conversationId);
    const type = () => ask<object>('post', '/v1/conversations/{id}/typing', first.conversationId);
    expect([await open(), await type()]).toEqual([{ outcome: 'policy' }, { outcome: 'policy' }]);
    const chosen = { readReceipts: 'on-open', typing: 'on', waitForDelivered: 10, templatesPerDay: 500 };
    expect(await change(chosen)).toMatchObject({ id: channelId, ...chosen });
    expect([await open(), await open()]).toEqual([{ outcome: 'asked' }, { outcome: 'nothing' }]);
    expect([await type(), await type()]).toEqual([{ outcome: 'asked' }, { outcome: 'nothing' }]);
    const refused = await gateway.ask('PATCH', `/v1/channels/${channelId}`, {
      key: business.key,
      body: { readReceipts: 'never' },
    });
    expect(refused).toMatchObject({ status: 422, body: { errors: [{ path: 'typing' }] } });
    const usual = { readReceipts: 'never', typing: 'off', waitForDelivered: 'off', templatesPerDay: 'off' };
    expect(await change(usual)).toMatchObject(usual);
  });

  it('POST /v1/channels/connect goes step by step; a channel is checked and gets another token', async () => {
    const { channelId: id, phoneNumberId } = business;
    const body = { token: 'token-of-the-tests', wabaId: WABA, phoneNumberId };
    const connecting = await ask<{ steps: { step: string }[] }>('post', '/v1/channels/connect', '', { body });
    expect(connecting).toMatchObject({ connected: true, channelId: id });
    expect(await ask('get', '/v1/channels/{id}/check', id)).toMatchObject({ at: null, points: [] });
    const checked = await ask<{ points: object[] }>('post', '/v1/channels/{id}/check', id);
    expect(checked.points).toContainEqual(expect.objectContaining({ code: 'registered.connected' }));
    expect(await ask('get', '/v1/channels/{id}/check', id)).toEqual(checked);
    const given = await ask('put', '/v1/channels/{id}/token', id, { body: { token: 'another-token' } });
    expect(given).toEqual({ channelId: id, status: 'active', expiresAt: null });
  });

  it('GET /v1/search finds contacts and messages', async () => {
    const { items } = await ask<{ items: { kind: string }[] }>('get', '/v1/search?q=Noa');
    expect(items).toContainEqual(expect.objectContaining({ kind: 'contact' }));
  });

  it('people sign in, look after their sign-in, and sign out', async () => {
    const home = await createTenant(ctx, { name: 'Home', email: 'owner@home.example' });
    const { accountNumber, username: name, email, password, userId } = await personOf(ctx, home);
    const asked = (body?: object, headers = {}) => ({
      key: undefined,
      headers,
      ...(body ? { body } : {}),
    });
    const signIn = () =>
      ask<Record<string, string>>('post', '/v1/sign-in', '', asked({ accountNumber, name, password }));
    const session = async () => (await sessionOf(ctx, { tenantId: home.tenantId, userId })).headers;
    expect(await signIn()).toMatchObject({ state: 'signed-in' });
    const headers = await session();
    const own = <Body>(method: string, path: string, body?: object, id = '') =>
      ask<Body>(method, path, id, asked(body, headers));
    const passkey = newPasskey({ origin: new URL(linkBase(ctx)).origin, userId });
    type Begun = { ticket: string; options: Record<string, unknown>; secret: string };
    const begun = await own<Begun>('post', '/v1/factors/passkey/begin');
    const made = { response: passkey.register(begun.options), name: 'Laptop', password };
    await own('post', '/v1/factors/passkey/finish', { ticket: begun.ticket, ...made });
    const { passkeys } = await own<{ passkeys: { id: string }[] }>('get', '/v1/factors');
    const alone = await ask<Begun>('post', '/v1/sign-in/passkey/begin', '', asked());
    const response = passkey.authenticate(alone.options);
    const finishing = asked({ accountNumber, ticket: alone.ticket, response });
    await ask('post', '/v1/sign-in/passkey/finish', '', finishing);
    await own('post', '/v1/factors/remove', { password, passkeyId: passkeys[0]?.id });
    const app = await own<Begun>('post', '/v1/factors/app/begin');
    const code = await generate({ secret: app.secret });
    await own('post', '/v1/factors/app/finish', { ticket: app.ticket, code, password });
    const codes = await own<{ recoveryCodes: string[] }>('post', '/v1/factors/recovery-codes', { password });
    const { ticket } = await signIn();
    const proof = { ticket, recoveryCode: codes.recoveryCodes[0] };
    await ask('post', '/v1/sign-in/second-factor', '', asked(proof));
    const { items } = await own<{ items: { id: string; current: boolean }[] }>('get', '/v1/sessions');
    const other = items.find(({ current }) => !current)?.id;
    await own('post', '/v1/sessions/{id}/end', undefined, other);
    await own('post', '/v1/sessions/end-others');
    await own('post', '/v1/password', { current: password, password: 'a horse of another colour' });
    await ask('post', '/v1/password-reset', '', asked({ accountNumber, email }));
    const url = (await keptMail(ctx))[0]?.link?.url ?? '';
    const reset = { token: url.split('/').at(-1), password };
    await ask('post', '/v1/password-reset/finish', '', asked(reset));
    await ask('post', '/v1/sign-out', '', asked(undefined, await session()));
    await ask('post', '/v1/sessions/end-all', '', asked(undefined, await session()));
  });

  it('GET /v1/contacts lists contacts', async () => {
    const { items } = await ask<{ items: object[] }>('get', '/v1/contacts');
    expect(items).toEqual([expect.objectContaining({ name: 'Noa', phone: `+${PHONE}`, username: null })]);
  });

  it('GET /v1/costs counts nothing where WhatsApp named no price', async () => {
    expect(await ask<object>('get', '/v1/costs')).toMatchObject({ messages: 0, billed: 0, items: [] });
  });

  it('GET /v1/audit and GET /v1/audit/integrity show the log, and whether it is whole', async () => {
    const objects = [first.conversationId];
    const record = auditRecord(ctx, {
      tenantId: business.tenantId,
      actor: 'operator:somebody',
      action: 'content.viewed',
      objects,
      outcome: 'allowed',
    });
    await appendRecords(ctx, business.tenantId, [record]);
    const { items } = await ask<{ items: object[] }>('get', '/v1/audit');
    expect(items).toEqual([expect.objectContaining({ id: record.id, seq: 1, staff: true, objects })]);
    const integrity = await ask<object>('get', '/v1/audit/integrity');
    expect(integrity).toEqual({
      state: 'unknown',
      verdict: null,
      verifiedAt: null,
      entries: null,
      checkpoint: null,
    });
  });

  it('GET /v1/notices lists what happened to accounts and numbers', async () => {
    const { tenantId, channelId } = business;
    const notice = { kind: 'security', event: 'PIN_CHANGED', severity: 'critical' as const };
    const at = new Date('2026-11-22T12:00:00Z');
    await withTenant(tenantId, () =>
      raiseNotice(ctx, { tenantId, channelId, ...notice, unique: ['1'], text: 'The PIN was changed.', at }),
    );
    const { items } = await ask<{ items: object[] }>('get', '/v1/notices');
    expect(items).toEqual([
      expect.objectContaining({ ...notice, channelId, at: at.toISOString(), details: {} }),
    ]);
  });

  it('POST /v1/conversations/{id}/take-control changes nothing where nobody else holds it', async () => {
    const path = '/v1/conversations/{id}/take-control';
    const taken = await ask<ConversationView>('post', path, first.conversationId);
    expect(taken).toMatchObject({ id: first.conversationId, window: { open: true, cause: 'message' } });
    expect(taken).not.toHaveProperty('control');
  });

  it('POST /v1/conversations/{id}/assign and …/state say who answers, and that nobody has to', async () => {
    const agent = await signedIn(ctx, business, { role: 'agent' });
    const id = first.conversationId;
    const assign = (userId: string | null) =>
      ask<ConversationView>('post', '/v1/conversations/{id}/assign', id, { body: { userId } });
    const state = (body: object) =>
      ask<ConversationView>('post', '/v1/conversations/{id}/state', id, { body });
    const held = await assign(agent.userId);
    expect(held).toMatchObject({ state: 'ASSIGNED', assignee: { id: agent.userId } });
    expect(await assign(null)).toMatchObject({ state: 'PENDING', assignee: null });
    const lastMessageId = held.lastMessage?.id;
    expect(await state({ state: 'RESOLVED', lastMessageId })).toMatchObject({ state: 'RESOLVED' });
    expect(await state({ state: 'PENDING' })).toMatchObject({ state: 'PENDING' });
  });

  it('GET /v1/conversations/{id}/group reads a group', async () => {
    const { tenantId, channelId } = business;
    const update = { subject: 'Cakes', type: 'group_create' };
    const at = new Date(0);
    const about = { groupId: 'G1', type: 'group_create', at, position: 1, unique: '1', update };
    await withTenant(tenantId, () =>
      applyGroupUpdate(ctx, { tenantId, channelId, ...about, added: [{ phone: PHONE }], removed: [] }),
    );
    const { items } = await ask<{ items: ConversationView[] }>('get', '/v1/conversations');
    const id = items.find(({ group }) => group)?.id;
    expect(await ask<object>('get', '/v1/conversations/{id}/group', id)).toMatchObject({
      subject: 'Cakes',
      members: [{ phone: `+${PHONE}` }],
      joinRequests: 0,
      blocked: null,
    });
  });

  it('GET /v1/conversations lists conversations with contact, last message and window', async () => {
    const { items } = await ask<{ items: ConversationView[] }>('get', '/v1/conversations?state=PENDING');
    const [conversation] = items;
    expect(conversation).toMatchObject({
      id: first.conversationId,
      state: 'PENDING',
      channel: { id: business.channelId, name: 'Aleph line' },
      contact: { name: 'Noa', phone: `+${PHONE}` },
      lastMessage: {
        id: first.messageId,
        direction: 'in',
        type: 'text',
        preview: 'שלום',
        status: 'received',
      },
    });
    const open =
      Date.parse(conversation?.windowExpiresAt ?? '') - Date.parse(conversation?.lastInboundAt ?? '');
    expect(open).toBe(24 * 3_600_000);
  });

  it('GET /v1/conversations/{id} reads one', async () => {
    const conversation = await ask<ConversationView>('get', '/v1/conversations/{id}', first.conversationId);
    expect(conversation.lastMessage?.preview).toBe('שלום');
  });

  it('GET /v1/conversations/{id}/messages lists messages with their content and raw form', async () => {
    const { items } = await ask<{ items: MessageView[] }>(
      'get',
      '/v1/conversations/{id}/messages',
      first.conversationId,
    );
    expect(items[0]).toMatchObject({
      id: first.messageId,
      direction: 'in',
      status: 'received',
      content: { body: 'שלום' },
      raw: { from: PHONE, type: 'text' },
    });
    expect(items[0]?.wamid).toMatch(/^wamid\./);
  });

  it('GET /v1/messages/{id} reads one', async () => {
    const message = await ask<MessageView>('get', '/v1/messages/{id}', first.messageId);
    expect(message.conversationId).toBe(first.conversationId);
  });

  it('GET /v1/messages/{id}/timeline says what happened', async () => {
    const { items } = await ask<{ items: { step: string }[] }>(
      'get',
      '/v1/messages/{id}/timeline',
      first.messageId,
    );
    expect(items.map(({ step }) => step)).toEqual(
      expect.arrayContaining(['received', 'stored', 'forwarded']),
    );
  });

  it('POST /v1/timeline finds a message by our id, its wamid, and its callback data', async () => {
    const by = async (body: object) =>
      (await ask<{ items: { messageId: string }[] }>('post', '/v1/timeline', '', { body })).items.map(
        ({ messageId }) => messageId,
      );
    const { wamid } = await ask<MessageView>('get', '/v1/messages/{id}', first.messageId);
    expect(await by({ messageId: first.messageId })).toEqual([first.messageId]);
    expect(await by({ wamid })).toEqual([first.messageId]);
    const send = () =>
      ask<MessageView>('post', '/v1/conversations/{id}/messages', first.conversationId, {
        body: { type: 'text', text: { body: 'ok' }, biz_opaque_callback_data: 'order 8' },
      });
    const [one, two] = [await send(), await send()];
    expect(await by({ callbackId: 'order 8' })).toEqual([two.id, one.id]);
    expect(await by({ callbackId: one.id })).toEqual([one.id]);
    for (const [status, body] of [
      [404, { wamid: 'wamid.nobody' }],
      [404, { callbackId: 'order 9' }],
      [422, {}],
      [422, { wamid, messageId: first.messageId }],
    ] as const) {
      expect((await gateway.ask('POST', '/v1/timeline', { key: business.key, body })).status).toBe(status);
    }
  });

  it('POST /v1/conversations/{id}/messages takes a text, and a repeat of it once', async () => {
    const asking = {
      body: { type: 'text', text: { body: 'ok', preview_url: false }, biz_opaque_callback_data: 'order 7' },
      headers: { 'Idempotency-Key': 'a-1' },
    };
    const path = '/v1/conversations/{id}/messages';
    const sent = await ask<MessageView>('post', path, first.conversationId, asking);
    expect(sent).toMatchObject({ status: 'queued', direction: 'out', content: { body: 'ok' }, wamid: null });
    const again = await ask<MessageView>('post', path, first.conversationId, asking);
    expect(again.id).toBe(sent.id);
  });

  it('POST /v1/messages continues the conversation with a phone number', async () => {
    const body = { channelId: business.channelId, to: `+${PHONE}`, type: 'text', text: { body: 'again' } };
    const sent = await ask<MessageView>('post', '/v1/messages', '', { body });
    expect(sent).toMatchObject({ conversationId: first.conversationId, status: 'queued' });
  });

  it('POST /v1/messages/{id}/resolve decides an unconfirmed message', async () => {
    const sent = await ask<MessageView>('post', '/v1/conversations/{id}/messages', first.conversationId, {
      body: { type: 'text', text: { body: 'unsure' } },
    });
    await withTenant(business.tenantId, () =>
      ctx.store
        .model(Messages)
        .updateOne({ _id: sent.id }, { $set: { status: 'unconfirmed', rank: 2 } })
        .exec(),
    );
    const resolved = await ask<MessageView>('post', '/v1/messages/{id}/resolve', sent.id, {
      body: { as: 'failed' },
    });
    expect(resolved).toMatchObject({
      id: sent.id,
      status: 'failed',
      error: { code: null },
    });
  });

  describe('dead letters', () => {
    const parked = (phone: string) =>
      clientIsParked(ctx, business, { phone, body: 'who did not get through' });
    const list = (query: string) =>
      ask<{ items: { id: string }[]; nextCursor: string | null }>('get', `/v1/dead-letters${query}`);

    it('GET /v1/dead-letters lists by contact, channel, reason and time, in pages, without content', async () => {
      const contact = await ask<ConversationView>('get', '/v1/conversations/{id}', first.conversationId);
      const mine = await parked(PHONE);
      const other = await parked('972500000002');
      const { items, nextCursor } = await list('?limit=1&reason=failed');
      expect(items).toEqual([
        expect.objectContaining({ id: other, kind: 'message', attempts: 12, retries: 0 }),
      ]);
      const rest = await list(`?limit=1&reason=failed&cursor=${nextCursor}`);
      expect(rest).toMatchObject({ items: [{ id: mine }], nextCursor: null });
      expect((await list(`?contactId=${contact.contact?.id}`)).items).toEqual([
        expect.objectContaining({ id: mine }),
      ]);
      expect((await list(`?channelId=${business.channelId}`)).items).toHaveLength(2);
      expect((await list('?to=2020-01-01T00:00:00Z')).items).toEqual([]);
      expect((await list('?from=2020-01-01T00:00:00Z')).items).toHaveLength(2);
      expect(JSON.stringify(items)).not.toContain('get through');
    });

    it('GET /v1/dead-letters/{id} shows content to a key with messages:read only', async () => {
      const id = await parked('972500000003');
      const whole = await ask<{ content: object }>('get', '/v1/dead-letters/{id}', id);
      expect(whole.content).toMatchObject({ message: { text: { body: 'who did not get through' } } });
      const key = await keyWith(ctx, business.tenantId, ['dead-letters:read']);
      const masked = await ask<{ content: null; structure: string[] }>('get', '/v1/dead-letters/{id}', id, {
        key,
      });
      expect(masked).toMatchObject({ id, content: null });
      expect(masked.structure).toContain('message.text.body: text of 23');
      expect(JSON.stringify(masked)).not.toMatch(/get through|972500000003|wamid\./);
    });

    it('POST /v1/dead-letters/{id}/retry puts one back', async () => {
      const id = await parked('972500000004');
      expect(await ask('post', '/v1/dead-letters/{id}/retry', id)).toEqual({ id });
      expect((await gateway.ask('GET', `/v1/dead-letters/${id}`, { key: business.key })).status).toBe(404);
    });

    it('POST /v1/dead-letters/retry puts back those of a person, and refuses to guess', async () => {
      await parked('972500000005');
      await parked('972500000005');
      const by = (body: object) => ask('post', '/v1/dead-letters/retry', '', { body });
      expect(await by({ person: '+972 50 000 0005' })).toEqual({ retried: 2, more: false });
      expect(await by({ person: '+972500000005' })).toEqual({ retried: 0, more: false });
      for (const body of [{}, { all: true, reason: 'failed' }, { person: 'nobody' }]) {
        const answer = await gateway.ask('POST', '/v1/dead-letters/retry', { key: business.key, body });
        expect(answer.status).toBe(422);
      }
    });

    it('POST /v1/dead-letters/{id}/discard removes one', async () => {
      const id = await parked('972500000006');
      expect(await ask('post', '/v1/dead-letters/{id}/discard', id, { body: { reason: 'spam' } })).toEqual({
        id,
      });
      expect((await gateway.ask('GET', `/v1/dead-letters/${id}`, { key: business.key })).status).toBe(404);
    });
  });

  it('a reaction of ours shows under the message that it belongs to', async () => {
    const target = await ask<MessageView>('get', '/v1/messages/{id}', first.messageId);
    const body = { type: 'reaction', reaction: { message_id: target.wamid, emoji: '👍' } };
    await ask('post', '/v1/conversations/{id}/messages', first.conversationId, { body });
    const { reactions } = await ask<MessageView>('get', '/v1/messages/{id}', first.messageId);
    expect(reactions).toEqual([expect.objectContaining({ emoji: '👍', direction: 'out', contactId: null })]);
  });

  it('GET /v1/contacts/{id} reads one, and merging two is a link that can be undone', async () => {
    const other = await clientWrites(ctx, business, { phone: '972500000044', name: 'Noa too', body: 'x' });
    const read = (id: string) =>
      ask<{ name: string; samePersonAs: { id: string }[] }>('get', '/v1/contacts/{id}', id);
    expect(await read(first.contactId)).toMatchObject({ name: 'Noa', samePersonAs: [] });
    const into = { body: { into: first.contactId } };
    const merged = await ask<object>('post', '/v1/contacts/{id}/merge', other.contactId, into);
    expect(merged).toMatchObject({ id: other.contactId, samePersonAs: [{ id: first.contactId }] });
    expect(await read(first.contactId)).toMatchObject({ samePersonAs: [{ id: other.contactId }] });
    const undone = await ask<object>('delete', '/v1/contacts/{id}/merge', other.contactId);
    expect(undone).toMatchObject({ samePersonAs: [] });
  });

  it('a person is erased, and that stays written', async () => {
    const { contactId } = await clientWrites(ctx, business, { phone: '972500000017' });
    const body = { ground: 'not-needed' };
    const asked = await ask<{ id: string }>('post', '/v1/contacts/{id}/erase', contactId, { body });
    expect(asked).toMatchObject({ state: 'asked', contactIds: [contactId] });
    expect(await ask('get', '/v1/erasures')).toEqual({ items: [asked], nextCursor: null });
    expect(await ask('get', '/v1/erasures/{id}', asked.id)).toEqual(asked);
  });

  it('templates are read, created, changed, looked at and deleted', async () => {
    const { channelId } = business;
    const { language, category } = HELLO;
    expect(await ask('post', '/v1/templates/sync', '', { body: { channelId } })).toEqual({
      seen: 1,
      removed: 0,
    });
    const list = await ask<{ items: { id: string }[] }>(
      'get',
      `/v1/templates?channelId=${channelId}&status=APPROVED`,
    );
    const id = list.items[0]?.id ?? '';
    expect(await ask('get', '/v1/templates/{id}', id)).toMatchObject({ name: 'hello', sendable: true });
    const preview = await ask('post', '/v1/templates/{id}/preview', id, { body: {} });
    expect(preview).toEqual({ rendered: { body: 'Hello dear client', buttons: [] }, errors: [] });
    const components = [{ type: 'BODY', text: 'Hello again' }];
    expect(await ask('patch', '/v1/templates/{id}', id, { body: { components } })).toMatchObject({
      components,
    });
    expect(await ask('delete', '/v1/templates/{id}', id)).toMatchObject({ status: 'DELETED' });
    const other = { language, category, name: 'hello_again', channelId, components };
    expect(await ask('post', '/v1/templates', '', { body: other })).toMatchObject({ name: 'hello_again' });
  });

  it('PUT /v1/conversations/{id}/marketing notes what a client wants', async () => {
    const body = { state: 'stopped', reason: 'They called us.' };
    const seen = await ask<ConversationView>(
      'put',
      '/v1/conversations/{id}/marketing',
      first.conversationId,
      { body },
    );
    expect(seen.contact?.marketing).toEqual([expect.objectContaining({ state: 'stopped', cause: 'agent' })]);
  });

  it('API keys are made, listed, named, rotated and revoked by a person', async () => {
    const { headers } = await signedIn(ctx, business);
    const by = { key: undefined, headers };
    const body = { name: 'Web shop', scopes: ['messages:read'], expiresDays: 90 };
    const made = await ask<{ id: string; key: string }>('post', '/v1/keys', '', { ...by, body });
    const list = await ask<{ items: object[] }>('get', '/v1/keys', '', by);
    expect(list.items[0]).toMatchObject({ id: made.id, name: 'Web shop', lastUsedAt: null });
    const named = { ...by, body: { name: 'Shop' } };
    expect(await ask('patch', '/v1/keys/{id}', made.id, named)).toMatchObject({ name: 'Shop' });
    const rotated = await ask<object>('post', '/v1/keys/{id}/rotate', made.id, { ...by, body: {} });
    expect(rotated).toMatchObject({ id: made.id, previousUntil: expect.any(String) });
    const revoked = await ask<object>('post', '/v1/keys/{id}/revoke', made.id, by);
    expect(revoked).toMatchObject({ revokedAt: expect.any(String) });
  });

  it('accounts, people, roles and the policy, by people', async () => {
    await tryAccounts(ctx, business, ask);
  });

  it('access of support is given, asked for, decided and ended by a person', async () => {
    const { tenantId } = business;
    const by = { key: undefined, headers: (await signedIn(ctx, business)).headers };
    const body = { hours: 1, reason: 'Messages are late.' };
    const given = await ask<{ id: string }>('post', '/v1/support-access', '', { ...by, body });
    expect(given).toMatchObject({ state: 'active', kind: 'given', operator: { id: null } });
    const looks = await ask<object>('get', '/v1/support-access/{id}/looks', given.id, by);
    expect(looks).toEqual({ items: [], nextCursor: null });
    const ended = await ask<object>('post', '/v1/support-access/{id}/revoke', given.id, by);
    expect(ended).toMatchObject({ state: 'ended' });
    const person = { name: 'Dana', email: 'd@whatsper.example', confidentialitySigned: new Date(0) };
    const { operatorId } = await addOperator(ctx, person, 'system');
    const wanted = { tenantId, operatorId, hours: 24, reasonCode: 'fault', reason: 'A number is silent.' };
    const [one, two] = [await askForAccess(ctx, wanted, 'system'), await askForAccess(ctx, wanted, 'system')];
    const approved = await ask<object>('post', '/v1/support-access/{id}/approve', one._id, by);
    expect(approved).toMatchObject({
      state: 'active',
      operator: { id: operatorId, name: 'Dana (WHATSPER)' },
    });
    const refused = await ask<object>('post', '/v1/support-access/{id}/refuse', two._id, by);
    expect(refused).toMatchObject({ state: 'refused' });
    const list = await ask<{ items: { state: string }[] }>('get', '/v1/support-access', '', by);
    expect(list.items.map(({ state }) => state)).toEqual(['refused', 'active', 'ended']);
  });

  it('was tried above', () => {
    expect(
      routes
        .filter((route) => !tried.has(route) && !route.upload)
        .map(({ method, path }) => `${method} ${path}`),
    ).toEqual([]);
    // What takes a file is tried with files.
    expect(routes.filter(({ upload }) => upload).map(({ path }) => path)).toEqual([
      '/v1/channels/{id}/media',
    ]);
  });
});
