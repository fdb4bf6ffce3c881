/** The master account of a tenant that the operator made: invited by the command, completed at the first sign-in. */
import type { z } from 'zod';

import { audit } from '../audit/audit.ts';
import type { Context } from '../context.ts';
import { missingForMail } from '../mail/mail.ts';
import { Reject } from '../ops/errors.ts';
import { withTenant } from '../store/scope.ts';
import { type Profile, type UserRow, Users } from '../tenants/people-model.ts';
import { PERMISSIONS } from '../tenants/permissions.ts';
import { profileOf } from '../tenants/sessions.ts';
import { findTenant } from '../tenants/tenants.ts';
import type { AccountBody } from './account.ts';
import { changeAccount, changeDetails } from './account.ts';
import { requireOwner } from './hand-over.ts';
import { sendProof } from './invitations.ts';
import { claimNames, releaseNames, requireFree } from './names.ts';
import { sealedProfile } from './profile.ts';
import type { Actor } from './rights.ts';
import { addUser, findUser } from './users.ts';

/** The tenant's owner, made from the address that the operator gave if there is none yet. */
export async function ensureOwner(ctx: Context, tenantId: string, by: string): Promise<UserRow> {
  const { email } = await findTenant(ctx, tenantId);
  return withTenant(tenantId, async () => {
    const owner = await ctx.store.model(Users).findOne({ role: 'owner' }).lean<UserRow>().exec();
    if (owner) return owner;
    const actor: Actor = { principal: by, scopes: PERMISSIONS };
    const profile: Profile = { firstName: '', lastName: '', username: '', email, phone: '' };
    return addUser(ctx, {
      tenantId,
      actor,
      profile,
      role: 'owner',
      language: 'en',
      how: 'operator',
      action: 'user.owner-added',
      incomplete: true,
    });
  });
}

type Completion = Omit<Profile, 'email'> & { account: z.output<typeof AccountBody> };

/**
 * The owner says who they and the business are. In the tenant's scope.
 * @throws Reject (403) `owner-only`, (409) `already-complete`, `eea-not-served`, (422) `name-not-available`
 */
export async function completeAccount(
  ctx: Context,
  { tenantId, userId, completion }: { tenantId: string; userId: string; completion: Completion },
): Promise<void> {
  const user = await findUser(ctx, userId);
  requireOwner(user);
  if (user.incomplete !== true) throw new Reject(409, 'already-complete', 'The account is complete.');
  const { account, ...person } = completion;
  const before = await profileOf(ctx, user);
  const profile = { ...before, ...person };
  const names = { username: profile.username, email: profile.email };
  const actor = `user:${userId}`;
  requireFree(await claimNames(ctx, { tenantId, userId, names }));
  await changeAccount(ctx, { tenantId, actor, change: account });
  await audit(ctx, {
    tenantId,
    actor,
    action: 'account.completed',
    objects: [tenantId, userId],
    outcome: 'allowed',
    details: await changeDetails(ctx, tenantId, before, profile),
  });
  await ctx.store
    .model(Users)
    .updateOne(
      { _id: userId },
      { $set: { profile: await sealedProfile(ctx, user, profile) }, $unset: { incomplete: 1 } },
    )
    .exec();
  await releaseNames(ctx, { tenantId, userId, keep: names });
  if (user.emailProvenAt === undefined && missingForMail(ctx) === null) {
    await sendProof(ctx, await findUser(ctx, userId));
  }
}
