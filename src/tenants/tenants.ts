/** Tenants as the operator makes and sees them. Their name and owner's address are sealed by their own key. */
import { z } from 'zod';

import { AccountNumbers } from '../accounts/model.ts';
import type { Context } from '../context.ts';
import type { Random } from '../ops/clock.ts';
import { notFound } from '../ops/errors.ts';
import { SafeError } from '../ops/log.ts';
import { isDuplicateKey } from '../store/errors.ts';
import { newId } from '../store/ids.ts';
import { asOperator } from '../store/scope.ts';
import { checkInput, textLine } from './input.ts';
import { type TenantRecord, Tenants } from './model.ts';

export interface Tenant {
  tenantId: string;
  /** 10 digits; identifies, never authenticates. */
  accountNumber: string;
  name: string;
  /** Address of the owner, who completes the account at the first sign-in. */
  email: string;
  status: TenantRecord['status'];
  createdAt: Date;
}

const newTenant = z.strictObject({
  name: textLine(200),
  email: z.email('must be an e-mail address').max(254, 'must have at most 254 characters'),
});

/** Among 9,000,000,000 numbers even a million tenants make a second try rare, and a tenth a fault of ours. */
const NUMBER_TRIES = 10;

/** Makes a tenant, its key first. @throws Reject (422) when name or address are not usable. */
export async function createTenant(
  ctx: Context,
  input: { name: string; email: string },
  status: 'active' | 'unproven' = 'active',
): Promise<Tenant> {
  const { name, email } = checkInput(newTenant, input);
  const tenantId = newId(ctx, 'ten');
  const record = {
    _id: tenantId,
    name: await sealed(ctx, tenantId, 'name', name),
    ownerEmail: await sealed(ctx, tenantId, 'ownerEmail', email),
    status,
    createdAt: new Date(ctx.clock.now()),
  };
  const accountNumber = await insertWithFreeNumber(ctx, record);
  ctx.log.info({ tenantId }, 'tenant.created');
  return { tenantId, accountNumber, name, email, status: record.status, createdAt: record.createdAt };
}

/** Every tenant of the installation, oldest first. */
export async function listTenants(ctx: Context): Promise<Tenant[]> {
  const records = await asOperator('tenant list', () =>
    ctx.store.model(Tenants).find().sort({ _id: 1 }).lean<TenantRecord[]>().exec(),
  );
  return Promise.all(records.map((record) => view(ctx, record)));
}

/** @throws Reject (404) when there is no such tenant. */
export async function findTenant(ctx: Context, tenantId: string): Promise<Tenant> {
  const record = await asOperator('tenant by its id', () =>
    ctx.store.model(Tenants).findOne({ _id: tenantId }).lean<TenantRecord>().exec(),
  );
  if (!record) throw notFound('tenant');
  return view(ctx, record);
}

/** False for a disabled and for an unknown tenant. */
export async function isActiveTenant(ctx: Context, tenantId: string): Promise<boolean> {
  const record = await asOperator('sign-in: state of the tenant', () =>
    ctx.store.model(Tenants).findOne({ _id: tenantId }, { status: 1 }).lean<TenantRecord>().exec(),
  );
  return record?.status === 'active';
}

/** The owner of one who signed up followed the link: the account is open. */
export async function proveTenant(ctx: Context, tenantId: string): Promise<void> {
  await asOperator('sign-up: address proven', () =>
    ctx.store
      .model(Tenants)
      .updateOne({ _id: tenantId, status: 'unproven' }, { $set: { status: 'active' } })
      .exec(),
  );
}

async function insertWithFreeNumber(
  ctx: Context,
  record: Omit<TenantRecord, 'accountNumber'>,
): Promise<string> {
  for (let tries = 0; tries < NUMBER_TRIES; tries += 1) {
    const accountNumber = randomAccountNumber(ctx.random);
    try {
      await asOperator('tenant create', async () => {
        // The number outlives the tenant: it is never given to another.
        await ctx.store
          .model(AccountNumbers)
          .insertMany([{ _id: accountNumber, givenAt: new Date(ctx.clock.now()) }]);
        await ctx.store.model(Tenants).insertMany([{ ...record, accountNumber }]);
      });
      return accountNumber;
    } catch (error) {
      if (!isDuplicateKey(error)) throw error;
    }
  }
  throw new SafeError(`${NUMBER_TRIES} account numbers in a row were taken; is the random source broken?`);
}

/** 10 digits that do not start with 0, each number equally likely: what does not fit a whole multiple is drawn again. */
function randomAccountNumber(random: Random): string {
  const count = 9_000_000_000;
  const limit = Math.floor(2 ** 40 / count) * count;
  let drawn: number;
  do drawn = random.bytes(5).readUIntBE(0, 5);
  while (drawn >= limit);
  return String(1_000_000_000 + (drawn % count));
}

async function view(ctx: Context, record: TenantRecord): Promise<Tenant> {
  const open = (field: 'name' | 'ownerEmail') =>
    ctx.store.keyring.open<string>(placeOf(record._id, field), record[field]);
  return {
    tenantId: record._id,
    accountNumber: record.accountNumber,
    name: await open('name'),
    email: await open('ownerEmail'),
    status: record.status,
    createdAt: record.createdAt,
  };
}

function sealed(ctx: Context, tenantId: string, field: 'name' | 'ownerEmail', value: string) {
  return ctx.store.keyring.seal({ kind: 'tenant' }, placeOf(tenantId, field), value);
}

function placeOf(tenantId: string, field: string) {
  return { tenantId, collection: 'tenants', id: tenantId, field };
}
