/**
 * Items that need a person: kept sealed with their reason, listed, shown, discarded. Putting them back is retry.ts.
 * Whoever asks is the operator, who sees all of them but no content, or a tenant, who sees its own (P4).
 */
import type { Context } from '../context.ts';
import { notFound } from '../ops/errors.ts';
import { newId } from '../store/ids.ts';
import { asOperator, requireOwn } from '../store/scope.ts';
import type { LaneItem } from './item.ts';
import { type DeadLetterRow, DeadLetters, type ParkReason } from './model.ts';
import { peopleOf } from './person.ts';

/** Items without a tenant are kept 30 days. */
const UNROUTED_LIFE_MS = 30 * 24 * 3600 * 1000;

interface Why {
  reason: ParkReason;
  /** In our words; no personal data. */
  detail: string;
  attempts: number;
  /** The owner, where one is known. */
  tenantId?: string | undefined;
}

/**
 * Keeps an item that needs a person. One that was put back before comes back under its id, with its tries counted on.
 * @returns the dead letter's id.
 */
export async function parkItem(ctx: Context, item: LaneItem, why: Why): Promise<string> {
  const row = await rowOf(ctx, item, why);
  await asOperator('park an item', async () => {
    const deadLetters = ctx.store.model(DeadLetters);
    const again = { filter: { _id: row._id }, replacement: row, upsert: true };
    if (item.retried) await deadLetters.bulkWrite([{ replaceOne: again }]);
    else await deadLetters.insertMany([row]);
  });
  const { _id, reason, kind, tenantId, attempts } = row;
  ctx.log.warn({ deadLetterId: _id, reason, kind, tenantId, attempts }, 'dead-letter.parked');
  return _id;
}

async function rowOf(ctx: Context, { retried, ...item }: LaneItem, why: Why): Promise<DeadLetterRow> {
  const _id = retried?.deadLetterId ?? newId(ctx, 'dlt');
  const now = ctx.clock.now();
  const sealed = await sealItem(ctx, _id, item, why.tenantId);
  const people = await peopleOf(ctx, item, why.tenantId);
  return {
    _id,
    app: item.app,
    reason: why.reason,
    detail: why.detail,
    kind: item.kind,
    attempts: why.attempts + (retried?.attempts ?? 0),
    receivedAt: receivedAt(item),
    parkedAt: new Date(now),
    bytes: sealed.length,
    item: sealed,
    sealedFor: why.tenantId ? 'tenant' : 'installation',
    ...(retried ? { retries: retried.retries } : {}),
    ...(people.length > 0 ? { people } : {}),
    ...(why.tenantId ? { tenantId: why.tenantId } : { expiresAt: new Date(now + UNROUTED_LIFE_MS) }),
    ...(item.phoneNumberId === null ? {} : { phoneNumberId: item.phoneNumberId }),
    ...(item.wabaId === null ? {} : { wabaId: item.wabaId }),
  };
}

function receivedAt({ position }: LaneItem): Date {
  return new Date(Math.floor(position / 1000));
}

/** The item as it is kept: under the tenant's key, of no tenant under the installation's. */
export async function sealItem(
  ctx: Context,
  id: string,
  item: LaneItem,
  tenantId: string | undefined,
): Promise<Buffer> {
  const place = placeOf(id);
  return tenantId
    ? ctx.store.keyring.seal({ kind: 'tenant' }, { tenantId, ...place }, item)
    : ctx.master.seal('parked', place, Buffer.from(JSON.stringify(item)));
}

/** The item as it was parked. @throws ErasedError, SealError when its key is gone or another */
export async function openItem(ctx: Context, row: DeadLetterRow): Promise<LaneItem> {
  const place = placeOf(row._id);
  if (row.sealedFor === 'tenant') {
    return ctx.store.keyring.open<LaneItem>({ tenantId: row.tenantId ?? '', ...place }, row.item);
  }
  return JSON.parse(ctx.master.unseal('parked', place, row.item).toString()) as LaneItem;
}

function placeOf(id: string) {
  return { collection: 'deadLetters', id, field: 'item' };
}

export interface DeadLetterFilter {
  reason?: ParkReason | undefined;
  /** Only this owner's: what a tenant asks for always has it. */
  tenantId?: string | undefined;
  phoneNumberId?: string | undefined;
  wabaId?: string | undefined;
  app?: string | undefined;
  /** First received at or after. */
  from?: Date | undefined;
  /** First received before. */
  to?: Date | undefined;
  /** Digests of person.ts: items of a person known by any of them. */
  people?: string[] | undefined;
}

/** The filter as the database is asked. */
export function given({ from, to, people, ...same }: DeadLetterFilter): Record<string, unknown> {
  const known = Object.entries(same).filter(([, value]) => value !== undefined);
  const range = { ...(from ? { $gte: from } : {}), ...(to ? { $lt: to } : {}) };
  return {
    ...Object.fromEntries(known),
    ...(people ? { people: { $in: people } } : {}),
    ...(from || to ? { receivedAt: range } : {}),
  };
}

export type DeadLetterSummary = Omit<DeadLetterRow, 'item' | 'sealedFor' | 'people'>;
const WITHOUT_CONTENT = '-item -sealedFor -people';

/** Place in the list: after this row. */
export interface DeadLetterPlace {
  receivedAt: Date;
  _id: string;
}

/** Those received last come first, without content. `after`: the last row of the page before. */
export async function listDeadLetters(
  ctx: Context,
  filter: DeadLetterFilter,
  limit: number,
  after?: DeadLetterPlace,
): Promise<DeadLetterSummary[]> {
  requireOwn(filter.tenantId);
  const older = after && {
    $or: [
      { receivedAt: { $lt: after.receivedAt } },
      { receivedAt: after.receivedAt, _id: { $lt: after._id } },
    ],
  };
  return asOperator('list dead letters', () =>
    ctx.store
      .model(DeadLetters)
      .find(older ? { $and: [given(filter), older] } : given(filter))
      .select(WITHOUT_CONTENT)
      .sort({ receivedAt: -1, _id: -1 })
      .limit(limit)
      .lean<DeadLetterSummary[]>()
      .exec(),
  );
}

/** How many fit, counted up to `most`: a flood must not make looking dear. */
export async function countDeadLetters(
  ctx: Context,
  filter: DeadLetterFilter,
  most: number,
): Promise<number> {
  return asOperator('count dead letters', () =>
    ctx.store.model(DeadLetters).countDocuments(given(filter)).limit(most).exec(),
  );
}

/** One dead letter with its sealed item; of a tenant only its own. @throws Reject 404 */
export async function findDeadLetter(
  ctx: Context,
  id: string,
  filter: Pick<DeadLetterFilter, 'tenantId'> = {},
): Promise<DeadLetterRow> {
  requireOwn(filter.tenantId);
  const row = await asOperator('read a dead letter', () =>
    ctx.store
      .model(DeadLetters)
      .findOne({ _id: id, ...given(filter) })
      .lean<DeadLetterRow>()
      .exec(),
  );
  if (!row) throw notFound('dead letter');
  return row;
}

/** Removes a dead letter for good; the log keeps its id and the reason. @throws Reject 404 */
export async function discardDeadLetter(
  ctx: Context,
  id: string,
  reason: string,
  filter: Pick<DeadLetterFilter, 'tenantId'> = {},
): Promise<void> {
  requireOwn(filter.tenantId);
  const gone = await asOperator('discard a dead letter', () =>
    ctx.store
      .model(DeadLetters)
      .findOneAndDelete({ _id: id, ...given(filter) })
      .lean<DeadLetterRow>()
      .exec(),
  );
  if (!gone) throw notFound('dead letter');
  const { tenantId, kind } = gone;
  ctx.log.warn({ deadLetterId: id, reason, tenantId, kind }, 'dead-letter.discarded');
}
