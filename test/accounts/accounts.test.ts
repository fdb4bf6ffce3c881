/** Accounts, people and roles, by the product's own routes. Mail is kept, and its links are followed. */
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';

import { linkByHand } from '../../src/accounts/invitations.ts';
import { currentPolicy, currentTerms } from '../../src/accounts/legal-texts.ts';
import { AccountNumbers, Accounts } from '../../src/accounts/model.ts';
import { userIdOfName } from '../../src/accounts/names.ts';
import { ensureOwner } from '../../src/accounts/owners.ts';
import { removeUnproven } from '../../src/accounts/sign-up.ts';
import { barOf } from '../../src/accounts/terms.ts';
import { Conversations, type MessageRow, Messages } from '../../src/conversations/model.ts';
import { Mails } from '../../src/mail/model.ts';
import { setPassword } from '../../src/sign-in/credentials.ts';
import { asOperator, withTenant } from '../../src/store/scope.ts';
import { createApiKey } from '../../src/tenants/keys.ts';
import { type TenantRecord, Tenants } from '../../src/tenants/model.ts';
import { UserNames, type UserRow, Users } from '../../src/tenants/people-model.ts';
import { createTenant } from '../../src/tenants/tenants.ts';
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

const PASSWORD = 'gentle otters juggle pears';
const DAY = 86_400_000;
let ctx: TestContext;
let clock: ManualClock;
let gateway: TestGateway;
let business: Business;
let owner: Signed;

type Signed = Awaited<ReturnType<typeof signedIn>>;

beforeAll(async () => {
  clock = new ManualClock(Date.now());
  ctx = await testContext({ clock, environment: { MAIL_OUTBOX: 'on', SIGN_UP: 'on' } });
  gateway = await openGateway(ctx);
  business = await openBusiness(ctx, 'Aleph');
  owner = await newOwner();
});
afterAll(async () => {
  await gateway.close();
  await ctx.close();
});

async function newOwner(): Promise<Signed> {
  const signed = await signedIn(ctx, business, { role: 'owner' });
  const row = await userRow(signed.userId);
  if (!row) throw new Error('no owner');
  await withTenant(business.tenantId, () => setPassword(ctx, row, PASSWORD));
  return signed;
}

let people = 0;
const person = (more: object = {}) => {
  people += 1;
  return {
    firstName: 'Dana',
    lastName: 'Levi',
    username: `dana.${people}`,
    email: `dana.${people}@business.example`,
    phone: '+972 50-123-4567',
    role: 'agent',
    ...more,
  };
};

const as = ({ headers }: Signed, body?: object) => ({ headers, ...(body ? { body } : {}) });
const word = ({ body }: { body: Record<string, unknown> }) => String(body.type).split('/').at(-1);

const policyVersion = () => currentPolicy(ctx.settings).version;

async function join(token: string) {
  return gateway.ask('POST', '/v1/invitations/accept', {
    body: { token, password: PASSWORD, policyVersion: policyVersion() },
  });
}

async function invited(more: object = {}): Promise<{ id: string; email: string; token: string }> {
  const body = person(more);
  const made = await gateway.ask<{ id: string }>('POST', '/v1/users', as(owner, body));
  expect(made.status).toBe(201);
  return {
    id: made.body.id,
    email: body.email,
    token: await mailedToken(ctx, business.tenantId, body.email),
  };
}

const userRow = (id: string, { tenantId } = business) =>
  withTenant(tenantId, () => ctx.store.model(Users).findOne({ _id: id }).lean<UserRow>().exec());

describe('users', () => {
  it('rows 24, 25 and 30: a person is invited with names, address and phone, and chooses the password alone', async () => {
    for (const missing of ['firstName', 'lastName', 'username', 'email', 'phone']) {
      const refused = await gateway.ask(
        'POST',
        '/v1/users',
        as(owner, { ...person(), [missing]: undefined }),
      );
      expect(refused.status).toBe(422);
      expect(JSON.stringify(refused.body.errors)).toContain(`"${missing}"`);
    }
    const given = await gateway.ask('POST', '/v1/users', as(owner, { ...person(), password: PASSWORD }));
    expect(given.status).toBe(422);
    const { id, token } = await invited();
    const before = await userRow(id);
    expect(before).toMatchObject({
      status: 'invited',
      origin: { by: `user:${owner.userId}`, how: 'invitation' },
    });
    expect(before?.credentials).toBeUndefined();
    const look = await gateway.ask('POST', '/v1/invitations/look', { body: { token } });
    expect(look.body).toMatchObject({ business: 'Aleph', firstName: 'Dana', role: 'member' });
    expect(await join(token)).toMatchObject({ status: 200 });
    expect(word(await join(token))).toBe('link-over');
    const after = await userRow(id);
    expect(after).toMatchObject({ status: 'active', accepted: { surface: 'invitation' } });
    expect(after?.emailProvenAt).toBeDefined();
  });

  it('T-AU: user enumeration by invitation: used, ended, altered and unknown links are answered alike', async () => {
    const { token } = await invited();
    const other = await invited();
    await join(token);
    await gateway.ask('POST', '/v1/invitations/decline', { body: { token: other.token } });
    const altered = `${token.slice(0, -1)}${token.endsWith('A') ? 'B' : 'A'}`;
    const unknown = `wsl_${business.tenantId}_${'A'.repeat(43)}`;
    const elsewhere = `wsl_ten_of_nobody_${'A'.repeat(43)}`;
    const answers = [];
    for (const given of [token, other.token, altered, unknown, elsewhere]) {
      const { status, body } = await gateway.ask('POST', '/v1/invitations/look', { body: { token: given } });
      answers.push(JSON.stringify({ status, body }));
    }
    expect(answers[0]).toContain('410');
    expect(new Set(answers).size).toBe(1);
  });

  it('row 25: an invitation works for 7 days, and a new one ends those before', async () => {
    const { id, email, token } = await invited();
    await gateway.ask('POST', `/v1/users/${id}/invite`, as(owner));
    expect(word(await join(token))).toBe('link-over');
    const next = await mailedToken(ctx, business.tenantId, email);
    clock.advance(7 * DAY + 1);
    expect(word(await join(next))).toBe('link-over');
    owner = await newOwner();
  });

  it('row 19: a name that differs by case, form or spacing is refused, also of two who come at once', async () => {
    const taken = person();
    const disguised = { ...person(), username: ` ${taken.username.toUpperCase()}\u200B` };
    const both = await Promise.all([
      gateway.ask('POST', '/v1/users', as(owner, taken)),
      gateway.ask('POST', '/v1/users', as(owner, disguised)),
    ]);
    expect(both.map(({ status }) => status).sort()).toEqual([201, 422]);
    const refused = both.find(({ status }) => status === 422)!;
    expect(word(refused)).toBe('name-not-available');
    expect(refused.text).not.toContain('usr_');
    const names = await withTenant(business.tenantId, () =>
      ctx.store.model(UserNames).countDocuments().exec(),
    );
    const again = await gateway.ask('POST', '/v1/users', as(owner, disguised));
    expect(again.status).toBe(422);
    expect(
      await withTenant(business.tenantId, () => ctx.store.model(UserNames).countDocuments().exec()),
    ).toBe(names);
  });

  it('row 20: another address must be proven again; until then it is not proven', async () => {
    const { id, token } = await invited();
    await join(token);
    const email = `new.${people}@business.example`;
    const changed = await gateway.ask(
      'PATCH',
      `/v1/users/${id}`,
      as(owner, { email, ownPassword: PASSWORD }),
    );
    expect(changed.body).toMatchObject({ email, emailProven: false });
    const proof = await mailedToken(ctx, business.tenantId, email);
    expect((await gateway.ask('POST', '/v1/prove-email', { body: { token: proof } })).status).toBe(200);
    expect((await userRow(id))?.emailProvenAt).toBeDefined();
    const bad = await gateway.ask('PATCH', `/v1/users/${id}`, as(owner, { phone: '12' }));
    expect(bad.status).toBe(422);
  });

  it('row 27: a change holds at once, and its old and new values stand in the audit log as digests', async () => {
    const { id, email } = await invited();
    const take = jest.spyOn(ctx.audit, 'take');
    const next = `renamed.${people}@business.example`;
    const change = { email: next, firstName: 'Renamed', role: 'supervisor' };
    expect((await gateway.ask('PATCH', `/v1/users/${id}`, as(owner, change))).body).toMatchObject(change);
    const entry = take.mock.calls.map(([record]) => record).find(({ action }) => action === 'user.changed');
    take.mockRestore();
    expect(entry).toMatchObject({
      tenantId: business.tenantId,
      actor: `user:${owner.userId}`,
      objects: [id],
      details: { roleOld: 'agent', roleNew: 'supervisor' },
    });
    const { emailOld, emailNew, firstNameNew } = entry?.details ?? {};
    expect(new Set([emailOld, emailNew, firstNameNew]).size).toBe(3);
    for (const value of [email, next, 'Renamed']) expect(JSON.stringify(entry)).not.toContain(value);
  });

  it('row 21: the owner can’t be deleted, disabled or demoted, and nobody is invited as owner', async () => {
    const path = `/v1/users/${owner.userId}`;
    for (const [method, url, body] of [
      ['DELETE', path, undefined],
      ['POST', `${path}/disable`, undefined],
      ['PATCH', path, { role: 'agent' }],
    ] as const) {
      expect(word(await gateway.ask(method, url, as(owner, body)))).toBe('last-owner');
    }
    const second = await gateway.ask('POST', '/v1/users', as(owner, person({ role: 'owner' })));
    expect(second.status).toBe(422);
  });

  it('row 29: nobody lists, adds or changes users without the right, or gives more than they hold', async () => {
    const agent = await signedIn(ctx, business, { role: 'agent' });
    const limited = await signedIn(ctx, business, {
      permissions: ['users:read', 'users:write', 'messages:read'],
    });
    for (const [method, path, body] of [
      ['GET', '/v1/users', undefined],
      ['POST', '/v1/users', person()],
      ['PATCH', `/v1/users/${agent.userId}`, { firstName: 'X' }],
      ['DELETE', `/v1/users/${owner.userId}`, undefined],
    ] as const) {
      expect(word(await gateway.ask(method, path, as(agent, body)))).toBe('insufficient-scope');
    }
    for (const [method, path, body] of [
      ['POST', '/v1/users', person({ role: 'agent' })],
      ['PATCH', `/v1/users/${agent.userId}`, { firstName: 'X' }],
      ['POST', '/v1/roles', { name: 'More', permissions: ['contacts:read'] }],
      ['POST', `/v1/users/${owner.userId}/disable`, undefined],
    ] as const) {
      expect(word(await gateway.ask(method, path, as(limited, body)))).toBe('more-than-you-hold');
    }
    const role = { name: 'Readers', permissions: ['messages:read'] };
    const made = await gateway.ask<{ id: string }>('POST', '/v1/roles', as(limited, role));
    expect(made.status).toBe(201);
    expect((await gateway.ask('POST', '/v1/users', as(limited, person({ role: made.body.id })))).status).toBe(
      201,
    );
    const wider = { ...role, permissions: ['messages:read', 'messages:send'] };
    expect((await gateway.ask('PUT', `/v1/roles/${made.body.id}`, as(owner, wider))).status).toBe(200);
    expect(word(await gateway.ask('PUT', `/v1/roles/${made.body.id}`, as(limited, role)))).toBe(
      'more-than-you-hold',
    );
    expect(word(await gateway.ask('DELETE', `/v1/roles/${made.body.id}`, as(owner)))).toBe('role-in-use');
  });

  it('T-AZ: own role can’t be raised; T-AZ: mass assignment: nobody sets what is not theirs to set', async () => {
    const admin = await signedIn(ctx, business, { role: 'admin' });
    expect(
      word(await gateway.ask('PATCH', `/v1/users/${admin.userId}`, as(admin, { role: 'supervisor' }))),
    ).toBe('yourself');
    for (const field of ['tenantId', 'accountNumber', 'emailProvenAt', 'verified', 'status', 'origin']) {
      const refused = await gateway.ask('PATCH', `/v1/users/${admin.userId}`, as(owner, { [field]: 'x' }));
      expect(refused.status).toBe(422);
      expect((await gateway.ask('PUT', '/v1/account', as(owner, { [field]: 'x' }))).status).toBe(422);
    }
  });

  it('T-AZ: fields: an agent sees neither addresses nor phones of other agents', async () => {
    const supervisor = await signedIn(ctx, business, { role: 'supervisor' });
    await invited();
    const list = await gateway.ask<{ items: { id: string; email: string | null; phone: string | null }[] }>(
      'GET',
      '/v1/users',
      as(supervisor),
    );
    const others = list.body.items.filter(({ id }) => id !== supervisor.userId);
    expect(others.length).toBeGreaterThan(0);
    for (const { email, phone } of others) expect([email, phone]).toEqual([null, null]);
  });

  it('T-AZ: fields: an agent does not see what things cost, nor the account', async () => {
    const agent = await signedIn(ctx, business, { role: 'agent' });
    for (const path of ['/v1/costs', '/v1/account', '/v1/audit']) {
      const refused = await gateway.ask('GET', path, as(agent));
      expect([path, refused.status, word(refused)]).toEqual([path, 403, 'insufficient-scope']);
    }
  });

  it('T-AZ: rights removed during an open feed end it, and nothing is told on it any more', async () => {
    const agent = await signedIn(ctx, business, { role: 'agent' });
    const feed = await fetch(`${gateway.url}/v1/feed`, { headers: agent.headers });
    expect(feed.status).toBe(200);
    await withTenant(business.tenantId, () =>
      ctx.store
        .model(Users)
        .updateOne({ _id: agent.userId }, { $set: { role: 'role-without-rights' } })
        .exec(),
    );
    const told = await feed.text(); // ends when the server ends it
    expect(told).not.toContain('message.created');
    expect((await fetch(`${gateway.url}/v1/feed`, { headers: agent.headers })).status).toBe(403);
  });

  it('row 28: who is disabled loses sessions and keys, their conversations wait again, and they can be let in again', async () => {
    const { id, token } = await invited();
    await join(token);
    const agent = await signedIn(ctx, business, { role: 'agent' });
    const key = await createApiKey(
      ctx,
      { tenantId: business.tenantId, scopes: ['messages:read'] },
      `user:${agent.userId}`,
    );
    const { conversationId } = await clientWrites(ctx, business, { phone: '972500000031' });
    await withTenant(business.tenantId, () =>
      ctx.store
        .model(Conversations)
        .updateOne({ _id: conversationId }, { $set: { state: 'ASSIGNED', assigneeId: agent.userId } })
        .exec(),
    );
    const feed = await fetch(`${gateway.url}/v1/feed`, { headers: agent.headers });
    expect(feed.status).toBe(200);
    const disabled = await gateway.ask('POST', `/v1/users/${agent.userId}/disable`, as(owner));
    const since = performance.now();
    await feed.text(); // until the server ends it
    expect(performance.now() - since).toBeLessThan(5_000);
    expect(disabled.body).toMatchObject({ status: 'disabled' });
    expect((await gateway.ask('GET', '/v1/me', as(agent))).status).toBe(401);
    expect((await gateway.ask('GET', '/v1/me', { key: key.key })).status).toBe(401);
    const shown = await gateway.ask('GET', `/v1/conversations/${conversationId}`, { key: business.key });
    expect(shown.body.state).toBe('PENDING');
    await gateway.ask('POST', `/v1/users/${id}/disable`, as(owner));
    expect((await gateway.ask('POST', `/v1/users/${id}/enable`, as(owner))).body.status).toBe('active');
  });

  it('row 28 and T-AZ: race: a person is deleted while they send: names are gone, the message keeps its author', async () => {
    const agent = await signedIn(ctx, business, { role: 'agent' });
    const { conversationId } = await clientWrites(ctx, business, { phone: '972500000032' });
    const path = `/v1/conversations/${conversationId}/messages`;
    const text = { type: 'text', text: { body: 'on my way' } };
    const first = await gateway.ask<{ id: string }>('POST', path, as(agent, text));
    expect(first.status).toBe(202);
    const [deleted, ...sent] = await Promise.all([
      gateway.ask('DELETE', `/v1/users/${agent.userId}`, as(owner)),
      ...[1, 2, 3].map(() => gateway.ask<{ id: string }>('POST', path, as(agent, text))),
    ]);
    expect(deleted).toMatchObject({ status: 200, body: { deleted: true } });
    for (const { status } of sent) expect([202, 401]).toContain(status);
    const message = await withTenant(business.tenantId, () =>
      ctx.store.model(Messages).findOne({ _id: first.body.id }).lean<MessageRow>().exec(),
    );
    expect(JSON.stringify(message)).toContain(`user:${agent.userId}`);
    expect(await userRow(agent.userId)).toBeNull();
    const place = { tenantId: business.tenantId, collection: 'users', id: agent.userId, field: 'profile' };
    await expect(ctx.store.keyring.seal({ kind: 'user', id: agent.userId }, place, {})).rejects.toThrow(
      'destroyed',
    );
    const names = await withTenant(business.tenantId, () =>
      ctx.store.model(UserNames).countDocuments({ userId: agent.userId }).exec(),
    );
    expect(names).toBe(0);
  });

  it('row 31: one person of two businesses is two people who share nothing', async () => {
    const other = await openBusiness(ctx, 'Bet');
    const second = await signedIn(ctx, other, { role: 'owner' });
    const same = person();
    const one = await gateway.ask<{ id: string }>('POST', '/v1/users', as(owner, same));
    const two = await gateway.ask<{ id: string }>('POST', '/v1/users', as(second, same));
    expect([one.status, two.status]).toEqual([201, 201]);
    const ids = await Promise.all(
      [business, other].map(({ tenantId }) =>
        withTenant(tenantId, () => userIdOfName(ctx, tenantId, same.email)),
      ),
    );
    expect(ids).toEqual([one.body.id, two.body.id]);
    const rows = await asOperator('test', () => ctx.store.model(UserNames).find().lean().exec());
    expect(new Set(rows.map(({ _id }) => _id)).size).toBe(rows.length);
    expect((await gateway.ask('GET', `/v1/users/${two.body.id}`, as(owner))).status).toBe(404);
  });

  it('row 4: an API key is refused where only a person has business', async () => {
    expect(word(await gateway.ask('GET', '/v1/users', { key: business.key }))).toBe('wrong-credential');
    expect(word(await gateway.ask('GET', '/v1/account', { key: business.key }))).toBe('wrong-credential');
  });
});

describe('the policy', () => {
  it('row 1: who has not accepted it can read it, accept it, decline it and sign out, and nothing else', async () => {
    const agent = await signedIn(ctx, business, { role: 'agent' });
    await withTenant(business.tenantId, () =>
      ctx.store
        .model(Users)
        .updateOne({ _id: agent.userId }, { $set: { 'accepted.version': 'an older one' } })
        .exec(),
    );
    expect(word(await gateway.ask('GET', '/v1/conversations', as(agent)))).toBe('steps-pending');
    expect((await gateway.ask('GET', '/v1/me', as(agent))).body.pending).toEqual(['accept-policy']);
    const { body } = await gateway.ask<{ version: string; hash: string }>('GET', '/v1/policy');
    expect(word(await gateway.ask('POST', '/v1/policy/accept', as(agent, { version: 'other' })))).toBe(
      'other-policy',
    );
    await gateway.ask('POST', '/v1/policy/accept', as(agent, { version: body.version }));
    expect((await gateway.ask('GET', '/v1/conversations', as(agent))).status).toBe(200);
    expect((await userRow(agent.userId))?.accepted).toMatchObject({
      version: body.version,
      hash: body.hash,
      surface: 'console',
      at: new Date(clock.now()),
    });
    await gateway.ask('POST', '/v1/policy/decline', as(agent, { version: body.version }));
    expect((await gateway.ask('GET', '/v1/me', as(agent))).status).toBe(401);
  });

  it('row 2: who declines an invitation is gone with all that was kept of them', async () => {
    const { id, email, token } = await invited();
    await gateway.ask('POST', '/v1/invitations/decline', { body: { token } });
    expect(await userRow(id)).toBeNull();
    expect(await withTenant(business.tenantId, () => userIdOfName(ctx, business.tenantId, email))).toBeNull();
    expect(word(await join(token))).toBe('link-over');
  });
});

describe('the account', () => {
  const complete = {
    company: { isCompany: true, number: '515151515' },
    contactPerson: { name: 'Dana Levi', email: 'dana@business.example', phone: '+972501234567' },
    privacyContact: { name: 'Privacy', email: 'privacy@business.example' },
    privacyPolicyUrl: 'https://business.example/privacy',
    eea: { established: false, servesThere: false, otherwiseSubject: false },
  };

  it('rows 10, 16, 27 and 89: contact, privacy contact and policy link are kept, and changes are audited', async () => {
    const empty = await gateway.ask<{ missing: string[] }>('GET', '/v1/account', as(owner));
    expect(empty.body.missing).toEqual(
      expect.arrayContaining(['contactPerson', 'privacyContact', 'privacyPolicyUrl']),
    );
    const put = await gateway.ask('PUT', '/v1/account', as(owner, complete));
    expect(put.body).toMatchObject({ ...complete, missing: [], maySend: true });
    const wrong = { ...complete, company: { isCompany: true } };
    expect((await gateway.ask('PUT', '/v1/account', as(owner, wrong))).status).toBe(422);
  });

  it('row 148: a yes about Europe needs a decision of the operator', async () => {
    const eea = { ...complete.eea, servesThere: true };
    expect(word(await gateway.ask('PUT', '/v1/account', as(owner, { eea })))).toBe('eea-not-served');
    await withTenant(business.tenantId, () =>
      ctx.store
        .model(Accounts)
        .updateOne(
          { _id: business.tenantId },
          { $set: { eeaDecision: { allowed: true, by: 'operator:test', at: new Date(clock.now()) } } },
        )
        .exec(),
    );
    expect((await gateway.ask('PUT', '/v1/account', as(owner, { eea }))).status).toBe(200);
  });

  it('row 70: whether somebody can be reached in an emergency is known', async () => {
    const { id, token } = await invited();
    await join(token);
    const put = await gateway.ask('PUT', '/v1/account', as(owner, { emergencyUserId: id }));
    expect(put.body).toMatchObject({ emergencyUserId: id, emergencyReachable: true });
    await gateway.ask(
      'PATCH',
      `/v1/users/${id}`,
      as(owner, { email: `moved.${people}@business.example`, ownPassword: PASSWORD }),
    );
    expect((await gateway.ask('GET', '/v1/account', as(owner))).body.emergencyReachable).toBe(false);
  });

  it('row 67: without active terms nothing is accepted for sending', async () => {
    const other = await openBusiness(ctx, 'Gimel');
    const { conversationId } = await clientWrites(ctx, other, { phone: '972500000033' });
    const send = () =>
      gateway.ask('POST', `/v1/conversations/${conversationId}/messages`, {
        key: other.key,
        body: { type: 'text', text: { body: 'hello' } },
      });
    expect((await send()).status).toBe(202);
    const signed = await signedIn(ctx, other, { role: 'owner' });
    await gateway.ask('PUT', '/v1/account', as(signed, { company: { isCompany: false } }));
    await withTenant(other.tenantId, () =>
      ctx.store
        .model(Accounts)
        .updateOne({ _id: other.tenantId }, { $set: { 'terms.until': new Date(clock.now()) } })
        .exec(),
    );
    clock.advance(30_001);
    expect(word(await send())).toBe('terms-missing');
  });

  it('row 21: the account is handed over in two steps, and has an owner at all times', async () => {
    const other = await openBusiness(ctx, 'Dalet');
    const [from, to, third] = [
      await signedIn(ctx, other, { role: 'owner' }),
      await signedIn(ctx, other, { role: 'admin' }),
      await signedIn(ctx, other, { role: 'admin' }),
    ];
    const path = '/v1/account/hand-over';
    // Nobody here has an address for mail.
    for (const { userId } of [from, to]) await nameAddress(other, userId);
    expect(word(await gateway.ask('POST', path, as(to, { to: third.userId })))).toBe('insufficient-scope');
    expect((await gateway.ask('POST', path, as(from, { to: to.userId }))).status).toBe(200);
    expect(word(await gateway.ask('POST', `${path}/accept`, as(third)))).toBe('no-hand-over');
    expect((await gateway.ask('POST', `${path}/accept`, as(to))).status).toBe(200);
    expect((await userRow(from.userId, other))?.role).toBe('admin');
    expect((await userRow(to.userId, other))?.role).toBe('owner');
    expect(word(await gateway.ask('POST', `${path}/accept`, as(to)))).toBe('no-hand-over');
    const letters = await withTenant(other.tenantId, () => ctx.store.model(Mails).countDocuments().exec());
    expect(letters).toBe(4);
  });

  async function nameAddress({ tenantId }: Business, id: string): Promise<void> {
    const place = { tenantId, collection: 'users', id, field: 'profile' };
    const profile = await ctx.store.keyring.seal({ kind: 'user', id }, place, {
      firstName: 'A',
      lastName: 'B',
      username: id,
      email: `${id}@business.example`,
      phone: '',
    });
    await withTenant(tenantId, () =>
      ctx.store.model(Users).updateOne({ _id: id }, { $set: { profile } }).exec(),
    );
  }
});

describe('accounts that the operator makes', () => {
  it('rows 18 and 23: the owner follows a link, completes the account, and only then adds people', async () => {
    const { tenantId } = await createTenant(ctx, { name: 'He', email: 'owner@he.example' });
    const made = await ensureOwner(ctx, tenantId, 'operator:test');
    expect(await ensureOwner(ctx, tenantId, 'operator:test')).toMatchObject({ _id: made._id });
    const url = await withTenant(tenantId, () => linkByHand(ctx, made));
    expect((await join(url.split('/').at(-1) ?? '')).status).toBe(200);
    const row = await userRow(made._id, { tenantId } as Business);
    expect(row).toMatchObject({ status: 'active', incomplete: true });
    expect(row?.emailProvenAt).toBeUndefined();
    const helper = await signedIn(ctx, { tenantId }, { role: 'admin' });
    expect(word(await gateway.ask('POST', '/v1/users', as(helper, person())))).toBe('owner-not-complete');
  });
});

describe('sign-up', () => {
  const asked = (more: object = {}) => ({
    firstName: 'Noa',
    lastName: 'Cohen',
    username: 'noa',
    email: `noa.${(people += 1)}@shop.example`,
    phone: '+972501234567',
    business: 'Noa’s shop',
    company: { isCompany: false },
    eea: { established: false, servesThere: false, otherwiseSubject: false },
    acceptTerms: true,
    ...more,
  });
  /** Ids sort by time: each sign-up comes a moment after the one before. */
  const open = async (body: object) => {
    clock.advance(1);
    return gateway.ask('POST', '/v1/sign-up', { body });
  };
  const newest = () =>
    asOperator('test', () =>
      ctx.store.model(Tenants).find().sort({ _id: -1 }).limit(1).lean<TenantRecord[]>().exec(),
    ).then(([tenant]) => tenant!);

  it('rows 18 and 148: each missing field is named; a yes about Europe stops it, and nothing is kept', async () => {
    for (const field of ['firstName', 'lastName', 'username', 'email', 'phone', 'eea', 'company']) {
      const refused = await gateway.ask('POST', '/v1/sign-up', { body: { ...asked(), [field]: undefined } });
      expect(refused.status).toBe(422);
      expect(JSON.stringify(refused.body.errors)).toContain(`"${field}"`);
    }
    const before = await newest();
    const eea = { established: true, servesThere: false, otherwiseSubject: false };
    expect(word(await gateway.ask('POST', '/v1/sign-up', { body: asked({ eea }) }))).toBe('eea-not-served');
    expect((await newest())._id).toBe(before._id);
  });

  it('T-AU: user enumeration at sign-up: an address that is known is answered like one that is not', async () => {
    const body = asked();
    const first = await open(body);
    const again = await open(body);
    const other = await open(asked());
    for (const { status, body: said, headers } of [first, again, other]) {
      expect([status, said]).toEqual([202, { next: 'read-mail' }]);
      expect(headers.getSetCookie()).toEqual([]);
    }
    clock.advance(7 * DAY + 1);
    expect(await removeUnproven(ctx)).toBe(3);
  });

  it('rows 20 and 22: nothing works before the link was followed; then the account is open under its number', async () => {
    const body = asked();
    const answer = await open(body);
    expect([answer.status, answer.body]).toEqual([202, { next: 'read-mail' }]);
    const tenant = await newest();
    expect(tenant).toMatchObject({
      status: 'unproven',
      accountNumber: expect.stringMatching(/^[1-9]\d{9}$/),
    });
    const joined = await join(await mailedToken(ctx, tenant._id, body.email));
    expect(joined).toMatchObject({ status: 200, body: { accountNumber: tenant.accountNumber } });
    expect((await newest()).status).toBe('active');
    const account = await withTenant(tenant._id, () => ctx.store.model(Accounts).findOne().lean().exec());
    const { version, hash } = currentTerms(ctx.settings);
    const terms = { number: tenant.accountNumber, version, hash };
    expect(account).toMatchObject({ origin: 'sign-up', terms });
  });

  it.each([
    ['privacyContact', 'account-incomplete'],
    ['privacyPolicyUrl', 'account-incomplete'],
    ['contactPerson', null],
  ])('rows 16 and 89: one who signed up and lacks %s may send: %s', (lacking, bar) => {
    const terms = { number: '1', version: '1', from: new Date(0), by: 'user:usr_1' };
    const row = { _id: 't', tenantId: 't', missing: [lacking], terms, createdAt: new Date(0) };
    expect(barOf({ ...row, origin: 'sign-up' }, 1)).toBe(bar);
    expect(barOf({ ...row, origin: 'operator' }, 1)).toBeNull();
    expect(barOf({ ...row, origin: 'operator', terms: { ...terms, until: new Date(1) } }, 1)).toBe(
      'terms-missing',
    );
  });

  it('row 2: who declines, or never follows the link, leaves no row behind, and the number is not given again', async () => {
    const leave = [
      async (token: string) =>
        void (await gateway.ask('POST', '/v1/invitations/decline', { body: { token } })),
      async () => {
        clock.advance(7 * DAY + 1);
        expect(await removeUnproven(ctx)).toBe(1);
      },
    ];
    for (const go of leave) {
      const body = asked();
      await open(body);
      const { _id, accountNumber } = await newest();
      await go(await mailedToken(ctx, _id, body.email));
      expect((await newest())._id).not.toBe(_id);
      for (const collection of [Users, UserNames, Accounts, Mails]) {
        const left = await withTenant(_id, () =>
          ctx.store
            .model(collection as typeof Users)
            .countDocuments()
            .exec(),
        );
        expect(left).toBe(0);
      }
      const given = await asOperator('test', () =>
        ctx.store.model(AccountNumbers).exists({ _id: accountNumber }).exec(),
      );
      expect(given).not.toBeNull();
    }
  });
});
