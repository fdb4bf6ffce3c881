/** Tells businesses that an API key ends, 14 and 3 days before: a program that still uses it would stand still. */
import type { Context } from '../context.ts';
import { raiseNotice } from '../notices/notices.ts';
import { withTenant } from '../store/scope.ts';
import { type ApiKeyRow, ApiKeys, Tenants } from './model.ts';

const DAY_MS = 86_400_000;
/** Days before the end; each is told once. */
const TELL_AT = [14, 3];
const TENANTS_AT_ONCE = 500;
/** Keys of one look; the next look takes the rest. */
const AT_ONCE = 200;

/** Runs as operator. @returns how many were told of */
export async function watchKeys(ctx: Context): Promise<number> {
  const now = ctx.clock.now();
  let count = 0;
  for (const row of await endingKeys(ctx, now)) {
    const days = Math.ceil(((row.expiresAt?.getTime() ?? 0) - now) / DAY_MS);
    const due = TELL_AT.filter((at) => days <= at).at(-1);
    if (due === undefined || (row.warnedDays ?? Infinity) <= due) continue;
    count += 1;
    await withTenant(row.tenantId, () => tellOfEnd(ctx, row, days, due));
  }
  return count;
}

/** Tenant by tenant, since every index begins with the tenant. */
async function endingKeys(ctx: Context, now: number): Promise<ApiKeyRow[]> {
  const tenants = await ctx.store.model(Tenants).find().select({ _id: 1 }).lean<{ _id: string }[]>().exec();
  const expiresAt = { $gt: new Date(now), $lte: new Date(now + Math.max(...TELL_AT) * DAY_MS) };
  const last = new Date(now + Math.min(...TELL_AT) * DAY_MS);
  const untold = [
    { warnedDays: { $exists: false } },
    { warnedDays: { $gt: Math.min(...TELL_AT) }, expiresAt: { $lte: last } },
  ];
  const found: ApiKeyRow[] = [];
  for (let start = 0; start < tenants.length && found.length < AT_ONCE; start += TENANTS_AT_ONCE) {
    const tenantId = { $in: tenants.slice(start, start + TENANTS_AT_ONCE).map(({ _id }) => _id) };
    const rows = await ctx.store
      .model(ApiKeys)
      .find({ tenantId, expiresAt, revokedAt: { $exists: false }, $or: untold })
      .limit(AT_ONCE - found.length)
      .lean<ApiKeyRow[]>()
      .exec();
    found.push(...rows);
  }
  return found;
}

async function tellOfEnd(
  ctx: Context,
  { _id: keyId, tenantId, name, expiresAt }: ApiKeyRow,
  days: number,
  due: number,
): Promise<void> {
  const end = expiresAt?.toISOString() ?? '';
  await raiseNotice(ctx, {
    tenantId,
    kind: 'key',
    event: 'key-ends',
    severity: due === Math.min(...TELL_AT) ? 'critical' : 'warning',
    unique: [keyId, end, String(due)],
    text: `The API key “${name}” ends on ${end.slice(0, 10)}, in ${days} ${days === 1 ? 'day' : 'days'}. Rotate it in the console under API keys, and give the programs that use it the new one.`,
    at: new Date(ctx.clock.now()),
    details: { keyId },
  });
  await ctx.store
    .model(ApiKeys)
    .updateOne({ _id: keyId }, { $set: { warnedDays: due } })
    .exec();
  ctx.log.warn({ tenantId, keyId, count: days, reason: 'the key ends' }, 'alert.key-ends');
}
