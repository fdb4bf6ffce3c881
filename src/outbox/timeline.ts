/**
 * What happened to one message, every step with its clock: from its row, its statuses and its deliveries to
 * endpoints. Steps and clocks only; nothing of what was said.
 */
import type { Context } from '../context.ts';
import { wamidKey } from '../conversations/ids.ts';
import {
  type MessageRow,
  Messages,
  type SentWamidRow,
  SentWamids,
  Statuses,
  type StatusRow,
} from '../conversations/model.ts';
import { Deliveries, type DeliveryRow } from '../endpoints/model.ts';
import { notFound } from '../ops/errors.ts';
import { ErasedError } from '../store/keyring.ts';
import { withTenant } from '../store/scope.ts';
import { type ChannelRow, Channels } from '../tenants/model.ts';
import { classify } from '../whatsapp/errors.ts';
import { callbackKey } from './accept.ts';

export interface TimelineItem {
  /** ISO 8601, UTC. */
  at: string;
  /**
   * Of an inbound message `received`, `routed`, `stored`, `forwarded` (endpoints owed, consoles told); of an outbound
   * one `queued`, `attempted`, `accepted`, `failed`, `unconfirmed`, and WhatsApp's statuses by their own words; of
   * both `endpoint.owed`, `endpoint.attempted`.
   */
  step: string;
  detail?: Record<string, unknown>;
}

export interface Timeline {
  messageId: string;
  conversationId: string;
  direction: 'in' | 'out';
  steps: TimelineItem[];
}

/** Oldest first. @throws Reject (404) when the tenant has no such message */
export async function timelineOf(ctx: Context, tenantId: string, messageId: string): Promise<TimelineItem[]> {
  return withTenant(tenantId, async () => {
    const message = await ctx.store.model(Messages).findOne({ _id: messageId }).lean<MessageRow>().exec();
    if (!message) throw notFound('message');
    return stepsOf(ctx, message);
  });
}

/** One of these names the message. */
export interface Named {
  messageId?: string | undefined;
  /** WhatsApp's id, of a message in or out. */
  wamid?: string | undefined;
  /** What was sent as `biz_opaque_callback_data`: the sender's own value, or our message id. */
  callbackId?: string | undefined;
}

/** More messages of one callback id than this are not shown. */
const MOST_FOUND = 20;

/** Timelines of the messages with this name, the newest first; a callback id may stand at several. @throws Reject (404) */
export async function findTimelines(ctx: Context, tenantId: string, named: Named): Promise<Timeline[]> {
  return withTenant(tenantId, async () => {
    const rows = await ctx.store
      .model(Messages)
      .find(await filterFor(ctx, tenantId, named))
      .limit(MOST_FOUND)
      .lean<MessageRow[]>()
      .exec();
    if (rows.length === 0) throw notFound('message');
    const newest = rows.sort((one, other) => other.position - one.position);
    return Promise.all(
      newest.map(async (row) => ({
        messageId: row._id,
        conversationId: row.conversationId,
        direction: row.direction,
        steps: await stepsOf(ctx, row),
      })),
    );
  });
}

async function filterFor(
  ctx: Context,
  tenantId: string,
  { messageId, wamid, callbackId }: Named,
): Promise<Record<string, unknown>> {
  if (wamid !== undefined) return { _id: { $in: await idsOfWamid(ctx, tenantId, wamid) } };
  if (callbackId === undefined) return { _id: messageId ?? '' };
  return callbackId.startsWith('msg_')
    ? { _id: callbackId, direction: 'out' }
    : { callbackKey: await callbackKey(ctx, tenantId, callbackId) };
}

/** A wamid's digest is made with the number, so each of the tenant's numbers is tried. */
async function idsOfWamid(ctx: Context, tenantId: string, wamid: string): Promise<string[]> {
  const numbers = await ctx.store.model(Channels).distinct('phoneNumberId').exec();
  const keys = await Promise.all(numbers.map((number) => wamidKey(ctx, tenantId, number, wamid)));
  const links = await ctx.store
    .model(SentWamids)
    .find({ _id: { $in: keys } })
    .lean<SentWamidRow[]>()
    .exec();
  return [...keys.map((key) => `msg_${key}`), ...links.map((link) => link.messageId)];
}

type TimelineStep = Omit<TimelineItem, 'at'> & { at: Date };

async function stepsOf(ctx: Context, message: MessageRow): Promise<TimelineItem[]> {
  const messageId = message._id;
  const [statuses, deliveries, link] = await Promise.all([
    ctx.store.model(Statuses).find({ messageId }).lean<StatusRow[]>().exec(),
    ctx.store.model(Deliveries).find({ messageId }).lean<DeliveryRow[]>().exec(),
    message.direction === 'out' ? linkOf(ctx, message) : null,
  ]);
  const steps = [
    ...(message.direction === 'in' ? inboundSteps(message) : outboundSteps(message, statuses, link)),
    ...statuses.map(statusStep),
    ...deliveries.flatMap(deliverySteps),
  ];
  return steps
    .sort((one, other) => one.at.getTime() - other.at.getTime())
    .map(({ at, ...rest }) => ({ at: at.toISOString(), ...rest }));
}

function inboundSteps(message: MessageRow): TimelineStep[] {
  const { timestamp, position, routedAt, storedAt, forwardedAt, spooled, retries, late } = message;
  const receivedAt = new Date(Math.floor(position / 1000));
  const received = {
    whatsappAt: timestamp.toISOString(),
    took: spooled ? 'spool' : 'lane',
    ...(retries ? { retries } : {}),
  };
  const queuedMs = (routedAt ?? storedAt).getTime() - receivedAt.getTime();
  return [
    { at: receivedAt, step: 'received', detail: received },
    ...(routedAt ? [{ at: routedAt, step: 'routed', detail: { queuedMs } }] : []),
    { at: storedAt, step: 'stored', ...(late ? { detail: { late } } : {}) },
    ...(forwardedAt ? [{ at: forwardedAt, step: 'forwarded' }] : []),
  ];
}

function outboundSteps(
  message: MessageRow,
  statuses: StatusRow[],
  link: SentWamidRow | null,
): TimelineStep[] {
  const { storedAt, attemptAt, status, sentBy } = message;
  const steps: TimelineStep[] = [
    { at: storedAt, step: 'queued', ...(sentBy ? { detail: { sentBy } } : {}) },
    ...attempts(message),
  ];
  if (link) steps.push({ at: link.createdAt, step: 'accepted' });
  const failedByStatus = statuses.some((row) => row.status === 'failed');
  if (status === 'failed' && !failedByStatus) {
    const { errorCode, errorReason } = message;
    steps.push({
      at: attemptAt ?? storedAt,
      step: 'failed',
      detail: { code: errorCode, reason: errorReason },
    });
  }
  if (status === 'unconfirmed') steps.push({ at: attemptAt ?? storedAt, step: 'unconfirmed' });
  return steps;
}

/** Those that WhatsApp did not accept are kept with what they came to; the last one stands in the row itself. */
function attempts({
  tries = [],
  attemptAt,
  attempts: refusedTries = 0,
  status,
  dueAt,
}: MessageRow): TimelineStep[] {
  const waiting = status === 'queued' && dueAt ? { nextAt: dueAt.toISOString() } : {};
  const steps = tries.map(({ at, ...answer }): TimelineStep => ({ at, step: 'attempted', detail: answer }));
  const last = steps.at(-1);
  if (attemptAt && last?.at.getTime() !== attemptAt.getTime()) {
    return [...steps, { at: attemptAt, step: 'attempted', detail: { refusedTries, ...waiting } }];
  }
  if (last) last.detail = { ...last.detail, refusedTries, ...waiting };
  return steps;
}

function statusStep({ at, status, receivedAt, errorCode }: StatusRow): TimelineStep {
  const failure = errorCode === undefined ? {} : { code: errorCode, reason: classify(errorCode).reason };
  return { at, step: status, detail: { receivedAt: receivedAt.toISOString(), ...failure } };
}

function deliverySteps({ endpointId, createdAt, state, dueAt, log }: DeliveryRow): TimelineStep[] {
  const waiting = state === 'due' && log.length > 0 ? { nextAt: dueAt.toISOString() } : {};
  return [
    { at: createdAt, step: 'endpoint.owed', detail: { endpointId, state, ...waiting } },
    ...log.map(({ at, ...answer }) => ({
      at,
      step: 'endpoint.attempted',
      detail: { endpointId, ...answer },
    })),
  ];
}

/** Its making is the time at which the Graph API's acceptance was known here. */
async function linkOf(ctx: Context, message: MessageRow): Promise<SentWamidRow | null> {
  const { tenantId, channelId, _id: id, wamid: sealed } = message;
  const channel = await ctx.store.model(Channels).findOne({ _id: channelId }).lean<ChannelRow>().exec();
  if (!sealed || !channel) return null;
  try {
    const wamid = await ctx.store.keyring.open<string>(
      { tenantId, collection: 'messages', id, field: 'wamid' },
      sealed,
    );
    const _id = await wamidKey(ctx, tenantId, channel.phoneNumberId, wamid);
    return await ctx.store.model(SentWamids).findOne({ _id }).lean<SentWamidRow>().exec();
  } catch (error) {
    if (error instanceof ErasedError) return null;
    throw error;
  }
}
