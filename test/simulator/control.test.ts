import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';

import type { Simulator } from '../../simulator/index.ts';
import type { FakeGateway } from './fake-gateway.ts';
import { NUMBER, OTHER_NUMBER, sendText, startPair } from './fake-gateway.ts';

let gateway: FakeGateway;
let simulator: Simulator;
let stop: () => Promise<void>;

beforeEach(async () => {
  ({ gateway, simulator, stop } = await startPair());
});
afterEach(() => stop());

interface Answer {
  status: number;
  json: Record<string, unknown> & { items: Record<string, unknown>[] };
}

async function control(method: string, path: string, body?: unknown): Promise<Answer> {
  const answer = await fetch(`${simulator.url}/control${path}`, {
    method,
    headers: { 'content-type': 'application/json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  return { status: answer.status, json: (await answer.json()) as Answer['json'] };
}

const createPerson = async (input: Record<string, unknown>): Promise<string> => {
  const { status, json } = await control('POST', '/people', input);
  expect(status).toBe(201);
  return String(json['id']);
};

describe('people', () => {
  it('are created, listed and changed', async () => {
    const id = await createPerson({
      name: 'דנה',
      phone: '+972 50-000-0001',
      userId: 'IL.1',
      username: 'dana',
    });
    const dana = {
      id,
      name: 'דנה',
      phone: '972500000001',
      userId: 'IL.1',
      username: 'dana',
      hidesPhone: false,
      dialect: 'current',
    };
    expect((await control('GET', '/people')).json.items).toEqual([{ ...dana, reading: 'auto' }]);
    const { json } = await control('PATCH', `/people/${id}`, { reading: 'manual', hidesPhone: true });
    expect(json).toEqual({ ...dana, hidesPhone: true, reading: 'manual' });
  });

  it('that cannot be are refused with the reason', async () => {
    await createPerson({ name: 'A', phone: '972500000001' });
    for (const [body, reason] of [
      [{ name: 'B', phone: '972500000001' }, 'has this phone'],
      [{ name: 'B', phone: '12' }, '5 to 15 digits'],
      [{ name: 'B', userId: 'nobody' }, 'a BSUID looks like'],
      [{ name: 'B', colour: 'red', phone: '972500000002' }, 'colour'],
    ] as const) {
      const { status, json } = await control('POST', '/people', body);
      expect(status).toBe(400);
      expect(json).toMatchObject({ error: { message: expect.stringContaining(reason) as unknown } });
    }
    expect((await control('PATCH', '/people/nobody', {})).status).toBe(404);
  });
});

describe('a chat', () => {
  const chat = async (id: string): Promise<Record<string, unknown>[]> =>
    (await control('GET', `/people/${id}/messages?phoneNumberId=${NUMBER}`)).json.items;

  it('shows both sides with ticks', async () => {
    const id = await createPerson({ name: 'A', phone: '972500000001', reading: 'manual' });
    const { status } = await control('POST', `/people/${id}/messages`, {
      phoneNumberId: NUMBER,
      message: 'שלום',
    });
    expect(status).toBe(202);
    await simulator.idle();
    await sendText(simulator, { to: '+972500000001' });
    await simulator.idle();
    expect(await chat(id)).toMatchObject([
      { direction: 'out', type: 'text', content: { body: 'שלום' }, ticks: 'delivered', trouble: null },
      { direction: 'in', type: 'text', content: { body: 'answer' }, ticks: null, trouble: null },
    ]);
    expect((await control('POST', `/people/${id}/read`, { phoneNumberId: NUMBER })).status).toBe(202);
    await simulator.idle();
    expect(gateway.statuses()).toEqual(['sent', 'delivered', 'read']);
  });

  it('shows one tick and the trouble while the gateway refuses', async () => {
    await stop();
    ({ gateway, simulator, stop } = await startPair({ retryDelays: [60_000] }));
    gateway.answer = () => ({ status: 503 });
    const id = await createPerson({ name: 'A', phone: '972500000001' });
    await control('POST', `/people/${id}/messages`, { phoneNumberId: NUMBER, sample: 'location' });
    await control('POST', `/people/${id}/messages`, { phoneNumberId: NUMBER, message: 'behind it' });
    await simulator.waitFor(({ deliveries }) => deliveries[0]?.state === 'retrying');
    const trouble = { status: 503, reason: null, attempts: 1, nextAttemptAt: expect.any(String) as unknown };
    expect(await chat(id)).toMatchObject([
      { type: 'location', ticks: 'sent', trouble },
      { type: 'text', ticks: 'waiting', trouble: null },
    ]);
  });

  it('takes any message, sample, or number that exists', async () => {
    const id = await createPerson({ name: 'A', phone: '972500000001' });
    const send = (body: unknown) => control('POST', `/people/${id}/messages`, body);
    expect(
      (await send({ phoneNumberId: NUMBER, message: { type: 'poll', poll: { q: 1 } }, times: 2 })).status,
    ).toBe(202);
    await simulator.idle();
    expect(gateway.values()).toHaveLength(2);
    expect((await send({ phoneNumberId: '1', message: 'x' })).json).toMatchObject({
      error: { message: expect.stringContaining('no number with phoneNumberId 1') as unknown },
    });
    expect((await send({ phoneNumberId: NUMBER, sample: 'painting' })).status).toBe(400);
    expect((await control('GET', '/samples')).json.items).toContain('sticker');
  });
});

describe('scripts in other processes', () => {
  it('order faults, statuses, batches and raw webhooks', async () => {
    const id = await createPerson({ name: 'A', phone: '972500000001', reading: 'off' });
    const messages = [NUMBER, OTHER_NUMBER].map((phoneNumberId) => ({
      personId: id,
      phoneNumberId,
      message: 'hi',
    }));
    expect((await control('POST', '/batches', { messages, layout: 'entries' })).status).toBe(202);
    await simulator.idle();
    expect(gateway.received).toHaveLength(1);

    const fault = { kind: 'error', code: 131056 };
    expect((await control('POST', '/faults', { fault, match: { times: 1 } })).json.items).toMatchObject([
      { fault, left: 1 },
    ]);
    expect((await sendText(simulator, { to: '+972500000001' })).status).toBe(400);
    expect((await control('GET', '/faults')).json.items).toEqual([]);
    expect((await control('POST', '/faults', { fault: { kind: 'flood' } })).status).toBe(400);

    await sendText(simulator, { to: '+972500000001' });
    await simulator.idle();
    const wamid = simulator.sent[0]?.wamid;
    expect((await control('POST', '/statuses', { wamid, status: 'read' })).json).toMatchObject({
      state: 'accepted',
    });
    expect(gateway.statuses()).toEqual(['sent', 'delivered', 'read']);

    const base64 = Buffer.from('{"a":1}').toString('base64');
    for (const body of [{ json: { a: 1 } }, { text: '{"a":1}' }, { base64 }]) {
      expect((await control('POST', '/webhooks', body)).json).toMatchObject({ state: 'accepted' });
      expect(gateway.received.at(-1)?.body.toString()).toBe('{"a":1}');
    }
    await control('POST', '/webhooks', { json: {}, signature: null });
    expect(gateway.received.at(-1)?.headers).not.toHaveProperty('x-hub-signature-256');
    expect((await control('POST', '/webhooks', {})).status).toBe(400);
  });

  it('see that the gateway sent one of its messages twice', async () => {
    await createPerson({ name: 'A', phone: '972500000001' });
    await simulator.clientById('person-1')?.send(NUMBER, 'hello').posted;
    for (const data of ['m1', 'm2', 'm1']) {
      await sendText(simulator, { to: '+972500000001' }, { biz_opaque_callback_data: data });
    }
    await simulator.idle();
    const { json } = await control('GET', '/state');
    expect(json).toMatchObject({ receivedByCallbackData: { m1: 2, m2: 1 }, webhooks: { accepted: 10 } });
    expect(Object.values(json['receivedByWamid'] as object)).toEqual([1, 1, 1]);
    expect((await control('GET', '/sent')).json.items).toHaveLength(3);
    expect((await control('GET', '/deliveries')).json.items).toHaveLength(10);
  });

  it('learn the numbers, never their tokens', async () => {
    const { json } = await control('GET', '/numbers');
    expect(json.items).toHaveLength(2);
    expect(JSON.stringify(json)).not.toContain('token');
  });

  it('shake hands, and get 404 for what is not there', async () => {
    gateway.answer = ({ url }) => ({ status: 200, body: url.searchParams.get('hub.challenge') ?? '' });
    expect((await control('POST', '/handshake')).json).toMatchObject({ ok: true });
    expect((await control('GET', '/weather')).status).toBe(404);
  });
});

describe('the event stream', () => {
  it('names each change by ids alone', async () => {
    const ended = new AbortController();
    const answer = await fetch(`${simulator.url}/control/events`, { signal: ended.signal });
    expect(answer.headers.get('content-type')).toBe('text/event-stream');
    const reader = (answer.body as ReadableStream<Uint8Array>)
      .pipeThrough(new TextDecoderStream())
      .getReader();
    const client = simulator.client({ name: 'secret name', phone: '972500000001' });
    const { wamid, posted } = client.send(NUMBER, 'secret words');
    await posted;
    let text = '';
    while (!text.includes('"type":"message"')) text += (await reader.read()).value ?? '';
    expect(text).toContain('event: change\ndata: {"type":"person","personId":"person-1"}\n\n');
    expect(text).toContain(
      JSON.stringify({ type: 'message', personId: 'person-1', phoneNumberId: NUMBER, wamid }),
    );
    expect(text).not.toContain('secret');
    ended.abort();
  });
});
