/**
 * TEMPLATES_PER_DAY: WhatsApp charges for templates, so a tenant may accept only so many in a day (UTC), whoever holds
 * its keys. Counted from the rows themselves, before and after a row is written: of several that come at once some are
 * refused rather than one too many sent.
 */
import type { Context } from '../context.ts';
import { Messages } from '../conversations/model.ts';
import { Reject } from '../ops/errors.ts';

const DAY_MS = 24 * 3_600_000;

/** Runs in the tenant's scope. @param also rows that are to come on top @throws Reject (429) `templates-per-day` */
export async function requireUnderCap(ctx: Context, type: string, also: 0 | 1): Promise<void> {
  const cap = ctx.settings.TEMPLATES_PER_DAY;
  if (cap === undefined || type !== 'template') return;
  const now = ctx.clock.now();
  const day = Math.floor(now / DAY_MS) * DAY_MS;
  const accepted = await ctx.store
    .model(Messages)
    .countDocuments({ type: 'template', direction: 'out', storedAt: { $gte: new Date(day) } })
    .limit(cap + 1)
    .exec();
  if (accepted + also <= cap) return;
  throw new Reject(
    429,
    'templates-per-day',
    `This business may send ${cap} templates a day, and has. More tomorrow (UTC), or ask the operator to raise TEMPLATES_PER_DAY.`,
    { afterMs: day + DAY_MS - now },
  );
}
