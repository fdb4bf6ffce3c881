/** People are disabled, let in again, or deleted. Everything here runs in the tenant's scope. */
import { audit } from '../audit/audit.ts';
import type { Context } from '../context.ts';
import { type UserRow, Users } from '../tenants/people-model.ts';
import { depart, forgetDeparture } from './departures.ts';
import { type Actor, requireAbove, requireNotOneself, requireNotOwner } from './rights.ts';

/** @throws Reject (403), (409) `last-owner`, `yourself` */
export async function disableUser(ctx: Context, actor: Actor, user: UserRow): Promise<void> {
  await requireMayLeave(ctx, actor, user);
  await told(ctx, actor, user, 'user.disabled');
  await depart(ctx, user, { kind: 'disabled', by: actor.principal });
}

/** @throws Reject (403) */
export async function enableUser(ctx: Context, actor: Actor, user: UserRow): Promise<void> {
  await requireAbove(ctx, actor, user);
  await told(ctx, actor, user, 'user.enabled');
  await forgetDeparture(ctx, user._id);
  const status = user.credentials === undefined ? 'invited' : 'active';
  await ctx.store
    .model(Users)
    .updateOne({ _id: user._id, status: 'disabled' }, { $set: { status }, $unset: { disabledAt: 1 } })
    .exec();
}

/** Nothing of the person can be read afterwards; what they wrote keeps `user:<id>` as its author. @throws as `disableUser` */
export async function deleteUser(ctx: Context, actor: Actor, user: UserRow): Promise<void> {
  await requireMayLeave(ctx, actor, user);
  await told(ctx, actor, user, 'user.deleted');
  await depart(ctx, user, { kind: 'deleted', by: actor.principal });
}

async function requireMayLeave(ctx: Context, actor: Actor, user: UserRow): Promise<void> {
  await requireAbove(ctx, actor, user);
  requireNotOwner(user);
  requireNotOneself(actor, user);
}

async function told(ctx: Context, actor: Actor, { _id, tenantId }: UserRow, action: string): Promise<void> {
  await audit(ctx, { tenantId, actor: actor.principal, action, objects: [_id], outcome: 'allowed' });
}
