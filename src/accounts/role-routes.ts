/** REST: roles that a tenant composes of permissions. */
import { z } from 'zod';

import { audit } from '../audit/audit.ts';
import type { Context } from '../context.ts';
import { type Route, route } from '../http/route.ts';
import { idParams } from '../http/schemas.ts';
import { notFound, Reject } from '../ops/errors.ts';
import { newId } from '../store/ids.ts';
import { textLine } from '../tenants/input.ts';
import { type RoleRow, Roles, Users } from '../tenants/people-model.ts';
import { BUILT_IN_ROLES, PERMISSIONS, ROLE_PERMISSIONS } from '../tenants/permissions.ts';
import { findRole, requireHolds } from './rights.ts';
import { actorOf } from './user-routes.ts';

const permission = z.enum(PERMISSIONS);
const RoleBody = z.strictObject({
  name: textLine(60),
  permissions: z
    .array(permission)
    .max(PERMISSIONS.length)
    .transform((given) => [...new Set(given)]),
});
const RoleSchema = z
  .object({
    id: z.string(),
    name: z.string(),
    builtIn: z.boolean(),
    permissions: z.array(permission),
  })
  .meta({ id: 'Role' });

const write = { scope: 'users:write', forPeople: true, response: RoleSchema } as const;

export const roleRoutes: Route[] = [
  route({
    method: 'get',
    path: '/v1/roles',
    summary: 'List the roles, those that every account has first',
    scope: 'users:read',
    forPeople: true,
    response: z.object({ items: z.array(RoleSchema) }),
    async handle(ctx) {
      const own = await ctx.store.model(Roles).find().sort({ _id: 1 }).limit(200).lean<RoleRow[]>().exec();
      const builtIn = BUILT_IN_ROLES.map((id) => ({
        id,
        name: id,
        builtIn: true,
        permissions: [...ROLE_PERMISSIONS[id]],
      }));
      return { items: [...builtIn, ...own.map(view)] };
    },
  }),
  route({
    ...write,
    method: 'post',
    path: '/v1/roles',
    summary: 'Compose a role',
    status: 201,
    body: RoleBody,
    problems: { 403: '`more-than-you-hold`: a permission that you do not hold.' },
    async handle(ctx, request) {
      const { tenantId, principal, body } = request;
      requireHolds(actorOf(request), body.permissions);
      await requireOtherName(ctx, body.name);
      const row: RoleRow = {
        _id: newId(ctx, 'rol'),
        tenantId,
        ...body,
        createdAt: new Date(ctx.clock.now()),
      };
      await told(ctx, { tenantId, actor: principal, action: 'role.created' }, row);
      await ctx.store.model(Roles).insertMany([row]);
      return view(row);
    },
  }),
  route({
    ...write,
    method: 'put',
    path: '/v1/roles/{id}',
    summary: 'Change a role; it holds at once for everybody who has it',
    params: idParams,
    body: RoleBody,
    problems: { 403: '`more-than-you-hold`: a permission, of now or before, that you do not hold.' },
    async handle(ctx, request) {
      const { tenantId, principal, params, body } = request;
      const row = await ownRole(ctx, params.id);
      requireHolds(actorOf(request), [...row.permissions, ...body.permissions]);
      await requireOtherName(ctx, body.name, row._id);
      const changed = { ...row, ...body };
      await told(ctx, { tenantId, actor: principal, action: 'role.changed' }, changed);
      await ctx.store.model(Roles).updateOne({ _id: row._id }, { $set: body }).exec();
      return view(changed);
    },
  }),
  route({
    ...write,
    method: 'delete',
    path: '/v1/roles/{id}',
    summary: 'Delete a role that nobody has',
    params: idParams,
    problems: { 409: '`role-in-use`: give these people another role first.' },
    async handle(ctx, request) {
      const { tenantId, principal, params } = request;
      const row = await ownRole(ctx, params.id);
      requireHolds(actorOf(request), row.permissions);
      if (await ctx.store.model(Users).exists({ role: row._id }).exec()) {
        throw new Reject(409, 'role-in-use', 'Somebody has this role: give them another one first.');
      }
      await told(ctx, { tenantId, actor: principal, action: 'role.deleted' }, row);
      await ctx.store.model(Roles).deleteOne({ _id: row._id }).exec();
      return view(row);
    },
  }),
];

async function ownRole(ctx: Context, id: string): Promise<RoleRow> {
  const row = await findRole(ctx, id);
  if (!row) throw notFound('role');
  return row;
}

/** @throws Reject (409) `role-exists` */
async function requireOtherName(ctx: Context, name: string, except = ''): Promise<void> {
  if (
    !(await ctx.store
      .model(Roles)
      .exists({ name, _id: { $ne: except } })
      .exec())
  ) {
    return;
  }
  throw new Reject(409, 'role-exists', 'There is a role of this name already.');
}

async function told(
  ctx: Context,
  entry: { tenantId: string; actor: string; action: string },
  { _id, permissions }: RoleRow,
): Promise<void> {
  const details = { permissions: [...permissions].sort().join(' ').slice(0, 500) };
  await audit(ctx, { ...entry, objects: [_id], outcome: 'allowed', details });
}

const view = ({ _id: id, name, permissions }: RoleRow) => ({ id, name, builtIn: false, permissions });
