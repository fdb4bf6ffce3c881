/**
 * Whether a tenant's channels may send: only under terms that are active. Asked for each message, so what was read is
 * kept for 30 s.
 */
import type { Context } from '../context.ts';
import { withTenant } from '../store/scope.ts';
import { type AccountRow, Accounts, type Terms } from './model.ts';

const KEPT_MS = 30_000;
const MOST_KEPT = 10_000;

/** `account-incomplete`: privacy contact or policy link of one who signed up are not there yet. */
export type SendingBar = 'terms-missing' | 'account-incomplete';

type Known = Map<string, { row: AccountRow | null; until: number }>;
const knownOf = new WeakMap<object, Known>();

/** Why the tenant may not send now; null when it may. A tenant without a row was made by the operator's command. */
export async function sendingBar(
  ctx: Pick<Context, 'store' | 'clock'>,
  tenantId: string,
): Promise<SendingBar | null> {
  const known: Known = knownOf.get(ctx.store) ?? new Map<string, { row: AccountRow | null; until: number }>();
  knownOf.set(ctx.store, known);
  const now = ctx.clock.now();
  let found = known.get(tenantId);
  if (!found || found.until <= now) {
    const row = await withTenant(tenantId, () =>
      ctx.store
        .model(Accounts)
        .findOne({ _id: tenantId }, { origin: 1, missing: 1, terms: 1, tenantId: 1 })
        .lean<AccountRow>()
        .exec(),
    );
    found = { row, until: now + KEPT_MS };
    if (known.size >= MOST_KEPT) known.clear();
    known.set(tenantId, found);
  }
  return found.row ? barOf(found.row, now) : null;
}

export function barOf({ origin, missing, terms }: AccountRow, now: number): SendingBar | null {
  if (!areActive(terms, now)) return 'terms-missing';
  if (origin === 'operator') return null;
  const lacks = missing.some((name) => name === 'privacyContact' || name === 'privacyPolicyUrl');
  return lacks ? 'account-incomplete' : null;
}

export function areActive(terms: Terms | undefined, now: number): boolean {
  if (!terms || terms.from.getTime() > now) return false;
  return terms.until === undefined || terms.until.getTime() > now;
}
