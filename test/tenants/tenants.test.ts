import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import type { Random } from '../../src/ops/clock.ts';
import { systemRandom } from '../../src/ops/clock.ts';
import { asOperator, withTenant } from '../../src/store/scope.ts';
import { type TenantRecord, Tenants } from '../../src/tenants/model.ts';
import { createTenant, findTenant, listTenants } from '../../src/tenants/tenants.ts';
import { type TestContext, testContext } from '../support/context.ts';

describe('tenants', () => {
  let ctx: TestContext;
  beforeAll(async () => {
    ctx = await testContext();
  });
  afterAll(() => ctx.close());

  const acme = { name: 'Acme Ltd', email: 'owner@acme.example' };
  const rowOf = (tenantId: string) =>
    asOperator('test', () => ctx.store.model(Tenants).findOne({ _id: tenantId }).lean<TenantRecord>().exec());

  it('row 22: gives a new tenant an id, and an account number of 10 digits', async () => {
    const tenant = await createTenant(ctx, acme);
    expect(tenant.tenantId).toMatch(/^ten_[0-9a-z]{26}$/);
    expect(tenant.accountNumber).toMatch(/^[1-9]\d{9}$/);
    expect(tenant).toMatchObject({ ...acme, status: 'active' });
    await expect(findTenant(ctx, tenant.tenantId)).resolves.toEqual(tenant);
  });

  it('keeps name and address sealed by the tenant, bound to its row', async () => {
    const tenant = await createTenant(ctx, acme);
    const other = await createTenant(ctx, { name: 'Other', email: 'o@other.example' });
    const row = await rowOf(tenant.tenantId);
    expect(JSON.stringify(row)).not.toContain('Acme');
    expect(row?.name.toString('latin1')).not.toContain('Acme');
    const place = { tenantId: other.tenantId, collection: 'tenants', id: other.tenantId, field: 'name' };
    await expect(ctx.store.keyring.open(place, row?.name ?? Buffer.alloc(0))).rejects.toThrow();
  });

  it('row 22: draws another account number when the first is taken', async () => {
    const draws = [5, 5, 5, 6].map((value) => Buffer.from([0, 0, 0, 0, value]));
    const random: Random = {
      bytes: (length) =>
        length === 5 ? (draws.shift() ?? systemRandom.bytes(5)) : systemRandom.bytes(length),
    };
    const fixed = { ...ctx, random };
    const first = await createTenant(fixed, acme);
    const second = await createTenant(fixed, acme);
    expect([first.accountNumber, second.accountNumber]).toEqual(['1000000005', '1000000006']);
  });

  it('gives up with a word about the random source when ten numbers in a row are taken', async () => {
    const random: Random = {
      bytes: (length) => (length === 5 ? Buffer.from([0, 0, 0, 0, 9]) : systemRandom.bytes(length)),
    };
    await createTenant({ ...ctx, random }, acme);
    await expect(createTenant({ ...ctx, random }, acme)).rejects.toThrow('random source');
  });

  it('gives tenants that are made at the same time different account numbers', async () => {
    const made = await Promise.all(Array.from({ length: 12 }, () => createTenant(ctx, acme)));
    expect(new Set(made.map(({ accountNumber }) => accountNumber)).size).toBe(12);
  });

  it.each([
    [{ name: '', email: 'a@b.example' }, 'name must not be empty'],
    [{ name: '  \t ', email: 'a@b.example' }, 'name must not be empty'],
    [{ name: 'two\nlines', email: 'a@b.example' }, 'name must not contain control characters'],
    [{ name: 'x'.repeat(201), email: 'a@b.example' }, 'name must have at most 200'],
    [{ name: 'x', email: 'not an address' }, 'email must be an e-mail address'],
    [{ name: '', email: 'nor this' }, 'name must not be empty; email must be'],
  ])('refuses %j and says why', async (input, message) => {
    await expect(createTenant(ctx, input)).rejects.toMatchObject({
      name: 'Reject',
      status: 422,
      message: expect.stringContaining(message),
    });
  });

  it('lists every tenant, oldest first', async () => {
    const listed = await listTenants(ctx);
    const ids = listed.map(({ tenantId }) => tenantId);
    expect(ids).toEqual([...ids].sort());
    expect(listed.length).toBeGreaterThan(3);
  });

  it('says of an unknown tenant that there is none', async () => {
    await expect(findTenant(ctx, 'ten_none')).rejects.toMatchObject({ status: 404 });
  });

  it('P4: a tenant cannot reach the list of tenants', async () => {
    const read = withTenant('ten_any', () => ctx.store.model(Tenants).find().lean().exec());
    await expect(read).rejects.toThrow("a tenant's work can't use it");
  });
});
