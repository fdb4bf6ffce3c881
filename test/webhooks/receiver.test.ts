/** P1 at the door: 200 only after durable, nothing unsigned, nothing authentic dropped. */
import { createServer, request, type Server } from 'node:http';
import { type AddressInfo, connect } from 'node:net';

import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import express from 'express';

import type { LaneItem } from '../../src/lanes/item.ts';
import type { Placed } from '../../src/lanes/item-lanes.ts';
import { createWebhookHandler } from '../../src/webhooks/receiver.ts';
import { type TestContext, testContext } from '../support/context.ts';
import { change, envelope, NUMBER_ID, signature, textMessage, WABA, wire } from '../support/webhook.ts';

const SECRET = 'app-secret-of-the-tests';
let ctx: TestContext;
let server: Server;
let origin: string;
let port: number;

/** Straight into the lanes. */
const take = () => ({ take: (items: Placed[]) => ctx.inbound.append(items) });

beforeAll(async () => {
  ctx = await testContext({ environment: { META_APP_SECRET: `${SECRET},the-secret-before` } });
  server = createServer(createWebhookHandler(ctx, take()));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  port = (server.address() as AddressInfo).port;
  origin = `http://127.0.0.1:${port}`;
});
afterAll(async () => {
  await new Promise((resolve) => server.close(resolve));
  await ctx.close();
});
beforeEach(async () => {
  const keys = await ctx.queueRedis.keys(`*${ctx.prefix}*`);
  if (keys.length > 0) await ctx.queueRedis.del(...keys);
});

async function post(
  body: Buffer,
  headers: Record<string, string> = { 'X-Hub-Signature-256': signature(body, SECRET) },
  path = '/webhooks/whatsapp',
): Promise<Response> {
  return fetch(origin + path, {
    method: 'POST',
    body: new Uint8Array(body),
    headers: { 'Content-Type': 'application/json', ...headers },
  });
}

/** Everything that stands in lanes. */
async function items(): Promise<LaneItem[]> {
  const lanes = await ctx.inbound.waitingSince('inbound-0', Date.now() + 1_000, 10_000);
  const entries = await Promise.all(lanes.map((lane) => ctx.inbound.read('inbound-0', lane, 10_000)));
  return entries.flat().map(({ item }) => item);
}

const good = wire(envelope([change({ messages: [textMessage('wamid.1', 'שלום / 🙂 @you')] })]));

describe('notifications', () => {
  it('are in their lane when 200 is answered, escaped text and all', async () => {
    expect((await post(good)).status).toBe(200);
    const [item] = await items();
    expect(item).toMatchObject({
      kind: 'message',
      app: 'default',
      wabaId: WABA,
      phoneNumberId: NUMBER_ID,
      field: 'messages',
    });
    expect(item?.body.message).toMatchObject({ id: 'wamid.1', text: { body: 'שלום / 🙂 @you' } });
  });

  it('signed with the secret before a rotation are taken', async () => {
    expect((await post(good, { 'X-Hub-Signature-256': signature(good, 'the-secret-before') })).status).toBe(
      200,
    );
  });

  const forged: [string, Record<string, string>][] = [
    ['no header', {}],
    ['wrong prefix', { 'X-Hub-Signature-256': signature(good, SECRET).replace('sha256', 'sha512') }],
    [
      'upper-case hex',
      { 'X-Hub-Signature-256': signature(good, SECRET).toUpperCase().replace('SHA256', 'sha256') },
    ],
    ['truncated', { 'X-Hub-Signature-256': signature(good, SECRET).slice(0, -2) }],
    ['doubled', { 'X-Hub-Signature-256': `${signature(good, SECRET)}, ${signature(good, SECRET)}` }],
    ['SHA-1 only', { 'X-Hub-Signature': 'sha1=da39a3ee5e6b4b0d3255bfef95601890afd80709' }],
    ['another secret', { 'X-Hub-Signature-256': signature(good, 'somebody-else') }],
    [
      'of the parsed and re-serialised body',
      { 'X-Hub-Signature-256': signature(Buffer.from(JSON.stringify(JSON.parse(good.toString()))), SECRET) },
    ],
    ['of an empty body', { 'X-Hub-Signature-256': signature(Buffer.alloc(0), SECRET) }],
  ];
  it.each(forged)(
    'with a forged signature (%s) are refused with 401 and nothing is kept',
    async (_name, headers) => {
      expect((await post(good, headers)).status).toBe(401);
      expect(await items()).toEqual([]);
    },
  );

  it('that are signed but not JSON are kept whole', async () => {
    const body = Buffer.from('{"object": "whats');
    expect((await post(body)).status).toBe(200);
    const [item] = await items();
    expect(item?.kind).toBe('unreadable');
    expect(Buffer.from(String(item?.body.base64), 'base64').equals(body)).toBe(true);
  });

  const odd: [string, unknown][] = [
    ['another object', { object: 'page', entry: [{ id: '1', changes: [{ field: 'feed', value: {} }] }] }],
    ['an unknown field', envelope([{ field: 'something_new', value: { a: 1 } }])],
    ['a bare number', 7],
    ['no entry', { object: 'whatsapp_business_account' }],
    ['an entry without changes', { object: 'whatsapp_business_account', entry: [{ id: WABA }, null, 5] }],
    ['a value that is no object', envelope([{ field: 'messages', value: 'x' }])],
    ['messages with nothing in it', envelope([change({})])],
  ];
  it.each(odd)('that we do not know (%s) are answered 200 and kept', async (_name, value) => {
    expect((await post(wire(value))).status).toBe(200);
    expect((await items()).length).toBeGreaterThan(0);
    expect((await items()).every(({ kind }) => kind === 'other')).toBe(true);
  });

  it('with several entries, messages and statuses become one item each, with its own contact', async () => {
    const contacts = [
      { wa_id: '972500000002', profile: { name: 'Two' } },
      { user_id: 'IL.1', profile: { name: 'One' } },
    ];
    const messages = [
      textMessage('wamid.a', 'a', { bsuid: 'IL.1' }),
      textMessage('wamid.b', 'b', { phone: '972500000002' }),
    ];
    const statuses = [{ id: 'wamid.c', status: 'read', timestamp: '1', recipient_id: '972500000003' }];
    const body = wire({
      object: 'whatsapp_business_account',
      entry: [
        { id: WABA, changes: [change({ contacts, messages, statuses })] },
        {
          id: 'waba-2',
          changes: [
            change({ messages: [textMessage('wamid.d', 'd')], errors: [{ code: 131000 }] }, 'number-2'),
          ],
        },
      ],
    });
    expect((await post(body)).status).toBe(200);
    const found = (await items()).sort((left, right) => left.position - right.position);
    expect(found.map(({ kind, phoneNumberId }) => `${kind}@${phoneNumberId}`)).toEqual([
      `message@${NUMBER_ID}`,
      `message@${NUMBER_ID}`,
      `status@${NUMBER_ID}`,
      'message@number-2',
      'errors@number-2',
    ]);
    expect(found[0]?.body.contacts).toEqual([contacts[1]]);
    expect(found[1]?.body.contacts).toEqual([contacts[0]]);
  });

  it('of 3 MB are taken, above 4 MB refused with 413', async () => {
    const messages = Array.from({ length: 1_000 }, (_, index) =>
      textMessage(`wamid.${index}`, 'x'.repeat(2_950)),
    );
    const large = wire(envelope([change({ messages })]));
    expect(large.length).toBeGreaterThan(3_000_000);
    expect((await post(large)).status).toBe(200);
    expect(await items()).toHaveLength(1_000);
    expect((await post(Buffer.alloc(4 * 1024 * 1024 + 1, 0x20))).status).toBe(413);
  });

  it('above 4 MB without a length are refused with 413 too', async () => {
    const status = await new Promise<number | undefined>((resolve, reject) => {
      const sending = request(
        {
          port,
          host: '127.0.0.1',
          path: '/webhooks/whatsapp',
          method: 'POST',
          headers: { 'X-Hub-Signature-256': signature(good, SECRET) },
        },
        (response) => {
          response.resume();
          resolve(response.statusCode);
        },
      );
      sending.on('error', reject);
      for (let index = 0; index < 5; index += 1) sending.write(Buffer.alloc(1024 * 1024, 0x20));
    });
    expect(status).toBe(413);
  });

  it('cut off in the middle leave nothing behind', async () => {
    const socket = connect(port, '127.0.0.1').resume();
    await new Promise<void>((resolve) => socket.once('connect', resolve));
    socket.end(
      `POST /webhooks/whatsapp HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\nX-Hub-Signature-256: ${signature(good, SECRET)}\r\n\r\n{"obj`,
    );
    await new Promise((resolve) => socket.once('close', resolve));
    expect(await items()).toEqual([]);
  });

  it('for an unknown app are 404, other methods 405', async () => {
    expect((await post(good, undefined, '/webhooks/whatsapp/unknown')).status).toBe(404);
    expect((await fetch(`${origin}/webhooks/whatsapp`, { method: 'PUT' })).status).toBe(405);
  });

  it('that neither Redis nor the disk took are answered 503, never 200', async () => {
    const deaf = createServer(
      createWebhookHandler(ctx, { take: () => Promise.reject(new Error('No space left on device.')) }),
    );
    await new Promise<void>((resolve) => deaf.listen(0, '127.0.0.1', resolve));
    const { port: itsPort } = deaf.address() as AddressInfo;
    const response = await fetch(`http://127.0.0.1:${itsPort}/webhooks/whatsapp`, {
      method: 'POST',
      body: new Uint8Array(good),
      headers: { 'X-Hub-Signature-256': signature(good, SECRET) },
    });
    expect(response.status).toBe(503);
    await new Promise((resolve) => deaf.close(resolve));
  });

  it('are the same when the handler is mounted in Express', async () => {
    const app = express();
    app.use(createWebhookHandler(ctx, take()));
    const mounted = app.listen(0, '127.0.0.1');
    await new Promise((resolve) => mounted.once('listening', resolve));
    const address = `http://127.0.0.1:${(mounted.address() as AddressInfo).port}/webhooks/whatsapp`;
    const response = await fetch(address, {
      method: 'POST',
      body: new Uint8Array(good),
      headers: { 'X-Hub-Signature-256': signature(good, SECRET) },
    });
    expect(response.status).toBe(200);
    expect(await items()).toHaveLength(1);
    await new Promise((resolve) => mounted.close(resolve));
  });
});

describe('subscription handshake', () => {
  const ask = (query: string) => fetch(`${origin}/webhooks/whatsapp?${query}`);
  const token = 'hub.verify_token=verify-token-of-the-tests';

  it('answers the challenge alone, as plain text', async () => {
    const response = await ask(`hub.mode=subscribe&hub.challenge=%3Cb%3E1158201444&${token}`);
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toMatch(/^text\/plain/);
    expect(await response.text()).toBe('<b>1158201444');
  });

  it.each([
    ['a wrong token', 'hub.mode=subscribe&hub.challenge=1&hub.verify_token=no'],
    ['no challenge', `hub.mode=subscribe&${token}`],
    ['another mode', `hub.mode=unsubscribe&hub.challenge=1&${token}`],
    ['a repeated token', `hub.mode=subscribe&hub.challenge=1&${token}&${token}`],
  ])('refuses %s with 403', async (_name, query) => {
    expect((await ask(query)).status).toBe(403);
  });
});
