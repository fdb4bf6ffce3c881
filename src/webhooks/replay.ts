/** What was parked for a number before its tenant registered it. */
import type { Context } from '../context.ts';
import { replayDeadLetters } from '../lanes/dead-letters.ts';
import { readRoute } from './routes-table.ts';

/**
 * Replays a newly registered number's unrouted items: only those of the route's own account and app. A number that
 * another tenant held has no unrouted items, since it always had a route.
 * @returns how many.
 */
export async function replayParked(ctx: Context, phoneNumberId: string): Promise<number> {
  const route = await readRoute(ctx, phoneNumberId);
  if (!route) return 0;
  return replayDeadLetters(ctx, { reason: 'unrouted', phoneNumberId, wabaId: route.wabaId, app: route.app });
}
