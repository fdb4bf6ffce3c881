import { createHash } from 'node:crypto';

import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';

import type { Client, Simulator } from '../../simulator/index.ts';
import type { FakeGateway } from './fake-gateway.ts';
import { callGraph, errorOf, NUMBER, only, OTHER_NUMBER, sendText, startPair } from './fake-gateway.ts';

let now = new Date('2026-11-22T10:00:00Z');
let gateway: FakeGateway;
let simulator: Simulator;
let stop: () => Promise<void>;
let client: Client;

beforeEach(async () => {
  now = new Date('2026-11-22T10:00:00Z');
  ({ gateway, simulator, stop } = await startPair({ clock: () => now }));
  client = simulator.client({ name: 'A', phone: '972500000001' });
});
afterEach(() => stop());

const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;
const pass = (milliseconds: number): void => {
  now = new Date(now.getTime() + milliseconds);
};
const digest = (bytes: Buffer, form: 'hex' | 'base64'): string =>
  createHash('sha256').update(bytes).digest(form);

interface Received {
  id: string;
  url: string;
  sha256: string;
  mime_type: string;
}

async function receive(sample: 'image' | 'video' | 'audio' | 'document' | 'sticker'): Promise<Received> {
  const before = gateway.values().length;
  await client.sendSample(NUMBER, sample).posted;
  const message = only(gateway.values()[before]?.messages);
  return message[sample] as Received;
}

async function fetchBytes(
  url: string,
  token = 'token-1',
): Promise<{ status: number; bytes: Buffer; type: string | null }> {
  const answer = await fetch(url, { headers: { authorization: `Bearer ${token}` } });
  return {
    status: answer.status,
    bytes: Buffer.from(await answer.arrayBuffer()),
    type: answer.headers.get('content-type'),
  };
}

async function upload(bytes: Buffer, type: string): ReturnType<typeof callGraph> {
  const form = new FormData();
  form.set('messaging_product', 'whatsapp');
  form.set('file', new Blob([new Uint8Array(bytes)], { type }), 'file');
  form.set('type', type);
  const answer = await fetch(`${simulator.url}/v25.0/${NUMBER}/media`, {
    method: 'POST',
    headers: { authorization: 'Bearer token-1' },
    body: form,
  });
  const text = await answer.text();
  return { status: answer.status, text, json: () => JSON.parse(text) as Record<string, unknown> };
}

describe('a file that a client sends', () => {
  const starts: ['image' | 'video' | 'audio' | 'document' | 'sticker', string, number][] = [
    ['image', 'ffd8ff', 0],
    ['video', Buffer.from('ftyp').toString('hex'), 4],
    ['audio', Buffer.from('OggS').toString('hex'), 0],
    ['document', Buffer.from('%PDF-').toString('hex'), 0],
    ['sticker', Buffer.from('WEBP').toString('hex'), 8],
  ];
  it.each(starts)(
    'has bytes of its type, with the digest that was told: %s',
    async (sample, start, place) => {
      const file = await receive(sample);
      const { status, bytes } = await fetchBytes(file.url);
      expect(status).toBe(200);
      expect(bytes.subarray(place).toString('hex').startsWith(start)).toBe(true);
      expect(file.sha256).toBe(digest(bytes, 'base64'));
    },
  );

  it('is looked up by its id; the digest is hex there', async () => {
    const file = await receive('image');
    const answer = await callGraph(simulator, `${file.id}?phone_number_id=${NUMBER}`);
    const found = answer.json() as unknown as Received & { file_size: number };
    const { bytes, type } = await fetchBytes(found.url);
    expect(found).toEqual({
      messaging_product: 'whatsapp',
      id: file.id,
      url: expect.stringContaining('/attachments/') as unknown,
      mime_type: 'image/jpeg',
      sha256: digest(bytes, 'hex'),
      file_size: bytes.length,
    });
    expect(type).toBe('image/jpeg');
  });

  it('has an address for five minutes, then 404; the id lives seven days', async () => {
    const file = await receive('image');
    pass(5 * MINUTE);
    expect((await fetchBytes(file.url)).status).toBe(404);
    const again = (await callGraph(simulator, file.id)).json() as unknown as Received;
    expect((await fetchBytes(again.url)).status).toBe(200);
    pass(7 * DAY);
    expect(errorOf(await callGraph(simulator, file.id))).toMatchObject({ code: 100 });
  });

  it('is nobody else’s: another number, another token, none', async () => {
    const file = await receive('image');
    expect((await fetchBytes(file.url, 'token-2')).status).toBe(401);
    expect((await callGraph(simulator, file.id, { token: 'token-2' })).status).toBe(400);
    expect((await callGraph(simulator, `${file.id}?phone_number_id=${OTHER_NUMBER}`)).status).toBe(400);
    expect((await fetch(file.url)).status).toBe(401);
  });
});

describe('a file that a business uploads', () => {
  it('gets an id that can be sent, and deleted', async () => {
    await client.send(NUMBER, 'hello').posted;
    const { id } = (await upload(Buffer.from('%PDF-1.4'), 'application/pdf')).json() as { id: string };
    const send = () =>
      sendText(simulator, { to: '+972500000001' }, { type: 'document', document: { id, filename: 'a.pdf' } });
    expect((await send()).status).toBe(200);
    expect((await callGraph(simulator, id, { method: 'DELETE' })).json()).toEqual({ success: true });
    expect(errorOf(await send())).toMatchObject({
      code: 100,
      details: expect.stringContaining('not a valid') as unknown,
    });
  });

  it('is refused for its type or its size', async () => {
    expect(errorOf(await upload(Buffer.from('x'), 'text/html'))).toMatchObject({ status: 400, code: 100 });
    expect(errorOf(await upload(Buffer.alloc(5_000_001), 'image/png'))).toMatchObject({ code: 131053 });
  });
});
