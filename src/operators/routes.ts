/** REST: access of WHATSPER's staff to a business's data, decided and seen by the people of the business. */
import { z } from 'zod';

import { requireHolds } from '../accounts/rights.ts';
import { listEntries } from '../audit/read.ts';
import type { Context } from '../context.ts';
import { type Found, listRoute, type Page, type Route, route } from '../http/route.ts';
import { idParams } from '../http/schemas.ts';
import {
  approveAccess,
  endAccess,
  findGrant,
  giveAccess,
  openedWords,
  operatorName,
  reasonWords,
  refuseAccess,
  stateOf,
} from './grants.ts';
import { AccessGrants, type GrantRow } from './model.ts';
import { GRANTABLE, REASON_CODES, ROLE_MAY } from './roles.ts';
import { findOperator } from './staff.ts';

const time = z.iso.datetime();

const AccessSchema = z
  .object({
    id: z.string().meta({ example: 'agr_06f8a2k3m4n5p6q7r8s9t0v1w2' }),
    operator: z.object({
      id: z.string().nullable().meta({ description: 'Null: anyone of WHATSPER support.' }),
      name: z.string(),
    }),
    kind: z.enum(['asked', 'given', 'break-glass']).meta({
      description: '`break-glass`: in an emergency, without asking the business first.',
    }),
    state: z.enum(['asked', 'active', 'refused', 'ended', 'expired']),
    reasonCode: z.enum(REASON_CODES),
    reason: z.string(),
    permissions: z
      .array(z.enum(GRANTABLE))
      .meta({ description: 'What may be read; nothing can be changed.' }),
    hours: z.int(),
    createdAt: time,
    createdBy: z.string().meta({ description: 'Principal.' }),
    decidedBy: z.string().nullable(),
    from: time.nullable(),
    until: time.nullable(),
    endedAt: time.nullable(),
    endedBy: z.string().nullable(),
    review: z
      .object({ dueAt: time, reviewedAt: time.nullable(), finding: z.string().nullable() })
      .nullable()
      .meta({
        description: 'Of break-glass access: somebody else of the staff looks at it within 24 hours.',
      }),
  })
  .meta({ id: 'SupportAccess' });
type AccessAnswer = z.infer<typeof AccessSchema>;

const LookSchema = z
  .object({
    at: time,
    operator: z.string().meta({ description: 'Principal.' }),
    method: z.string(),
    route: z.string(),
    objects: z.array(z.string()).meta({ description: 'Ids of what was shown.' }),
  })
  .meta({ id: 'SupportLook' });

const GiveBody = z.strictObject({
  operator: z
    .string()
    .regex(/^opr_[a-z0-9]{26}$/)
    .optional()
    .meta({ description: 'To whom; without it, to anyone of WHATSPER support.' }),
  hours: z.union([z.literal(1), z.literal(24), z.literal(168)]),
  reason: reasonWords,
  permissions: z
    .array(z.enum(GRANTABLE))
    .min(1)
    .optional()
    .meta({ description: 'By default what support needs.' }),
});

const decided = { 409: 'Nobody waits for this decision any more (`not-asked`, `changed-meanwhile`).' };

export const supportAccessRoutes: Route[] = [
  listRoute({
    path: '/v1/support-access',
    summary: 'List access of WHATSPER’s staff: asked for, active and past, newest first',
    scope: 'support-access:read',
    forPeople: true,
    item: AccessSchema,
    read: (ctx, _request, page) => listAccess(ctx, page),
  }),
  listRoute({
    path: '/v1/support-access/{id}/looks',
    summary: 'List every look that was taken by an access, newest first',
    scope: 'support-access:read',
    forPeople: true,
    params: idParams,
    item: LookSchema,
    read: (ctx, { tenantId, params: { id: grantId } }, page) => listLooks(ctx, { tenantId, grantId }, page),
  }),
  route({
    method: 'post',
    path: '/v1/support-access',
    summary: 'Give WHATSPER support access for an hour, a day or a week',
    description: 'For reading only. Nobody gives more than they may see themselves.',
    scope: 'support-access:write',
    forPeople: true,
    body: GiveBody,
    response: AccessSchema,
    status: 201,
    problems: { 403: 'You may not see that yourself (`more-than-you-hold`).', 404: 'No such operator.' },
    async handle(
      ctx,
      { tenantId, principal, caller, body: { operator: operatorId, hours, reason, permissions } },
    ) {
      const role = operatorId === undefined ? 'support' : (await findOperator(ctx, operatorId)).role;
      const held = ROLE_MAY[role].filter((permission) => caller.scopes.includes(permission));
      requireHolds(caller, permissions ?? []);
      const input = { tenantId, operatorId, hours, reason, permissions: permissions ?? held };
      return answerOf(ctx, await giveAccess(ctx, { ...input, reasonCode: 'customer-asked' }, principal));
    },
  }),
  route({
    method: 'post',
    path: '/v1/support-access/{id}/approve',
    summary: 'Agree to access that was asked for; its time begins now',
    scope: 'support-access:write',
    forPeople: true,
    params: idParams,
    response: AccessSchema,
    problems: { ...decided, 403: 'You may not see that yourself (`more-than-you-hold`).' },
    async handle(ctx, { tenantId, principal, caller, params: { id: grantId } }) {
      requireHolds(caller, (await findGrant(ctx, { tenantId, grantId })).permissions);
      return answerOf(ctx, await approveAccess(ctx, { tenantId, grantId }, principal));
    },
  }),
  route({
    method: 'post',
    path: '/v1/support-access/{id}/refuse',
    summary: 'Refuse access that was asked for',
    scope: 'support-access:write',
    forPeople: true,
    params: idParams,
    response: AccessSchema,
    problems: decided,
    handle: async (ctx, { tenantId, principal, params: { id: grantId } }) =>
      answerOf(ctx, await refuseAccess(ctx, { tenantId, grantId }, principal)),
  }),
  route({
    method: 'post',
    path: '/v1/support-access/{id}/revoke',
    summary: 'End access at once',
    scope: 'support-access:write',
    forPeople: true,
    params: idParams,
    response: AccessSchema,
    problems: { 409: 'It was never active (`not-active`).' },
    handle: async (ctx, { tenantId, principal, params: { id: grantId } }) =>
      answerOf(ctx, await endAccess(ctx, { tenantId, grantId }, principal)),
  }),
];

/** Ids sort by their time of making, so the id alone is the place in the list. */
async function listAccess(ctx: Context, { limit, after }: Page): Promise<Found<AccessAnswer>> {
  const rows = await ctx.store
    .model(AccessGrants)
    .find(after ? { _id: { $lt: after.id } } : {})
    .sort({ _id: -1 })
    .limit(limit + 1)
    .lean<GrantRow[]>()
    .exec();
  const items = rows.slice(0, limit);
  const last = items.at(-1);
  return {
    items: await Promise.all(items.map((row) => answerOf(ctx, row))),
    next: rows.length > limit && last ? { at: 0, id: last._id } : null,
  };
}

/** From the audit log, so that it is the same that an auditor sees; an entry comes there within a moment. */
async function listLooks(
  ctx: Context,
  { tenantId, grantId }: { tenantId: string; grantId: string },
  { limit, after }: Page,
): Promise<Found<z.infer<typeof LookSchema>>> {
  await findGrant(ctx, { tenantId, grantId });
  const filter = { action: 'support-access.look', object: grantId };
  const before = after ? { before: after.at } : {};
  const rows = await listEntries(ctx, tenantId, filter, { limit: limit + 1, ...before });
  const items = rows.slice(0, limit);
  const last = items.at(-1);
  return {
    items: items.map(({ at, actor, details = {}, objects }) => ({
      at: at.toISOString(),
      operator: actor,
      method: String(details.method),
      route: String(details.route),
      objects: objects.filter((id) => !id.startsWith('agr_')),
    })),
    next: rows.length > limit && last ? { at: last.seq, id: last._id } : null,
  };
}

async function answerOf(ctx: Context, row: GrantRow): Promise<AccessAnswer> {
  const { _id: id, kind, reasonCode, permissions, hours, createdBy } = row;
  const iso = (at: Date | undefined) => at?.toISOString() ?? null;
  return {
    id,
    operator: { id: row.operatorId ?? null, name: await operatorName(ctx, row.operatorId) },
    kind,
    state: stateOf(row, ctx.clock.now()),
    reasonCode,
    reason: await openedWords(ctx, row, 'reason', row.reason),
    permissions,
    hours,
    createdAt: row.createdAt.toISOString(),
    createdBy,
    decidedBy: row.decidedBy ?? null,
    from: iso(row.from),
    until: iso(row.until),
    endedAt: iso(row.endedAt),
    endedBy: row.endedBy ?? null,
    review: await reviewOf(ctx, row),
  };
}

async function reviewOf(ctx: Context, row: GrantRow): Promise<AccessAnswer['review']> {
  const { reviewDueAt, reviewedAt, finding } = row;
  if (!reviewDueAt) return null;
  return {
    dueAt: reviewDueAt.toISOString(),
    reviewedAt: reviewedAt?.toISOString() ?? null,
    finding: finding ? await openedWords(ctx, row, 'finding', finding) : null,
  };
}
