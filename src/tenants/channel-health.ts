/**
 * What WhatsApp says of a number and its account, as it was last read or told (Cloud API: phone numbers, webhooks).
 * Each value keeps its own time: a webhook that comes late does not undo what was read since.
 */
import { publish } from '../agents/feed.ts';
import type { Context } from '../context.ts';
import { Channels, type HealthField } from './model.ts';

export type HealthValues = Partial<Record<HealthField, string | undefined>>;

/**
 * Notes what is known of a channel since `at`, and tells the tenant's consoles when anything is new. Runs in the
 * tenant's scope. @returns the fields that changed
 */
export async function noteHealth(
  ctx: Context,
  { tenantId, channelId }: { tenantId: string; channelId: string },
  values: HealthValues,
  at = new Date(ctx.clock.now()),
): Promise<HealthField[]> {
  const channels = ctx.store.model(Channels);
  const changed: HealthField[] = [];
  for (const [name, value] of Object.entries(values) as [HealthField, string | undefined][]) {
    if (value === undefined || value === '') continue;
    const before = await channels
      .findOneAndUpdate(
        { _id: channelId, $or: [{ [`health.${name}`]: null }, { [`health.${name}.at`]: { $lte: at } }] },
        { $set: { [`health.${name}`]: { value, at } } },
        { returnDocument: 'before', lean: true },
      )
      .exec();
    if (before && before.health?.[name]?.value !== value) changed.push(name);
  }
  if (changed.length > 0) await publish(ctx, tenantId, { type: 'channel.updated', channelId });
  return changed;
}
