/** People of a tenant, as those with the right see and change them. Everything here runs in the tenant's scope. */
import type { z } from 'zod';

import { audit } from '../audit/audit.ts';
import type { Context } from '../context.ts';
import { requireMail } from '../mail/mail.ts';
import { notFound, Reject } from '../ops/errors.ts';
import { newId } from '../store/ids.ts';
import { type Profile, type UserRow, Users } from '../tenants/people-model.ts';
import { profileOf } from '../tenants/sessions.ts';
import { changeDetails } from './account.ts';
import { sendInvitation, sendProof } from './invitations.ts';
import { claimNames, nameKey, releaseNames, requireFree } from './names.ts';
import { sealedProfile } from './profile.ts';
import { type Actor, requireAbove, requireGivable, requireNotOneself, requireNotOwner } from './rights.ts';
import type { profileBody } from './words.ts';

type NewUser = z.output<typeof profileBody> & { role: string; language?: 'en' | 'he' | undefined };
type UserChange = { [Field in keyof NewUser]?: NewUser[Field] | undefined };

/** @throws Reject (404) */
export async function findUser(ctx: Context, _id: string): Promise<UserRow> {
  const user = await ctx.store.model(Users).findOne({ _id }).lean<UserRow>().exec();
  if (!user) throw notFound('user');
  return user;
}

/**
 * Adds a person and mails them the link by which they set their password.
 * @throws Reject (409) `owner-not-complete`, (422) for names that are not free, (403) for a role above the actor's, (503) without mail
 */
export async function inviteUser(
  ctx: Context,
  { tenantId, actor, invited }: { tenantId: string; actor: Actor; invited: NewUser },
): Promise<UserRow> {
  const { role, language = 'en', ...profile } = invited;
  await requireCompleteOwner(ctx);
  await requireGivable(ctx, actor, role);
  requireMail(ctx);
  const user = await addUser(ctx, {
    tenantId,
    actor,
    profile,
    role,
    language,
    how: 'invitation',
    action: 'user.invited',
  });
  await sendInvitation(ctx, user);
  return user;
}

interface Adding {
  tenantId: string;
  actor: Actor;
  profile: Profile;
  role: string;
  language: 'en' | 'he';
  how: UserRow['origin']['how'];
  action: string;
  incomplete?: true;
}

/** Names first, so that of two who are added at once one is refused. @throws Reject (422) `name-not-available` */
export async function addUser(ctx: Context, adding: Adding): Promise<UserRow> {
  const { tenantId, actor, profile, role, language, how, action, incomplete } = adding;
  const _id = newId(ctx, 'usr');
  const { username, email } = profile;
  const names = username === '' ? { email } : { username, email };
  requireFree(await claimNames(ctx, { tenantId, userId: _id, names }));
  const now = new Date(ctx.clock.now());
  try {
    await audit(ctx, {
      tenantId,
      actor: actor.principal,
      action,
      objects: [_id],
      outcome: 'allowed',
      details: { role, ...(await changeDetails(ctx, tenantId, {}, profile)) },
    });
    const user: UserRow = {
      _id,
      tenantId,
      role,
      status: 'invited',
      profile: await sealedProfile(ctx, { _id, tenantId }, profile),
      origin: { by: actor.principal, how, at: now },
      language,
      ...(incomplete ? { incomplete } : {}),
      createdAt: now,
    };
    await ctx.store.model(Users).insertMany([user]);
    return user;
  } catch (error) {
    await releaseNames(ctx, { tenantId, userId: _id });
    throw error;
  }
}

/** Row by row of the policy: no user before the master account is whole. @throws Reject (409) `owner-not-complete` */
async function requireCompleteOwner(ctx: Context): Promise<void> {
  const owner = { role: 'owner', status: 'active', incomplete: { $ne: true } } as const;
  if (await ctx.store.model(Users).exists(owner).exec()) return;
  throw new Reject(
    409,
    'owner-not-complete',
    'The owner of this account signs in and completes it first; then users can be added.',
  );
}

/**
 * Sends a new invitation, or asks who has joined to confirm the address; the links before it are void.
 * @throws Reject (409) `already-joined`
 */
export async function inviteAgain(ctx: Context, actor: Actor, user: UserRow): Promise<void> {
  await requireAbove(ctx, actor, user);
  const isUnproven = user.status === 'active' && user.emailProvenAt === undefined;
  if (user.status !== 'invited' && !isUnproven) {
    throw new Reject(409, 'already-joined', 'This person has joined, and the address is confirmed.');
  }
  requireMail(ctx);
  const { _id, tenantId } = user;
  await audit(ctx, {
    tenantId,
    actor: actor.principal,
    action: isUnproven ? 'user.proof-asked' : 'user.invited-again',
    objects: [_id],
    outcome: 'allowed',
  });
  await (isUnproven ? sendProof(ctx, user) : sendInvitation(ctx, user));
}

/**
 * Changes what is kept of a person, or their role; at once, and audited with keyed digests of old and new.
 * @throws Reject (403), (409) `last-owner`, `yourself`, `changed-meanwhile`, (422)
 */
export async function changeUser(
  ctx: Context,
  { actor, user, change }: { actor: Actor; user: UserRow; change: UserChange },
): Promise<UserRow> {
  const { role, language, ...fields } = change;
  await requireAbove(ctx, actor, user);
  if (role !== undefined && role !== user.role) {
    requireNotOwner(user);
    requireNotOneself(actor, user);
    await requireGivable(ctx, actor, role);
  }
  const before = await profileOf(ctx, user);
  const given = Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
  const profile: Profile = { ...before, ...given };
  await changeRow(ctx, { actor, user, before, profile, role, language });
  const isNewAddress = isOtherAddress(before.email, profile.email);
  const changed = await findUser(ctx, user._id);
  if (isNewAddress && changed.status === 'invited') await sendInvitation(ctx, changed);
  if (isNewAddress && changed.status === 'active') await sendProof(ctx, changed);
  return changed;
}

/** Whether mails of a forgotten password would go elsewhere: who changes that proves themselves first. */
export async function changesAddress(
  ctx: Context,
  user: UserRow,
  { email }: { email?: string | undefined },
): Promise<boolean> {
  if (user.status === 'invited' || email === undefined) return false;
  return isOtherAddress((await profileOf(ctx, user)).email, email);
}

function isOtherAddress(one: string, other: string): boolean {
  return nameKey('email', one) !== nameKey('email', other);
}

interface Changing {
  actor: Actor;
  user: UserRow;
  before: Profile;
  profile: Profile;
  role: string | undefined;
  language: 'en' | 'he' | undefined;
}

async function changeRow(
  ctx: Context,
  { actor, user, before, profile, role = user.role, language }: Changing,
): Promise<void> {
  const { _id, tenantId } = user;
  const { username, email } = profile;
  const isNewAddress = isOtherAddress(before.email, email);
  requireFree(await claimNames(ctx, { tenantId, userId: _id, names: { username, email } }));
  await audit(ctx, {
    tenantId,
    actor: actor.principal,
    action: 'user.changed',
    objects: [_id],
    outcome: 'allowed',
    details: {
      ...(await changeDetails(ctx, tenantId, before, profile)),
      ...(role === user.role ? {} : { roleOld: user.role, roleNew: role }),
    },
  });
  const { modifiedCount } = await ctx.store
    .model(Users)
    .updateOne(
      { _id, profile: user.profile, role: user.role },
      {
        $set: {
          profile: await sealedProfile(ctx, user, profile),
          role,
          ...(language === undefined ? {} : { language }),
        },
        ...(isNewAddress ? { $unset: { emailProvenAt: 1 } } : {}),
      },
    )
    .exec();
  if (modifiedCount === 0) {
    throw new Reject(409, 'changed-meanwhile', 'Somebody else changed this user just now. Look again.');
  }
  await releaseNames(ctx, { tenantId, userId: _id, keep: { username, email } });
}
