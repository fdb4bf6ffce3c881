/** Nobody gives more than they hold, and nobody changes somebody who holds more. */
import type { Context } from '../context.ts';
import { Reject } from '../ops/errors.ts';
import type { RoleRow, UserRow } from '../tenants/people-model.ts';
import { Roles } from '../tenants/people-model.ts';
import { isBuiltInRole, type Permission } from '../tenants/permissions.ts';
import { permissionsOf } from '../tenants/roles.ts';

/** Who acts: a person of the tenant, or the operator's command, which holds everything. */
export interface Actor {
  principal: string;
  scopes: readonly Permission[];
}

/** @throws Reject (403) `more-than-you-hold` */
export function requireHolds({ scopes }: Actor, wanted: readonly Permission[]): void {
  const missing = wanted.filter((permission) => !scopes.includes(permission));
  if (missing.length === 0) return;
  throw new Reject(
    403,
    'more-than-you-hold',
    `Nobody can give or change rights that they do not hold themselves: ${missing.join(', ')}.`,
  );
}

/** In the tenant's scope. @throws Reject (403) `more-than-you-hold` when the person holds more than the actor */
export async function requireAbove(ctx: Context, actor: Actor, { role }: UserRow): Promise<void> {
  requireHolds(actor, await permissionsOf(ctx, role));
}

/**
 * The role may be given by this actor. In the tenant's scope.
 * @throws Reject (422) for the owner's and an unknown role, (403) for one that holds more than the actor
 */
export async function requireGivable(ctx: Context, actor: Actor, role: string): Promise<void> {
  const isKnown = isBuiltInRole(role) ? role !== 'owner' : (await findRole(ctx, role)) !== null;
  if (!isKnown) {
    const message = 'must be admin, supervisor, agent or the id of a role of this account';
    throw new Reject(422, 'invalid-request', `role ${message}. The owner hands the account over instead.`, {
      errors: [{ path: 'role', message }],
    });
  }
  requireHolds(actor, await permissionsOf(ctx, role));
}

export async function findRole(ctx: Context, _id: string): Promise<RoleRow | null> {
  return ctx.store.model(Roles).findOne({ _id }).lean<RoleRow>().exec();
}

/** @throws Reject (409) `last-owner`: an account has one owner at all times */
export function requireNotOwner({ role }: UserRow): void {
  if (role !== 'owner') return;
  throw new Reject(
    409,
    'last-owner',
    'This is the owner of the account. Hand the account over to another person first.',
  );
}

/** @throws Reject (409) `yourself` */
export function requireNotOneself({ principal }: Actor, { _id }: UserRow): void {
  if (principal !== `user:${_id}`) return;
  throw new Reject(409, 'yourself', 'Somebody else has to do this to your account.');
}
