/**
 * One turn at an endpoint's lane: what is owed is posted in the order of the conversation, signed by Standard
 * Webhooks. A failing head blocks only its own lane, until it goes through or is given up.
 *
 *   due ──2xx──▶ done        due ──anything else──▶ due, later        due ──after the last try──▶ failed
 *
 * A crash between the answer and its mark posts again with the same `webhook-id`: at least once.
 */
import { Webhook } from 'standardwebhooks';

import type { Context } from '../context.ts';
import { Conversations, Messages } from '../conversations/model.ts';
import { viewsOf } from '../conversations/views.ts';
import type { WakeUp } from '../lanes/queue.ts';
import type { Turn, TurnEnd } from '../lanes/worker.ts';
import { SafeError } from '../ops/log.ts';
import { isAway } from '../store/errors.ts';
import { withTenant } from '../store/scope.ts';
import { openEndpoint } from './endpoints.ts';
import { laneOwner } from './lane-name.ts';
import { Deliveries, type DeliveryRow, Endpoints } from './model.ts';
import { askedPause, pauseAfter } from './schedule.ts';
import type { Answer, Sender } from './sender.ts';
import type { Shares } from './shares.ts';

/** A hot lane yields after so many events, so that it does not hold a slot. */
const TURN_LIMIT = 32;
/** Until a lane whose endpoint holds its share looks again: 1 to 2 s. */
const SHARE_PAUSE_MS = 1_000;

export interface DeliveryWork {
  sender: Sender;
  shares: Shares;
}

/** Handler of `workLanes` for endpoint lanes. */
export async function runEndpointLane(
  ctx: Context,
  work: DeliveryWork,
  { lane, tenantId }: WakeUp,
  turn: Turn,
): Promise<TurnEnd> {
  if (tenantId === undefined) throw new SafeError("An endpoint's lane was woken without its tenant.");
  const { endpointId } = laneOwner(lane);
  if (!work.shares.take(endpointId)) {
    const spread = ctx.random.bytes(2).readUInt16BE(0) / 65_536;
    return { againAfterMs: Math.round(SHARE_PAUSE_MS * (1 + spread)) };
  }
  try {
    return await withTenant(tenantId, () => deliverInOrder(ctx, work.sender, { lane, tenantId }, turn));
  } finally {
    work.shares.release(endpointId);
  }
}

async function deliverInOrder(
  ctx: Context,
  sender: Sender,
  { lane, tenantId }: { lane: string; tenantId: string },
  turn: Turn,
): Promise<TurnEnd> {
  const owed = await firstOwed(ctx, tenantId, lane);
  for (const [index, delivery] of owed.entries()) {
    if (turn.stopping() || (index > 0 && turn.yields())) return { againAfterMs: 0 };
    const wait = delivery.dueAt.getTime() - ctx.clock.now();
    if (wait > 0) return { againAfterMs: wait };
    if (!(await turn.holds())) return 'done'; // the lane is another worker's now
    const pause = await deliver(ctx, sender, delivery);
    if (pause !== undefined) return { againAfterMs: pause };
  }
  // What is owed from now on wakes the lane again, also while this turn has not ended.
  return owed.length < TURN_LIMIT ? 'done' : { againAfterMs: 0 };
}

async function firstOwed(ctx: Context, tenantId: string, value: string): Promise<DeliveryRow[]> {
  return ctx.store.batches.findFirst(Deliveries, {
    field: 'lane',
    tenantId,
    value,
    where: { state: 'due' },
    sort: { position: 1, _id: 1 },
    limit: TURN_LIMIT,
  });
}

type Try = Omit<Answer, 'error'> & { error?: string };

/** Tries once. @returns milliseconds until the next try; undefined when the lane goes on. */
async function deliver(ctx: Context, sender: Sender, head: DeliveryRow): Promise<number | undefined> {
  const startedAt = ctx.clock.now();
  const event = await render(ctx, head, startedAt);
  const answer: Try =
    'error' in event
      ? { status: 0, error: event.error }
      : await sender.post(event.url, event.headers, event.body);
  const ms = ctx.clock.now() - startedAt;
  return settle(ctx, head, answer, { at: new Date(startedAt), ms });
}

interface SignedEvent {
  url: URL;
  headers: Record<string, string>;
  body: string;
}

/**
 * The event as it stands now: a redo shows the message's present state under the same id.
 * What can't be rendered counts as a failed try, else it would block its lane for ever.
 */
async function render(
  ctx: Context,
  head: DeliveryRow,
  now: number,
): Promise<SignedEvent | { error: string }> {
  const { batches } = ctx.store;
  const { tenantId } = head;
  const [endpoint, message, conversation] = await Promise.all([
    batches.find(Endpoints, tenantId, head.endpointId),
    batches.findRecent(Messages, tenantId, head.messageId),
    batches.findRecent(Conversations, tenantId, head.conversationId),
  ]);
  if (endpoint?.status !== 'active') return { error: 'endpoint-not-active' };
  if (!message || !conversation) return { error: 'message-gone' };
  try {
    const { url, secret } = await openEndpoint(ctx, endpoint);
    const rows = { messages: [message], conversations: [conversation] };
    const views = await viewsOf(ctx, rows, { recent: true });
    const body = JSON.stringify({
      type: head.event,
      timestamp: head.createdAt.toISOString(),
      data: { message: views.messages[0], conversation: views.conversations[0] },
    });
    return { url: new URL(url), headers: signed(secret, head.eventId, now, body), body };
  } catch (error) {
    if (isAway(error)) throw error;
    ctx.log.error({ ...idsOf(head), err: error }, 'endpoint.event-not-rendered');
    return { error: 'not-rendered' };
  }
}

/** The time is that of the try: receivers refuse what was signed long ago. */
function signed(secret: string, eventId: string, now: number, body: string): Record<string, string> {
  const at = new Date(now);
  return {
    'content-type': 'application/json',
    'user-agent': 'whatsper',
    'webhook-id': eventId,
    'webhook-timestamp': String(Math.floor(now / 1000)),
    'webhook-signature': new Webhook(secret).sign(eventId, at, body),
  };
}

/** These do not come back by trying again. */
const HOPELESS = new Set(['endpoint-not-active', 'message-gone']);

/** Writes the try's outcome, unless another worker has written one for the same try. */
async function settle(
  ctx: Context,
  head: DeliveryRow,
  { status, error, retryAfter }: Try,
  { at, ms }: { at: Date; ms: number },
): Promise<number | undefined> {
  const now = ctx.clock.now();
  const attempts = head.attempts + 1;
  const isDone = status >= 200 && status < 300;
  const isHopeless = error !== undefined && HOPELESS.has(error);
  const pause =
    isDone || isHopeless ? undefined : pauseAfter(attempts, askedPause(retryAfter, now), ctx.random);
  const state = isDone ? 'done' : pause === undefined ? 'failed' : 'due';
  const change = {
    $set: { state, attempts, ...(pause === undefined ? {} : { dueAt: new Date(now + pause) }) },
    $push: { log: { at, status, ms, ...(error === undefined ? {} : { error }) } },
  };
  const { _id, tenantId } = head;
  const where = { state: 'due', attempts: head.attempts };
  await ctx.store.batches.update(Deliveries, { tenantId, _id, where, update: change });
  const fields = { ...idsOf(head), outcome: state, status, reason: error, attempts, ms, waitMs: pause };
  ctx.log[isDone ? 'info' : 'warn'](fields, 'endpoint.delivery');
  return pause;
}

function idsOf({ tenantId, endpointId, conversationId, messageId }: DeliveryRow) {
  return { tenantId, endpointId, conversationId, messageId };
}
