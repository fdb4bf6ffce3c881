/** A tenant's account: company, people to turn to, answers about Europe, terms; and what of it is missing. */
import { z } from 'zod';

import { audit } from '../audit/audit.ts';
import type { Context } from '../context.ts';
import { Reject } from '../ops/errors.ts';
import { insertOnce } from '../store/errors.ts';
import { textLine } from '../tenants/input.ts';
import { type UserRow, Users } from '../tenants/people-model.ts';
import { profileOf } from '../tenants/sessions.ts';
import { findTenant } from '../tenants/tenants.ts';
import { type AccountData, type AccountRow, Accounts, type EeaAnswers } from './model.ts';
import { emailAddress, phoneNumber } from './words.ts';

const answer = z.boolean('must be answered with true or false');

export const eeaAnswers = z
  .strictObject({ established: answer, servesThere: answer, otherwiseSubject: answer })
  .meta({
    description:
      'Is the business established in the European Economic Area; does it serve clients there; is it otherwise subject to the GDPR? A yes needs a decision of the operator.',
  });

export const company = z
  .strictObject({ isCompany: answer, number: textLine(40).optional() })
  .refine(({ isCompany, number }) => !isCompany || number !== undefined, {
    path: ['number'],
    error: 'is needed of a company',
  });

const webAddress = z
  .url({ protocol: /^https$/, error: 'must be an address that begins with https://' })
  .max(500, 'must have at most 500 characters');

/** What the owner may say of the account; what is not named stays as it is. */
export const AccountBody = z.strictObject({
  company: company.optional(),
  contactPerson: z.strictObject({ name: textLine(200), email: emailAddress, phone: phoneNumber }).optional(),
  privacyContact: z.strictObject({ name: textLine(200), email: emailAddress }).optional(),
  privacyPolicyUrl: webAddress.optional(),
  emergencyUserId: z.string().max(100).optional(),
  eea: eeaAnswers.optional(),
});
type AccountChange = z.output<typeof AccountBody>;

/** Without these an account is not complete. */
const NEEDED = ['company', 'contactPerson', 'privacyContact', 'privacyPolicyUrl', 'eea'] as const;

/** The tenant's row; null: the operator made it, and nobody said more. In the tenant's scope. */
export async function findAccount(ctx: Context, tenantId: string): Promise<AccountRow | null> {
  return ctx.store.model(Accounts).findOne({ _id: tenantId }).lean<AccountRow>().exec();
}

/** In the tenant's scope. */
export async function accountData(ctx: Context, row: AccountRow | null): Promise<AccountData> {
  return row?.data ? ctx.store.keyring.open<AccountData>(placeOf(row.tenantId, 'data'), row.data) : {};
}

/** Makes the row if there is none: that of a tenant that the operator made. In the tenant's scope. */
export async function ensureAccount(
  ctx: Context,
  tenantId: string,
  { origin = 'operator' }: Partial<Pick<AccountRow, 'origin'>> = {},
): Promise<AccountRow> {
  const existing = await findAccount(ctx, tenantId);
  if (existing) return existing;
  const { accountNumber, createdAt } = await findTenant(ctx, tenantId);
  const row: AccountRow = {
    _id: tenantId,
    tenantId,
    origin,
    missing: [...NEEDED],
    ...(origin === 'operator'
      ? { terms: { number: accountNumber, version: 'operator', from: createdAt, by: 'operator' } }
      : {}),
    createdAt: new Date(ctx.clock.now()),
  };
  await insertOnce(ctx.store.model(Accounts).insertMany([row]));
  return (await findAccount(ctx, tenantId)) ?? row;
}

/**
 * Changes what is on record; audited with keyed digests of old and new values. In the tenant's scope.
 * @throws Reject (409) `eea-not-served` for a yes that the operator did not allow, (422) for an emergency contact who is no user
 */
export async function changeAccount(
  ctx: Context,
  { tenantId, actor, change }: { tenantId: string; actor: string; change: AccountChange },
): Promise<AccountRow> {
  const row = await ensureAccount(ctx, tenantId);
  const { emergencyUserId, ...said } = change;
  requireServed(said.eea, row);
  if (emergencyUserId !== undefined) await requireUser(ctx, emergencyUserId);
  const before = await accountData(ctx, row);
  const data: AccountData = { ...before, ...said };
  await audit(ctx, {
    tenantId,
    actor,
    action: 'account.changed',
    objects: [tenantId],
    outcome: 'allowed',
    details: {
      ...(await changeDetails(ctx, tenantId, before, data)),
      ...(emergencyUserId === undefined ? {} : { emergencyUserId }),
    },
  });
  await ctx.store
    .model(Accounts)
    .updateOne(
      { _id: tenantId },
      {
        $set: {
          ...(await sealedData(ctx, tenantId, data)),
          ...(emergencyUserId === undefined ? {} : { emergencyUserId }),
        },
      },
    )
    .exec();
  return (await findAccount(ctx, tenantId)) ?? row;
}

/** @throws Reject (409) `eea-not-served` */
export function requireServed(
  eea: EeaAnswers | undefined,
  row: Pick<AccountRow, 'eeaDecision'> | null,
): void {
  if (!eea || !Object.values(eea).includes(true) || row?.eeaDecision?.allowed === true) return;
  throw new Reject(
    409,
    'eea-not-served',
    'Businesses in the European Economic Area, that serve clients there or are otherwise subject to the GDPR need a decision of the operator first. Please write to them.',
  );
}

export async function sealedData(ctx: Context, tenantId: string, data: AccountData) {
  return {
    data: await ctx.store.keyring.seal({ kind: 'tenant' }, placeOf(tenantId, 'data'), data),
    missing: NEEDED.filter((name) => data[name] === undefined),
  };
}

export function sealedSignatory(ctx: Context, tenantId: string, name: string): Promise<Buffer> {
  return ctx.store.keyring.seal({ kind: 'tenant' }, placeOf(tenantId, 'signatory'), name);
}

export async function signatoryOf(ctx: Context, { tenantId, signatory }: AccountRow): Promise<string | null> {
  return signatory ? ctx.store.keyring.open<string>(placeOf(tenantId, 'signatory'), signatory) : null;
}

/**
 * Old and new values of what differs, as keyed digests: equal values show as equal, and nobody reads them.
 * @returns for example `{ emailOld, emailNew }`
 */
export async function changeDetails(
  ctx: Context,
  tenantId: string,
  before: object,
  after: object,
): Promise<Record<string, string>> {
  const digest = async (field: string, value: unknown) =>
    value === undefined ? 'none' : ctx.store.keyring.lookup(tenantId, 'audit', field, JSON.stringify(value));
  const old = before as Record<string, unknown>;
  const now = after as Record<string, unknown>;
  const changed = [...new Set([...Object.keys(old), ...Object.keys(now)])].filter(
    (field) => JSON.stringify(old[field]) !== JSON.stringify(now[field]),
  );
  const pairs = await Promise.all(
    changed.map(async (field) => [
      [`${field}Old`, await digest(field, old[field])],
      [`${field}New`, await digest(field, now[field])],
    ]),
  );
  return Object.fromEntries(pairs.flat()) as Record<string, string>;
}

/** To whom operational notices go: the contact person, else the owner's address once it is proven. In the tenant's scope. */
export async function noticeAddress(
  ctx: Context,
  tenantId: string,
): Promise<{ to: string; language: 'en' | 'he' } | null> {
  const owner = await ctx.store.model(Users).findOne({ role: 'owner' }).lean<UserRow>().exec();
  const language = owner?.language ?? 'en';
  const { contactPerson } = await accountData(ctx, await findAccount(ctx, tenantId));
  if (contactPerson) return { to: contactPerson.email, language };
  if (owner?.emailProvenAt === undefined) return null;
  return { to: (await profileOf(ctx, owner)).email, language };
}

/** Whether somebody can be reached in an emergency: by an address that was proven; phones never are. In the tenant's scope. */
export async function isEmergencyReachable(ctx: Context, row: AccountRow | null): Promise<boolean> {
  const who = row?.emergencyUserId === undefined ? { role: 'owner' } : { _id: row.emergencyUserId };
  const user = await ctx.store
    .model(Users)
    .findOne({ ...who, status: 'active' })
    .lean<UserRow>()
    .exec();
  return user?.emailProvenAt !== undefined;
}

async function requireUser(ctx: Context, _id: string): Promise<void> {
  if (await ctx.store.model(Users).exists({ _id, status: 'active' }).exec()) return;
  const message = 'must be the id of an active user of this account';
  throw new Reject(422, 'invalid-request', `emergencyUserId ${message}.`, {
    errors: [{ path: 'emergencyUserId', message }],
  });
}

function placeOf(tenantId: string, field: string) {
  return { tenantId, collection: 'accounts', id: tenantId, field };
}
