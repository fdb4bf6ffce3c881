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

const later = (milliseconds: number): void => {
  now = new Date(now.getTime() + milliseconds);
};

describe('a token', () => {
  it('is needed, must be known, and opens its own numbers only', async () => {
    const status = async (token: string | null, path: string): Promise<unknown> =>
      errorOf(await callGraph(simulator, path, { token }));
    expect(await status(null, NUMBER)).toMatchObject({ status: 400, code: 104 });
    expect(await status('stolen', NUMBER)).toMatchObject({ status: 401, code: 190 });
    const foreign = await callGraph(simulator, NUMBER, { token: 'token-2' });
    const missing = await callGraph(simulator, '424242', { token: 'token-2' });
    expect(foreign.json()).toMatchObject({
      error: { code: 100, error_subcode: 33, type: 'GraphMethodException' },
    });
    const shape = (text: string): string => text.replace(/fbtrace_id":"[^"]+/, '').replaceAll(/'\d+'/g, '');
    expect(shape(foreign.text)).toBe(shape(missing.text));
  });
});

describe('marking as read', () => {
  const mark = (message_id: string, typing = false) =>
    callGraph(simulator, `${NUMBER}/messages`, {
      method: 'POST',
      body: {
        messaging_product: 'whatsapp',
        status: 'read',
        message_id,
        ...(typing ? { typing_indicator: { type: 'text' } } : {}),
      },
    });

  it('turns this message and all earlier ones blue', async () => {
    const client = simulator.client({ name: 'A', phone: '972500000001' });
    const sends = ['one', 'two', 'three'].map((text) => client.send(NUMBER, text));
    await simulator.idle();
    const answer = await mark(sends[1]?.wamid ?? '');
    expect(answer.json()).toEqual({ success: true });
    expect(client.thread(NUMBER).map(({ readAt }) => readAt !== null)).toEqual([true, true, false]);
  });

  it('refuses a message that no client wrote to the number', async () => {
    const client = simulator.client({ name: 'A', phone: '972500000001' });
    const { wamid, posted } = client.send(OTHER_NUMBER, 'elsewhere');
    await posted;
    expect(errorOf(await mark(wamid))).toMatchObject({ status: 400, code: 100 });
  });

  it('shows the business as typing until it answers or 25 s are over', async () => {
    const client = simulator.client({ name: 'A', phone: '972500000001' });
    const { wamid, posted } = client.send(NUMBER, 'hello');
    await posted;
    const isTyping = async (): Promise<unknown> => {
      const path = `/control/people/${client.id}/messages?phoneNumberId=${NUMBER}`;
      return ((await (await fetch(`${simulator.url}${path}`)).json()) as { typing: unknown }).typing;
    };
    expect(await isTyping()).toBe(false);
    await mark(wamid, true);
    expect(await isTyping()).toBe(true);
    later(25_000);
    expect(await isTyping()).toBe(false);
    await mark(wamid, true);
    await sendText(simulator, { to: '+972500000001' });
    await simulator.idle();
    expect(await isTyping()).toBe(false);
  });
});

describe('a number', () => {
  it('describes itself, all of it or the fields asked for', async () => {
    expect((await callGraph(simulator, NUMBER)).json()).toMatchObject({
      id: NUMBER,
      display_phone_number: '+972 3-555-0100',
      verified_name: 'One',
      quality_rating: 'GREEN',
      throughput: { level: 'STANDARD' },
    });
    const some = await callGraph(simulator, `${NUMBER}?fields=quality_rating,name_status`);
    expect(some.json()).toEqual({ quality_rating: 'GREEN', name_status: 'APPROVED', id: NUMBER });
    expect(errorOf(await callGraph(simulator, `${NUMBER}?fields=colour`))).toMatchObject({ code: 100 });
  });
});

describe('registration', () => {
  const call = (path: string, body: object) =>
    callGraph(simulator, `${NUMBER}/${path}`, { method: 'POST', body });
  const register = (pin: string) => call('register', { messaging_product: 'whatsapp', pin });

  it('needs the PIN of the number, and without it nothing is sent', async () => {
    expect((await register('111111')).json()).toEqual({ success: true });
    expect((await call('deregister', {})).json()).toEqual({ success: true });
    expect(errorOf(await sendText(simulator, { to: '972500000001' }))).toMatchObject({ code: 133010 });
    expect(errorOf(await register('12'))).toMatchObject({ code: 100 });
    for (let guess = 0; guess < 5; guess += 1) {
      expect(errorOf(await register('222222'))).toMatchObject({ code: 133005 });
    }
    expect(errorOf(await register('111111'))).toMatchObject({ code: 133008 });
    for (let count = 0; count < 2; count += 1) await register('111111');
    expect(errorOf(await register('111111'))).toMatchObject({ code: 133016 });
  });
});

describe('blocked people', () => {
  it('wrote in the last 24 hours, and get nothing while they are blocked', async () => {
    const client = simulator.client({ name: 'A', phone: '972500000001' });
    const change = (method: string, ...people: string[]) =>
      callGraph(simulator, `${NUMBER}/block_users`, {
        method,
        body: { messaging_product: 'whatsapp', block_users: people.map((user) => ({ user })) },
      });
    expect((await change('POST', '972500000001')).json()).toMatchObject({
      block_users: { added_users: [], failed_users: [{ errors: [{ code: 131047 }] }] },
    });
    await client.send(NUMBER, 'hello').posted;
    await change('POST', '972500000001');
    expect((await callGraph(simulator, `${NUMBER}/block_users`)).json()).toMatchObject({
      data: [{ wa_id: '972500000001' }],
    });
    expect(errorOf(await sendText(simulator, { to: '972500000001' }))).toMatchObject({ code: 130403 });
    await change('DELETE', '972500000001');
    expect((await sendText(simulator, { to: '972500000001' })).status).toBe(200);
  });
});

describe('a username', () => {
  it('belongs to one number', async () => {
    const set = (number: string, username: string, token?: string) =>
      callGraph(simulator, `${number}/username`, {
        method: 'POST',
        body: { username },
        ...(token === undefined ? {} : { token }),
      });
    expect((await set(NUMBER, 'demo.cafe')).json()).toEqual({ status: 'approved' });
    expect(errorOf(await set(NUMBER, 'No Such Name'))).toMatchObject({ code: 147002 });
    expect(errorOf(await set(OTHER_NUMBER, 'demo.cafe', 'token-2'))).toMatchObject({ code: 147001 });
    expect((await callGraph(simulator, `${NUMBER}/username`)).json()).toMatchObject({
      username: 'demo.cafe',
    });
  });
});

describe('subscribing a WABA', () => {
  const call = (method: string, body?: unknown) =>
    callGraph(simulator, '1000/subscribed_apps', { method, body });

  it('decides whether webhooks are posted', async () => {
    const client = simulator.client({ name: 'A', phone: '972500000001' });
    expect((await call('DELETE')).json()).toEqual({ success: true });
    expect((await call('GET')).json()).toEqual({ data: [] });
    expect(await client.send(NUMBER, 'unheard').posted).toMatchObject({ state: 'given-up', attempts: [] });
    expect((await call('POST')).json()).toEqual({ success: true });
    expect((await call('GET')).json()).toMatchObject({ data: [{ whatsapp_business_api_data: {} }] });
    await client.send(NUMBER, 'heard').posted;
    expect(gateway.texts()).toEqual(['heard']);
  });

  it('with a callback of its own shakes hands first and posts there afterwards', async () => {
    const override_callback_uri = `${gateway.url}/tenant`;
    gateway.answer = () => ({ status: 200, body: 'no challenge' });
    expect(errorOf(await call('POST', { override_callback_uri, verify_token: 'v' }))).toMatchObject({
      code: 100,
    });
    gateway.answer = ({ url }) => ({ status: 200, body: url.searchParams.get('hub.challenge') ?? '' });
    expect((await call('POST', { override_callback_uri, verify_token: 'v' })).status).toBe(200);
    expect((await call('GET')).json()).toMatchObject({ data: [{ override_callback_uri }] });
    const client = simulator.client({ name: 'A', phone: '972500000001' });
    await client.send(NUMBER, 'here').posted;
    await client.send(OTHER_NUMBER, 'there').posted;
    const posts = gateway.received.filter(({ method }) => method === 'POST');
    expect(posts.map(({ url }) => url.pathname)).toEqual(['/webhooks/whatsapp/tenant', '/webhooks/whatsapp']);
  });

  it('yields to the callback of a number alone', async () => {
    gateway.answer = ({ url }) => ({ status: 200, body: url.searchParams.get('hub.challenge') ?? '' });
    const configure = (address: string) =>
      callGraph(simulator, NUMBER, {
        method: 'POST',
        body: { webhook_configuration: { override_callback_uri: address, verify_token: 'v' } },
      });
    expect((await configure(`${gateway.url}/number`)).json()).toEqual({ success: true });
    const shown = await callGraph(simulator, `${NUMBER}?fields=webhook_configuration`);
    expect(shown.json()).toMatchObject({ webhook_configuration: { phone_number: `${gateway.url}/number` } });
    await simulator.client({ name: 'A', phone: '972500000001' }).send(NUMBER, 'here').posted;
    expect(gateway.received.at(-1)?.url.pathname).toBe('/webhooks/whatsapp/number');
    await configure('');
    const after = await callGraph(simulator, `${NUMBER}?fields=webhook_configuration`);
    expect(after.text).not.toContain('phone_number"');
  });
});
