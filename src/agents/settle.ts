/**
 * A client may write in the moment in which somebody resolves the conversation: the worker that handles the message
 * had read it as open, so it does not reopen it. What was resolved is therefore looked at for a minute: when the
 * client's last message is newer than what was seen, it waits for a person again.
 */
import type { Context } from '../context.ts';
import { type ConversationRow, Conversations } from '../conversations/model.ts';
import { OF_ANY_TENANT, withTenant } from '../store/scope.ts';
import { publish } from './feed.ts';

/** No message is at work for longer than this between reading its conversation and moving it forward. */
const WATCHED_MS = 60_000;
const ROWS_AT_ONCE = 500;

type Resolved = ConversationRow & { resolvedAt: Date };

/** Runs as the operator. @returns how many were reopened */
export async function settleResolved(ctx: Context): Promise<number> {
  let reopened = 0;
  const rows = await ctx.store
    .model(Conversations)
    .find({ ...OF_ANY_TENANT, resolvedAt: { $exists: true } })
    .sort({ resolvedAt: 1 })
    .limit(ROWS_AT_ONCE)
    .lean<Resolved[]>()
    .exec();
  for (const row of rows) {
    if (await withTenant(row.tenantId, () => settle(ctx, row))) reopened += 1;
  }
  return reopened;
}

async function settle(ctx: Context, row: Resolved): Promise<boolean> {
  const { _id, tenantId, state, resolvedAt, resolvedPosition = 0, lastInboundPosition = 0 } = row;
  const wasMissed = state === 'RESOLVED' && lastInboundPosition > resolvedPosition;
  const isOver = state !== 'RESOLVED' || ctx.clock.now() - resolvedAt.getTime() > WATCHED_MS;
  if (!wasMissed && !isOver) return false;
  const { modifiedCount } = await ctx.store
    .model(Conversations)
    .updateOne(
      { _id, state, resolvedAt },
      {
        $unset: { resolvedAt: 1, resolvedPosition: 1 },
        ...(wasMissed ? { $set: { state: 'PENDING' as const } } : {}),
      },
    )
    .exec();
  if (!wasMissed || modifiedCount === 0) return false;
  await publish(ctx, tenantId, { type: 'conversation.updated', conversationId: _id });
  return true;
}
