/** Who is who: people have credentials of their own, a number only names, and operators hold no way in. */
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';

import { setPassword } from '../../src/sign-in/credentials.ts';
import { withTenant } from '../../src/store/scope.ts';
import { type UserRow, Users } from '../../src/tenants/people-model.ts';
import { findTenant } from '../../src/tenants/tenants.ts';
import { run } from '../cli/terminal.ts';
import { mailedToken } from '../http/contract-accounts.ts';
import { ManualClock } from '../support/clock.ts';
import { type TestContext, testContext } from '../support/context.ts';
import {
  type Business,
  clientWrites,
  openBusiness,
  openGateway,
  signedIn,
  type TestGateway,
} from '../support/fixtures.ts';
import { type Person, personOf, sessionOf } from '../support/people.ts';

let ctx: TestContext;
let clock: ManualClock;
let gateway: TestGateway;
let business: Business;
let owner: Person;
let agent: Person;
const AGENTS_PASSWORD = 'seven lanterns over water';

beforeAll(async () => {
  clock = new ManualClock(Date.now());
  ctx = await testContext({ clock });
  gateway = await openGateway(ctx);
  business = await openBusiness(ctx, 'Aleph');
  owner = await personOf(ctx, business, { role: 'owner' });
  agent = await personOf(ctx, business);
  await withTenant(business.tenantId, async () =>
    setPassword(ctx, await userOf(agent.userId), AGENTS_PASSWORD),
  );
});
afterAll(async () => {
  await gateway.close();
  await ctx.close();
});

const userOf = async (_id: string): Promise<UserRow> =>
  (await ctx.store.model(Users).findOne({ _id }).lean<UserRow>().exec())!;

const signIn = ({ accountNumber, username }: Person, password: string) =>
  gateway.ask('POST', '/v1/sign-in', { body: { accountNumber, name: username, password } });

const command = (line: string) => run(ctx, [...line.split(' '), '--json']);

describe('credentials', () => {
  it('row 26: the owner’s password opens nothing for an agent, and the reverse', async () => {
    expect((await signIn(owner, owner.password)).status).toBe(200);
    expect((await signIn(agent, AGENTS_PASSWORD)).status).toBe(200);
    expect((await signIn(agent, owner.password)).status).toBe(401);
    expect((await signIn(owner, AGENTS_PASSWORD)).status).toBe(401);
  });

  it('row 22: the account number names a business and proves nothing; nobody changes it', async () => {
    const { accountNumber } = await findTenant(ctx, business.tenantId);
    expect((await signIn(owner, accountNumber)).status).toBe(401);
    const bearer = { Authorization: `Bearer ${accountNumber}` };
    expect((await gateway.ask('GET', '/v1/me', { headers: bearer })).status).toBe(401);
    const { headers } = await sessionOf(ctx, owner);
    const put = await gateway.ask('PUT', '/v1/account', { headers, body: { accountNumber: '1234567890' } });
    expect(put.status).toBe(422);
    expect((await findTenant(ctx, business.tenantId)).accountNumber).toBe(accountNumber);
  });
});

describe('what an operator can do for people', () => {
  const invited = async () => {
    const { headers } = await sessionOf(ctx, owner);
    const email = 'maya@business.example';
    const body = {
      firstName: 'Maya',
      lastName: 'Katz',
      username: email.split('@')[0],
      email,
      phone: '+972501234567',
      role: 'agent',
    };
    const made = await gateway.ask<{ id: string }>('POST', '/v1/users', { headers, body });
    return { userId: made.body.id, email };
  };

  it('row 25: another invitation goes to the person alone: the command shows no link, and stands in the log', async () => {
    const { userId, email } = await invited();
    const before = await mailedToken(ctx, business.tenantId, email);
    clock.advance(1); // ids sort by time
    const take = jest.spyOn(ctx.audit, 'take');
    const { exitCode, out } = await command(`user invite --tenant ${business.tenantId} --user ${userId}`);
    const entries = take.mock.calls.map(([entry]) => entry);
    take.mockRestore();
    expect([exitCode, JSON.parse(out)]).toEqual([0, { userId, mailed: true }]);
    expect(entries).toContainEqual(
      expect.objectContaining({
        tenantId: business.tenantId,
        actor: expect.stringMatching(/^operator:/),
        action: 'user.invited-again',
        objects: [userId],
      }),
    );
    const token = await mailedToken(ctx, business.tenantId, email);
    expect(token).not.toBe(before);
    for (const [status, tried] of [
      [410, before],
      [200, token],
    ] as const) {
      const look = await gateway.ask('POST', '/v1/invitations/look', { body: { token: tried } });
      expect(look.status).toBe(status);
    }
  });

  it('row 25: who has joined is not invited again, and nobody of another business', async () => {
    const other = await openBusiness(ctx, 'Bet');
    const joined = await command(`user invite --tenant ${business.tenantId} --user ${agent.userId}`);
    expect([joined.exitCode, joined.out]).toEqual([2, '']);
    const foreign = await command(`user invite --tenant ${other.tenantId} --user ${agent.userId}`);
    expect([foreign.exitCode, foreign.out]).toEqual([3, '']); // no such user
  });

  it('row 70: the list of tenants says whose emergency contact can’t be reached', async () => {
    const lonely = await openBusiness(ctx, 'Gimel');
    const { out } = await command('tenant list');
    const { items } = JSON.parse(out) as { items: { tenantId: string; emergencyReachable: boolean }[] };
    const reachable = Object.fromEntries(items.map((one) => [one.tenantId, one.emergencyReachable]));
    expect(reachable).toMatchObject({ [business.tenantId]: true, [lonely.tenantId]: false });
  });

  it('passwords are renewed every so many months where the operator sets that, until it is set to 0', async () => {
    const rotate = (months: number | string) =>
      command(`tenant password-rotation --tenant ${business.tenantId} --months ${months}`);
    const pendingAfterSignIn = async () => {
      await signIn(agent, AGENTS_PASSWORD);
      const { headers } = await sessionOf(ctx, agent);
      return (await gateway.ask<{ pending: string[] }>('GET', '/v1/me', { headers })).body.pending;
    };
    expect((await rotate(25)).exitCode).toBe(2);
    const { out } = await rotate(3);
    expect(JSON.parse(out)).toEqual({ tenantId: business.tenantId, months: 3 });
    expect(await pendingAfterSignIn()).toEqual([]);
    clock.advance(91 * 86_400_000);
    await rotate(0);
    expect(await pendingAfterSignIn()).toEqual([]);
    await rotate(3);
    expect(await pendingAfterSignIn()).toEqual(['change-password']);
  });
});

describe('row 11: a client’s message', () => {
  it('row 11: reaches the permitted people of its business, and nobody there who may not read it', async () => {
    const { conversationId } = await clientWrites(ctx, business, { phone: '972500000071' });
    const reader = await signedIn(ctx, business, { role: 'agent' });
    const other = await signedIn(ctx, business, { permissions: ['users:read', 'conversations:read'] });
    const path = `/v1/conversations/${conversationId}/messages`;
    expect((await gateway.ask('GET', path, { headers: reader.headers })).status).toBe(200);
    for (const refused of [path, '/v1/feed']) {
      expect((await gateway.ask('GET', refused, { headers: other.headers })).status).toBe(403);
    }
  });
});
