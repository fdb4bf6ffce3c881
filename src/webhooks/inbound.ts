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
import {
  handleOfAccount,
  handleOfNumber,
  readField,
  routesOfAccount,
  unreadableDetail,
} from './other-fields.ts';
import { mayReplay } from './replay.ts';
import { readRoute, type RoutesTable } from './routes-table.ts';
import { splitNotification } from './split.ts';

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

/**
 * What failed by our own fault is read once more: when it is replayed after an update, its items go on from there.
 * @returns undefined when it still can't be read
 */
async function readAgain(ctx: Context, { app, position, body }: LaneItem): Promise<Outcome | undefined> {
  if (typeof body.fault !== 'string' || typeof body.base64 !== 'string') return undefined;
  const split = splitNotification(Buffer.from(body.base64, 'base64'), app);
  if (split.some(({ item }) => item.kind === 'unreadable')) return undefined;
  await ctx.inbound.append(
    split.map(({ item, lane }, index) => ({
      item: { ...item, position: position + index }, // in the order of the body
      lane: ctx.inbound.laneName(...lane),
    })),
  );
  return { outcome: 'read-again' };
}

function faultOf({ body: { fault } }: LaneItem): string {
  return typeof fault === 'string'
    ? `WHATSPER failed to read it (${fault}): tell the developers.`
    : 'The signed body is not JSON.';
}

async function placeItem(ctx: Context, routes: RoutesTable, item: LaneItem): Promise<Outcome> {
  const { phoneNumberId } = item;
  if (item.kind === 'forward') return handleForwardItem(ctx, item);
  if (item.kind === 'unreadable') {
    return (await readAgain(ctx, item)) ?? parked(ctx, item, 'unreadable', faultOf(item));
  }
  if (item.kind === 'other' || item.kind === 'errors') return placeField(ctx, routes, item);
  if (phoneNumberId === null) return parked(ctx, item, 'unknown-field', UNKNOWN);
  const route = await routes.ownerOf(ctx, phoneNumberId);
  if (!route) return parkUnrouted(ctx, item, phoneNumberId);
  if (!fits(route, item)) return parkMismatch(ctx, item);
  const { tenantId, channelId } = route;
  const outcome = await withTenant(tenantId, () =>
    storeItem(ctx, { tenantId, channelId, phoneNumberId, item }),
  );
  return { outcome, tenantId };
}

const UNKNOWN = 'Nothing here acts on this kind of notification yet.';

/** A field that names a number is its owner's, like a message; others go by their account. */
async function placeField(ctx: Context, routes: RoutesTable, item: LaneItem): Promise<Outcome> {
  const read = readField(item);
  const outcome = item.field ?? item.kind;
  if (read?.handler.of === 'operator') {
    read.handler.handle(ctx, read.update.value);
    return { outcome };
  }
  const { phoneNumberId } = item;
  const named = phoneNumberId === null ? undefined : await routes.ownerOf(ctx, phoneNumberId);
  if (!read) return parked(ctx, item, 'unknown-field', UNKNOWN, ownerAmong(named, item));
  if (read.handler.of === 'account') return placeOfAccount(ctx, item, read);
  // Updates of groups need not name their number: they are placed where only one can be meant.
  const route = phoneNumberId === null ? onlyOne(await routesOfAccount(ctx, item)) : named;
  if (!route) {
    if (phoneNumberId !== null) return parkUnrouted(ctx, item, phoneNumberId);
    return parked(ctx, item, 'unknown-field', 'It does not say which number it is about.');
  }
  if (!fits(route, item)) return parkMismatch(ctx, item);
  return unlessUnreadable(ctx, item, route.tenantId, async () => {
    await handleOfNumber(ctx, route, read);
    return { outcome, tenantId: route.tenantId };
  });
}

type ReadField = NonNullable<ReturnType<typeof readField>>;

async function placeOfAccount(ctx: Context, item: LaneItem, read: ReadField): Promise<Outcome> {
  const own = await routesOfAccount(ctx, item);
  if (own.length === 0) {
    return parked(ctx, item, 'unknown-field', 'No tenant has a number on this account under this app.');
  }
  const { tenantId } = onlyOne(own) ?? {};
  return unlessUnreadable(ctx, item, tenantId, async () => {
    const parts = await handleOfAccount(ctx, own, read);
    if (parts > 0) return { outcome: item.field ?? 'other', ...(tenantId ? { tenantId } : {}) };
    return parked(ctx, item, 'unknown-field', 'It speaks of a number that no tenant has registered.');
  });
}

async function unlessUnreadable(
  ctx: Context,
  item: LaneItem,
  tenantId: string | undefined,
  work: () => Promise<Outcome>,
): Promise<Outcome> {
  try {
    return await work();
  } catch (error) {
    const detail = unreadableDetail(error);
    if (detail === undefined) throw error;
    return parked(ctx, item, 'unknown-field', detail, tenantId);
  }
}

function onlyOne<Item>(items: Item[]): Item | undefined {
  return items.length === 1 ? items[0] : undefined;
}

function ownerAmong(route: RouteRow | undefined, item: LaneItem): string | undefined {
  return route && fits(route, item) ? route.tenantId : undefined;
}

async function parkMismatch(ctx: Context, item: LaneItem): Promise<Outcome> {
  ctx.log.error({ kind: item.kind, reason: 'mismatch' }, 'alert.mismatch');
  return parked(
    ctx,
    item,
    'mismatch',
    "The account or the app is not the one that the number's owner registered.",
  );
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
