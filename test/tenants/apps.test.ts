/** Meta apps with secrets of their own: made and rotated by the operator's command, known at the door. */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';

import { LastKnown } from '../../src/store/last-known.ts';
import { asOperator } from '../../src/store/scope.ts';
import { KnownApps, type KnownAppsFile } from '../../src/tenants/apps-known.ts';
import { type AppRow, Apps } from '../../src/tenants/apps-model.ts';
import { createWebhookHandler } from '../../src/webhooks/receiver.ts';
import { run } from '../cli/terminal.ts';
import { ManualClock } from '../support/clock.ts';
import { type TestContext, testContext } from '../support/context.ts';
import { change, envelope, signature, textMessage, wire } from '../support/webhook.ts';

const OLD = 'the-secret-of-before';
const NEW = 'the-secret-of-today';
const body = wire(envelope([change({ messages: [textMessage('wamid.1', 'hello')] })]));

let ctx: TestContext;
let clock: ManualClock;
let apps: KnownApps;
let server: Server;
let origin: string;
let tenantId: string;
let names = 0;

beforeAll(async () => {
  clock = new ManualClock();
  ctx = await testContext({ clock });
  const made = await run(ctx, ['tenant', 'create', '--name', 'Aleph', '--email', 'a@a.example', '--json']);
  tenantId = (JSON.parse(made.out) as { tenantId: string }).tenantId;
  const file = new LastKnown<KnownAppsFile>({
    dataDir: ctx.settings.DATA_DIR,
    name: 'apps',
    master: ctx.master,
    log: ctx.log,
  });
  apps = await KnownApps.open(ctx, file);
  server = createServer(createWebhookHandler(ctx, { take: (items) => ctx.inbound.append(items) }, { apps }));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}/webhooks/whatsapp`;
});
afterEach(() => clock.advance(60_000));
afterAll(async () => {
  await apps.close();
  await new Promise((resolve) => server.close(resolve));
  await ctx.close();
});

async function command(line: string, input = ''): Promise<Record<string, unknown>> {
  const { out, err, exitCode } = await run(ctx, [...line.split(' '), '--json'], input);
  expect({ err, exitCode }).toEqual({ err: '', exitCode: 0 });
  return JSON.parse(out) as Record<string, unknown>;
}

const fails = async (line: string) => {
  const { err, exitCode } = await run(ctx, line.split(' '));
  return `${exitCode}: ${err}`;
};

async function post(app: string, secret: string): Promise<number> {
  const headers = { 'X-Hub-Signature-256': signature(body, secret) };
  return (await fetch(`${origin}${app}`, { method: 'POST', body: new Uint8Array(body), headers })).status;
}

async function ask(app: string, token: string): Promise<number> {
  const query = `hub.mode=subscribe&hub.challenge=42&hub.verify_token=${token}`;
  return (await fetch(`${origin}${app}?${query}`)).status;
}

/** A name that no other test has. */
function newName(): string {
  names += 1;
  return `app-${names}`;
}

/** What every process does every 30 s. */
const reread = () => apps.start();

describe('an app of its own', () => {
  it('is taken at its address with its secret at once, and nowhere else', async () => {
    const name = newName();
    const made = await command(
      `app add --name ${name} --secret - --verify-token own-verify-token`,
      `${OLD}\n`,
    );
    expect(made).toMatchObject({ app: name, secrets: 1, verifyTokens: 1, tenants: [] });
    expect(JSON.stringify(made)).not.toContain(OLD);
    expect(await post(`/${name}`, OLD)).toBe(200);
    expect(await post(`/${name}`, 'app-secret-of-the-tests')).toBe(401);
    expect(await post('', OLD)).toBe(401);
    expect(await post('', 'app-secret-of-the-tests')).toBe(200);
    expect(await ask(`/${name}`, 'own-verify-token')).toBe(200);
    expect(await ask(`/${name}`, 'verify-token-of-the-tests')).toBe(403);
    expect(await ask('', 'own-verify-token')).toBe(403);
  });

  it('that nobody made is 404, signed or not, asked or posted', async () => {
    expect(await post('/nobodys', 'app-secret-of-the-tests')).toBe(404);
    expect(await post('/nobodys', 'wrong')).toBe(404);
    expect(await ask('/nobodys', 'verify-token-of-the-tests')).toBe(404);
  });

  it('takes both secrets during a rotation, and only the new one after it', async () => {
    const name = newName();
    await command(`app add --name ${name} --secret ${OLD}`);
    expect(await command(`app rotate --name ${name} --secret ${NEW}`)).toMatchObject({ secrets: 2 });
    expect(await command(`app rotate --name ${name} --secret ${NEW}`)).toMatchObject({ secrets: 2 });
    await reread();
    expect([await post(`/${name}`, OLD), await post(`/${name}`, NEW)]).toEqual([200, 200]);
    expect(await fails(`app rotate --name ${name} --secret a-third-secret`)).toMatch(/^2: .*app retire/);
    expect(await command(`app retire --name ${name}`)).toMatchObject({ secrets: 1 });
    await reread();
    expect([await post(`/${name}`, OLD), await post(`/${name}`, NEW)]).toEqual([401, 200]);
  });

  it("a tenant's own verify token is taken beside the app's, at the bare address too", async () => {
    const name = newName();
    await command(`app add --name ${name} --secret ${OLD} --verify-token token-of-the-app`);
    await command(`app verify-token --name ${name} --tenant ${tenantId} --token token-of-tenant`);
    await command(`app verify-token --name default --tenant ${tenantId} --token bare-token-of-tenant`);
    await reread();
    expect(await ask(`/${name}`, 'token-of-the-app')).toBe(200);
    expect(await ask(`/${name}`, 'token-of-tenant')).toBe(200);
    expect(await ask('', 'bare-token-of-tenant')).toBe(200);
    expect(await ask('', 'verify-token-of-the-tests')).toBe(200);
    expect(await ask('', 'token-of-tenant')).toBe(403);
    await command(`app verify-token --name ${name} --tenant ${tenantId} --token another-token`);
    await reread();
    expect([await ask(`/${name}`, 'token-of-tenant'), await ask(`/${name}`, 'another-token')]).toEqual([
      403, 200,
    ]);
  });

  it('is listed without its secrets, which are sealed in the database', async () => {
    const name = newName();
    await command(`app add --name ${name} --secret ${OLD}`);
    const list = await command('app list');
    expect(list.items).toContainEqual(expect.objectContaining({ app: name, secrets: 1 }));
    const row = await asOperator('test', () =>
      ctx.store.model(Apps).findOne({ _id: name }).lean<AppRow>().exec(),
    );
    expect(JSON.stringify(list) + row?.credentials.toString('latin1')).not.toContain(OLD);
  });

  it('refuses what can not be, and says what to do', async () => {
    const name = newName();
    await command(`app add --name ${name} --secret ${OLD}`);
    expect(await fails(`app add --name ${name} --secret ${OLD}`)).toMatch(/^2: .*app rotate/);
    expect(await fails(`app add --name default --secret ${OLD}`)).toMatch(/^2: .*META_APP_SECRET/);
    expect(await fails(`app add --name a/b --secret ${OLD}`)).toMatch(/^2: name must be/);
    expect(await fails(`app add --name short --secret x`)).toMatch(/^2: secret must be/);
    expect(await fails(`app rotate --name nobodys --secret ${OLD}`)).toMatch(/^3: No such app/);
    expect(await fails(`app verify-token --name default --token a-long-token`)).toMatch(
      /^2: .*META_VERIFY_TOKEN/,
    );
    const channel = `channel add --tenant ${tenantId} --phone-number-id 77 --waba-id 1 --display-number 97235550100 --token t`;
    expect(await fails(`${channel} --app nobodys`)).toMatch(/^3: No such app: whatsper app add/);
    expect(await command(`${channel} --app ${name}`)).toMatchObject({ app: name });
  });

  it('changed by two operators at once keeps both changes', async () => {
    const name = newName();
    await command(`app add --name ${name} --secret ${OLD}`);
    await Promise.all([
      command(`app rotate --name ${name} --secret ${NEW}`),
      command(`app verify-token --name ${name} --token token-of-the-app`),
      command(`app verify-token --name ${name} --tenant ${tenantId} --token token-of-tenant`),
    ]);
    const { items } = (await command('app list')) as { items: Record<string, unknown>[] };
    expect(items.find(({ app }) => app === name)).toMatchObject({ secrets: 2, verifyTokens: 2 });
  });
});
