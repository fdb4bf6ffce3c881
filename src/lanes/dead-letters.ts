/**
 * Items that need a person: kept sealed with their reason, listed, replayed into their lane, or discarded.
 * A replay puts the item into its lane before the row goes: a crash between leaves it twice, and storing is idempotent.
 */
import type { Context } from '../context.ts';
import { notFound } from '../ops/errors.ts';
import { newId } from '../store/ids.ts';
import { asOperator } from '../store/scope.ts';
import type { LaneItem } from './item.ts';
import { type DeadLetterRow, DeadLetters, type ParkReason } from './model.ts';

/** Items without a tenant are kept 30 days. */
const UNROUTED_LIFE_MS = 30 * 24 * 3600 * 1000;
const PAGE = 500;

interface Why {
  reason: ParkReason;
  /** In our words; no personal data. */
  detail: string;
  attempts: number;
  /** The owner, where one is known. */
  tenantId?: string | undefined;
}

/** Keeps an item that needs a person. @returns the dead letter's id. */
export async function parkItem(ctx: Context, item: LaneItem, why: Why): Promise<string> {
  const _id = newId(ctx, 'dlt');
  const place = { collection: 'deadLetters', id: _id, field: 'item' };
  const now = ctx.clock.now();
  const sealed = why.tenantId
    ? await ctx.store.keyring.seal({ kind: 'tenant' }, { tenantId: why.tenantId, ...place }, item)
    : ctx.master.seal('parked', place, Buffer.from(JSON.stringify(item)));
  const row: DeadLetterRow = {
    _id,
    app: item.app,
    reason: why.reason,
    detail: why.detail,
    kind: item.kind,
    attempts: why.attempts,
    receivedAt: new Date(item.position / 1000),
    parkedAt: new Date(now),
    item: sealed,
    sealedFor: why.tenantId ? 'tenant' : 'installation',
    ...(why.tenantId ? { tenantId: why.tenantId } : { expiresAt: new Date(now + UNROUTED_LIFE_MS) }),
    ...(item.phoneNumberId === null ? {} : { phoneNumberId: item.phoneNumberId }),
    ...(item.wabaId === null ? {} : { wabaId: item.wabaId }),
  };
  await asOperator('park an item', () => ctx.store.model(DeadLetters).insertMany([row]));
  ctx.log.warn(
    {
      deadLetterId: _id,
      reason: why.reason,
      kind: item.kind,
      tenantId: why.tenantId,
      attempts: why.attempts,
    },
    'dead-letter.parked',
  );
  return _id;
}

export interface DeadLetterFilter {
  reason?: ParkReason | undefined;
  tenantId?: string | undefined;
  phoneNumberId?: string | undefined;
  wabaId?: string | undefined;
  app?: string | undefined;
}

export type DeadLetterSummary = Omit<DeadLetterRow, 'item' | 'sealedFor'>;

/** Newest first, without content. */
export async function listDeadLetters(
  ctx: Context,
  filter: DeadLetterFilter,
  limit: number,
): Promise<DeadLetterSummary[]> {
  return asOperator('list dead letters', () =>
    ctx.store
      .model(DeadLetters)
      .find(given(filter))
      .select('-item -sealedFor')
      .sort({ parkedAt: -1, _id: -1 })
      .limit(limit)
      .lean<DeadLetterSummary[]>()
      .exec(),
  );
}

/** One dead letter without content. @throws Reject 404 */
export async function showDeadLetter(ctx: Context, id: string): Promise<DeadLetterSummary> {
  const row = await asOperator('show a dead letter', () =>
    ctx.store
      .model(DeadLetters)
      .findOne({ _id: id })
      .select('-item -sealedFor')
      .lean<DeadLetterSummary>()
      .exec(),
  );
  if (!row) throw notFound('dead letter');
  return row;
}

/** Puts one dead letter back into its lane. @throws Reject 404 */
export async function replayDeadLetter(ctx: Context, id: string): Promise<void> {
  const row = await asOperator('replay a dead letter', () =>
    ctx.store.model(DeadLetters).findOne({ _id: id }).lean<DeadLetterRow>().exec(),
  );
  if (!row) throw notFound('dead letter');
  await replay(ctx, [row]);
}

/** Puts all that fit back into their lanes, oldest first. @returns how many. */
export async function replayDeadLetters(ctx: Context, filter: DeadLetterFilter): Promise<number> {
  let replayed = 0;
  for (;;) {
    const rows = await asOperator('replay dead letters', () =>
      ctx.store
        .model(DeadLetters)
        .find(given(filter))
        .sort({ receivedAt: 1, _id: 1 })
        .limit(PAGE)
        .lean<DeadLetterRow[]>()
        .exec(),
    );
    if (rows.length === 0) return replayed;
    await replay(ctx, rows);
    replayed += rows.length;
  }
}

/** Removes a dead letter for good; the log keeps its id and the reason. @throws Reject 404 */
export async function discardDeadLetter(ctx: Context, id: string, reason: string): Promise<void> {
  const gone = await asOperator('discard a dead letter', () =>
    ctx.store.model(DeadLetters).findOneAndDelete({ _id: id }).lean<DeadLetterRow>().exec(),
  );
  if (!gone) throw notFound('dead letter');
  ctx.log.warn(
    { deadLetterId: id, reason, tenantId: gone.tenantId, kind: gone.kind },
    'dead-letter.discarded',
  );
}

async function replay(ctx: Context, rows: DeadLetterRow[]): Promise<void> {
  const items = await Promise.all(rows.map((row) => openItem(ctx, row)));
  await ctx.inbound.append(
    items.map((item) => ({ item, lane: ctx.inbound.laneName('replay', item.phoneNumberId ?? item.app) })),
  );
  const ids = rows.map(({ _id }) => _id);
  await asOperator('dead letters replayed', () =>
    ctx.store
      .model(DeadLetters)
      .deleteMany({ _id: { $in: ids } })
      .exec(),
  );
  ctx.log.info({ count: rows.length }, 'dead-letters.replayed');
}

async function openItem(ctx: Context, row: DeadLetterRow): Promise<LaneItem> {
  const place = { collection: 'deadLetters', id: row._id, field: 'item' };
  if (row.sealedFor === 'tenant') {
    return ctx.store.keyring.open<LaneItem>({ tenantId: row.tenantId ?? '', ...place }, row.item);
  }
  return JSON.parse(ctx.master.unseal('parked', place, row.item).toString()) as LaneItem;
}

function given(filter: DeadLetterFilter): Record<string, string> {
  return Object.fromEntries(
    Object.entries(filter).filter((pair): pair is [string, string] => pair[1] !== undefined),
  );
}
