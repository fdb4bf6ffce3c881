/** One attempt to send one message: what must hold before, the call, and what follows from its outcome. */
import { sendingBar } from '../accounts/terms.ts';
import type { Context } from '../context.ts';
import { findContact } from '../conversations/contacts.ts';
import { findConversation, touchConversation } from '../conversations/conversations.ts';
import { wamidKey } from '../conversations/ids.ts';
import { MARKETING_STOPPED, noteRefusedMarketing } from '../conversations/marketing.ts';
import {
  type ContactRow,
  type ConversationRow,
  Conversations,
  type MessageRow,
} from '../conversations/model.ts';
import { applyStoredStatuses, learnIdentity, linkWamid, raiseStatus } from '../conversations/statuses.ts';
import { LOCK_MS } from '../lanes/leases.ts';
import type { Turn, TurnEnd } from '../lanes/worker.ts';
import { oweMedia } from '../media/owe.ts';
import { learnFromRefusal, type Sending, templateForbidden } from '../templates/sending.ts';
import { type ChannelRow, Channels } from '../tenants/model.ts';
import { classify, pauseAfter } from '../whatsapp/errors.ts';
import type { FailureReason } from '../whatsapp/failure-reasons.ts';
import type { SendOutcome } from '../whatsapp/graph.ts';
import type { TemplateBody } from '../whatsapp/send/template.ts';
import { freeEntryFrom } from '../whatsapp/window.ts';
import { forbiddenNow, isPaused } from './allowed.ts';
import { hold, takePlaceMs } from './limits.ts';
import { waitsForDeliveredMs } from './order.ts';
import { pauseChannel } from './pause.ts';
import { requestBody } from './request.ts';
import { tellReadOnAnswer } from './seen.ts';
import type { Sender } from './sender.ts';
import {
  claim,
  failAttempt,
  failUnsent,
  findAttempt,
  giveBack,
  markUnconfirmed,
  noteTry,
  requeue,
  type Try,
} from './states.ts';

/** How often the messages of a paused channel are looked at again. */
const PAUSED_WAIT_MS = 60_000;

/** `next`: the head is decided, look at what follows. */
export type Step = TurnEnd | 'next';

interface Around {
  channel: ChannelRow;
  conversation: ConversationRow;
  /** Null only where it is not needed: in a group. */
  contact: ContactRow | null;
}

/** Sends a queued message that is due, unless something forbids it. */
export async function sendHead(ctx: Context, sender: Sender, message: MessageRow, turn: Turn): Promise<Step> {
  const around = await readAround(ctx, message);
  if ('impossible' in around) return failNow(ctx, message, around.impossible);
  const { channel, conversation } = around;
  await mendSummary(ctx, conversation, message);
  const bar = await sendingBar(ctx, message.tenantId);
  if (bar !== null) return failNow(ctx, message, bar);
  const forbidden = forbiddenNow(ctx, message, around);
  if (forbidden) return failNow(ctx, message, forbidden.reason, forbidden.code);
  if (await isPaused(ctx, channel)) return { againAfterMs: PAUSED_WAIT_MS };
  const behindMs = await waitsForDeliveredMs(ctx, channel, message);
  if (behindMs > 0) return { againAfterMs: behindMs };
  const waitMs = await takePlaceMs(
    ctx,
    channel,
    message.toGroup ? message.conversationId : message.contactId,
  );
  if (waitMs > 0) return { againAfterMs: waitMs };
  const body = await requestBody(ctx, message, around);
  if ('impossible' in body) return failNow(ctx, message, body.impossible as FailureReason);
  const template = templateIn(body, around);
  const refused = template && (await templateForbidden(ctx, template));
  if (refused) return failNow(ctx, message, refused.reason, refused.code);
  const token = await openToken(ctx, channel);
  const attempt = await claim(ctx, message);
  if (!attempt) return 'next';
  if (!(await isStillOurs(ctx, attempt, turn))) {
    await giveBack(ctx, attempt);
    return { againAfterMs: 0 };
  }
  const started = ctx.clock.now();
  const outcome = await sender.graph.sendMessage({ phoneNumberId: channel.phoneNumberId, token, body });
  const ms = ctx.clock.now() - started;
  logAttempt(ctx, attempt, outcome, ms);
  if (outcome.kind !== 'accepted') await noteTry(ctx, attempt, triedAs(attempt, outcome, ms));
  const step = await settle(ctx, { attempt, around }, outcome);
  if (outcome.kind === 'refused' && template) await learnFromRefusal(ctx, template, outcome.code);
  if (outcome.kind === 'accepted' && message.type !== 'template') {
    await tellReadOnAnswer(ctx, sender, conversation, channel);
  }
  return step;
}

/** The template that a request body sends. */
function templateIn(body: Record<string, unknown>, { channel, contact }: Around): Sending | undefined {
  return body.type === 'template' ? { channel, contact, template: body.template as TemplateBody } : undefined;
}

async function readAround(
  ctx: Context,
  message: MessageRow,
): Promise<Around | { impossible: FailureReason }> {
  const [channel, conversation, contact] = await Promise.all([
    ctx.store.batches.find(Channels, message.tenantId, message.channelId),
    findConversation(ctx, message.tenantId, message.conversationId),
    findContact(ctx, message.tenantId, message.contactId),
  ]);
  if (!channel) return { impossible: 'channel-removed' };
  if (!conversation || (!contact && !message.toGroup)) return { impossible: 'erased' };
  return { channel, conversation, contact };
}

/** Accepting may have been cut off after the row was stored. */
async function mendSummary(ctx: Context, conversation: ConversationRow, message: MessageRow): Promise<void> {
  const { _id: messageId, position, timestamp: at } = message;
  if (conversation.lastPosition < position) {
    await oweMedia(ctx, message);
    await touchConversation(ctx, conversation, { messageId, position, at });
  }
}

async function failNow(ctx: Context, message: MessageRow, reason: FailureReason, code = 0): Promise<Step> {
  await failUnsent(ctx, message, { errorCode: code, errorReason: reason });
  const { tenantId, channelId, _id: messageId } = message;
  ctx.log.info({ tenantId, channelId, messageId, outcome: 'failed', reason, code }, 'outbox.not-attempted');
  return 'next';
}

async function openToken(ctx: Context, { _id: id, tenantId, token }: ChannelRow): Promise<string> {
  return ctx.store.keyring.open<string>({ tenantId, collection: 'channels', id, field: 'token' }, token);
}

/**
 * The last look before the call, against a worker that was paused since: the lane must be ours, then the attempt,
 * then the time, each after the one before, so that a pause between two of them shows in the next. After it the call
 * has its own time limit, which a pause uses up, too.
 */
async function isStillOurs(ctx: Context, attempt: MessageRow, turn: Turn): Promise<boolean> {
  if (!(await turn.holds())) return false;
  const row = await findAttempt(ctx, attempt);
  return row !== null && ctx.clock.now() - (row.attemptAt?.getTime() ?? 0) < LOCK_MS;
}

async function settle(
  ctx: Context,
  made: { attempt: MessageRow; around: Around },
  outcome: SendOutcome,
): Promise<Step> {
  const { attempt } = made;
  switch (outcome.kind) {
    case 'accepted':
      return settleAccepted(ctx, made, outcome);
    case 'refused':
      return settleRefused(ctx, made, outcome);
    case 'not-sent':
      await requeue(ctx, attempt, connectPauseMs(ctx, attempt), attempt.attempts ?? 0);
      return 'next';
    case 'unknown':
      await markUnconfirmed(ctx, attempt);
      return 'next';
  }
}

/** The wamid's look-up row goes first: a status that comes meanwhile must find the message. */
async function settleAccepted(
  ctx: Context,
  { attempt, around }: { attempt: MessageRow; around: Around },
  { wamid, contact }: SendOutcome & { kind: 'accepted' },
): Promise<Step> {
  const key = await wamidKey(ctx, attempt.tenantId, around.channel.phoneNumberId, wamid);
  await linkWamid(ctx, attempt, key, wamid);
  await raiseStatus(ctx, attempt._id, 'accepted');
  await applyStoredStatuses(ctx, attempt, key);
  await noteAnswer(ctx, around.conversation);
  if (!attempt.toGroup) await learnIdentity(ctx, attempt, { bsuid: contact.userId, phone: contact.waId });
  return 'next';
}

/** Our first answer to a client whom an ad brought begins the time in which nothing is charged. */
async function noteAnswer(ctx: Context, { _id, tenantId, ...entry }: ConversationRow): Promise<void> {
  const freeEntryUntil = freeEntryFrom(entry, new Date(ctx.clock.now()));
  if (freeEntryUntil === undefined) return;
  const update = { $max: { freeEntryUntil } };
  await ctx.store.batches.update(Conversations, { tenantId, _id, update });
}

async function settleRefused(
  ctx: Context,
  { attempt, around: { channel } }: { attempt: MessageRow; around: Around },
  { code, httpStatus }: SendOutcome & { kind: 'refused' },
): Promise<Step> {
  const rule = classify(code, httpStatus);
  const tries = (attempt.attempts ?? 0) + 1;
  if (rule.action === 'pause') {
    await pauseChannel(ctx, channel, code, rule.reason);
    await requeue(ctx, attempt, 0, attempt.attempts ?? 0);
  } else if (rule.action === 'retry' && tries < rule.maxTries) {
    const waitMs = withJitter(ctx, pauseAfter(rule, tries));
    await hold(ctx, rule.scope, channel, waitMs);
    await requeue(ctx, attempt, waitMs, tries);
  } else {
    await failAttempt(ctx, attempt, { errorCode: code, errorReason: rule.reason });
    if (code === MARKETING_STOPPED) await noteRefusedMarketing(ctx, attempt);
  }
  return 'next';
}

/** No connection: half the message's age, 1 s to 60 s. Grows without a counter, and uses up no tries. */
function connectPauseMs(ctx: Context, { timestamp }: MessageRow): number {
  const age = ctx.clock.now() - timestamp.getTime();
  return withJitter(ctx, Math.min(60_000, Math.max(1_000, age / 2)));
}

/** Up to a quarter more, so that many lanes do not come back at once. */
function withJitter(ctx: Context, ms: number): number {
  return Math.ceil(ms * (1 + ctx.random.bytes(1).readUInt8() / 1024));
}

/** For the timeline: words and clocks of an attempt that was not accepted. */
function triedAs({ attemptAt, storedAt }: MessageRow, outcome: SendOutcome, ms: number): Try {
  return {
    at: attemptAt ?? storedAt,
    ms,
    outcome: outcome.kind,
    ...(outcome.kind === 'refused' ? { code: outcome.code } : {}),
    ...('cause' in outcome && typeof outcome.cause === 'string' ? { reason: outcome.cause } : {}),
  };
}

function logAttempt(ctx: Context, attempt: MessageRow, outcome: SendOutcome, ms: number): void {
  const { tenantId, channelId, conversationId, _id: messageId, attempts = 0, timestamp } = attempt;
  const code = outcome.kind === 'refused' ? outcome.code : undefined;
  const reason = 'cause' in outcome ? outcome.cause : undefined;
  const waitMs = (attempt.attemptAt?.getTime() ?? 0) - timestamp.getTime();
  const fields = { tenantId, channelId, conversationId, messageId, attempt: attempts + 1, ms, waitMs };
  ctx.log.info({ ...fields, outcome: outcome.kind, code, reason }, 'outbox.attempted');
}
