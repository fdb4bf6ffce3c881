/** Row 135: nothing that a client or business said, is called or keeps secret stands readable in a store. */
import { afterAll, beforeAll, expect, it, jest } from '@jest/globals';
import { serialize } from 'bson';
import mongoose from 'mongoose';

import { addEndpoint } from '../../src/endpoints/endpoints.ts';
import { parkItem } from '../../src/lanes/dead-letters.ts';
import { addApp } from '../../src/tenants/apps.ts';
import { addChannel } from '../../src/tenants/channels.ts';
import { signedIn } from '../http/isolation-people.ts';
import { type TestContext, testContext } from '../support/context.ts';
import {
  clientIsParked,
  clientWrites,
  openBusiness,
  openGateway,
  type TestGateway,
} from '../support/fixtures.ts';
import { WABA } from '../support/webhook.ts';

/** Long enough to stand nowhere by chance. */
const NEEDLES = {
  'name of a business': 'business-called-quartz',
  'address of its owner': 'owner@business.example',
  'access token': 'token-EAAG-of-the-channel-quartz',
  'app secret': 'secret-of-the-app-quartz',
  'verify token': 'verify-token-quartz',
  'name of a client': 'client-called-quartz',
  'number of a client': '972541234567',
  'end of that number': '541234567',
  'user id of a client': 'IL.99887766554433',
  wamid: 'wamid.HBgMOTcyNTQxMjM0NTY3FQ',
  'inbound words': 'words-of-the-client-quartz',
  'one of those words': 'quartzite',
  'outbound words': 'words-of-the-agent-quartz',
  'callback data': 'callback-data-quartz',
  'name of a person': 'person-called-quartz',
};

jest.setTimeout(60_000);

let ctx: TestContext;
let gateway: TestGateway;
let endpointSecret: string;
let apiKey: string;

beforeAll(async () => {
  ctx = await testContext({ environment: { SEARCH_MESSAGES: 'on' } });
  gateway = await openGateway(ctx);
  const business = await openBusiness(ctx, NEEDLES['name of a business']);
  const { tenantId, phoneNumberId } = business;
  apiKey = business.key;
  await addChannel(ctx, {
    tenantId,
    phoneNumberId,
    wabaId: WABA,
    displayNumber: '+97235550100',
    token: NEEDLES['access token'],
    name: 'Sales',
  });
  await addApp(ctx, { name: 'own', secret: NEEDLES['app secret'], verifyToken: NEEDLES['verify token'] });
  endpointSecret = (await addEndpoint(ctx, { tenantId, url: 'https://example.com/hook' })).secret;
  const message = {
    type: 'text',
    from_user_id: NEEDLES['user id of a client'],
    text: { body: `${NEEDLES['inbound words']} ${NEEDLES['one of those words']}` },
  };
  const phone = NEEDLES['number of a client'];
  const writing = { phone, name: NEEDLES['name of a client'], wamid: NEEDLES.wamid, message };
  const { conversationId } = await clientWrites(ctx, business, writing);
  const path = `/v1/conversations/${conversationId}/messages`;
  const text = { body: NEEDLES['outbound words'] };
  const body = { type: 'text', text, biz_opaque_callback_data: NEEDLES['callback data'] };
  expect((await gateway.ask('POST', path, { key: business.key, body })).status).toBe(202);
  await clientIsParked(ctx, business, { phone, body: NEEDLES['inbound words'] });
  const item = {
    kind: 'message' as const,
    app: 'default',
    wabaId: WABA,
    field: 'messages',
    phoneNumberId: '900200',
  };
  await parkItem(
    ctx,
    {
      ...item,
      position: ctx.positions.next(),
      body: { message: { ...message, id: NEEDLES.wamid, from: phone }, contacts: [] },
    },
    { reason: 'unrouted', detail: 'Nobody has it.', attempts: 1 },
  );
  await signedIn(ctx, gateway, { tenantId, role: 'agent', name: NEEDLES['name of a person'] });
});
afterAll(async () => {
  await gateway.close();
  await ctx.close();
});

/** Every document of both databases as it lies there, and every value of Redis, by its place. */
async function stored(): Promise<[string, Buffer][]> {
  const all: [string, Buffer][] = [];
  const connection = await mongoose.createConnection(ctx.settings.MONGODB_URI ?? '').asPromise();
  try {
    for (const name of [connection.name, `${connection.name}_keys`]) {
      const database = connection.useDb(name).db;
      for (const { name: collection } of (await database?.listCollections().toArray()) ?? []) {
        const rows = (await database?.collection(collection).find().toArray()) ?? [];
        for (const row of rows) all.push([`${name}.${collection}`, Buffer.from(serialize(row))]);
      }
    }
  } finally {
    await connection.close();
  }
  for (const key of await ctx.queueRedis.keys(`*${ctx.prefix}*`)) {
    const value = await ctx.queueRedis.dumpBuffer(key);
    all.push([key, Buffer.concat([Buffer.from(key), value ?? Buffer.alloc(0)])]);
  }
  return all;
}

it('row 135: databases and Redis hold nothing readable', async () => {
  const everything = await stored();
  const places = new Set(everything.map(([place]) => place.split('.').at(-1)));
  for (const collection of [
    'messages',
    'contacts',
    'channels',
    'apps',
    'endpoints',
    'deadLetters',
    'searchWords',
    'keys',
  ]) {
    expect(places).toContain(collection);
  }
  const needles = {
    ...NEEDLES,
    'endpoint secret': endpointSecret,
    'API key': apiKey.split('_').at(-1) ?? '',
  };
  const found = Object.entries(needles).flatMap(([what, needle]) =>
    [
      needle,
      Buffer.from(needle).toString('base64').replace(/=+$/, '').slice(0, -1),
      Buffer.from(needle).toString('hex'),
    ].flatMap((form) =>
      everything.filter(([, bytes]) => bytes.includes(form)).map(([place]) => `${what} in ${place}`),
    ),
  );
  expect(found).toEqual([]);
});

it('row 135: the search finds what it looks for', async () => {
  const everything = await stored();
  expect(everything.some(([, bytes]) => bytes.includes('97235550100'))).toBe(true); // the business's own number is no secret
});
