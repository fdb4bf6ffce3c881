/** What the operator records of an account: the terms, a decision about Europe, how often passwords are renewed. */
import { z } from 'zod';

import { audit } from '../audit/audit.ts';
import type { Context } from '../context.ts';
import { asOperator, withTenant } from '../store/scope.ts';
import { checkInput, textLine } from '../tenants/input.ts';
import { Tenants } from '../tenants/model.ts';
import { findTenant } from '../tenants/tenants.ts';
import { ensureAccount } from './account.ts';
import { Accounts, type Terms } from './model.ts';

const date = z.iso
  .date('must be a date like 2026-11-01')
  .transform((day) => new Date(`${day}T00:00:00.000Z`));

const termsInput = z.strictObject({
  tenantId: z.string(),
  by: z.string(),
  number: textLine(60),
  version: textLine(60),
  from: date.optional(),
  until: date.optional(),
});

/** @throws Reject (404), (422) */
export async function setTerms(
  ctx: Context,
  input: z.input<typeof termsInput>,
): Promise<{ tenantId: string; number: string; version: string; from: Date; until: Date | null }> {
  const {
    tenantId,
    by,
    number,
    version,
    from = new Date(ctx.clock.now()),
    until,
  } = checkInput(termsInput, input);
  await findTenant(ctx, tenantId);
  const terms: Terms = { number, version, from, by: 'operator', ...(until ? { until } : {}) };
  await change(ctx, { tenantId, by, action: 'terms.recorded' }, { terms });
  return { tenantId, number, version, from, until: until ?? null };
}

const eeaInput = z.strictObject({
  tenantId: z.string(),
  by: z.string(),
  decision: z.enum(['allow', 'refuse'], 'must be allow or refuse'),
});

/** @throws Reject (404), (422) */
export async function decideEea(
  ctx: Context,
  input: { tenantId: string; by: string; decision: string },
): Promise<{ tenantId: string; decision: string }> {
  const { tenantId, by, decision } = checkInput(eeaInput, input);
  await findTenant(ctx, tenantId);
  const eeaDecision = { allowed: decision === 'allow', by, at: new Date(ctx.clock.now()) };
  await change(ctx, { tenantId, by, action: 'account.eea-decided', decision }, { eeaDecision });
  return { tenantId, decision };
}

const rotationInput = z.strictObject({
  tenantId: z.string(),
  by: z.string(),
  months: z.coerce.number().int().min(0).max(24, 'must be 0 (never) to 24'),
});

/** People whose password is older choose another one at their next sign-in; 0: never. @throws Reject (404), (422) */
export async function setPasswordRotation(
  ctx: Context,
  input: { tenantId: string; by: string; months: string },
): Promise<{ tenantId: string; months: number }> {
  const { tenantId, by, months } = checkInput(rotationInput, input);
  await findTenant(ctx, tenantId);
  await audit(ctx, {
    tenantId,
    actor: by,
    action: 'account.password-rotation-set',
    objects: [tenantId],
    outcome: 'allowed',
    details: { months },
  });
  const change = months === 0 ? { $unset: { passwordMonths: 1 } } : { $set: { passwordMonths: months } };
  await asOperator('rules of a tenant', () =>
    ctx.store.model(Tenants).updateOne({ _id: tenantId }, change).exec(),
  );
  return { tenantId, months };
}

async function change(
  ctx: Context,
  { tenantId, by, action, decision }: { tenantId: string; by: string; action: string; decision?: string },
  set: object,
): Promise<void> {
  await withTenant(tenantId, async () => {
    await ensureAccount(ctx, tenantId);
    const details = decision === undefined ? {} : { details: { decision } };
    await audit(ctx, { tenantId, actor: by, action, objects: [tenantId], outcome: 'allowed', ...details });
    await ctx.store.model(Accounts).updateOne({ _id: tenantId }, { $set: set }).exec();
  });
}
