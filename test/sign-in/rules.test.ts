/** What a business asks of its people: a second factor of everybody, and fresh proof before an address changes. */
import { afterAll, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { generate } from 'otplib';

import { newRecoveryCodes, withoutRecoveryCode } from '../../src/sign-in/codes.ts';
import { createTenant } from '../../src/tenants/tenants.ts';
import { ManualClock } from '../support/clock.ts';
import { type TestContext, testContext } from '../support/context.ts';
import { openGateway, type TestGateway } from '../support/fixtures.ts';
import { type Person, personOf, sessionOf } from '../support/people.ts';

type Body = Record<string, unknown>;
type Headers = Record<string, string>;

const clock = new ManualClock(Date.now());
let ctx: TestContext;
let gateway: TestGateway;
let owner: Person;
let agent: Person;
let asOwner: Headers;
let asAgent: Headers;

beforeAll(async () => {
  ctx = await testContext({ clock, environment: { BASE_URL: 'http://localhost:3999', MAIL_OUTBOX: 'on' } });
  gateway = await openGateway(ctx);
});
beforeEach(async () => {
  const { tenantId } = await createTenant(ctx, { name: 'Business', email: 'owner@business.example' });
  owner = await personOf(ctx, { tenantId }, { role: 'owner' });
  agent = await personOf(ctx, { tenantId });
  asOwner = await headersOf(owner);
  asAgent = await headersOf(agent);
});
afterAll(async () => {
  await gateway.close();
  await ctx.close();
});

const headersOf = async (of: Person): Promise<Headers> => ({
  ...(await sessionOf(ctx, of)).headers,
  Origin: 'http://localhost:3999',
});
const ask = (method: string, path: string, headers: Headers, body?: object) =>
  gateway.ask<Body>(method, path, { headers, ...(body ? { body } : {}) });
const pendingOf = async (headers: Headers) => (await ask('GET', '/v1/me', headers)).body.pending;
const demand = (secondFactorForAll: boolean) =>
  ask('PUT', '/v1/sign-in-rules', asOwner, { secondFactorForAll });

async function addApp(headers: Headers, { password }: Person) {
  const { ticket, secret } = (await ask('POST', '/v1/factors/app/begin', headers)).body;
  const code = await generate({ secret: String(secret), epoch: Math.floor(clock.now() / 1000) });
  return ask('POST', '/v1/factors/app/finish', headers, { ticket, code, password });
}

describe('a second factor for all', () => {
  it('is off at first, and switched by who may change the account only', async () => {
    const rules = await ask('GET', '/v1/sign-in-rules', asOwner);
    expect(rules.body).toEqual({ secondFactorForAll: false, passwordMonths: 0 });
    expect((await ask('PUT', '/v1/sign-in-rules', asAgent, { secondFactorForAll: true })).status).toBe(403);
    expect(await pendingOf(asAgent)).toEqual([]);
  });

  it('shuts whoever has none out of everything but adding one, also in sessions that run', async () => {
    expect((await demand(true)).body).toMatchObject({ secondFactorForAll: true, passwordMonths: 0 });
    for (const headers of [asOwner, asAgent, await headersOf(agent)]) {
      expect(await pendingOf(headers)).toEqual(['add-second-factor']);
      const refused = await ask('GET', '/v1/conversations', headers);
      expect([refused.status, refused.body.type]).toEqual([
        403,
        'https://whatsper.dev/problems/steps-pending',
      ]);
      expect((await ask('GET', '/v1/factors', headers)).body.secondFactorForAll).toBe(true);
    }
    expect((await addApp(asAgent, agent)).status).toBe(200);
    expect(await pendingOf(asAgent)).toEqual([]);
    expect((await ask('GET', '/v1/conversations', asAgent)).status).toBe(200);
  });

  it('asks another session of the same person to sign in with the new factor', async () => {
    await demand(true);
    const other = await headersOf(agent);
    await addApp(asAgent, agent);
    expect(await pendingOf(other)).toEqual(['add-second-factor']);
    const { accountNumber, username: name, password } = agent;
    const signIn = await gateway.ask<Body>('POST', '/v1/sign-in', {
      body: { accountNumber, name, password },
    });
    expect(signIn.body.state).toBe('second-factor');
  });

  it('ends the live feed of who has none', async () => {
    const feed = await fetch(`${gateway.url}/v1/feed`, { headers: asAgent });
    expect(feed.status).toBe(200);
    await demand(true);
    await feed.text(); // ends when the server ends it
    expect((await fetch(`${gateway.url}/v1/feed`, { headers: asAgent })).status).toBe(403);
  });

  it('keeps the last factor from being removed, until the business asks for it no more', async () => {
    await addApp(asAgent, agent);
    await demand(true);
    await addApp(asOwner, owner);
    const remove = () => ask('POST', '/v1/factors/remove', asAgent, { password: agent.password });
    const refused = await remove();
    expect([refused.status, refused.body.type]).toEqual([
      409,
      'https://whatsper.dev/problems/second-factor-demanded',
    ]);
    expect((await demand(false)).status).toBe(200);
    expect((await remove()).status).toBe(200);
  });

  it('stands in the audit log', async () => {
    const take = jest.spyOn(ctx.audit, 'take');
    await demand(true);
    const [entry] = take.mock.calls
      .map(([record]) => record)
      .filter(({ action }) => action === 'sign-in-rules.changed');
    take.mockRestore();
    expect(entry).toMatchObject({
      tenantId: owner.tenantId,
      actor: `user:${owner.userId}`,
      outcome: 'allowed',
      details: { secondFactorForAll: true },
    });
  });

  it('is one business’s own: another’s people notice nothing', async () => {
    const { tenantId } = await createTenant(ctx, { name: 'Other', email: 'owner@other.example' });
    const other = await headersOf(await personOf(ctx, { tenantId }));
    await demand(true);
    expect(await pendingOf(other)).toEqual([]);
  });
});

describe('fresh proof', () => {
  const change = (body: object) => ask('PATCH', `/v1/users/${agent.userId}`, asOwner, body);

  it('is asked for before the address of a person changes', async () => {
    const email = `moved.${agent.email}`;
    for (const body of [{ email }, { email, ownPassword: 'wrong wrong wrong' }]) {
      const refused = await change(body);
      expect([refused.status, refused.body.type]).toEqual([
        403,
        'https://whatsper.dev/problems/wrong-password',
      ]);
    }
    expect((await ask('GET', `/v1/users/${agent.userId}`, asOwner)).body.email).toBe(agent.email);
    expect((await change({ email, ownPassword: owner.password })).body.email).toBe(email);
  });

  it('is not asked for what no mail of a forgotten password goes by', async () => {
    expect((await change({ firstName: 'Renamed', email: agent.email.toUpperCase() })).status).toBe(200);
  });
});

describe('recovery codes', () => {
  it('have 120 bits each, and are taken however they are written', () => {
    const { codes, kept } = newRecoveryCodes(ctx);
    const letters = new Set(codes.join('').replaceAll('-', ''));
    for (const code of codes) expect(code).toMatch(/^[a-z2-9]{6}(-[a-z2-9]{6}){3}$/);
    expect(letters.size).toBeGreaterThan(28);
    for (const sign of ['l', 'o', '0', '1']) expect(letters.has(sign)).toBe(false);
    const [first = ''] = codes;
    const left = withoutRecoveryCode({ recoveryCodes: kept }, ` ${first.toUpperCase().replaceAll('-', ' ')}`);
    expect(left?.recoveryCodes).toHaveLength(9);
  });
});
