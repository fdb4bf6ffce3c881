/** A paused channel looks again only once a minute; when it goes on, its conversations need not wait for that. */
import type { Context } from '../context.ts';
import { Messages } from '../conversations/model.ts';
import { withTenant } from '../store/scope.ts';

/** Wakes every conversation of a channel that has a message to send. While Redis is away they wait as before. */
export async function wakeChannel(ctx: Context, tenantId: string, channelId: string): Promise<void> {
  const lanes = await withTenant(tenantId, () =>
    ctx.store
      .model(Messages)
      .distinct('conversationId', { channelId, direction: 'out', status: 'queued' })
      .exec(),
  );
  await Promise.all(lanes.map((lane) => ctx.lanes.outbox.wake({ lane, tenantId }, { soon: true })));
}
