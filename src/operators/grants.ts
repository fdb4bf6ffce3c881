/** Access of staff to one tenant: asked for or given, for a reason and a time, ended by either side at once. */
import { z } from 'zod';

import { audit } from '../audit/audit.ts';
import type { Context } from '../context.ts';
import { notFound, Reject } from '../ops/errors.ts';
import { newId } from '../store/ids.ts';
import { withTenant } from '../store/scope.ts';
import { checkInput, textLine } from '../tenants/input.ts';
import { findTenant } from '../tenants/tenants.ts';
import { AccessGrants, type GrantRow } from './model.ts';
import { GRANTABLE, REASON_CODES, ROLE_MAY } from './roles.ts';
import { findOperator, operatorRow, requireActive } from './staff.ts';
import { tellBusiness } from './tell.ts';

const HOUR_MS = 3_600_000;
/** Longest access. */
export const MOST_HOURS = 7 * 24;
/** What nobody approved by then can't be approved any more. */
const DECIDE_MS = 7 * 24 * HOUR_MS;

export const reasonWords = textLine(500);

const asking = z.strictObject({
  tenantId: z.string('is missing'),
  operatorId: z.string('is missing').optional(),
  reasonCode: z.enum(REASON_CODES, { error: `must be one of ${REASON_CODES.join(', ')}` }),
  reason: reasonWords,
  hours: z
    .int('must be a whole number of hours')
    .min(1, 'must be at least 1')
    .max(MOST_HOURS, `must be at most ${MOST_HOURS}: 7 days`),
  permissions: z
    .array(z.enum(GRANTABLE, { error: `must be of ${GRANTABLE.join(', ')}` }))
    .min(1, 'must name at least one')
    .optional(),
});

export interface NewGrant {
  tenantId: string;
  /** Absent: anyone of support; only a tenant gives that. */
  operatorId?: string | undefined;
  reasonCode: string;
  reason: string;
  hours: number;
  /** By default all that the role may. */
  permissions?: string[] | undefined;
}

/** A member of staff asks for access; the business decides. @throws Reject (404), (409) `operator-disabled`, (422) */
export async function askForAccess(ctx: Context, input: NewGrant, by: string): Promise<GrantRow> {
  const row = await newGrant(ctx, input, { kind: 'asked', state: 'asked', createdBy: by });
  await insert(ctx, row, 'support-access.asked');
  await tellBusiness(ctx, 'asked', row, await operatorName(ctx, row.operatorId));
  return row;
}

/** A person of the business gives access, from now on. @throws Reject (404), (409), (422) */
export async function giveAccess(ctx: Context, input: NewGrant, by: string): Promise<GrantRow> {
  const from = new Date(ctx.clock.now());
  const decision = { decidedBy: by, decidedAt: from, from };
  const row = await newGrant(ctx, input, { kind: 'given', state: 'active', createdBy: by, ...decision });
  await insert(ctx, row, 'support-access.given');
  return row;
}

type Beginning = Pick<GrantRow, 'kind' | 'state' | 'createdBy'> & Partial<GrantRow>;

/** A row that is checked but not stored; `until` follows from `from`. */
export async function newGrant(ctx: Context, input: NewGrant, beginning: Beginning): Promise<GrantRow> {
  const checked = checkInput(asking, input);
  const { tenantId, operatorId, reasonCode, reason, hours } = checked;
  await findTenant(ctx, tenantId);
  const operator = operatorId === undefined ? undefined : await operatorRow(ctx, operatorId);
  if (operator) requireActive(operator);
  const may = ROLE_MAY[operator?.role ?? 'support'];
  const permissions = checked.permissions ?? [...may];
  const beyond = permissions.filter((permission) => !may.includes(permission));
  if (beyond.length > 0) {
    throw new Reject(422, 'invalid-request', `permissions: this role may not have ${beyond.join(', ')}.`);
  }
  const _id = newId(ctx, 'agr');
  const { from } = beginning;
  return {
    _id,
    tenantId,
    ...(operatorId === undefined ? {} : { operatorId }),
    reasonCode,
    reason: await sealedWords(ctx, { _id, tenantId }, 'reason', reason),
    permissions,
    hours,
    createdAt: new Date(ctx.clock.now()),
    ...beginning,
    ...(from ? { until: new Date(from.getTime() + hours * HOUR_MS) } : {}),
  };
}

/** Written down, then stored. */
export async function insert(ctx: Context, row: GrantRow, action: string): Promise<void> {
  await written(ctx, row, action, row.createdBy);
  await withTenant(row.tenantId, () => ctx.store.model(AccessGrants).insertMany([row]));
}

interface Which {
  tenantId: string;
  grantId: string;
}

/** Whoever may give access agrees to what was asked. @throws Reject (404), (409) `not-asked` */
export async function approveAccess(ctx: Context, which: Which, by: string): Promise<GrantRow> {
  const row = await findGrant(ctx, which);
  const now = ctx.clock.now();
  requireOpen(row, now);
  if (row.operatorId !== undefined) requireActive(await operatorRow(ctx, row.operatorId));
  await written(ctx, row, 'support-access.approved', by);
  const from = new Date(now);
  const until = new Date(now + row.hours * HOUR_MS);
  return moved(ctx, row, 'asked', { state: 'active', decidedBy: by, decidedAt: from, from, until });
}

/** @throws Reject (404), (409) `not-asked` */
export async function refuseAccess(ctx: Context, which: Which, by: string): Promise<GrantRow> {
  const row = await findGrant(ctx, which);
  requireOpen(row, ctx.clock.now());
  await written(ctx, row, 'support-access.refused', by);
  return moved(ctx, row, 'asked', {
    state: 'refused',
    decidedBy: by,
    decidedAt: new Date(ctx.clock.now()),
  });
}

/** Ends active access: the next request is refused. Ending it again changes nothing. @throws Reject (404), (409) `not-active` */
export async function endAccess(ctx: Context, which: Which, by: string): Promise<GrantRow> {
  const row = await findGrant(ctx, which);
  if (row.state === 'ended') return row;
  if (row.state !== 'active') {
    throw new Reject(409, 'not-active', 'This access was never active: there is nothing to end.');
  }
  await written(ctx, row, 'support-access.ended', by);
  return moved(ctx, row, 'active', { state: 'ended', endedBy: by, endedAt: new Date(ctx.clock.now()) });
}

/** @throws Reject (404) */
export async function findGrant(ctx: Context, { tenantId, grantId }: Which): Promise<GrantRow> {
  const row = await withTenant(tenantId, () =>
    ctx.store.model(AccessGrants).findOne({ _id: grantId }).lean<GrantRow>().exec(),
  );
  if (!row) throw notFound('access');
  return row;
}

/** As it is shown: what is past its time is `expired`. */
export function stateOf({ state, createdAt, until }: GrantRow, now: number): GrantRow['state'] | 'expired' {
  if (state === 'asked') return createdAt.getTime() + DECIDE_MS <= now ? 'expired' : 'asked';
  if (state === 'active') return (until?.getTime() ?? 0) <= now ? 'expired' : 'active';
  return state;
}

/** How staff are named to a business. */
export async function operatorName(ctx: Context, operatorId: string | undefined): Promise<string> {
  if (operatorId === undefined) return 'WHATSPER support';
  const { name } = await findOperator(ctx, operatorId);
  return `${name} (WHATSPER)`;
}

/** For rows of one tenant, under its key. */
export function sealedWords(
  ctx: Context,
  row: Pick<GrantRow, '_id' | 'tenantId'>,
  field: 'reason' | 'finding',
  words: string,
): Promise<Buffer> {
  return ctx.store.keyring.seal({ kind: 'tenant' }, wordsPlace(row, field), words);
}

export function openedWords(
  ctx: Context,
  row: Pick<GrantRow, '_id' | 'tenantId'>,
  field: 'reason' | 'finding',
  sealed: Buffer,
): Promise<string> {
  return ctx.store.keyring.open<string>(wordsPlace(row, field), sealed);
}

function wordsPlace({ _id: id, tenantId }: Pick<GrantRow, '_id' | 'tenantId'>, field: string) {
  return { tenantId, collection: 'accessGrants', id, field };
}

/** In the tenant's audit log. */
export async function written(ctx: Context, row: GrantRow, action: string, actor: string): Promise<void> {
  const { _id, tenantId, operatorId, reasonCode: reason, kind, hours } = row;
  const details = { kind, hours, permissions: row.permissions.join(' ') };
  const objects = [_id, ...(operatorId === undefined ? [] : [operatorId])];
  await audit(ctx, { tenantId, actor, action, objects, outcome: 'allowed', reason, details });
}

function requireOpen(row: GrantRow, now: number): void {
  if (stateOf(row, now) === 'asked') return;
  throw new Reject(409, 'not-asked', 'Nobody waits for this decision any more: look at the list again.');
}

/** Compare and set, so that of two decisions one counts. */
async function moved(
  ctx: Context,
  { _id, tenantId }: GrantRow,
  from: GrantRow['state'],
  $set: Partial<GrantRow>,
): Promise<GrantRow> {
  const row = await withTenant(tenantId, () =>
    ctx.store
      .model(AccessGrants)
      .findOneAndUpdate({ _id, state: from }, { $set }, { returnDocument: 'after' })
      .lean<GrantRow>()
      .exec(),
  );
  if (row) return row;
  throw new Reject(409, 'changed-meanwhile', 'Somebody decided this just now: look at the list again.');
}
