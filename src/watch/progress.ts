/**
 * Health means progress: how old the oldest thing is that nobody has handled, per queue, and how much waits. Used by
 * `whatsper status`, /readyz and metrics. It looks at the work itself, rows and lanes, not at what processes say.
 */
import { INSTALLATION } from '../audit/model.ts';
import type { Context } from '../context.ts';
import { Messages } from '../conversations/model.ts';
import { Deliveries } from '../endpoints/model.ts';
import { countDeadLetters } from '../lanes/dead-letters.ts';
import type { ItemLanes } from '../lanes/item-lanes.ts';
import type { ParkReason } from '../lanes/model.ts';
import type { LaneQueue } from '../lanes/queue.ts';
import { Mails } from '../mail/model.ts';
import { Media } from '../media/model.ts';
import { asOperator } from '../store/scope.ts';
import { Tenants } from '../tenants/model.ts';

/** Reasons for which items are parked. */
export const PARK_REASONS: ParkReason[] = ['failed', 'mismatch', 'unknown-field', 'unreadable', 'unrouted'];
/** Dead letters of one reason are counted so far, so that a flood does not make looking dear. */
export const MOST_COUNTED = 10_000;
/** Tenants in one question; every index begins with the tenant. */
const TENANTS_AT_ONCE = 500;

/** Rows of a kind that wait. */
export interface Backlog {
  count: number;
  /** Milliseconds for which the oldest one waits; null when none does. */
  oldestMs: number | null;
}

export interface QueueProgress {
  queue: string;
  /** Lanes by the state of their wake-up. */
  waiting: number;
  active: number;
  delayed: number;
  failed: number;
  /** Age of the oldest item of the queue's lanes, in milliseconds; null when nothing waits. */
  oldestMs: number | null;
}

export interface Progress {
  queues: QueueProgress[];
  /** Stored messages that were not yet forwarded to feeds and endpoints. */
  forwards: Backlog;
  /** Accepted messages that were not yet sent. */
  sends: Backlog;
  /** Events that endpoints should have had by now. */
  deliveries: Backlog;
  /** Files of clients that should have been fetched by now. */
  files: Backlog;
  /** Mail that should have gone by now. */
  mails: Backlog;
  /** By reason, each up to MOST_COUNTED. */
  deadLetters: Partial<Record<ParkReason, number>>;
}

/** How far the work is. @throws when MongoDB or Redis is away */
export async function progress(ctx: Context): Promise<Progress> {
  const now = ctx.clock.now();
  const rows = await backlogs(ctx, now);
  await ctx.inbound.findLeftQueues();
  const queues = await laneProgress(ctx.inbound, now);
  queues.push(...(await laneProgress(ctx.audit.lanes, now)));
  queues.push(await queueProgress(ctx.lanes.outbox, rows.sends.oldestMs));
  queues.push(await queueProgress(ctx.lanes.endpoints, rows.deliveries.oldestMs));
  queues.push(await queueProgress(ctx.lanes.media, rows.files.oldestMs));
  queues.push(await queueProgress(ctx.lanes.mail, rows.mails.oldestMs));
  return { queues, ...rows, deadLetters: await deadLetters(ctx) };
}

/** Of queues whose lanes carry items. */
async function laneProgress(lanes: ItemLanes, now: number): Promise<QueueProgress[]> {
  const found: QueueProgress[] = [];
  for (const queue of lanes.queues) {
    const since = await lanes.oldest(queue.name);
    found.push(await queueProgress(queue, since === null ? null : Math.max(0, now - since)));
  }
  return found;
}

async function queueProgress(queue: LaneQueue, oldestMs: number | null): Promise<QueueProgress> {
  const { waiting = 0, prioritized = 0, active = 0, delayed = 0, failed = 0 } = await queue.counts();
  return { queue: queue.name, waiting: waiting + prioritized, active, delayed, failed, oldestMs };
}

type Backlogs = Pick<Progress, 'forwards' | 'sends' | 'deliveries' | 'files' | 'mails'>;

async function backlogs(ctx: Context, now: number): Promise<Backlogs> {
  return asOperator('progress', async () => {
    const ids = [...(await ctx.store.model(Tenants).distinct('_id').exec()), INSTALLATION];
    const parts: Record<keyof Backlogs, Group[]> = {
      forwards: [],
      sends: [],
      deliveries: [],
      files: [],
      mails: [],
    };
    for (let at = 0; at < ids.length; at += TENANTS_AT_ONCE) {
      const tenantId = { $in: ids.slice(at, at + TENANTS_AT_ONCE) };
      parts.forwards.push(...(await waiting(ctx, Messages, { tenantId, forward: 'due' }, '$storedAt')));
      const queued = { tenantId, direction: 'out', status: 'queued' };
      parts.sends.push(...(await waiting(ctx, Messages, queued, '$storedAt')));
      const due = { tenantId, state: 'due', dueAt: { $lte: new Date(now) } };
      parts.deliveries.push(...(await waiting(ctx, Deliveries, due, '$dueAt')));
      const pending = { ...due, state: 'pending' };
      parts.files.push(...(await waiting(ctx, Media, pending, '$dueAt')));
      parts.mails.push(...(await waiting(ctx, Mails, due, '$dueAt')));
    }
    return {
      forwards: joined(parts.forwards, now),
      sends: joined(parts.sends, now),
      deliveries: joined(parts.deliveries, now),
      files: joined(parts.files, now),
      mails: joined(parts.mails, now),
    };
  });
}

interface Group {
  count: number;
  oldest: Date;
}

async function waiting(
  ctx: Context,
  collection: typeof Messages | typeof Deliveries | typeof Media | typeof Mails,
  filter: Record<string, unknown>,
  time: '$storedAt' | '$dueAt',
): Promise<Group[]> {
  return ctx.store
    .model(collection as typeof Messages)
    .aggregate<Group>([
      { $match: filter },
      { $group: { _id: null, count: { $sum: 1 }, oldest: { $min: time } } },
    ])
    .exec();
}

function joined(groups: Group[], now: number): Backlog {
  const ages = groups.map(({ oldest }) => Math.max(0, now - oldest.getTime()));
  const count = groups.reduce((sum, group) => sum + group.count, 0);
  return { count, oldestMs: ages.length === 0 ? null : Math.max(...ages) };
}

async function deadLetters(ctx: Context): Promise<Progress['deadLetters']> {
  const counts: Progress['deadLetters'] = {};
  for (const reason of PARK_REASONS) {
    const count = await countDeadLetters(ctx, { reason }, MOST_COUNTED);
    if (count > 0) counts[reason] = count;
  }
  return counts;
}
