/** What a role may: built-in ones by the table, a tenant's own by their rows. */
import type { Context } from '../context.ts';
import { type RoleRow, Roles } from './people-model.ts';
import { isBuiltInRole, type Permission, PERMISSIONS, ROLE_PERMISSIONS } from './permissions.ts';

/** In the tenant's scope; a role that no longer exists may nothing. */
export async function permissionsOf(ctx: Context, role: string): Promise<readonly Permission[]> {
  if (isBuiltInRole(role)) return ROLE_PERMISSIONS[role];
  const row = await ctx.store.model(Roles).findOne({ _id: role }).lean<RoleRow>().exec();
  return row ? PERMISSIONS.filter((permission) => row.permissions.includes(permission)) : [];
}
