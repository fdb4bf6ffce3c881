/**
 * Who of the staff calls, and by which grant of the tenant that they name. Token and grant are read from the database
 * at each request, so that what was revoked ends with the next one. Without a grant the answer is always the same,
 * whether the tenant exists or not.
 */
import { timingSafeEqual } from 'node:crypto';

import { audit } from '../audit/audit.ts';
import { INSTALLATION } from '../audit/model.ts';
import { recordRefusal } from '../audit/views.ts';
import type { Context } from '../context.ts';
import type { Caller } from '../http/route.ts';
import { Reject } from '../ops/errors.ts';
import { asOperator, withTenant } from '../store/scope.ts';
import { isActiveTenant } from '../tenants/tenants.ts';
import { AccessGrants, type GrantRow, type OperatorRow, Operators } from './model.ts';
import { ROLE_MAY } from './roles.ts';
import { findOperator, hasOverdueReview, tokenHash } from './staff.ts';

const TOKEN_FORM = /^wso_(?<operatorId>opr_[a-z0-9]{26})_(?<secret>[A-Za-z0-9]{43})$/;
const TENANT_FORM = /^ten_[a-z0-9]{1,60}$/;
/** Asked for when the header names nothing that could be a tenant: the same work is done. */
const NO_TENANT = 'ten_none';
const USED_EVERY_MS = 60_000;

/** Header that names the tenant. */
export const TENANT_HEADER = 'x-whatsper-tenant';

export function isOperatorToken(bearer: string): boolean {
  return bearer.startsWith('wso_');
}

/**
 * The member of staff with this token, for the tenant that the header names. Null for a token that is none, or of a
 * disabled account.
 * @throws Reject (403) `no-grant`
 */
export async function authenticateOperator(
  ctx: Context,
  bearer: string,
  { tenant, method }: { tenant: string | undefined; method: string },
): Promise<Caller | null> {
  const operator = await holderOf(ctx, bearer);
  if (!operator) return null;
  const tenantId = tenant !== undefined && TENANT_FORM.test(tenant) ? tenant : NO_TENANT;
  const [found, isActive] = await Promise.all([
    activeGrants(ctx, operator, tenantId),
    isActiveTenant(ctx, tenantId),
  ]);
  const grants = isActive && !hasOverdueReview(operator, ctx.clock.now()) ? found : [];
  const principal = `operator:${operator._id}` as const;
  if (grants.length === 0) {
    const whose = isActive ? tenantId : INSTALLATION;
    const what = { method, route: 'any', problem: 'no-grant' };
    await recordRefusal(ctx, { tenantId: whose, principal }, what);
    throw new Reject(
      403,
      'no-grant',
      'You have no active access to this business, or a review is overdue: whatsper access list.',
    );
  }
  await noteUse(ctx, operator);
  const scopes = [...new Set(grants.flatMap(({ permissions }) => permissions))];
  const { name } = await findOperator(ctx, operator._id);
  return { tenantId, kind: 'operator', id: operator._id, name, scopes, principal, grants, pending: [] };
}

async function holderOf(ctx: Context, bearer: string): Promise<OperatorRow | null> {
  const { operatorId = 'none', secret = '' } = TOKEN_FORM.exec(bearer)?.groups ?? {};
  const row = await asOperator('operator signs in', () =>
    ctx.store.model(Operators).findOne({ _id: operatorId }).lean<OperatorRow>().exec(),
  );
  const known = Buffer.from(row?.tokenHash ?? '0'.repeat(64), 'hex');
  const isSame = timingSafeEqual(known, Buffer.from(tokenHash(secret), 'hex'));
  if (!row || !isSame || row.status !== 'active' || !row.confidentialitySignedAt) return null;
  return row;
}

/** Their permissions as far as the role still allows them; one that allows nothing is none. */
async function activeGrants(
  ctx: Context,
  { _id: operatorId, role }: OperatorRow,
  tenantId: string,
): Promise<NonNullable<Caller['grants']>> {
  const rows = await withTenant(tenantId, () =>
    ctx.store
      .model(AccessGrants)
      .find({ state: 'active', until: { $gt: new Date(ctx.clock.now()) } })
      .lean<GrantRow[]>()
      .exec(),
  );
  return rows
    .filter((row) => (row.operatorId === undefined ? role === 'support' : row.operatorId === operatorId))
    .map(({ _id: id, permissions }) => ({
      id,
      permissions: permissions.filter((permission) => ROLE_MAY[role].includes(permission)),
    }))
    .filter(({ permissions }) => permissions.length > 0);
}

async function noteUse(ctx: Context, { _id, lastUsedAt }: OperatorRow): Promise<void> {
  const now = ctx.clock.now();
  if (lastUsedAt && now - lastUsedAt.getTime() < USED_EVERY_MS) return;
  await asOperator('operator: last use', () =>
    ctx.store
      .model(Operators)
      .updateOne({ _id }, { $set: { lastUsedAt: new Date(now) } })
      .exec(),
  );
}

interface Look {
  method: string;
  /** Pattern of the path. */
  route: string;
  /** The right that it needs. */
  scope: string;
  /** Ids of what is shown. */
  objects: string[];
}

/** Entries of the audit log hold so many. */
const MOST_OBJECTS = 100;

/**
 * Writes a look down in the tenant's audit log, each one, before what was read is answered.
 * @throws Reject (503) `audit-unavailable`: then nothing is shown
 */
export async function recordLook(
  ctx: Context,
  { tenantId, principal, grants = [] }: Caller,
  { method, route, scope, objects }: Look,
): Promise<void> {
  const used = grants.filter(({ permissions }) => permissions.some((permission) => permission === scope));
  const grantIds = (used.length > 0 ? used : grants).map(({ id }) => id);
  await audit(ctx, {
    tenantId,
    actor: principal,
    action: 'support-access.look',
    objects: [...grantIds, ...objects].slice(0, MOST_OBJECTS + grantIds.length),
    outcome: 'allowed',
    details: { method, route },
  });
}
