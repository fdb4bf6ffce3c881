/**
 * A person's word on a message of which nobody knows whether it was sent. Only from `unconfirmed`: a status that
 * came meanwhile knows better.
 */
import type { Context } from '../context.ts';
import { RANK } from '../conversations/ladder.ts';
import { type MessageRow, Messages } from '../conversations/model.ts';
import { type Failure, tellStatus } from '../conversations/statuses.ts';
import { notFound, Reject } from '../ops/errors.ts';
import { withTenant } from '../store/scope.ts';

export type Resolution = 'sent' | 'failed' | 'resend';

const NOT_SENT: Failure = { errorCode: 0, errorReason: 'not-sent' };

/**
 * `sent`: it counts as accepted. `failed`: it was not sent. `resend`: it is queued again, in its old place.
 * @throws Reject 404; 409 `not-unconfirmed`
 */
export async function resolveMessage(
  ctx: Context,
  tenantId: string,
  messageId: string,
  as: Resolution,
): Promise<MessageRow> {
  return withTenant(tenantId, async () => {
    const messages = ctx.store.model(Messages);
    const resolved = await messages
      .findOneAndUpdate({ _id: messageId, direction: 'out', status: 'unconfirmed' }, changeFor(ctx, as), {
        returnDocument: 'after',
      })
      .lean<MessageRow>()
      .exec();
    if (!resolved) throw await refusal(ctx, messageId);
    await tellStatus(ctx, resolved);
    await ctx.lanes.outbox.wake({ lane: resolved.conversationId, tenantId }, { soon: true });
    ctx.log.info({ tenantId, messageId, outcome: as }, 'outbox.resolved');
    return resolved;
  });
}

function changeFor(ctx: Context, as: Resolution) {
  switch (as) {
    case 'sent':
      return { $set: { status: 'accepted', rank: RANK.accepted } };
    case 'failed':
      return { $set: { status: 'failed', rank: RANK.failed, ...NOT_SENT } };
    case 'resend':
      return {
        $set: { status: 'queued', rank: RANK.queued, attempts: 0, dueAt: new Date(ctx.clock.now()) },
        $unset: { attemptToken: 1, attemptAt: 1 },
      };
  }
}

async function refusal(ctx: Context, messageId: string): Promise<Reject> {
  const row = await ctx.store.model(Messages).findOne({ _id: messageId }).lean<MessageRow>().exec();
  if (!row) return notFound('message');
  return new Reject(
    409,
    'not-unconfirmed',
    `Only a message whose outcome is unknown can be resolved; this one is ${row.status}.`,
  );
}
