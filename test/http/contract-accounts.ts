/** Accounts, people and roles through each of their routes once. */
import { expect } from '@jest/globals';

import { currentPolicy } from '../../src/accounts/legal-texts.ts';
import type { Context } from '../../src/context.ts';
import { type Letter, letterPlace, type MailRow, Mails } from '../../src/mail/model.ts';
import { setPassword } from '../../src/sign-in/credentials.ts';
import { withTenant } from '../../src/store/scope.ts';
import { type UserRow, Users } from '../../src/tenants/people-model.ts';
import { type Business, signedIn } from '../support/fixtures.ts';

type Ask = <Body>(method: string, pattern: string, id?: string, asking?: object) => Promise<Body>;

const PASSWORD = 'gentle otters juggle pears';
const contact = { name: 'Dana Levi', email: 'dana@aleph.example', phone: '+972501234567' };
const company = { isCompany: false };
const eea = { established: false, servesThere: false, otherwiseSubject: false };
const person = (username: string) => ({
  firstName: 'Dana',
  lastName: 'Levi',
  username,
  email: `${username}@aleph.example`,
  phone: '+972501234567',
});

export async function tryAccounts(ctx: Context, business: Business, ask: Ask): Promise<void> {
  const { tenantId } = business;
  const nobody = (body: object) => ({ key: undefined, body });
  const policyVersion = currentPolicy(ctx.settings).version;
  const owner = await signedIn(ctx, business, { role: 'owner' });
  const as = (signed: { headers: object }, body?: object) => ({
    key: undefined,
    headers: signed.headers,
    ...(body ? { body } : {}),
  });

  await ask(
    'post',
    '/v1/sign-up',
    '',
    nobody({ ...person('shop'), business: 'Shop', company, eea, acceptTerms: true }),
  );
  expect(await ask('get', '/v1/about', '', { key: undefined })).toMatchObject({
    contactEmail: 'team@texterchat.com',
    policyUrl: expect.stringMatching(/\/policy$/),
    termsUrl: expect.stringMatching(/\/terms$/),
    signUp: true,
  });
  expect(await ask('get', '/v1/policy', '', { key: undefined })).toMatchObject({ version: policyVersion });
  await setIncomplete(ctx, tenantId, owner.userId);
  const { email, ...own } = person('owner');
  void email;
  const account = { company, contactPerson: contact, eea };
  await ask('post', '/v1/account/complete', '', as(owner, { ...own, account }));
  expect(await ask('get', '/v1/account', '', as(owner))).toMatchObject({ contactPerson: contact });
  await ask('put', '/v1/account', '', as(owner, { privacyPolicyUrl: 'https://aleph.example/privacy' }));

  const rules = { secondFactorForAll: false, passwordMonths: 0 };
  expect(await ask('get', '/v1/sign-in-rules', '', as(owner))).toEqual(rules);
  expect(await ask('put', '/v1/sign-in-rules', '', as(owner, { secondFactorForAll: true }))).toEqual({
    ...rules,
    secondFactorForAll: true,
  });
  await ask('put', '/v1/sign-in-rules', '', as(owner, { secondFactorForAll: false }));

  await withTenant(tenantId, async () => {
    const row = await ctx.store.model(Users).findOne({ _id: owner.userId }).lean<UserRow>().exec();
    if (row) await setPassword(ctx, row, PASSWORD);
  });

  const role = { name: 'Readers', permissions: ['messages:read', 'conversations:read'] };
  const made = await ask<{ id: string }>('post', '/v1/roles', '', as(owner, role));
  await ask('put', '/v1/roles/{id}', made.id, as(owner, { ...role, name: 'Watchers' }));
  expect(await ask('get', '/v1/roles', '', as(owner))).toMatchObject({
    items: expect.arrayContaining([expect.objectContaining({ name: 'Watchers' })]),
  });
  await ask('delete', '/v1/roles/{id}', made.id, as(owner));

  const user = await ask<{ id: string }>(
    'post',
    '/v1/users',
    '',
    as(owner, { ...person('dana'), role: 'admin' }),
  );
  await ask('post', '/v1/users/{id}/invite', user.id, as(owner));
  const token = await mailedToken(ctx, tenantId, 'dana@aleph.example');
  expect(await ask('post', '/v1/invitations/look', '', nobody({ token }))).toMatchObject({
    firstName: 'Dana',
  });
  await ask('post', '/v1/invitations/accept', '', nobody({ token, password: PASSWORD, policyVersion }));
  await ask('get', '/v1/users', '', as(owner));
  await ask(
    'patch',
    '/v1/users/{id}',
    user.id,
    as(owner, { email: 'other@aleph.example', ownPassword: PASSWORD }),
  );
  const proof = await mailedToken(ctx, tenantId, 'other@aleph.example');
  await ask('post', '/v1/prove-email', '', nobody({ token: proof }));
  expect(await ask('get', '/v1/users/{id}', user.id, as(owner))).toMatchObject({ emailProven: true });
  await ask('post', '/v1/users/{id}/disable', user.id, as(owner));
  await ask('post', '/v1/users/{id}/enable', user.id, as(owner));
  await ask('delete', '/v1/users/{id}', user.id, as(owner));

  await ask('post', '/v1/users', '', as(owner, { ...person('noa'), role: 'agent' }));
  const declined = await mailedToken(ctx, tenantId, 'noa@aleph.example');
  await ask('post', '/v1/invitations/decline', '', nobody({ token: declined }));

  const next = await ask<{ id: string }>(
    'post',
    '/v1/users',
    '',
    as(owner, { ...person('gil'), role: 'admin' }),
  );
  const invitation = await mailedToken(ctx, tenantId, 'gil@aleph.example');
  await ask(
    'post',
    '/v1/invitations/accept',
    '',
    nobody({ token: invitation, password: PASSWORD, policyVersion }),
  );
  await ask('post', '/v1/account/hand-over', '', as(owner, { to: next.id }));
  expect(await ask('get', '/v1/account/hand-over', '', as(owner))).toMatchObject({
    handOver: { to: next.id },
  });
  await ask('delete', '/v1/account/hand-over', '', as(owner));
  const admin = await signedIn(ctx, business, { role: 'admin' });
  await nameLike(ctx, tenantId, { of: owner.userId, to: admin.userId });
  await ask('post', '/v1/account/hand-over', '', as(owner, { to: admin.userId }));
  await ask('post', '/v1/account/hand-over/accept', '', as(admin));
  await ask('post', '/v1/policy/accept', '', as(owner, { version: policyVersion }));
  await ask('post', '/v1/policy/decline', '', as(owner, { version: policyVersion }));
}

async function setIncomplete(ctx: Context, tenantId: string, _id: string): Promise<void> {
  await nameLike(ctx, tenantId, { of: _id, to: _id });
  await withTenant(tenantId, () =>
    ctx.store
      .model(Users)
      .updateOne({ _id }, { $set: { incomplete: true } })
      .exec(),
  );
}

/** Gives a person a whole profile, with an address that mail can go to. */
async function nameLike(
  ctx: Context,
  tenantId: string,
  { of, to: id }: { of: string; to: string },
): Promise<void> {
  const place = { tenantId, collection: 'users', id, field: 'profile' };
  const email = `${of === id ? 'owner' : 'admin'}-${id}@aleph.example`;
  const profile = await ctx.store.keyring.seal({ kind: 'user', id }, place, { ...person(id), email });
  await withTenant(tenantId, () =>
    ctx.store.model(Users).updateOne({ _id: id }, { $set: { profile } }).exec(),
  );
}

/** The link of the last mail to an address. */
export async function mailedToken(ctx: Context, tenantId: string, to: string): Promise<string> {
  return withTenant(tenantId, async () => {
    const rows = await ctx.store.model(Mails).find().sort({ _id: -1 }).lean<MailRow[]>().exec();
    for (const row of rows) {
      const letter = await ctx.store.keyring.open<Letter>(letterPlace(row), row.letter ?? Buffer.alloc(0));
      const token = letter.link?.url.split('/').at(-1);
      if (letter.to === to && token !== undefined) return token;
    }
    throw new Error(`No mail with a link to ${to}.`);
  });
}
