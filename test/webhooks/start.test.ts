/**
 * P1 while servers are away when a process starts: it takes webhooks onto its disk, knows the apps that it knew
 * before, and hands all on when the servers come. What no waiting mends stops it, before a wrong key has done harm.
 */
import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';

import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';

import { Messages } from '../../src/conversations/model.ts';
import { type Gateway, startGateway } from '../../src/main.ts';
import { createLogger } from '../../src/ops/log.ts';
import { withTenant } from '../../src/store/scope.ts';
import { addApp } from '../../src/tenants/apps.ts';
import { readSpools } from '../../src/webhooks/spool-files.ts';
import { Proxy } from '../chaos/proxy.ts';
import { type TestContext, testContext } from '../support/context.ts';
import { type Business, openBusiness } from '../support/fixtures.ts';
import { until } from '../support/until.ts';
import { change, envelope, signature, textMessage, wire } from '../support/webhook.ts';

const SECRET = 'app-secret-of-the-tests';
const OWN_SECRET = 'secret-of-an-own-app';

jest.setTimeout(60_000);

let ctx: TestContext;
let business: Business;
let mongo: Proxy;
let redis: Proxy;
let environment: Record<string, string>;
let gateways: Gateway[];
let lines: string[];

async function through(proxy: Proxy, uri: string): Promise<string> {
  const address = new URL(uri);
  address.host = `127.0.0.1:${await proxy.listen()}`;
  return address.toString();
}

beforeEach(async () => {
  ctx = await testContext();
  business = await openBusiness(ctx, 'Aleph');
  const upstream = (uri: string) => ({ host: new URL(uri).hostname, port: Number(new URL(uri).port) });
  const { MONGODB_URI = '', REDIS_URL = '' } = ctx.environment;
  mongo = new Proxy([upstream(MONGODB_URI)]);
  redis = new Proxy([upstream(REDIS_URL)]);
  const mongodbUri = new URL(await through(mongo, MONGODB_URI));
  mongodbUri.searchParams.set('directConnection', 'true');
  environment = {
    ...ctx.environment,
    MONGODB_URI: mongodbUri.toString(),
    REDIS_URL: await through(redis, REDIS_URL),
    CANARY: 'off', // at a full minute it would write into Redis
  };
  gateways = [];
  lines = [];
});
afterEach(async () => {
  for (const gateway of gateways) await gateway.stop();
  await Promise.all([mongo.close(), redis.close()]);
  await ctx.close();
});

async function start(overrides: Record<string, string> = {}): Promise<Gateway> {
  const log = createLogger('info', { write: (line) => void lines.push(line) });
  const gateway = await startGateway({ ...environment, ...overrides }, log);
  gateways.push(gateway);
  return gateway;
}

const spooled = () => readSpools(join(ctx.settings.DATA_DIR, 'spool'));

function message(id: string): Buffer {
  return wire(envelope([change({ messages: [textMessage(id, 'hello')] }, business.phoneNumberId)]));
}

async function post(gateway: Gateway, body: Buffer, app = '', secret = SECRET): Promise<number> {
  const { status } = await fetch(`http://127.0.0.1:${gateway.port}/webhooks/whatsapp${app}`, {
    method: 'POST',
    body: new Uint8Array(body),
    headers: { 'X-Hub-Signature-256': signature(body, secret) },
  });
  return status;
}

const stored = () =>
  withTenant(business.tenantId, () => ctx.store.model(Messages).countDocuments({ direction: 'in' }).exec());

describe('a process that starts while servers are away', () => {
  it('takes webhooks onto its disk, and stores them when the servers come', async () => {
    mongo.set('cut');
    redis.set('cut');
    const gateway = await start();
    expect(await post(gateway, message('wamid.1'))).toBe(200);
    const ready = await fetch(`http://127.0.0.1:${gateway.port}/readyz`);
    expect(ready.status).toBe(200);
    expect(await ready.text()).toMatch(/MONGODB_URI.*REDIS_URL.*The spool holds \d+ bytes in 1 segments/);
    expect((await spooled()).segments).toBe(1);
    redis.set('open');
    mongo.set('open');
    await gateway.ready;
    await until('the message is stored', async () => (await stored()) === 1);
    await until('the spool is empty', async () => (await spooled()).segments === 0);
    expect(lines.join('')).toContain('redis.unreachable');
  });

  it('works when only the database, then only Redis was away; a worker waits for both', async () => {
    mongo.set('cut');
    const first = await start();
    expect(await post(first, message('wamid.1'))).toBe(200);
    mongo.set('open');
    await first.ready;
    await first.stop();
    redis.set('cut');
    const second = await start();
    const worker = await start({ ROLE: 'worker' });
    expect(await post(second, message('wamid.2'))).toBe(200);
    redis.set('open');
    await Promise.all([second.ready, worker.ready]);
    await until('both messages are stored', async () => (await stored()) === 2);
  });

  it('does not know apps that it never read (503), and knows after a restart what it knew', async () => {
    await addApp(ctx, { name: 'own', secret: OWN_SECRET });
    mongo.set('cut');
    const first = await start();
    expect(await post(first, message('wamid.1'), '/own', OWN_SECRET)).toBe(503);
    expect(await post(first, message('wamid.1'))).toBe(200);
    mongo.set('open');
    await first.ready;
    expect(await post(first, message('wamid.2'), '/own', OWN_SECRET)).toBe(200);
    await first.stop();
    mongo.set('cut');
    const second = await start();
    expect(await post(second, message('wamid.3'), '/own', OWN_SECRET)).toBe(200);
    expect(await post(second, message('wamid.3'), '/own')).toBe(401);
    expect(await post(second, message('wamid.3'), '/other', OWN_SECRET)).toBe(503);
    // Its key is proven by what it kept, so Redis takes what comes.
    await until('the spool is empty', async () => (await spooled()).segments === 0);
  });
});

describe('a process with a wrong MASTER_KEY that starts while the database is away', () => {
  it('stops when the database comes; what it took waits on the disk for that key, and Redis saw none of it', async () => {
    const wrong = Buffer.alloc(32, 7).toString('base64');
    mongo.set('cut');
    const keys = async () => (await ctx.queueRedis.keys(`*${ctx.prefix}*`)).sort(); // Redis gives them in any order
    const before = await keys();
    const gateway = await start({ MASTER_KEY: wrong });
    expect(await post(gateway, message('wamid.1'))).toBe(200);
    mongo.set('open');
    await expect(gateway.ready).rejects.toThrow('MASTER_KEY');
    await gateway.stop();
    expect(await keys()).toEqual(before);
    expect((await spooled()).segments).toBe(1);

    const right = await start();
    await right.ready;
    await until('it was set aside', async () => (await spooled()).keptFiles === 1);
    expect(lines.join('')).toContain('alert.spool-of-another-key');
    await right.stop();

    const both = await start({ MASTER_KEY: `${ctx.environment.MASTER_KEY},${wrong}` });
    await both.ready;
    await until('it was drained', async () => (await spooled()).keptFiles === 0);
  });
});

describe('what no waiting mends stops the start', () => {
  it.each([
    ['a wrong password of Redis', 'REDIS_URL', (uri: URL) => void (uri.password = 'wrong')],
    ['no password for Redis', 'REDIS_URL', (uri: URL) => void (uri.password = '')],
    [
      'an unusable address of MongoDB',
      'MONGODB_URI',
      (uri: URL) => void (uri.search = '?w=nonsense&tls=maybe'),
    ],
  ])('%s', async (_name, setting, change) => {
    const uri = new URL(environment[setting] ?? '');
    change(uri);
    const gateway = await start({ [setting]: uri.toString() });
    await expect(gateway.ready).rejects.toThrow(setting === 'REDIS_URL' ? setting : /tls/);
  });
});

describe('the folder of what was last known', () => {
  it('is sealed and readable by its owner only', async () => {
    await addApp(ctx, { name: 'own', secret: OWN_SECRET });
    const gateway = await start();
    await gateway.ready;
    const folder = join(ctx.settings.DATA_DIR, 'last-known');
    expect(await readdir(folder)).toEqual(['apps.sealed']);
    await rm(folder, { recursive: true });
  });

  it('holds, when a process has stopped, the routes that it learnt last, and is left alone from then on', async () => {
    const gateway = await start();
    await gateway.ready;
    expect(await post(gateway, message('wamid.1'))).toBe(200);
    await until('the message is stored', async () => (await stored()) === 1);
    await gateway.stop();
    expect(await readdir(join(ctx.settings.DATA_DIR, 'last-known'))).toContain('routes.sealed');
  });
});
