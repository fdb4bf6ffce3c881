import { createHmac } from 'node:crypto';

import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';

import type { Simulator } from '../../simulator/index.ts';
import { encodeWebhook } from '../../simulator/webhooks/json.ts';
import type { FakeGateway } from './fake-gateway.ts';
import { NUMBER, only, SECRET, startPair } from './fake-gateway.ts';

let gateway: FakeGateway;
let simulator: Simulator;
let stop: () => Promise<void>;

beforeEach(async () => {
  ({ gateway, simulator, stop } = await startPair({ clock: () => new Date('2026-11-22T10:00:00Z') }));
});
afterEach(() => stop());

describe('the bytes of a webhook', () => {
  it('escape everything above ASCII in lowercase hex, and slashes', () => {
    const bytes = encodeWebhook({ name: 'דנה/Zoë 👋', back: 'a\\/b' });
    expect(bytes.toString('latin1')).toBe(
      '{"name":"\\u05d3\\u05e0\\u05d4\\/Zo\\u00eb \\ud83d\\udc4b","back":"a\\\\\\/b"}',
    );
    expect(JSON.parse(bytes.toString('utf8'))).toEqual({ name: 'דנה/Zoë 👋', back: 'a\\/b' });
  });

  it('are what the signature covers, not the text that they stand for', async () => {
    const client = simulator.client({ name: 'דנה/👋', phone: '+972 50-000-0001' });
    await client.send(NUMBER, 'שלום, 1/2 👋').posted;
    const { body, headers } = only(gateway.received);
    expect(body.every((byte) => byte < 0x80)).toBe(true);
    expect(headers['content-type']).toBe('application/json');
    const sign = (bytes: string | Buffer): string => createHmac('sha256', SECRET).update(bytes).digest('hex');
    expect(headers['x-hub-signature-256']).toBe(`sha256=${sign(body)}`);
    const parsed: unknown = JSON.parse(body.toString('utf8'));
    expect(headers['x-hub-signature-256']).not.toBe(`sha256=${sign(JSON.stringify(parsed))}`);
    expect(gateway.texts()).toEqual(['שלום, 1/2 👋']);
  });
});

describe('a message of a client', () => {
  it('comes in the envelope of its WABA and number', async () => {
    const client = simulator.client({ name: 'Dana', phone: '972500000001', userId: 'IL.77' });
    const { wamid, posted } = client.send(NUMBER, 'hello');
    await posted;
    expect(JSON.parse(only(gateway.received).body.toString())).toEqual({
      object: 'whatsapp_business_account',
      entry: [
        {
          id: '1000',
          changes: [
            {
              field: 'messages',
              value: {
                messaging_product: 'whatsapp',
                metadata: { display_phone_number: '+972 3-555-0100', phone_number_id: NUMBER },
                contacts: [{ profile: { name: 'Dana' }, wa_id: '972500000001', user_id: 'IL.77' }],
                messages: [
                  {
                    from: '972500000001',
                    from_user_id: 'IL.77',
                    id: wamid,
                    timestamp: '1795341600',
                    type: 'text',
                    text: { body: 'hello' },
                  },
                ],
              },
            },
          ],
        },
      ],
    });
  });

  it('shows only what Meta knows: phone alone, or BSUID and username alone', async () => {
    const byPhone = simulator.client({ name: 'A', phone: '972500000001' });
    const byUserId = simulator.client({ name: 'B', userId: 'IL.88', username: 'b.writes' });
    await byPhone.send(NUMBER, 'one').posted;
    await byUserId.send(NUMBER, 'two').posted;
    const [first, second] = gateway.values();
    expect(first?.contacts).toEqual([{ profile: { name: 'A' }, wa_id: '972500000001' }]);
    expect(Object.keys(only(first?.messages))).toEqual(['from', 'id', 'timestamp', 'type', 'text']);
    expect(second?.contacts).toEqual([{ profile: { name: 'B', username: 'b.writes' }, user_id: 'IL.88' }]);
    expect(Object.keys(only(second?.messages))).toEqual(['from_user_id', 'id', 'timestamp', 'type', 'text']);
  });

  it('loses and regains the phone when the person hides it', async () => {
    const client = simulator.client({ name: 'A', phone: '972500000001', userId: 'IL.1', username: 'a.b' });
    await client.send(NUMBER, 'with').posted;
    client.change({ hidesPhone: true });
    await client.send(NUMBER, 'without').posted;
    expect(gateway.values().map(({ messages }) => only(messages)['from'])).toEqual([
      '972500000001',
      undefined,
    ]);
    expect(gateway.values().map(({ contacts }) => only(contacts)['wa_id'])).toEqual([
      '972500000001',
      undefined,
    ]);
  });

  it('carries another BSUID in another portfolio', async () => {
    const numbers = ['p1', 'p1', 'p2'].map((portfolioId, index) => ({
      phoneNumberId: `n${index}`,
      wabaId: `w${index}`,
      displayNumber: '1',
      accessToken: 't',
      name: 'N',
      portfolioId,
    }));
    const other = await startPair({ numbers });
    const client = other.simulator.client({ name: 'A', userId: 'IL.1' });
    const [first, second, third] = numbers.map(({ phoneNumberId }) => client.userId(phoneNumberId));
    expect(first).toBe(second);
    expect(third).not.toBe(first);
    expect(third).toMatch(/^IL\.\d+$/);
    await other.stop();
  });

  it('may be of any kind, unknown ones included', async () => {
    const client = simulator.client({ name: 'A', phone: '972500000001', userId: 'IL.1' });
    const names = [
      'image',
      'location',
      'sticker',
      'button',
      'button_reply',
      'order',
      'unsupported',
      'unknown',
    ] as const;
    for (const name of names) await client.sendSample(NUMBER, name).posted;
    const messages = gateway.values().map((value) => only(value.messages));
    expect(messages.map(({ type }) => type)).toEqual([
      'image',
      'location',
      'sticker',
      'button',
      'interactive',
      'order',
      'unsupported',
      'hologram',
    ]);
    for (const message of messages.filter(({ type }) => type !== 'unsupported')) {
      expect(message).toHaveProperty(String(message['type']));
    }
    expect(messages[6]).toMatchObject({ errors: [{ code: 131051 }] });
  });

  it('of type system comes without contacts', async () => {
    const client = simulator.client({ name: 'A', phone: '972500000001', userId: 'IL.1' });
    await client.sendSample(NUMBER, 'system').posted;
    const value = only(gateway.values());
    expect(value.contacts).toBeUndefined();
    expect(only(value.messages)).toMatchObject({ system: { user_id: 'IL.19', previous_user_id: 'IL.1' } });
  });
});

describe('a raw webhook', () => {
  it('goes as it is, signed, and once', async () => {
    gateway.answer = () => ({ status: 400 });
    const record = await simulator.post('{not json');
    expect(record).toMatchObject({ state: 'given-up', attempts: [{ status: 400 }] });
    const { body, headers } = only(gateway.received);
    expect(body.toString()).toBe('{not json');
    const digest = createHmac('sha256', SECRET).update('{not json').digest('hex');
    expect(headers['x-hub-signature-256']).toBe(`sha256=${digest}`);
  });

  it('may carry a wrong signature or none', async () => {
    await simulator.post({ a: 1 }, { signature: 'sha256=00' });
    await simulator.post({ a: 1 }, { signature: null });
    expect(gateway.received.map(({ headers }) => headers['x-hub-signature-256'])).toEqual([
      'sha256=00',
      undefined,
    ]);
  });
});

describe('the handshake', () => {
  it('is content with the challenge alone', async () => {
    gateway.answer = ({ url }) => ({ status: 200, body: url.searchParams.get('hub.challenge') ?? '' });
    expect(await simulator.handshake()).toEqual({ ok: true, status: 200, problem: '' });
    const { method, url } = only(gateway.received);
    expect(method).toBe('GET');
    expect(url.searchParams.get('hub.mode')).toBe('subscribe');
    expect(url.searchParams.get('hub.verify_token')).toBe('verify-token');
  });

  it('says what is wrong with another answer', async () => {
    gateway.answer = () => ({ status: 200, body: '"ok"' });
    expect(await simulator.handshake()).toMatchObject({
      ok: false,
      problem: 'the body is not the challenge',
    });
    gateway.answer = () => ({ status: 403 });
    expect(await simulator.handshake()).toMatchObject({ ok: false, problem: 'the address answered 403' });
    gateway.answer = () => 'cut';
    expect(await simulator.handshake()).toMatchObject({ ok: false, status: null });
  });
});
