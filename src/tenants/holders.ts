/**
 * Who ever held a number. A number's present holder is its route; the record here outlives it, because what came for
 * a number between two holders is nobody's until a person decides.
 */
import type { Context } from '../context.ts';
import { isDuplicateKey } from '../store/errors.ts';
import { asOperator } from '../store/scope.ts';
import { NumberHolders } from './model.ts';

/**
 * Notes that a tenant holds a number. Called after the route was written, and before one is taken away: while there
 * is a route, the route itself is the record.
 */
export async function recordHolder(ctx: Context, phoneNumberId: string, tenantId: string): Promise<void> {
  const row = {
    _id: `${phoneNumberId}/${tenantId}`,
    phoneNumberId,
    tenantId,
    since: new Date(ctx.clock.now()),
  };
  try {
    await asOperator('holder of a number', () => ctx.store.model(NumberHolders).insertMany([row]));
  } catch (error) {
    if (!isDuplicateKey(error)) throw error;
  }
}

/** True when a tenant other than this one ever held the number. */
export async function hadOtherHolder(
  ctx: Context,
  phoneNumberId: string,
  tenantId: string,
): Promise<boolean> {
  const filter = { phoneNumberId, tenantId: { $ne: tenantId } };
  const other = await asOperator('holders of a number', () =>
    ctx.store.model(NumberHolders).exists(filter).exec(),
  );
  return other !== null;
}
