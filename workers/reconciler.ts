/**
 * Looks for work whose wake-up was lost (a crash between two steps, Redis emptied) and wakes its lane. It does no
 * work itself, so two of them do no harm.
 */
import { finishDepartures } from '../src/accounts/departures.ts';
import { settleResolved } from '../src/agents/settle.ts';
import { moveWaiting } from '../src/audit/waiting.ts';
import type { Context } from '../src/context.ts';
import { reconcileForwards } from '../src/conversations/reconcile.ts';
import { dueEndpointLanes } from '../src/endpoints/reconcile.ts';
import type { ItemLanes } from '../src/lanes/item-lanes.ts';
import { dueMailLanes } from '../src/mail/reconcile.ts';
import { dueMediaLanes } from '../src/media/reconcile.ts';
import { mailNotices } from '../src/notices/mailing.ts';
import { dueOutboxLanes, type OutboxWalk } from '../src/outbox/reconcile.ts';
import { destroyDue } from '../src/privacy/destroy.ts';
import { asOperator } from '../src/store/scope.ts';

const EVERY_MS = 5_000;
/** A lane that has waited this long without being worked may have lost its wake-up; adding it again is harmless. */
const LANE_PATIENCE_MS = 10_000;
/** A lane that was woken so long ago and has had no turn may have lost its job. */
const WAKE_PATIENCE_MS = 15_000;
/** Whose lanes these are stands in no name; behind whoever brings little, before whoever floods. */
const SWEPT = 1;
const LANES_AT_ONCE = 1_000;

/** Runs until stopped. */
export function startReconciler(ctx: Context): { close(): Promise<void> } {
  const state = { running: Promise.resolve() };
  const walk = {};
  const timer = setInterval(() => {
    state.running = state.running.then(() => reconcile(ctx, walk));
  }, EVERY_MS);
  return {
    async close() {
      clearInterval(timer);
      await state.running;
    },
  };
}

/** One round; what fails is logged and looked at again in the next. */
export async function reconcile(ctx: Context, walk: OutboxWalk = {}): Promise<void> {
  const steps: [string, () => Promise<number>][] = [
    ['inbound', () => wakeInbound(ctx)],
    ['audit', async () => (await moveWaiting(ctx)) + (await wakeWaitingLanes(ctx, ctx.audit.lanes))],
    ['forward', () => asOperator('reconcile forwards', () => reconcileForwards(ctx))],
    [
      'outbox',
      async () =>
        wake(ctx, 'outbox', await asOperator('reconcile the outbox', () => dueOutboxLanes(ctx, walk))),
    ],
    [
      'endpoints',
      async () =>
        wake(ctx, 'endpoints', await asOperator('reconcile endpoints', () => dueEndpointLanes(ctx))),
    ],
    ['media', async () => wake(ctx, 'media', await asOperator('reconcile media', () => dueMediaLanes(ctx)))],
    ['erasure', () => asOperator('carry out erasures', () => destroyDue(ctx))],
    ['people who left', () => asOperator('finish departures', () => finishDepartures(ctx))],
    ['resolved', () => asOperator('settle what was resolved', () => settleResolved(ctx))],
    ['notices', () => asOperator('mail notices', () => mailNotices(ctx))],
    ['mail', async () => wake(ctx, 'mail', await asOperator('reconcile mail', () => dueMailLanes(ctx)))],
  ];
  for (const [part, step] of steps) {
    try {
      const count = await step();
      if (count > 0) ctx.log.info({ part, count }, 'reconciler.woke');
    } catch (error) {
      ctx.log.warn({ part, err: error }, 'reconciler.failed');
    }
  }
}

async function wakeInbound(ctx: Context): Promise<number> {
  await ctx.inbound.findLeftQueues();
  return wakeWaitingLanes(ctx, ctx.inbound);
}

async function wakeWaitingLanes(ctx: Context, items: ItemLanes): Promise<number> {
  let count = 0;
  for (const queue of items.queues) {
    const lanes = await items.waitingSince(queue.name, ctx.clock.now() - LANE_PATIENCE_MS, LANES_AT_ONCE);
    await queue.wakeAll(
      lanes.map((lane) => ({ lane, priority: SWEPT })),
      { patienceMs: WAKE_PATIENCE_MS },
    );
    count += lanes.length;
  }
  return count;
}

async function wake(
  ctx: Context,
  name: 'outbox' | 'endpoints' | 'media' | 'mail',
  wakeUps: { lane: string; tenantId?: string }[],
): Promise<number> {
  await ctx.lanes[name].wakeAll(wakeUps, { patienceMs: WAKE_PATIENCE_MS });
  return wakeUps.length;
}
