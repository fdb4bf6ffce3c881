/**
 * The account changes hands in two steps: its owner offers it to a person, and that person accepts within 7 days. The
 * new owner is made before the old one becomes an administrator, so that the account has an owner at all times; a
 * crash between the two is mended by accepting again. Everything here runs in the tenant's scope.
 */
import { audit } from '../audit/audit.ts';
import type { Context } from '../context.ts';
import { missingForMail } from '../mail/mail.ts';
import { Reject } from '../ops/errors.ts';
import { credentialsOf, hasSecondFactor } from '../sign-in/credentials.ts';
import { pendingOf } from '../tenants/pending.ts';
import { type UserRow, Users } from '../tenants/people-model.ts';
import { profileOf } from '../tenants/sessions.ts';
import { standingOf } from '../tenants/sign-in-rules.ts';
import { findTenant } from '../tenants/tenants.ts';
import { ensureAccount, findAccount } from './account.ts';
import { INVITATION_MS } from './invitations.ts';
import { sendLetter } from './letters.ts';
import { Accounts, type HandOver } from './model.ts';
import { findUser } from './users.ts';

/** @throws Reject (403) `owner-only`, (409) `not-ready` when the person has not joined or has something to do first */
export async function offerHandOver(
  ctx: Context,
  { tenantId, owner, to }: { tenantId: string; owner: UserRow; to: string },
): Promise<HandOver> {
  requireOwner(owner);
  const next = await findUser(ctx, to);
  if (next._id === owner._id || next.status !== 'active' || !(await isReady(ctx, next))) {
    throw new Reject(409, 'not-ready', 'Choose another person who has joined and signed in before.');
  }
  await ensureAccount(ctx, tenantId);
  const now = ctx.clock.now();
  const handOver = {
    from: owner._id,
    to,
    offeredAt: new Date(now),
    endsAt: new Date(now + INVITATION_MS),
  };
  await told(ctx, tenantId, `user:${owner._id}`, 'hand-over.offered', [owner._id, to]);
  await ctx.store.model(Accounts).updateOne({ _id: tenantId }, { $set: { handOver } }).exec();
  await tellBoth(ctx, 'hand-over-offered', [owner, next]);
  return handOver;
}

/** Has done all that is asked of people here. */
async function isReady(ctx: Context, user: UserRow): Promise<boolean> {
  const { rules } = await standingOf(ctx, user.tenantId);
  const isWeak = rules.secondFactorForAll && !hasSecondFactor(await credentialsOf(ctx, user));
  return pendingOf(ctx.settings, user, isWeak).length === 0;
}

/** The offer that is open now; null when there is none. */
export async function openHandOver(ctx: Context, tenantId: string): Promise<HandOver | null> {
  const handOver = (await findAccount(ctx, tenantId))?.handOver;
  return handOver && handOver.endsAt.getTime() > ctx.clock.now() ? handOver : null;
}

/** @throws Reject (409) `no-hand-over` when nothing is offered to this person, or the offer is over */
export async function acceptHandOver(ctx: Context, tenantId: string, userId: string): Promise<void> {
  const offer = await openHandOver(ctx, tenantId);
  if (offer?.to !== userId) throw noHandOver();
  const [from, to] = [await findUser(ctx, offer.from), await findUser(ctx, offer.to)];
  if (from.role !== 'owner') throw noHandOver();
  await told(ctx, tenantId, `user:${userId}`, 'hand-over.accepted', [offer.from, offer.to]);
  const users = ctx.store.model(Users);
  await users.updateOne({ _id: to._id, status: 'active' }, { $set: { role: 'owner' } }).exec();
  if ((await findUser(ctx, to._id)).role !== 'owner') throw noHandOver();
  await users.updateOne({ _id: from._id, role: 'owner' }, { $set: { role: 'admin' } }).exec();
  await endOffer(ctx, tenantId);
  await tellBoth(ctx, 'hand-over-done', [from, to]);
}

/** Whoever offered it takes it back, or whoever was asked declines. @throws Reject (409) `no-hand-over` */
export async function endHandOver(ctx: Context, tenantId: string, userId: string): Promise<void> {
  const offer = await openHandOver(ctx, tenantId);
  if (!offer || ![offer.from, offer.to].includes(userId)) throw noHandOver();
  await told(ctx, tenantId, `user:${userId}`, 'hand-over.ended', [offer.from, offer.to]);
  await endOffer(ctx, tenantId);
}

/** @throws Reject (403) `owner-only` */
export function requireOwner({ role }: UserRow): void {
  if (role === 'owner') return;
  throw new Reject(403, 'owner-only', 'Only the owner of the account may do this.');
}

async function endOffer(ctx: Context, tenantId: string): Promise<void> {
  await ctx.store
    .model(Accounts)
    .updateOne({ _id: tenantId }, { $unset: { handOver: 1 } })
    .exec();
}

async function told(ctx: Context, tenantId: string, actor: string, action: string, objects: string[]) {
  await audit(ctx, { tenantId, actor, action, objects, outcome: 'allowed' });
}

/** Where no mail can be sent, the console and the audit log tell. */
async function tellBoth(
  ctx: Context,
  letter: 'hand-over-offered' | 'hand-over-done',
  people: UserRow[],
): Promise<void> {
  if (missingForMail(ctx) !== null) return;
  for (const user of people) {
    const { tenantId, language = 'en' } = user;
    const { email, firstName, lastName } = await profileOf(ctx, user);
    const { name: business, accountNumber } = await findTenant(ctx, tenantId);
    const name = `${firstName} ${lastName}`;
    await sendLetter(ctx, letter, { tenantId, to: email, language, business, accountNumber, name });
  }
}

const noHandOver = () =>
  new Reject(409, 'no-hand-over', 'No hand-over is offered to you, or the offer is over.');
