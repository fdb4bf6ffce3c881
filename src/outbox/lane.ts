/**
 * The sender's turn at one conversation. Its items are the rows that are not yet decided, in the order of the
 * conversation, and the first one decides:
 *
 *   queued       not due yet: wait. Else it is sent now, unless the channel wants the one before it delivered first:
 *                the lane sleeps until that is told, at most as long as the channel says.
 *   sending      an attempt of a worker that lost this lane. While it may still be calling: wait. Later nobody can
 *                know, and it becomes unconfirmed.
 *   unconfirmed  a status with our id may still tell: wait for it, then go past it. It stays for a person to decide.
 *
 * Nothing that may have been sent is ever sent again from here (P5).
 */
import type { Context } from '../context.ts';
import { findConversation } from '../conversations/conversations.ts';
import { type MessageRow, Messages } from '../conversations/model.ts';
import { LOCK_MS } from '../lanes/leases.ts';
import type { WakeUp } from '../lanes/queue.ts';
import type { Turn, TurnEnd } from '../lanes/worker.ts';
import { SafeError } from '../ops/log.ts';
import { withTenant } from '../store/scope.ts';
import { sendHead, type Step } from './attempt.ts';
import { tellSeen } from './seen.ts';
import type { Sender } from './sender.ts';
import { markUnconfirmed } from './states.ts';

/** After the attempt began, a lane waits so long for a status before it goes past an unconfirmed message: 30 s. */
export const UNCONFIRMED_WAIT_MS = 30_000;

/** Then other lanes get their turn. */
const MESSAGES_PER_TURN = 20;

/** Handler of the outbox queue: sends what is due in one conversation. */
export async function workOutboxLane(
  ctx: Context,
  sender: Sender,
  { lane: conversationId, tenantId }: WakeUp,
  turn: Turn,
): Promise<TurnEnd> {
  if (tenantId === undefined) throw new SafeError('A wake-up of the outbox names no tenant.');
  return withTenant(tenantId, async () => {
    const conversation = await findConversation(ctx, tenantId, conversationId);
    if (conversation) await tellSeen(ctx, sender, conversation);
    for (let count = 0; count < MESSAGES_PER_TURN && !turn.stopping(); count += 1) {
      if (count > 0 && turn.yields()) break;
      const head = await headOf(ctx, conversationId);
      const step = head ? await workHead(ctx, sender, head, turn) : 'done';
      if (step !== 'next') return step;
    }
    return { againAfterMs: 0 };
  });
}

async function workHead(ctx: Context, sender: Sender, head: MessageRow, turn: Turn): Promise<Step> {
  const now = ctx.clock.now();
  const attemptAge = now - (head.attemptAt?.getTime() ?? 0);
  if (head.status === 'unconfirmed') return { againAfterMs: UNCONFIRMED_WAIT_MS - attemptAge };
  if (head.status === 'sending') {
    if (attemptAge < LOCK_MS) return { againAfterMs: LOCK_MS - attemptAge };
    await markUnconfirmed(ctx, head);
    return 'next';
  }
  const waitMs = (head.dueAt?.getTime() ?? 0) - now;
  return waitMs > 0 ? { againAfterMs: waitMs } : sendHead(ctx, sender, head, turn);
}

/** The first message that is still to be dealt with. */
async function headOf(ctx: Context, conversationId: string): Promise<MessageRow | null> {
  const unconfirmedSince = new Date(ctx.clock.now() - UNCONFIRMED_WAIT_MS);
  return ctx.store
    .model(Messages)
    .findOne({
      conversationId,
      direction: 'out',
      $or: [
        { status: { $in: ['queued', 'sending'] } },
        { status: 'unconfirmed', attemptAt: { $gt: unconfirmedSince } },
      ],
    })
    .sort({ position: 1, _id: 1 })
    .lean<MessageRow>()
    .exec();
}
