/** What a person proves themselves with: sealed under the person's key, changed by compare-and-set. */
import type { Context } from '../context.ts';
import { SafeError } from '../ops/log.ts';
import { type Credentials, type UserRow, Users } from '../tenants/people-model.ts';
import { profileOf } from '../tenants/sessions.ts';
import { findTenant } from '../tenants/tenants.ts';
import { hashPassword, requireGoodPassword } from './passwords.ts';

const TRIES = 5;

/** Empty for who has none yet. @throws ErasedError */
export async function credentialsOf(ctx: Context, user: UserRow): Promise<Credentials> {
  if (user.credentials === undefined) return {};
  return ctx.store.keyring.open<Credentials>(placeOf(user), user.credentials);
}

/**
 * Changes credentials as they stand now; `change` may be asked several times, and null leaves them as they are. In the
 * tenant's scope. @returns what was written, or null
 */
export async function changeCredentials(
  ctx: Context,
  userId: string,
  change: (now: Credentials) => Credentials | null,
  also: Partial<Pick<UserRow, 'mustChangePassword' | 'status'>> = {},
): Promise<Credentials | null> {
  const users = ctx.store.model(Users);
  for (let tries = 0; tries < TRIES; tries += 1) {
    const user = await users.findOne({ _id: userId }).lean<UserRow>().exec();
    if (!user) return null;
    const changed = change(await credentialsOf(ctx, user));
    if (changed === null) return null;
    const credentials = await ctx.store.keyring.seal({ kind: 'user', id: userId }, placeOf(user), changed);
    const before = user.credentials === undefined ? { $exists: false } : user.credentials;
    const { modifiedCount } = await users
      .updateOne({ _id: userId, credentials: before }, { $set: { credentials, ...also } })
      .exec();
    if (modifiedCount === 1) return changed;
  }
  throw new SafeError('Credentials were changed by others again and again.');
}

/** Is more than the password asked for? */
export function hasSecondFactor({ totp, passkeys = [] }: Credentials): boolean {
  return totp !== undefined || passkeys.length > 0;
}

/**
 * Sets a person's password; rules first, then `beforeWriting` (audit, using a link up). Ends no session and uses no link up: that is the caller's. In the tenant's
 * scope. @throws Reject (422) `weak-password`
 */
export async function setPassword(
  ctx: Context,
  user: UserRow,
  password: string,
  beforeWriting: () => Promise<void> = () => Promise.resolve(),
): Promise<void> {
  const credentials = await credentialsOf(ctx, user);
  requireGoodPassword(password, {
    hasSecondFactor: hasSecondFactor(credentials),
    names: await namesAround(ctx, user),
  });
  const encoded = await hashPassword(password);
  await beforeWriting();
  const passwordSetAt = new Date(ctx.clock.now()).toISOString();
  await changeCredentials(ctx, user._id, (now) => ({ ...now, password: encoded, passwordSetAt }), {
    mustChangePassword: false,
  });
}

async function namesAround(ctx: Context, user: UserRow): Promise<string[]> {
  const [{ firstName, lastName, username, email }, { name }] = await Promise.all([
    profileOf(ctx, user),
    findTenant(ctx, user.tenantId),
  ]);
  return [firstName, lastName, username, email, name];
}

function placeOf({ _id, tenantId }: UserRow) {
  return { tenantId, collection: 'users', id: _id, field: 'credentials' };
}
