/** Templates and marketing stops on the product's own server, with the simulator as Meta. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { type Simulator, startSimulator } from '../../simulator/index.ts';
import { applyUserPreference } from '../../src/conversations/marketing.ts';
import { type MessageRow, Messages } from '../../src/conversations/model.ts';
import { workOutboxLane } from '../../src/outbox/lane.ts';
import { withTenant } from '../../src/store/scope.ts';
import { applyTemplateEvent } from '../../src/templates/events.ts';
import { syncDueAccounts } from '../../src/templates/sync.ts';
import { addChannel } from '../../src/tenants/channels.ts';
import { SCOPES } from '../../src/tenants/permissions.ts';
import { createTenant } from '../../src/tenants/tenants.ts';
import { type Graph, openGraph } from '../../src/whatsapp/graph.ts';
import { ManualClock } from '../support/clock.ts';
import { type TestContext, testContext } from '../support/context.ts';
import {
  type Business,
  clientWrites,
  keyWith,
  openGateway,
  type TestGateway,
  type Written,
} from '../support/fixtures.ts';

const WABA = '102290129340398';
const NUMBER = { phoneNumberId: '106540352242922', wabaId: WABA, displayNumber: '+972 3-555-0100' };
const PHONE = '972500000001';
const clock = new ManualClock();
let simulator: Simulator;
let ctx: TestContext;
let gateway: TestGateway;
let graph: Graph;
let business: Business;
let client: Written;

beforeAll(async () => {
  simulator = await startSimulator({
    webhookUrl: 'http://127.0.0.1:9/nobody',
    appSecret: 'secret',
    verifyToken: 'verify',
    numbers: [{ ...NUMBER, accessToken: 'token-of-the-number', name: 'Aleph' }],
    statuses: 'manual',
    templates: 'known',
    clock: () => new Date(clock.now()),
  });
  simulator.client({ name: 'Dana', phone: PHONE });
  ctx = await testContext({ clock, environment: { GRAPH_API_URL: simulator.url } });
  gateway = await openGateway(ctx);
  graph = openGraph(ctx.settings);
  const { tenantId } = await createTenant(ctx, { name: 'Aleph', email: 'owner@aleph.example' });
  const { channelId } = await addChannel(ctx, { tenantId, ...NUMBER, token: 'token-of-the-number' });
  const key = await keyWith(ctx, tenantId, [...SCOPES]);
  business = { tenantId, channelId, phoneNumberId: NUMBER.phoneNumberId, key };
  client = await clientWrites(ctx, business, { phone: PHONE });
});
afterAll(async () => {
  graph.close();
  await gateway.close();
  await simulator.stop();
  await ctx.close();
});

const ask = <Body = Record<string, unknown>>(method: string, path: string, body?: object) =>
  gateway.ask<Body>(method, path, { key: business.key, ...(body ? { body } : {}) });
const definition = (name: string, category: string) => ({
  channelId: business.channelId,
  name,
  language: 'he',
  category,
  components: [
    { type: 'BODY', text: 'שלום {{1}}, ההזמנה מוכנה.', example: { body_text: [['דנה']] } },
    { type: 'BUTTONS', buttons: [{ type: 'QUICK_REPLY', text: 'הסר' }] },
  ],
});
const create = (name: string, category = 'UTILITY') =>
  ask<{ id: string; status: string }>('POST', '/v1/templates', definition(name, category));
const sync = () => {
  clock.advance(1_000);
  return ask('POST', '/v1/templates/sync', { channelId: business.channelId });
};
const message = (name: string, ...words: string[]) => ({
  type: 'template',
  template: {
    name,
    language: { code: 'he' },
    components: [{ type: 'body', parameters: words.map((text) => ({ type: 'text', text })) }],
  },
});
const send = (name: string, ...words: string[]) =>
  ask<{ id: string; type: string; rendered?: { body: string }; errors?: object[] }>(
    'POST',
    `/v1/conversations/${client.conversationId}/messages`,
    message(name, ...words),
  );
const turn = {
  lockKey: 'lock',
  token: 'token',
  holds: () => Promise.resolve(true),
  stopping: () => false,
  yields: () => false,
};
const work = () =>
  workOutboxLane(ctx, { graph }, { lane: client.conversationId, tenantId: business.tenantId }, turn);
const rowOf = (id: string) =>
  withTenant(business.tenantId, () =>
    ctx.store.model(Messages).findOne({ _id: id }).lean<MessageRow>().exec(),
  );
const told = (value: object, field = 'message_template_status_update') => {
  clock.advance(1_000);
  const event = { tenantId: business.tenantId, wabaId: WABA, field, at: new Date(clock.now()) };
  const about = { message_template_name: 'order_ready', message_template_language: 'he' };
  return withTenant(business.tenantId, () =>
    applyTemplateEvent(ctx, { ...event, value: { ...about, ...value } }),
  );
};
const order = async () => {
  const { body } = await ask<{ items: Record<string, unknown>[] }>('GET', '/v1/templates?name=order_ready');
  return body.items[0];
};
const problem = (word: string) => `https://whatsper.dev/problems/${word}`;

describe('a template', () => {
  it('is created, approved, found by a sync, and sent as the client sees it', async () => {
    const created = await create('order_ready');
    expect([created.status, created.body.status]).toEqual([201, 'PENDING']);
    expect((await create('order_ready')).body).toMatchObject({ type: problem('template-exists') });
    expect((await send('order_ready', 'דנה')).body).toMatchObject({ type: problem('template-not-approved') });
    expect((await sync()).body).toEqual({ seen: 1, removed: 0 });
    expect(await order()).toMatchObject({ status: 'APPROVED', sendable: true, category: 'UTILITY' });
    const sent = await send('order_ready', 'דנה');
    expect(sent.body.rendered).toEqual({
      body: 'שלום דנה, ההזמנה מוכנה.',
      buttons: [{ type: 'QUICK_REPLY', text: 'הסר' }],
    });
    await work();
    expect(await rowOf(sent.body.id)).toMatchObject({ status: 'accepted' });
  });

  it('is refused with the parameter that does not fit, or when the account has none of this name', async () => {
    const wrong = await send('order_ready', 'דנה', 'too many');
    expect(wrong.status).toBe(422);
    expect(wrong.body).toMatchObject({
      type: problem('template-parameters'),
      errors: [{ path: 'template.components.0.parameters', message: 'the body takes 1 parameter, not 2' }],
    });
    expect((await send('nobody_made_this')).body).toMatchObject({ type: problem('template-unknown') });
    const { body } = await ask<{ errors: object[] }>(
      'POST',
      `/v1/templates/${String((await order())?.id)}/preview`,
      {},
    );
    expect(body).toMatchObject({
      rendered: { body: 'שלום {{1}}, ההזמנה מוכנה.' },
      errors: [{ path: 'components' }],
    });
  });

  it('that WhatsApp paused is refused, also one that waited already, until the pause ends', async () => {
    const waiting = await send('order_ready', 'דנה');
    await told({
      event: 'PAUSED',
      other_info: { title: 'FIRST_PAUSE', description: 'Clients reported it.' },
    });
    expect((await send('order_ready', 'דנה')).body).toMatchObject({ type: problem('template-paused') });
    await work();
    expect(await rowOf(waiting.body.id)).toMatchObject({ status: 'failed', errorCode: 132015 });
    const paused = await order();
    await told({ event: 'APPROVED', other_info: { title: 'UNPAUSE' } });
    expect([paused?.status, paused?.reason, (await order())?.sendable]).toEqual([
      'PAUSED',
      'FIRST_PAUSE',
      true,
    ]);
    const notices = await ask<{ items: object[] }>('GET', '/v1/notices');
    expect(notices.body.items).toContainEqual(
      expect.objectContaining({ event: 'PAUSED', severity: 'warning' }),
    );
  });

  it('has the quality and the categories that WhatsApp tells, the coming one when its time has come', async () => {
    await told(
      { previous_quality_score: 'GREEN', new_quality_score: 'YELLOW' },
      'message_template_quality_update',
    );
    const at = Math.floor(clock.now() / 1_000) + 86_400;
    const coming = { new_category: 'UTILITY', correct_category: 'MARKETING', category_update_timestamp: at };
    await told(coming, 'template_category_update');
    expect(await order()).toMatchObject({
      quality: 'YELLOW',
      category: 'UTILITY',
      nextCategory: { category: 'MARKETING', at: new Date(at * 1_000).toISOString() },
    });
    await told({ previous_category: 'MARKETING', new_category: 'UTILITY' }, 'template_category_update');
    expect(await order()).toMatchObject({ category: 'UTILITY', nextCategory: null });
  });

  it('is read by itself every six hours, and shown as deleted when the account has it no more', async () => {
    await create('old_one');
    const list = await ask<{ items: { id: string }[] }>('GET', '/v1/templates?name=old_one');
    expect((await ask('DELETE', `/v1/templates/${list.body.items[0]?.id}`)).body).toMatchObject({
      status: 'DELETED',
    });
    clock.advance(6 * 3_600_000 + 1);
    expect([await syncDueAccounts(ctx), await syncDueAccounts(ctx)]).toEqual([1, 0]);
    expect((await send('old_one', 'x')).body).toMatchObject({ type: problem('template-deleted') });
  });
});

describe('marketing that a client stopped', () => {
  const contact = async () =>
    (await ask<{ marketing?: { state: string; cause: string }[] }>('GET', `/v1/contacts/${client.contactId}`))
      .body.marketing?.[0];
  const lines = async () => {
    const { body } = await ask<{ items: { kind?: string }[] }>(
      'GET',
      `/v1/conversations/${client.conversationId}/messages`,
    );
    return body.items.map(({ kind }) => kind).filter((kind) => kind?.startsWith('marketing'));
  };
  const say = (words: string) => {
    clock.advance(1_000);
    return clientWrites(ctx, business, { phone: PHONE, body: words });
  };
  const preference = (value: string) => {
    clock.advance(2_000);
    const { tenantId, channelId } = business;
    const entry = {
      wa_id: PHONE,
      category: 'marketing_messages',
      value,
      timestamp: Math.floor(clock.now() / 1_000),
    };
    return withTenant(tenantId, () =>
      applyUserPreference(ctx, { tenantId, channelId, preference: entry, receivedAt: new Date(clock.now()) }),
    );
  };
  const choose = (state: string) => {
    clock.advance(1_000);
    return ask('PUT', `/v1/conversations/${client.conversationId}/marketing`, {
      state,
      reason: 'They called us.',
    });
  };

  it('by a word holds back marketing, accepted or waiting, and nothing else', async () => {
    await create('summer_sale', 'MARKETING');
    await sync();
    const waiting = await send('summer_sale', 'דנה');
    await say(' הסר! ');
    expect(await contact()).toMatchObject({ state: 'stopped', cause: 'word' });
    expect((await send('summer_sale', 'דנה')).body).toMatchObject({ type: problem('marketing-stopped') });
    await work();
    expect(await rowOf(waiting.body.id)).toMatchObject({ status: 'failed', errorCode: 131050 });
    expect((await send('order_ready', 'דנה')).status).toBe(202);
    await say('START');
    expect(await contact()).toMatchObject({ state: 'allowed', cause: 'word' });
    expect(await lines()).toEqual(['marketing_resumed', 'marketing_stopped']);
    await say('Please stop by tomorrow');
    expect(await contact()).toMatchObject({ state: 'allowed' });
  });

  it('by an agent ends by an agent; told to WhatsApp it ends there only', async () => {
    expect((await choose('stopped')).status).toBe(200);
    expect(await contact()).toMatchObject({
      state: 'stopped',
      cause: 'agent',
      by: expect.stringMatching(/^key:/) as unknown,
    });
    expect((await choose('allowed')).status).toBe(200);
    expect(await preference('stop')).toBe(true);
    expect((await choose('allowed')).body).toMatchObject({ type: problem('marketing-stopped-by-client') });
    await say('START');
    expect(await contact()).toMatchObject({ state: 'stopped', cause: 'preference' });
    await preference('resume');
    expect(await contact()).toMatchObject({ state: 'allowed', cause: 'preference' });
  });

  it('is learnt from a send that WhatsApp refuses for it, and holds for the same person under another contact', async () => {
    await work();
    const sent = await send('summer_sale', 'דנה');
    simulator.faults.nextSend({ kind: 'error', code: 131050 });
    await work();
    expect(await rowOf(sent.body.id)).toMatchObject({ status: 'failed', errorCode: 131050 });
    expect(await contact()).toMatchObject({ state: 'stopped', cause: 'refused' });
    const other = await clientWrites(ctx, business, { phone: '972500000002' });
    const toOther = () =>
      ask('POST', `/v1/conversations/${other.conversationId}/messages`, message('summer_sale', 'דנה'));
    expect((await toOther()).status).toBe(202);
    await ask('POST', `/v1/contacts/${other.contactId}/merge`, { into: client.contactId });
    expect((await toOther()).body).toMatchObject({ type: problem('marketing-stopped') });
  });
});
