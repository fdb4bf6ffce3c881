/** What a business asks of its people when they sign in. */
import type { Context } from '../context.ts';
import { asOperator } from '../store/scope.ts';
import { type TenantRecord, Tenants } from './model.ts';

export interface SignInRules {
  /** Whoever has no second factor must add one before anything else. */
  secondFactorForAll: boolean;
  /** A new password after so many months; 0: never. */
  passwordMonths: number;
}

/** Whether the tenant is active, and its rules; of an unknown one: not, and none. */
export async function standingOf(
  ctx: Context,
  tenantId: string,
): Promise<{ isActive: boolean; rules: SignInRules }> {
  const wanted = { status: 1, secondFactorForAll: 1, passwordMonths: 1 } as const;
  const record = await asOperator('sign-in: state and rules of the tenant', () =>
    ctx.store.model(Tenants).findOne({ _id: tenantId }, wanted).lean<TenantRecord>().exec(),
  );
  const { secondFactorForAll = false, passwordMonths = 0 } = record ?? {};
  return { isActive: record?.status === 'active', rules: { secondFactorForAll, passwordMonths } };
}

/** Holds from each person's next request on. */
export async function changeRules(
  ctx: Context,
  tenantId: string,
  change: { [Rule in keyof SignInRules]?: SignInRules[Rule] | undefined },
): Promise<SignInRules> {
  const rules = { ...(await standingOf(ctx, tenantId)).rules };
  if (change.secondFactorForAll !== undefined) rules.secondFactorForAll = change.secondFactorForAll;
  if (change.passwordMonths !== undefined) rules.passwordMonths = change.passwordMonths;
  await asOperator('sign-in: rules of the tenant change', () =>
    ctx.store.model(Tenants).updateOne({ _id: tenantId }, { $set: rules }).exec(),
  );
  return rules;
}
