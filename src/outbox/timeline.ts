/** What happened to one message: from its row, its statuses and its deliveries to endpoints. */
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

export interface TimelineItem {
  /** ISO 8601, UTC. */
  at: string;
  /**
   * Of an inbound message `received`, `stored`, `forwarded`; of an outbound one `queued`, `attempted`, `accepted`,
   * and WhatsApp's statuses by their own words; of both `endpoint.owed`, `endpoint.attempted`.
   */
  step: string;
  detail?: Record<string, unknown>;
}

/** Oldest first. @throws Reject (404) when the tenant has no such message */
export async function timelineOf(ctx: Context, tenantId: string, messageId: string): Promise<TimelineItem[]> {
  return withTenant(tenantId, async () => {
    const message = await ctx.store.model(Messages).findOne({ _id: messageId }).lean<MessageRow>().exec();
    if (!message) throw notFound('message');
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
  });
}

type TimelineStep = Omit<TimelineItem, 'at'> & { at: Date };

function inboundSteps({ timestamp, storedAt, forwardedAt }: MessageRow): TimelineStep[] {
  return [
    { at: timestamp, step: 'received' },
    { at: storedAt, step: 'stored' },
    ...(forwardedAt ? [{ at: forwardedAt, step: 'forwarded' }] : []),
  ];
}

function outboundSteps(
  message: MessageRow,
  statuses: StatusRow[],
  link: SentWamidRow | null,
): TimelineStep[] {
  const { storedAt, attemptAt, attempts = 0, status, dueAt, sentBy } = message;
  const steps: TimelineStep[] = [{ at: storedAt, step: 'queued', ...(sentBy ? { detail: { sentBy } } : {}) }];
  if (attemptAt) {
    const waiting = status === 'queued' && dueAt ? { nextAt: dueAt.toISOString() } : {};
    steps.push({ at: attemptAt, step: 'attempted', detail: { refusedTries: attempts, ...waiting } });
  }
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
