/**
 * Every other webhook field, as data: each file of test/fixtures/webhook-fields goes the real way, from the signed POST
 * through lanes and worker into the store, and is compared with what its tenant sees by REST. Then all of it comes
 * once more: nothing may change (P2).
 */
import { readdir, readFile } from 'node:fs/promises';

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { startSimulator } from '../../simulator/index.ts';
import { fieldNames } from '../../simulator/webhooks/field-samples.ts';
import { sceneNames } from '../../simulator/webhooks/scenes.ts';
import { wamidKey } from '../../src/conversations/ids.ts';
import { Conversations, type MessageRow, Messages } from '../../src/conversations/model.ts';
import { applyStoredStatuses, linkWamid, raiseStatus } from '../../src/conversations/statuses.ts';
import { openRedis } from '../../src/store/redis.ts';
import { withTenant } from '../../src/store/scope.ts';
import { addChannel } from '../../src/tenants/channels.ts';
import { Channels } from '../../src/tenants/model.ts';
import { createWebhookHandler } from '../../src/webhooks/receiver.ts';
import type { Json } from '../../src/whatsapp/payload/json.ts';
import { startInbound } from '../../workers/inbound.ts';
import { type TestContext, testContext } from '../support/context.ts';
import { type Business, openBusiness, openGateway, type TestGateway } from '../support/fixtures.ts';
import { until } from '../support/until.ts';
import { signature, wire } from '../support/webhook.ts';

interface Step {
  field?: string;
  value?: Json;
  /** `entry.time`. */
  time?: number;
  /** The value names no number. */
  bare?: boolean;
  /** The business sends a text to the first client; WhatsApp gives it this wamid. */
  sent?: string;
  text?: string;
  /** A text to the first client is refused with this problem. */
  refused?: string;
}

interface Fixture {
  about: string;
  steps: Step[];
  expect: {
    conversations?: (Json & { messages: Json[]; $absent?: string[] })[];
    contacts?: Json[];
    notices?: Json[];
    channel?: Json;
    group?: Json;
    parked?: string[];
  };
}

const FOLDER = new URL('../fixtures/webhook-fields/', import.meta.url);
const SECRET = 'app-secret-of-the-tests';

const fixtures = await Promise.all(
  (await readdir(FOLDER))
    .sort()
    .map(async (name): Promise<[string, Fixture]> => [
      name.replace('.json', ''),
      JSON.parse(await readFile(new URL(name, FOLDER), 'utf8')) as Fixture,
    ]),
);

interface Stage extends Business {
  wabaId: string;
}

let ctx: TestContext;
let gateway: TestGateway;
let close: () => Promise<void>;
const stages = new Map<string, Stage>();
const seen = new Map<string, [Json, Json]>();

/** An account of its own for each, since what concerns an account goes to all that have a number on it. */
async function openStage(name: string, wabaId = ''): Promise<Stage> {
  const business = await openBusiness(ctx, name);
  const own = wabaId || `7${business.phoneNumberId}`;
  const { tenantId, phoneNumberId } = business;
  const number = { displayNumber: '+97235550100', token: 'token-of-the-tests' };
  await addChannel(ctx, { tenantId, phoneNumberId, wabaId: own, ...number });
  return { ...business, wabaId: own };
}

async function post(
  { wabaId, phoneNumberId }: Stage,
  { field, value = {}, time, bare }: Step,
): Promise<void> {
  const metadata = { display_phone_number: '+972 3-555 0100', phone_number_id: phoneNumberId };
  const whole = { field, value: bare ? value : { messaging_product: 'whatsapp', metadata, ...value } };
  const change = JSON.parse(JSON.stringify(whole).replaceAll('"$number"', `"${phoneNumberId}"`)) as Json;
  const entry = [{ id: wabaId, ...(time === undefined ? {} : { time }), changes: [change] }];
  const body = wire({ object: 'whatsapp_business_account', entry });
  const answer = await fetch(`${gateway.url}/webhooks/whatsapp`, {
    method: 'POST',
    body: new Uint8Array(body),
    headers: { 'X-Hub-Signature-256': signature(body, SECRET) },
  });
  expect(answer.status).toBe(200);
}

const quiet = () =>
  until(
    'the lanes are empty',
    async () => {
      const { inbound } = ctx;
      const names = inbound.queues.map(({ name }) => name);
      const waiting = await Promise.all(
        names.map((name) => inbound.waitingSince(name, Number.MAX_SAFE_INTEGER, 1)),
      );
      return waiting.flat().length === 0;
    },
    60_000,
  );

async function list({ key }: Business, path: string): Promise<(Json & { id: string })[]> {
  const { body } = await gateway.ask<{ items: (Json & { id: string })[] }>('GET', path, { key });
  return body.items;
}

async function firstConversation(stage: Stage): Promise<string> {
  return (await list(stage, '/v1/conversations'))[0]?.id ?? '';
}

/** What the sender does once the Graph API has answered. */
async function send(stage: Stage, wamid: string, text: string): Promise<void> {
  const { tenantId, phoneNumberId, key } = stage;
  const path = `/v1/conversations/${await firstConversation(stage)}/messages`;
  const body = { type: 'text', text: { body: text } };
  const { body: accepted, text: said } = await gateway.ask<{ id: string }>('POST', path, { key, body });
  if (!accepted.id) throw new Error(`The message was refused: ${said}`);
  await withTenant(tenantId, async () => {
    const row = await ctx.store.model(Messages).findOne({ _id: accepted.id }).lean<MessageRow>().exec();
    const wamidId = await wamidKey(ctx, tenantId, phoneNumberId, wamid);
    await linkWamid(ctx, row as MessageRow, wamidId, wamid);
    await raiseStatus(ctx, accepted.id, 'accepted');
    await applyStoredStatuses(ctx, row as MessageRow, wamidId);
  });
}

async function play(stage: Stage, step: Step): Promise<void> {
  if (step.sent !== undefined) return send(stage, step.sent, step.text ?? '');
  if (step.refused === undefined) return post(stage, step);
  const path = `/v1/conversations/${await firstConversation(stage)}/messages`;
  const body = { type: 'text', text: { body: 'No' } };
  const answer = await gateway.ask('POST', path, { key: stage.key, body });
  expect({ status: answer.status, type: answer.body.type }).toEqual({
    status: 409,
    type: expect.stringContaining(step.refused) as unknown,
  });
}

async function look(stage: Stage): Promise<Json> {
  const [conversations, contacts, notices, parked, channels] = await Promise.all([
    list(stage, '/v1/conversations'),
    list(stage, '/v1/contacts'),
    list(stage, '/v1/notices'),
    list(stage, '/v1/dead-letters'),
    withTenant(stage.tenantId, () => ctx.store.model(Channels).find().lean().exec()),
  ]);
  const threads = await Promise.all(
    conversations.map(async (one) => ({
      ...one,
      window: { ...(one.window as Json) },
      messages: (await list(stage, `/v1/conversations/${one.id}/messages`)).reverse(),
    })),
  );
  const group = threads.find((one) => 'group' in one);
  const path = `/v1/conversations/${group?.id ?? ''}/group`;
  return {
    conversations: threads,
    contacts,
    notices,
    channel: channels[0],
    parked: parked.map(({ reason }) => reason),
    ...(group ? { group: (await gateway.ask('GET', path, { key: stage.key })).body } : {}),
  };
}

async function playAll(chosen: (step: Step) => boolean): Promise<void> {
  const longest = Math.max(...fixtures.map(([, { steps }]) => steps.length));
  for (let place = 0; place < longest; place += 1) {
    await Promise.all(
      fixtures.map(async ([name, { steps }]) => {
        const step = steps[place];
        if (step && chosen(step)) await play(stages.get(name) as Stage, step);
      }),
    );
    await quiet();
  }
}

beforeAll(async () => {
  // The time of the fixtures, going on from there.
  const began = Date.now();
  ctx = await testContext({ clock: { now: () => Date.UTC(2026, 10, 22, 12, 5) + (Date.now() - began) } });
  const { log, clock, settings } = ctx;
  const redis = openRedis({ url: settings.REDIS_URL ?? '', log, clock, part: 'workers', mode: 'wait' });
  const workers = startInbound(ctx, redis);
  const webhook = createWebhookHandler(ctx, { take: (items) => ctx.inbound.append(items) });
  gateway = await openGateway(ctx, { webhook });
  close = async () => {
    for (const worker of workers) await worker.close(5_000);
    redis.disconnect();
    await gateway.close();
    await ctx.close();
  };
  await Promise.all(fixtures.map(async ([name]) => stages.set(name, await openStage(name))));
  await playAll(() => true);
  const first = new Map(
    await Promise.all([...stages].map(async ([name, stage]) => [name, await look(stage)] as const)),
  );
  await playAll((step) => step.sent === undefined && step.refused === undefined);
  for (const [name, stage] of stages) seen.set(name, [first.get(name) ?? {}, await look(stage)]);
}, 180_000);
afterAll(() => close());

function checkOne(found: Json | undefined, { $absent, $without, ...wanted }: Json): void {
  expect(found).toMatchObject(wanted);
  for (const key of ($absent as string[] | undefined) ?? []) expect(found).not.toHaveProperty(key);
  if (typeof $without === 'string') expect(JSON.stringify(found)).not.toContain($without);
}

describe('each field', () => {
  it.each(fixtures)('%s', (name, { expect: wanted }) => {
    const [first, again] = seen.get(name) as [Json, Json];
    const conversations = first.conversations as (Json & { messages: Json[] })[];
    expect(conversations.map(({ messages }) => messages.length)).toEqual(
      (wanted.conversations ?? []).map(({ messages }) => messages.length),
    );
    for (const [index, { messages, ...one }] of (wanted.conversations ?? []).entries()) {
      checkOne(conversations[index], one);
      for (const [place, message] of messages.entries()) {
        checkOne(conversations[index]?.messages[place], message);
      }
    }
    const notices = (wanted.notices ?? []).map((one) => expect.objectContaining(one) as unknown);
    expect(first.notices).toHaveLength(notices.length);
    expect(first.notices).toEqual(expect.arrayContaining(notices));
    if (wanted.contacts) expect(first.contacts).toMatchObject(wanted.contacts);
    if (wanted.channel) expect(first.channel).toMatchObject(wanted.channel);
    if (wanted.group) expect(first.group).toMatchObject(wanted.group);
    expect(first.parked).toEqual(wanted.parked ?? []);
    expect({ ...again, parked: [] }).toEqual({ ...first, parked: [] });
  });
});

describe('an account that two tenants share', () => {
  it('gives each what is its own, and nothing of the other', async () => {
    const one = await openStage('Aleph', '700100200');
    const other = await openStage('Bet', '700100200');
    const alert = { alert_severity: 'CRITICAL', alert_type: 'ABOUT_A_NUMBER', alert_description: 'x' };
    const value = { entity_type: 'PHONE_NUMBER', entity_id: one.phoneNumberId, alert_info: alert };
    await post(one, { field: 'account_alerts', value, bare: true });
    await post(one, { field: 'account_review_update', value: { decision: 'APPROVED' }, bare: true });
    await quiet();
    expect((await list(one, '/v1/notices')).map(({ event }) => event).sort()).toEqual([
      'ABOUT_A_NUMBER',
      'APPROVED',
    ]);
    expect((await list(other, '/v1/notices')).map(({ event }) => event)).toEqual(['APPROVED']);
  });
});

describe('a call whose first try died after its row was written', () => {
  it('opens the window and brings the conversation forward when its event comes again', async () => {
    const stage = stages.get('call-missed') as Stage;
    const [before] = await list(stage, '/v1/conversations');
    const _id = before?.id ?? '';
    await withTenant(stage.tenantId, () =>
      ctx.store
        .model(Conversations)
        .updateOne({ _id }, { $set: { lastPosition: 0 }, $unset: { lastCallAt: 1, lastMessageId: 1 } })
        .exec(),
    );
    expect((await list(stage, '/v1/conversations'))[0]).toMatchObject({ window: { open: false } });
    for (const step of fixtures.find(([name]) => name === 'call-missed')?.[1].steps ?? []) {
      await play(stage, step);
    }
    await quiet();
    expect((await list(stage, '/v1/conversations'))[0]).toEqual(before);
  });
});

describe('control', () => {
  it('is taken by a person, who then may answer', async () => {
    const stage = stages.get('standby') as Stage;
    const id = await firstConversation(stage);
    const { key } = stage;
    const taken = await gateway.ask('POST', `/v1/conversations/${id}/take-control`, { key });
    expect(taken.status).toBe(200);
    expect(taken.body).not.toHaveProperty('control');
    const body = { type: 'text', text: { body: 'I am here' } };
    expect((await gateway.ask('POST', `/v1/conversations/${id}/messages`, { key, body })).status).toBe(202);
  });
});

describe('the simulator', () => {
  it('posts nothing that can’t be read: every example and every scene finds its place', async () => {
    const stage = await openStage('Gimel');
    const { phoneNumberId, wabaId } = stage;
    const number = { phoneNumberId, wabaId, displayNumber: '+972 35550100', accessToken: 't', name: 'Gimel' };
    const simulator = await startSimulator({
      webhookUrl: `${gateway.url}/webhooks/whatsapp`,
      appSecret: SECRET,
      verifyToken: 'verify-token-of-the-tests',
      numbers: [number],
    });
    try {
      const client = simulator.client({ name: 'Noa', phone: '972500000001', userId: 'IL.1001' });
      for (const name of fieldNames) await client.field(phoneNumberId, name);
      for (const name of sceneNames) await client.scene(phoneNumberId, name);
      await quiet();
    } finally {
      await simulator.stop();
    }
    const seenNow = await look(stage);
    expect(seenNow.parked).toEqual(['unknown-field']); // field_of_tomorrow
    const conversations = seenNow.conversations as (Json & { messages: Json[] })[];
    const [chat] = conversations.filter((one) => !('group' in one));
    const calls = chat?.messages.filter(({ type }) => type === 'call') ?? [];
    expect(calls.map(({ content }) => (content as Json).outcome).sort()).toEqual([
      'answered',
      'answered',
      'answered',
      'declined',
      'missed',
    ]);
    expect(chat).toMatchObject({ window: { open: true } });
    expect(new Set(chat?.messages.map(({ via }) => via))).toEqual(
      new Set([undefined, 'phone', 'standby', 'other-app', 'history']),
    );
  });
});
