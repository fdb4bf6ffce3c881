/** People of a tenant, signed in as a browser would be: with the session's cookie, its CSRF token and our own Origin. */
import { randomBytes } from 'node:crypto';

import type { Context } from '../../src/context.ts';
import { newId } from '../../src/store/ids.ts';
import { withTenant } from '../../src/store/scope.ts';
import { SESSION_COOKIE } from '../../src/tenants/auth.ts';
import { type Profile, type UserRow, Users } from '../../src/tenants/people-model.ts';
import { startSession } from '../../src/tenants/sessions.ts';
import { acceptedNow } from '../support/fixtures.ts';

/** A person who has done all that is asked of them, with a session. */
export async function signedIn(
  ctx: Context,
  { url }: { url: string },
  {
    tenantId,
    role,
    name = `person-${randomBytes(4).toString('hex')}`,
  }: { tenantId: string; role: string; name?: string },
): Promise<{ userId: string; headers: Record<string, string> }> {
  const _id = newId(ctx, 'usr');
  const at = new Date(ctx.clock.now());
  const profile: Profile = {
    firstName: name,
    lastName: name,
    username: name,
    email: `${name}@business.example`,
    phone: '+972500000001',
  };
  const row: UserRow = {
    _id,
    tenantId,
    role,
    status: 'active',
    profile: await ctx.store.keyring.seal(
      { kind: 'user', id: _id },
      { tenantId, collection: 'users', id: _id, field: 'profile' },
      profile,
    ),
    emailProvenAt: at,
    accepted: { ...acceptedNow(ctx), at, surface: 'test' },
    origin: { by: 'operator:test', how: 'operator', at },
    createdAt: at,
  };
  await withTenant(tenantId, () => ctx.store.model(Users).insertMany([row]));
  const device = { userAgent: 'test', address: '127.0.0.1' };
  const { token, csrfToken } = await startSession(ctx, { tenantId, userId: _id, strong: true, device });
  const headers = { Cookie: `${SESSION_COOKIE}=${token}`, 'X-CSRF-Token': csrfToken, Origin: url };
  return { userId: _id, headers };
}
