/** A channel that WhatsApp refuses stands still until a person has mended it; its messages wait. */
import { publish } from '../agents/feed.ts';
import type { Context } from '../context.ts';
import { raiseNotice } from '../notices/notices.ts';
import { type ChannelRow, Channels } from '../tenants/model.ts';
import { type FailureReason, failureText } from '../whatsapp/failure-reasons.ts';

/**
 * Pauses a channel and tells its people and the operator, unless its token was renewed meanwhile. Runs in the tenant's
 * scope. @param code of the Graph API
 */
export async function pauseChannel(
  ctx: Context,
  { _id: channelId, token, tenantId }: Pick<ChannelRow, '_id' | 'token' | 'tenantId'>,
  code: number,
  reason: FailureReason,
): Promise<void> {
  const { modifiedCount } = await ctx.store
    .model(Channels)
    .updateOne(
      { _id: channelId, token, status: 'active' },
      { $set: { status: 'paused', pausedReason: String(code) } },
    )
    .exec();
  if (modifiedCount === 0) return;
  ctx.log.error({ tenantId, channelId, code, reason }, 'alert.channel-paused');
  const now = ctx.clock.now();
  await raiseNotice(ctx, {
    tenantId,
    kind: 'channel',
    event: 'channel-paused',
    severity: 'critical',
    unique: [channelId, String(code), String(now)],
    text: `${failureText(reason).detail} The number is paused and its messages wait. Check it: whatsper channel check ${channelId}. Another token lets it go on: whatsper channel token --channel ${channelId} --token -`,
    channelId,
    at: new Date(now),
  });
  await publish(ctx, tenantId, { type: 'channel.updated', channelId });
}
