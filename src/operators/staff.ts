/** Staff accounts: made and changed by whoever runs commands on the host, each change in the installation's audit log. */
import { createHash } from 'node:crypto';

import { z } from 'zod';

import { audit } from '../audit/audit.ts';
import { type Details, INSTALLATION } from '../audit/model.ts';
import type { Context } from '../context.ts';
import { notFound, Reject } from '../ops/errors.ts';
import { newId, newSecret } from '../store/ids.ts';
import { asOperator } from '../store/scope.ts';
import { checkInput, textLine } from '../tenants/input.ts';
import { type OperatorRow, Operators } from './model.ts';
import { OPERATOR_ROLES, type OperatorRole } from './roles.ts';

export interface Operator {
  operatorId: string;
  name: string;
  email: string;
  role: OperatorRole;
  status: OperatorRow['status'];
  /** Null: the account can't be used. */
  confidentialitySignedAt: Date | null;
  createdAt: Date;
  lastUsedAt: Date | null;
}

const role = z.enum(OPERATOR_ROLES, { error: `must be one of ${OPERATOR_ROLES.join(', ')}` });
const newOperator = z.strictObject({
  name: textLine(100),
  email: z.email('must be an e-mail address').max(254, 'must have at most 254 characters'),
  role: role.default('support'),
  confidentialitySigned: z.date().optional(),
});

interface NewOperator {
  name: string;
  email: string;
  role?: string | undefined;
  /** When the duty of confidentiality was signed. */
  confidentialitySigned?: Date | undefined;
}

/**
 * Makes a staff account. Without a signed duty of confidentiality it is disabled and gets no token.
 * @returns `token` in this answer only. @throws Reject (422)
 */
export async function addOperator(
  ctx: Context,
  input: NewOperator,
  by: string,
): Promise<Operator & { token: string | null }> {
  const { name, email, role: as, confidentialitySigned: signed } = checkInput(newOperator, input);
  if (signed) requirePast(ctx, signed);
  const _id = newId(ctx, 'opr');
  const secret = newSecret(ctx.random);
  const row: OperatorRow = {
    _id,
    name: await sealed(ctx, _id, 'name', name),
    email: await sealed(ctx, _id, 'email', email),
    role: as,
    status: signed ? 'active' : 'disabled',
    ...(signed ? { confidentialitySignedAt: signed, tokenHash: tokenHash(secret) } : {}),
    createdAt: new Date(ctx.clock.now()),
  };
  await written(ctx, by, 'operator.added', _id, { role: as, status: row.status });
  await asOperator('operator add', () => ctx.store.model(Operators).insertMany([row]));
  return { ...(await view(ctx, row)), token: signed ? tokenOf(_id, secret) : null };
}

/** Records the signed duty and opens the account. @returns a new token, in this answer only. @throws Reject (404), (422) */
export async function enableOperator(
  ctx: Context,
  operatorId: string,
  confidentialitySigned: Date,
  by: string,
): Promise<Operator & { token: string }> {
  requirePast(ctx, confidentialitySigned);
  await operatorRow(ctx, operatorId);
  const secret = newSecret(ctx.random);
  await written(ctx, by, 'operator.enabled', operatorId);
  await change(
    ctx,
    { _id: operatorId },
    {
      $set: {
        status: 'active',
        confidentialitySignedAt: confidentialitySigned,
        tokenHash: tokenHash(secret),
      },
      $unset: { disabledAt: 1 },
    },
  );
  return { ...(await findOperator(ctx, operatorId)), token: tokenOf(operatorId, secret) };
}

/** Ends the account's token and access at once. @throws Reject (404) */
export async function disableOperator(ctx: Context, operatorId: string, by: string): Promise<Operator> {
  await operatorRow(ctx, operatorId);
  await written(ctx, by, 'operator.disabled', operatorId);
  const $set = { status: 'disabled', disabledAt: new Date(ctx.clock.now()) };
  await change(ctx, { _id: operatorId }, { $set, $unset: { tokenHash: 1 } });
  return findOperator(ctx, operatorId);
}

/** Another token instead of the one there was; it is in this answer only. @throws Reject (404), (409) `operator-disabled` */
export async function renewToken(
  ctx: Context,
  operatorId: string,
  by: string,
): Promise<{ operatorId: string; token: string }> {
  requireActive(await operatorRow(ctx, operatorId));
  const secret = newSecret(ctx.random);
  await written(ctx, by, 'operator.token-renewed', operatorId);
  await change(ctx, { _id: operatorId, status: 'active' }, { $set: { tokenHash: tokenHash(secret) } });
  return { operatorId, token: tokenOf(operatorId, secret) };
}

/** Gives the person another role; grants they hold give no more than that from now on. @throws Reject (404), (422) */
export async function changeRole(
  ctx: Context,
  operatorId: string,
  to: string,
  by: string,
): Promise<Operator> {
  const checked = checkInput(z.strictObject({ role }), { role: to });
  await operatorRow(ctx, operatorId);
  await written(ctx, by, 'operator.role-changed', operatorId, { role: checked.role });
  await change(ctx, { _id: operatorId }, { $set: { role: checked.role } });
  return findOperator(ctx, operatorId);
}

/** All of them, oldest first. */
export async function listOperators(ctx: Context): Promise<Operator[]> {
  const rows = await asOperator('operator list', () =>
    ctx.store.model(Operators).find().sort({ _id: 1 }).lean<OperatorRow[]>().exec(),
  );
  return Promise.all(rows.map((row) => view(ctx, row)));
}

/** @throws Reject (404) */
export async function findOperator(ctx: Context, operatorId: string): Promise<Operator> {
  return view(ctx, await operatorRow(ctx, operatorId));
}

/** @throws Reject (404) */
export async function operatorRow(ctx: Context, operatorId: string): Promise<OperatorRow> {
  const row = await asOperator('operator by id', () =>
    ctx.store.model(Operators).findOne({ _id: operatorId }).lean<OperatorRow>().exec(),
  );
  if (!row) throw notFound('operator');
  return row;
}

/** Neither disabled nor without a signed duty. @throws Reject (409) `operator-disabled` */
export function requireActive({ status, confidentialitySignedAt }: OperatorRow): void {
  if (status === 'active' && confidentialitySignedAt) return;
  throw new Reject(
    409,
    'operator-disabled',
    'This staff account is disabled. whatsper operator enable --operator … --confidentiality-signed … opens it once the duty of confidentiality is signed.',
  );
}

/** Then the person has access to nothing until it is done. */
export function hasOverdueReview({ reviewsDue = [] }: OperatorRow, now: number): boolean {
  return reviewsDue.some(({ dueAt }) => dueAt.getTime() <= now);
}

export function tokenHash(secret: string): string {
  return createHash('sha256').update(secret).digest('hex');
}

const tokenOf = (operatorId: string, secret: string) => `wso_${operatorId}_${secret}`;

function requirePast(ctx: Context, signed: Date): void {
  if (signed.getTime() <= ctx.clock.now()) return;
  throw new Reject(422, 'invalid-request', 'confidentialitySigned must be a day that has come already.');
}

async function change(
  ctx: Context,
  filter: { _id: string; status?: 'active' },
  update: Record<string, Record<string, unknown>>,
): Promise<void> {
  await asOperator('operator change', () => ctx.store.model(Operators).updateOne(filter, update).exec());
}

async function written(
  ctx: Context,
  actor: string,
  action: string,
  operatorId: string,
  details: Details = {},
): Promise<void> {
  await audit(ctx, { tenantId: null, actor, action, objects: [operatorId], outcome: 'allowed', details });
}

function sealed(ctx: Context, id: string, field: 'name' | 'email', value: string): Promise<Buffer> {
  return asOperator('operator: seal', () =>
    ctx.store.keyring.seal({ kind: 'tenant' }, placeOf(id, field), value),
  );
}

async function view(ctx: Context, row: OperatorRow): Promise<Operator> {
  const open = (field: 'name' | 'email') =>
    asOperator('operator: name', () => ctx.store.keyring.open<string>(placeOf(row._id, field), row[field]));
  return {
    operatorId: row._id,
    name: await open('name'),
    email: await open('email'),
    role: row.role,
    status: row.status,
    confidentialitySignedAt: row.confidentialitySignedAt ?? null,
    createdAt: row.createdAt,
    lastUsedAt: row.lastUsedAt ?? null,
  };
}

/** Under the installation's own key: staff belong to no tenant. */
function placeOf(id: string, field: string) {
  return { tenantId: INSTALLATION, collection: 'operators', id, field };
}
