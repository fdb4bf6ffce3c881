/** What was parked for a number before its tenant registered it. */
import type { Context } from '../context.ts';
import { countDeadLetters } from '../lanes/dead-letters.ts';
import { replayDeadLetters } from '../lanes/retry.ts';
import { hadOtherHolder } from '../tenants/holders.ts';
import type { RouteRow } from '../tenants/model.ts';
import { readRoute } from './routes-table.ts';

/** More are said to be so many. */
const MOST_COUNTED = 10_000;

/**
 * Whether what came for a number before it was registered may be handed to its owner without a person's word: not
 * when another tenant ever held the number, since its clients may have meant that one.
 */
export async function mayReplay(ctx: Context, route: RouteRow): Promise<boolean> {
  return !(await hadOtherHolder(ctx, route._id, route.tenantId));
}

/**
 * Replays a newly registered number's unrouted items: only those of the route's own account and app, and only if no
 * other tenant ever held the number.
 * @returns how many were replayed, and how many fit but wait for the operator's decision.
 */
export async function replayParked(
  ctx: Context,
  phoneNumberId: string,
): Promise<{ replayed: number; waiting: number }> {
  const route = await readRoute(ctx, phoneNumberId);
  if (!route) return { replayed: 0, waiting: 0 };
  const { wabaId, app, tenantId, channelId } = route;
  const filter = { reason: 'unrouted' as const, phoneNumberId, wabaId, app };
  if (await mayReplay(ctx, route)) {
    return { replayed: (await replayDeadLetters(ctx, filter)).replayed, waiting: 0 };
  }
  const waiting = await countDeadLetters(ctx, filter, MOST_COUNTED);
  if (waiting > 0) ctx.log.warn({ tenantId, channelId, count: waiting }, 'replay.needs-operator');
  return { replayed: 0, waiting };
}
