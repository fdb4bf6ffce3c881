/**
 * What the inbound worker does with one item: find the owner of the number, then store and forward in the owner's
 * scope. Whatever can't be placed is parked, never dropped and never guessed.
 */
import type { Context } from '../context.ts';
import { handleInboundMessage } from '../conversations/inbound.ts';
import { handleForwardItem } from '../conversations/reconcile.ts';
import { recordStatus } from '../conversations/statuses.ts';
import { parkItem } from '../lanes/dead-letters.ts';
import type { LaneItem } from '../lanes/item.ts';
import type { ParkReason } from '../lanes/model.ts';
import { replayDeadLetter } from '../lanes/retry.ts';
import { withTenant } from '../store/scope.ts';
import type { RouteRow } from '../tenants/model.ts';
import { isJson } from '../whatsapp/payload/json.ts';
import { mayReplay } from './replay.ts';
import { readRoute, type RoutesTable } from './routes-table.ts';

/** Handles one item of an inbound lane. @throws Park, or anything else to be tried again. */
export async function handleItem(ctx: Context, routes: RoutesTable, item: LaneItem): Promise<void> {
  const started = ctx.clock.now();
  const outcome = await placeItem(ctx, routes, item);
  const receivedAt = Math.floor(item.position / 1000);
  ctx.log.info(
    {
      kind: item.kind,
      outcome: outcome.outcome,
      tenantId: outcome.tenantId,
      waitMs: started - receivedAt,
      ms: ctx.clock.now() - started,
    },
    'inbound.handled',
  );
}

interface Outcome {
  outcome: string;
  tenantId?: string;
}

async function placeItem(ctx: Context, routes: RoutesTable, item: LaneItem): Promise<Outcome> {
  const { phoneNumberId } = item;
  if (item.kind === 'forward') return handleForwardItem(ctx, item);
  if (item.kind === 'unreadable') return parked(ctx, item, 'unreadable', 'The signed body is not JSON.');
  if (item.kind === 'other' || item.kind === 'errors' || phoneNumberId === null) {
    const owner = phoneNumberId === null ? undefined : await routes.ownerOf(ctx, phoneNumberId);
    const tenantId = owner && fits(owner, item) ? owner.tenantId : undefined;
    return parked(
      ctx,
      item,
      'unknown-field',
      'Nothing here acts on this kind of notification yet.',
      tenantId,
    );
  }
  const route = await routes.ownerOf(ctx, phoneNumberId);
  if (!route) return parkUnrouted(ctx, item, phoneNumberId);
  if (!fits(route, item)) {
    ctx.log.error({ kind: item.kind, reason: 'mismatch' }, 'alert.mismatch');
    return parked(
      ctx,
      item,
      'mismatch',
      "The account or the app is not the one that the number's owner registered.",
    );
  }
  const { tenantId, channelId } = route;
  const outcome = await withTenant(tenantId, () =>
    storeItem(ctx, { tenantId, channelId, phoneNumberId, item }),
  );
  return { outcome, tenantId };
}

/** Only the number's own account, signed by the number's own app. */
function fits(route: RouteRow, item: LaneItem): boolean {
  return route.wabaId === item.wabaId && route.app === item.app;
}

async function storeItem(
  ctx: Context,
  { item, ...to }: { tenantId: string; channelId: string; phoneNumberId: string; item: LaneItem },
): Promise<string> {
  if (item.kind === 'message') {
    const way = {
      routedAt: new Date(ctx.clock.now()),
      ...(item.spooled ? { spooled: true } : {}),
      ...(item.retried ? { retries: item.retried.retries } : {}),
    };
    return handleInboundMessage(ctx, { ...to, position: item.position, body: item.body, way });
  }
  const status = isJson(item.body.status) ? item.body.status : {};
  const receivedAt = new Date(Math.floor(item.position / 1000));
  await recordStatus(ctx, { ...to, receivedAt, status, contacts: item.body.contacts });
  return 'status';
}

async function parked(
  ctx: Context,
  item: LaneItem,
  reason: 'unreadable' | 'unknown-field' | 'mismatch',
  detail: string,
  tenantId?: string,
): Promise<Outcome> {
  await parkItem(ctx, item, { reason, detail, attempts: 1, tenantId });
  return { outcome: reason, ...(tenantId === undefined ? {} : { tenantId }) };
}

/** Keeps an item that a lane gave up on; it is its owner's only if it could have been handled as theirs. */
export async function parkFailed(
  ctx: Context,
  item: LaneItem,
  why: { reason: string; detail: string; attempts: number },
): Promise<void> {
  const route = item.phoneNumberId === null ? undefined : await readRoute(ctx, item.phoneNumberId);
  const tenantId = route && fits(route, item) ? route.tenantId : undefined;
  await parkItem(ctx, item, { ...why, reason: why.reason as ParkReason, tenantId });
}

/** Nobody's number: parked, then looked at once more, since its registration may have run between. */
async function parkUnrouted(ctx: Context, item: LaneItem, phoneNumberId: string): Promise<Outcome> {
  const id = await parkItem(ctx, item, {
    reason: 'unrouted',
    detail: 'No tenant has registered this number.',
    attempts: 1,
  });
  const route = await readRoute(ctx, phoneNumberId);
  if (!route || !fits(route, item) || !(await mayReplay(ctx, route))) return { outcome: 'unrouted' };
  await replayDeadLetter(ctx, id);
  return { outcome: 'replayed', tenantId: route.tenantId };
}
