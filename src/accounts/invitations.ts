/** Links by which people come in: invitations, and proofs that an address is theirs. */
import { audit } from '../audit/audit.ts';
import type { Context } from '../context.ts';
import { Reject } from '../ops/errors.ts';
import { setPassword } from '../sign-in/credentials.ts';
import { findLink, isBoundTo, linkIsOver, makeLink, takeLink } from '../sign-in/links.ts';
import { requireGoodPassword } from '../sign-in/passwords.ts';
import { withTenant } from '../store/scope.ts';
import { type OneTimeLinkRow, type UserRow, Users } from '../tenants/people-model.ts';
import { profileOf } from '../tenants/sessions.ts';
import { findTenant, proveTenant, type Tenant } from '../tenants/tenants.ts';
import { currentPolicy } from './legal-texts.ts';
import { sendLetter } from './letters.ts';

const DAY_MS = 86_400_000;
export const INVITATION_MS = 7 * DAY_MS;
/** Bound into a link that somebody handed over by themselves: it proves no address. */
const BY_HAND = 'by-hand';

/** Mails the link by which a person sets their password. In the tenant's scope. */
export async function sendInvitation(ctx: Context, user: UserRow): Promise<void> {
  await sendLink(ctx, user, 'invitation');
}

/** Asks whether the address is theirs. In the tenant's scope. */
export async function sendProof(ctx: Context, user: UserRow): Promise<void> {
  await sendLink(ctx, user, 'prove-email');
}

async function sendLink(ctx: Context, user: UserRow, purpose: 'invitation' | 'prove-email'): Promise<void> {
  const { _id: userId, tenantId, language = 'en' } = user;
  const { email, firstName, lastName } = await profileOf(ctx, user);
  const { name: business, accountNumber } = await findTenant(ctx, tenantId);
  const { url } = await makeLink(ctx, {
    tenantId,
    userId,
    purpose,
    lifeMs: INVITATION_MS,
    boundTo: [purpose, email],
  });
  const name = firstName === '' ? business : `${firstName} ${lastName}`;
  await sendLetter(ctx, purpose, { tenantId, to: email, language, business, accountNumber, name, url });
}

/** A link that an operator hands over where no mail can be sent; it does not prove the address. In the tenant's scope. */
export async function linkByHand(ctx: Context, user: UserRow): Promise<string> {
  const { _id: userId, tenantId } = user;
  const { email } = await profileOf(ctx, user);
  const boundTo = ['invitation', email, BY_HAND];
  return (await makeLink(ctx, { tenantId, userId, purpose: 'invitation', lifeMs: INVITATION_MS, boundTo }))
    .url;
}

export interface Invitation {
  link: OneTimeLinkRow;
  user: UserRow;
  tenant: Tenant;
  /** The link came by mail to the address. */
  provesAddress: boolean;
}

/** @throws Reject (410) `link-over` */
export async function openInvitation(ctx: Context, token: string): Promise<Invitation> {
  return openLink(ctx, token, 'invitation', 'invited');
}

async function openLink(
  ctx: Context,
  token: string,
  purpose: 'invitation' | 'prove-email',
  status: UserRow['status'],
): Promise<Invitation> {
  const link = await findLink(ctx, token, purpose);
  if (!link) throw linkIsOver();
  return withTenant(link.tenantId, async () => {
    const user = await ctx.store.model(Users).findOne({ _id: link.userId }).lean<UserRow>().exec();
    if (user?.status !== status) throw linkIsOver();
    const { email } = await profileOf(ctx, user);
    const provesAddress = await isBoundTo(ctx, link, [purpose, email]);
    const isBound = provesAddress || (await isBoundTo(ctx, link, [purpose, email, BY_HAND]));
    const tenant = await findTenant(ctx, link.tenantId);
    if (!isBound || tenant.status === 'disabled') throw linkIsOver();
    return { link, user, tenant, provesAddress };
  });
}

/**
 * The invited person sets a password and accepts the policy; then they can sign in.
 * @throws Reject (410) `link-over`, (422) `weak-password`, (409) `other-policy` when another version is in force than they saw
 */
export async function acceptInvitation(
  ctx: Context,
  { token, password, policyVersion }: { token: string; password: string; policyVersion: string },
): Promise<Tenant> {
  const { link, user, tenant, provesAddress } = await openInvitation(ctx, token);
  const { tenantId } = link;
  const accepted = acceptance(ctx, policyVersion, 'invitation');
  return withTenant(tenantId, async () => {
    const { firstName, lastName, username, email } = await profileOf(ctx, user);
    const names = [firstName, lastName, username, email, tenant.name];
    requireGoodPassword(password, { hasSecondFactor: false, names });
    await audit(ctx, {
      tenantId,
      actor: `user:${user._id}`,
      action: 'user.joined',
      objects: [user._id],
      outcome: 'allowed',
      details: { policyVersion: accepted.version, addressProven: provesAddress },
    });
    if (!(await takeLink(ctx, link))) throw linkIsOver();
    await setPassword(ctx, user, password);
    const proven = provesAddress ? { emailProvenAt: accepted.at } : {};
    await ctx.store
      .model(Users)
      .updateOne({ _id: user._id, status: 'invited' }, { $set: { status: 'active', accepted, ...proven } })
      .exec();
    if (tenant.status === 'unproven') await proveTenant(ctx, tenantId);
    return tenant;
  });
}

/** Which version, hash and time a person accepts. @throws Reject (409) `other-policy` */
export function acceptance(
  ctx: Context,
  seenVersion: string,
  surface: string,
): NonNullable<UserRow['accepted']> {
  const { version, hash } = currentPolicy(ctx.settings);
  if (seenVersion !== version) {
    throw new Reject(409, 'other-policy', 'Another version of the policy is in force: read it first.');
  }
  return { version, hash, at: new Date(ctx.clock.now()), surface };
}

/** The person shows that the address is theirs. @throws Reject (410) `link-over` */
export async function proveAddress(ctx: Context, token: string): Promise<void> {
  const { link, user } = await openLink(ctx, token, 'prove-email', 'active');
  await withTenant(link.tenantId, async () => {
    const { _id } = user;
    const actor = `user:${_id}`;
    await audit(ctx, {
      tenantId: link.tenantId,
      actor,
      action: 'user.address-proven',
      objects: [_id],
      outcome: 'allowed',
    });
    if (!(await takeLink(ctx, link))) throw linkIsOver();
    await ctx.store
      .model(Users)
      .updateOne({ _id, profile: user.profile }, { $set: { emailProvenAt: new Date(ctx.clock.now()) } })
      .exec();
  });
}
