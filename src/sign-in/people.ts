/** From an account number and a name to a person, without telling whether there is one. */
import { userIdOfName } from '../accounts/names.ts';
import { INSTALLATION } from '../audit/model.ts';
import type { Context } from '../context.ts';
import { asOperator, withTenant } from '../store/scope.ts';
import { type TenantRecord, Tenants } from '../tenants/model.ts';
import { type UserRow, Users } from '../tenants/people-model.ts';

export interface Found {
  /** Of the account number; `INSTALLATION` when there is none of it. */
  tenantId: string;
  tenant: TenantRecord | null;
  /** Only of an account that is open, and a person who may sign in. */
  user: UserRow | null;
}

/** Asks the database the same, whether or not there is such an account or person. */
export async function findPerson(ctx: Context, accountNumber: string, name: string): Promise<Found> {
  const tenant = await asOperator('sign-in: tenant by account number', () =>
    ctx.store.model(Tenants).findOne({ accountNumber }).lean<TenantRecord>().exec(),
  );
  const tenantId = tenant?._id ?? INSTALLATION;
  const user = await withTenant(tenantId, async () => {
    const userId = await userIdOfName(ctx, tenantId, name);
    return ctx.store
      .model(Users)
      .findOne({ _id: userId ?? 'usr_nobody' })
      .lean<UserRow>()
      .exec();
  });
  const isOpen = tenant?.status === 'active' && user?.status === 'active';
  return { tenantId, tenant, user: isOpen ? user : null };
}

/** One who may sign in now; in the tenant's scope. */
export async function activePerson(ctx: Context, userId: string): Promise<UserRow | null> {
  return ctx.store.model(Users).findOne({ _id: userId, status: 'active' }).lean<UserRow>().exec();
}
