/** Access of staff over all tenants, for the installation's own view of it. */
import type { Context } from '../context.ts';
import { notFound } from '../ops/errors.ts';
import { asOperator } from '../store/scope.ts';
import { Tenants } from '../tenants/model.ts';
import { AccessGrants, type GrantRow } from './model.ts';

const TENANTS_AT_ONCE = 500;
/** Shown at once. */
const MOST = 200;

/** Newest first, at most 200. */
export async function listAccess(
  ctx: Context,
  { tenantId, operatorId }: { tenantId?: string | undefined; operatorId?: string | undefined },
): Promise<GrantRow[]> {
  const filter = operatorId === undefined ? {} : { operatorId };
  const tenants = tenantId === undefined ? await tenantIds(ctx) : [tenantId];
  return (await ofTenants(ctx, tenants, filter))
    .sort((one, other) => (one._id < other._id ? 1 : -1))
    .slice(0, MOST);
}

/** @throws Reject (404) */
export async function findTenantOf(ctx: Context, grantId: string): Promise<string> {
  const [row] = await ofTenants(ctx, await tenantIds(ctx), { _id: grantId });
  if (!row) throw notFound('access');
  return row.tenantId;
}

async function tenantIds(ctx: Context): Promise<string[]> {
  const rows = await asOperator('access: all tenants', () =>
    ctx.store.model(Tenants).find().select({ _id: 1 }).lean<{ _id: string }[]>().exec(),
  );
  return rows.map(({ _id }) => _id);
}

/** Tenant by tenant, since every index begins with the tenant. */
async function ofTenants(
  ctx: Context,
  tenants: string[],
  filter: { operatorId?: string; _id?: string },
): Promise<GrantRow[]> {
  const found: GrantRow[] = [];
  for (let start = 0; start < tenants.length; start += TENANTS_AT_ONCE) {
    const tenantId = { $in: tenants.slice(start, start + TENANTS_AT_ONCE) };
    const rows = await asOperator('access of staff', () =>
      ctx.store
        .model(AccessGrants)
        .find({ tenantId, ...filter })
        .sort({ _id: -1 })
        .limit(MOST)
        .lean<GrantRow[]>()
        .exec(),
    );
    found.push(...rows);
  }
  return found;
}
