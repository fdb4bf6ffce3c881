/** What is kept of a person, sealed under the person's own key. */
import type { Context } from '../context.ts';
import { ErasedError } from '../store/keyring.ts';
import type { Profile, UserRow } from '../tenants/people-model.ts';
import { profileOf } from '../tenants/sessions.ts';

export function sealedProfile(
  ctx: Context,
  { _id, tenantId }: Pick<UserRow, '_id' | 'tenantId'>,
  profile: Profile,
): Promise<Buffer> {
  const place = { tenantId, collection: 'users', id: _id, field: 'profile' };
  return ctx.store.keyring.seal({ kind: 'user', id: _id }, place, profile);
}

const ERASED: Profile = { firstName: '', lastName: '', username: '', email: '', phone: '' };

/** Of a person who is being deleted at this moment all of it is empty. */
export async function shownProfile(ctx: Context, user: UserRow): Promise<Profile> {
  try {
    return await profileOf(ctx, user);
  } catch (error) {
    if (error instanceof ErasedError) return ERASED;
    throw error;
  }
}
