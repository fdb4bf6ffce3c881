/** People who sign in by themselves: with names, a proven address and a password. */
import { claimNames } from '../../src/accounts/names.ts';
import type { Context } from '../../src/context.ts';
import { setPassword } from '../../src/sign-in/credentials.ts';
import { newId } from '../../src/store/ids.ts';
import { withTenant } from '../../src/store/scope.ts';
import { SESSION_COOKIE } from '../../src/tenants/auth.ts';
import { type UserRow, Users } from '../../src/tenants/people-model.ts';
import { startSession } from '../../src/tenants/sessions.ts';
import { findTenant } from '../../src/tenants/tenants.ts';
import { acceptedNow } from './fixtures.ts';

export interface Person {
  tenantId: string;
  accountNumber: string;
  userId: string;
  username: string;
  email: string;
  password: string;
}

let people = 0;

/** A person of a tenant, an agent unless `more` says otherwise. */
export async function personOf(
  ctx: Context,
  { tenantId }: { tenantId: string },
  more: Partial<UserRow> = {},
): Promise<Person> {
  people += 1;
  const { accountNumber } = await findTenant(ctx, tenantId);
  const userId = newId(ctx, 'usr');
  const username = `noa-${people}-${userId.slice(-4)}`;
  const names = { username, email: `${username}@business.example` };
  const password = 'correct horse battery';
  const place = { tenantId, collection: 'users', id: userId, field: 'profile' };
  const profile = { firstName: 'Noga', lastName: 'Peretz', phone: '', ...names };
  const at = new Date(ctx.clock.now());
  const row: UserRow = {
    _id: userId,
    tenantId,
    role: 'agent',
    status: 'active',
    profile: await ctx.store.keyring.seal({ kind: 'user', id: userId }, place, profile),
    emailProvenAt: at,
    accepted: { ...acceptedNow(ctx), at, surface: 'test' },
    origin: { by: 'operator', how: 'operator', at },
    createdAt: at,
    ...more,
  };
  await withTenant(tenantId, async () => {
    await ctx.store.model(Users).insertMany([row]);
    await claimNames(ctx, { tenantId, userId, names });
    await setPassword(ctx, row, password);
  });
  return { tenantId, accountNumber, userId, ...names, password };
}

/** A session without signing in. */
export async function sessionOf(
  ctx: Context,
  { tenantId, userId }: { tenantId: string; userId: string },
): Promise<{ headers: Record<string, string> }> {
  const device = { userAgent: 'test', address: '127.0.0.1' };
  const { token, csrfToken } = await startSession(ctx, { tenantId, userId, strong: false, device });
  return { headers: { Cookie: `${SESSION_COOKIE}=${token}`, 'X-CSRF-Token': csrfToken } };
}
