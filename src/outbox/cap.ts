/**
 * Spending caps: WhatsApp charges for templates, so only so many are accepted in a day (UTC). TEMPLATES_PER_DAY is the
 * operator's for each tenant, whoever holds its keys; `templatesPerDay` of a channel is the tenant's own for a number.
 * Counted from the rows themselves, before and after a row is written: of several that come at once some are refused
 * rather than one too many sent.
 */
import type { Context } from '../context.ts';
import { type ConversationRow, Messages } from '../conversations/model.ts';
import { Reject } from '../ops/errors.ts';
import { Channels } from '../tenants/model.ts';

const DAY_MS = 24 * 3_600_000;

interface Cap {
  most: number | undefined;
  of: { channelId?: string };
  /** Begins the refusal. */
  whose: string;
  remedy: string;
}

/** Runs in the tenant's scope. @param also rows that are to come on top @throws Reject (429) `templates-per-day` */
export async function requireUnderCap(
  ctx: Context,
  { tenantId, channelId }: Pick<ConversationRow, 'tenantId' | 'channelId'>,
  { type, also }: { type: string; also: 0 | 1 },
): Promise<void> {
  if (type !== 'template') return;
  const channel = await ctx.store.batches.find(Channels, tenantId, channelId);
  const caps: Cap[] = [
    {
      most: channel?.templatesPerDay === 0 ? undefined : channel?.templatesPerDay,
      of: { channelId },
      whose: 'This number',
      remedy: 'raise its templatesPerDay',
    },
    {
      most: ctx.settings.TEMPLATES_PER_DAY,
      of: {},
      whose: 'This business',
      remedy: 'ask the operator to raise TEMPLATES_PER_DAY',
    },
  ];
  for (const cap of caps) await requireUnder(ctx, cap, also);
}

async function requireUnder(ctx: Context, { most, of, whose, remedy }: Cap, also: 0 | 1): Promise<void> {
  if (most === undefined) return;
  const now = ctx.clock.now();
  const day = Math.floor(now / DAY_MS) * DAY_MS;
  const accepted = await ctx.store
    .model(Messages)
    .countDocuments({ ...of, type: 'template', direction: 'out', storedAt: { $gte: new Date(day) } })
    .limit(most + 1)
    .exec();
  if (accepted + also <= most) return;
  throw new Reject(
    429,
    'templates-per-day',
    `${whose} may send ${most} templates a day, and has. More tomorrow (UTC), or ${remedy}.`,
    { afterMs: day + DAY_MS - now },
  );
}
