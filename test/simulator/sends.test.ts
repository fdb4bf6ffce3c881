import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';

import type { Simulator, SimulatorOptions } from '../../simulator/index.ts';
import type { FakeGateway } from './fake-gateway.ts';
import { callGraph, errorOf, NUMBER, OTHER_NUMBER, sendText, startPair } from './fake-gateway.ts';

let now = new Date('2026-11-22T10:00:00Z');
let gateway: FakeGateway;
let simulator: Simulator;
let stop: () => Promise<void>;

const start = async (options: Partial<SimulatorOptions> = {}): Promise<void> => {
  now = new Date('2026-11-22T10:00:00Z');
  ({ gateway, simulator, stop } = await startPair({ clock: () => now, ...options }));
};
beforeEach(() => start());
afterEach(() => stop());

const HOUR = 60 * 60 * 1_000;
const later = (milliseconds: number): void => {
  now = new Date(now.getTime() + milliseconds);
};

describe('a send', () => {
  it('is accepted with a wamid and reaches the phone', async () => {
    const client = simulator.client({ name: 'A', phone: '972500000001' });
    await client.send(NUMBER, 'hello').posted;
    const answer = await sendText(simulator, { to: '+972500000001' });
    expect(answer.status).toBe(200);
    const wamid = simulator.sent[0]?.wamid;
    expect(wamid).toMatch(/^wamid\.[A-Za-z0-9+/=]+$/);
    expect(answer.json()).toEqual({
      messaging_product: 'whatsapp',
      contacts: [{ input: '+972500000001', wa_id: '972500000001' }],
      messages: [{ id: wamid }],
    });
    await simulator.idle();
    expect(client.inbox(NUMBER)).toMatchObject([{ wamid, type: 'text', content: { body: 'answer' } }]);
  });

  it('reaches somebody who has no phone by BSUID, and the statuses name nobody by phone', async () => {
    const client = simulator.client({ name: 'A', userId: 'IL.5', username: 'only.name' });
    await client.send(NUMBER, 'hello').posted;
    const answer = await sendText(simulator, { recipient: 'IL.5' });
    expect(answer.json()).toMatchObject({ contacts: [{ input: 'IL.5', user_id: 'IL.5' }] });
    await simulator.idle();
    expect(client.inbox(NUMBER)).toHaveLength(1);
    const [sent, delivered] = gateway.values().flatMap(({ statuses }) => statuses ?? []);
    for (const status of [sent, delivered]) {
      expect(status).toMatchObject({ recipient_user_id: 'IL.5' });
      expect(status).not.toHaveProperty('recipient_id');
    }
    const contacts = gateway
      .values()
      .flatMap((value) => (value.statuses === undefined ? [] : [value.contacts]));
    expect(contacts.slice(0, 2)).toEqual([
      [{ user_id: 'IL.5' }],
      [{ profile: { username: 'only.name' }, user_id: 'IL.5' }],
    ]);
  });

  it('goes to the phone when both phone and BSUID are given', async () => {
    const byPhone = simulator.client({ name: 'A', phone: '972500000001' });
    const byUserId = simulator.client({ name: 'B', userId: 'IL.5' });
    for (const client of [byPhone, byUserId]) await client.send(NUMBER, 'hello').posted;
    const answer = await sendText(simulator, { to: '972500000001', recipient: 'IL.5' });
    expect(answer.json()).toMatchObject({ contacts: [{ input: '972500000001', wa_id: '972500000001' }] });
    await simulator.idle();
    expect([byPhone, byUserId].map((client) => client.inbox(NUMBER).length)).toEqual([1, 0]);
  });

  it('to a BSUID in the place of a phone is answered 200 and lost', async () => {
    const client = simulator.client({ name: 'A', userId: 'IL.5' });
    await client.send(NUMBER, 'hello').posted;
    expect((await sendText(simulator, { to: 'IL.5' })).status).toBe(200);
    await simulator.idle();
    expect(simulator.sent).toHaveLength(1);
    expect(client.inbox(NUMBER)).toHaveLength(0);
    expect(gateway.statuses()).toEqual([]);
  });

  it('to nobody fails with 131026 after it was accepted', async () => {
    const template = { type: 'template', template: { name: 'hello_world', language: { code: 'en_US' } } };
    const answer = await sendText(simulator, { to: '+15550999' }, template);
    expect(answer.json()).toMatchObject({ messages: [{ message_status: 'accepted' }] });
    await simulator.idle();
    const [status] = gateway.values().flatMap(({ statuses }) => statuses ?? []);
    expect(status).toMatchObject({ status: 'failed', errors: [{ code: 131026 }], recipient_id: '15550999' });
  });
});

describe('the 24-hour window', () => {
  it('closes 24 h after the last message of the client, for that number alone', async () => {
    const client = simulator.client({ name: 'A', phone: '972500000001' });
    const to = '+972500000001';
    expect(errorOf(await sendText(simulator, { to }))).toMatchObject({ status: 400, code: 131047 });
    await client.send(NUMBER, 'hello').posted;
    later(24 * HOUR - 1);
    expect((await sendText(simulator, { to })).status).toBe(200);
    expect(errorOf(await sendText(simulator, { to }, { number: OTHER_NUMBER }))).toMatchObject({
      code: 131047,
    });
    later(1);
    expect(errorOf(await sendText(simulator, { to }))).toMatchObject({ status: 400, code: 131047 });
    expect(simulator.sent).toHaveLength(1);
  });

  it('does not hold back a template', async () => {
    simulator.client({ name: 'A', phone: '972500000001' });
    const template = { type: 'template', template: { name: 'hello_world', language: { code: 'en_US' } } };
    expect((await sendText(simulator, { to: '+972500000001' }, template)).status).toBe(200);
  });

  it('can show as a failed status instead', async () => {
    await stop();
    await start({ window: 'status' });
    const client = simulator.client({ name: 'A', phone: '972500000001', userId: 'IL.1' });
    expect((await sendText(simulator, { to: '+972500000001' })).status).toBe(200);
    await simulator.idle();
    const value = gateway.values()[0];
    expect(value?.statuses).toMatchObject([
      { status: 'failed', errors: [{ code: 131047 }], recipient_id: '972500000001' },
    ]);
    // Failed statuses carry neither contacts nor, when we sent to a phone, the BSUID.
    expect(value).not.toHaveProperty('contacts');
    expect(value?.statuses?.[0]).not.toHaveProperty('recipient_user_id');
    expect(client.inbox(NUMBER)).toHaveLength(0);
  });

  it('can be switched off', async () => {
    await stop();
    await start({ window: 'off' });
    simulator.client({ name: 'A', phone: '972500000001' });
    expect((await sendText(simulator, { to: '+972500000001' })).status).toBe(200);
  });
});

describe('a refused send', () => {
  const to = '+972500000001';
  const cases: [string, Record<string, unknown>, { code: number; details: string }][] = [
    [
      'without messaging_product',
      { messaging_product: undefined, to },
      { code: 100, details: 'messaging_product' },
    ],
    [
      'with a misspelt recipient_type',
      { to, recipient_type: 'person' },
      { code: 100, details: 'recipient_type' },
    ],
    ['of an unknown type', { to, type: 'hologram', hologram: {} }, { code: 100, details: 'HOLOGRAM' }],
    ['without its payload', { to, text: undefined }, { code: 131008, details: 'text' }],
    ['without a body', { to, text: {} }, { code: 131008, details: 'text.body' }],
    ['with an empty body', { to, text: { body: '' } }, { code: 131009, details: 'text.body' }],
    [
      'with a body too long',
      { to, text: { body: 'א'.repeat(4_097) } },
      { code: 100, details: 'at most 4096' },
    ],
    ['to nobody', {}, { code: 131008, details: 'to or recipient' }],
    ['to what is no phone', { to: 'dana' }, { code: 131009, details: 'not a phone number' }],
    ['to the number itself', { to: '+97235550100' }, { code: 131021, details: 'same' }],
    ['to what is no BSUID', { recipient: 'dana' }, { code: 131009, details: 'business-scoped' }],
    [
      'with id and link',
      { to, type: 'image', image: { id: '1', link: 'https://a.b/c' } },
      { code: 131009, details: 'id or link' },
    ],
    [
      'without language',
      { to, type: 'template', template: { name: 'x' } },
      { code: 131008, details: 'language' },
    ],
    [
      'with long callback data',
      { to, biz_opaque_callback_data: 'x'.repeat(513) },
      { code: 100, details: '512' },
    ],
  ];
  it.each(cases)('%s says what is wrong', async (_name, body, { code, details }) => {
    const base = { messaging_product: 'whatsapp', type: 'text', text: { body: 'x' } };
    const answer = await callGraph(simulator, `${NUMBER}/messages`, {
      method: 'POST',
      body: { ...base, ...body },
    });
    expect(errorOf(answer)).toEqual({
      status: 400,
      code,
      details: expect.stringMatching(new RegExp(details, 'i')) as unknown,
    });
    expect(simulator.sent).toHaveLength(0);
  });

  it('with a body that is not JSON is an invalid parameter', async () => {
    const answer = await fetch(`${simulator.url}/v25.0/${NUMBER}/messages`, {
      method: 'POST',
      headers: { authorization: 'Bearer token-1' },
      body: '{',
    });
    expect(await answer.json()).toMatchObject({
      error: { code: 100, fbtrace_id: expect.any(String) as unknown },
    });
  });

  const buttons = (...titles: string[]): unknown => ({
    type: 'button',
    body: { text: 'Choose' },
    action: { buttons: titles.map((title, index) => ({ type: 'reply', reply: { id: `b${index}`, title } })) },
  });
  it('with too many or equal buttons is invalid, with three different ones it is not', async () => {
    await simulator.client({ name: 'A', phone: '972500000001' }).send(NUMBER, 'hello').posted;
    const send = (interactive: unknown) => sendText(simulator, { to }, { type: 'interactive', interactive });
    expect(errorOf(await send(buttons('a', 'b', 'c', 'd')))).toMatchObject({ code: 131009 });
    expect(errorOf(await send(buttons('a', 'a')))).toMatchObject({ code: 131009 });
    expect((await send(buttons('a', 'b', 'c'))).status).toBe(200);
  });
});
