/** What may be sent at all: looked at when a message is accepted, and once more when it is sent. */
import { sendingBar } from '../accounts/terms.ts';
import type { Context } from '../context.ts';
import type { ConversationRow, MessageRow } from '../conversations/model.ts';
import { Reject } from '../ops/errors.ts';
import { type ChannelRow, Channels } from '../tenants/model.ts';
import { type FailureReason, failureText } from '../whatsapp/failure-reasons.ts';
import { heardAt, isWindowOpen } from '../whatsapp/window.ts';

/** Graph API code of a closed window; also told when we notice it ourselves. */
const WINDOW_CLOSED_CODE = 131047;

/** Reason of a pause that ends by itself. */
export const RESTRICTED = 'account-restricted';

/** @throws Reject 409 `group-blocked`; `window-closed`, `other-app-has-control` for all but templates */
export function requireAllowed(ctx: Context, conversation: ConversationRow, type: string): void {
  if (conversation.groupBlocked !== undefined) {
    throw new Reject(
      409,
      'group-blocked',
      `WhatsApp says that this group is ${conversation.groupBlocked}: nothing can be sent to it.`,
    );
  }
  if (type === 'template') return;
  if (!isWindowOpen(heardAt(conversation), ctx.clock.now())) {
    throw new Reject(
      409,
      'window-closed',
      'The client has not written or called within the last 24 hours, so WhatsApp takes only templates. Send one, or wait until they write.',
    );
  }
  if (conversation.control !== 'other') return;
  throw new Reject(
    409,
    'other-app-has-control',
    'Another app of WhatsApp, such as Meta’s business agent, holds this conversation; an answer of yours would take it over. If you want that, take control first (POST /v1/conversations/{id}/take-control).',
  );
}

/** @throws Reject (409) `terms-missing`, `account-incomplete`: the business itself may not send */
export async function requireTerms(ctx: Context, tenantId: string): Promise<void> {
  const bar = await sendingBar(ctx, tenantId);
  if (bar !== null) throw new Reject(409, bar, failureText(bar).detail);
}

/** Why a message must not be sent now; undefined when it may be. */
export function forbiddenNow(
  ctx: Context,
  { type }: Pick<MessageRow, 'type'>,
  { conversation, channel }: { conversation: ConversationRow; channel: ChannelRow },
): { reason: FailureReason; code?: number } | undefined {
  const now = ctx.clock.now();
  if (conversation.groupBlocked !== undefined) return { reason: 'group-problem' };
  if (type === 'template') {
    const isHeld = channel.templatesHeldUntil !== undefined && channel.templatesHeldUntil.getTime() > now;
    return isHeld ? { reason: RESTRICTED } : undefined;
  }
  if (!isWindowOpen(heardAt(conversation), now)) return { reason: 'window-closed', code: WINDOW_CLOSED_CODE };
  return conversation.control === 'other' ? { reason: 'other-app-has-control' } : undefined;
}

/** True while the channel is paused; a pause whose end was told ends here. */
export async function isPaused(
  ctx: Context,
  { _id, status, pausedReason, pausedUntil }: ChannelRow,
): Promise<boolean> {
  if (status !== 'paused') return false;
  const ends = pausedReason === RESTRICTED ? pausedUntil : undefined;
  if (ends === undefined || ends.getTime() > ctx.clock.now()) return true;
  await ctx.store
    .model(Channels)
    .updateOne(
      { _id, status: 'paused', pausedReason: RESTRICTED, pausedUntil: ends },
      { $set: { status: 'active' }, $unset: { pausedReason: 1, pausedUntil: 1 } },
    )
    .exec();
  return false;
}
