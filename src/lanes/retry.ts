/**
 * Putting dead letters back into their lanes: each into its sender's, at the place of its first receipt. The item is
 * in the lane before the row goes: a crash between leaves it twice, and storing is idempotent. An item whose cause
 * persists may be parked again before its row was removed, so a row goes only as it was read.
 */
import type { Context } from '../context.ts';
import { ErasedError } from '../store/keyring.ts';
import { asOperator } from '../store/scope.ts';
import { SealError } from '../store/seal.ts';
import { type DeadLetterFilter, findDeadLetter, given, openItem } from './dead-letters.ts';
import type { LaneItem } from './item.ts';
import { type DeadLetterRow, DeadLetters } from './model.ts';
import { lanePartsOf } from './place.ts';

/** Rows that are looked up at once; their items are read in smaller groups. */
const PAGE = 500;
const GROUP_ROWS = 100;
/** Items may have 4 MB each: so many bytes are held at once, and at least one item. */
const GROUP_BYTES = 8 * 1024 * 1024;

export interface Retried {
  replayed: number;
  /** Could not be opened (erased, or sealed by another key) and stay where they are. */
  skipped: number;
  /** More fit than `most`. */
  more: boolean;
}

interface Options {
  /** At most so many. */
  most?: number;
  /** Told after each group how many are done. */
  onProgress?: (done: number) => void;
}

/** Puts one dead letter back into its lane; of a tenant only its own. @throws Reject 404 */
export async function replayDeadLetter(
  ctx: Context,
  id: string,
  filter: Pick<DeadLetterFilter, 'tenantId'> = {},
): Promise<void> {
  const row = await findDeadLetter(ctx, id, filter);
  await putBack(ctx, [{ row, item: await openItem(ctx, row) }]);
}

/**
 * Puts all that fit back into their lanes, oldest first. What is parked after the beginning is left out, so that
 * items that fail again at once are not retried without end.
 */
export async function replayDeadLetters(
  ctx: Context,
  filter: DeadLetterFilter,
  { most = Infinity, onProgress }: Options = {},
): Promise<Retried> {
  const startedAt = new Date(ctx.clock.now());
  const result: Retried = { replayed: 0, skipped: 0, more: false };
  let after: Found | undefined;
  for (;;) {
    const left = most - result.replayed - result.skipped;
    const page = await findPage(ctx, filter, { startedAt, after, limit: Math.min(PAGE, left + 1) });
    for (const ids of groupsOf(page.slice(0, Math.min(page.length, left)))) {
      const items = await openAll(ctx, ids);
      await putBack(ctx, items);
      result.replayed += items.length;
      result.skipped += ids.length - items.length;
      onProgress?.(result.replayed);
    }
    after = page.at(-1);
    if (page.length > left) return { ...result, more: true };
    if (page.length < PAGE) return result;
  }
}

type Found = Pick<DeadLetterRow, '_id' | 'receivedAt' | 'bytes'>;

async function findPage(
  ctx: Context,
  filter: DeadLetterFilter,
  { startedAt, after, limit }: { startedAt: Date; after: Found | undefined; limit: number },
): Promise<Found[]> {
  const newer = after && {
    $or: [
      { receivedAt: { $gt: after.receivedAt } },
      { receivedAt: after.receivedAt, _id: { $gt: after._id } },
    ],
  };
  return asOperator('replay dead letters', () =>
    ctx.store
      .model(DeadLetters)
      .find({ $and: [given(filter), { parkedAt: { $lte: startedAt } }, ...(newer ? [newer] : [])] })
      .select('_id receivedAt bytes')
      .sort({ receivedAt: 1, _id: 1 })
      .limit(limit)
      .lean<Found[]>()
      .exec(),
  );
}

function groupsOf(page: Found[]): string[][] {
  const groups: string[][] = [];
  let bytes = Infinity;
  for (const { _id, bytes: own = 0 } of page) {
    const group = groups.at(-1);
    if (group && group.length < GROUP_ROWS && bytes + own <= GROUP_BYTES) group.push(_id);
    else {
      groups.push([_id]);
      bytes = 0;
    }
    bytes += own;
  }
  return groups;
}

interface Parked {
  row: DeadLetterRow;
  item: LaneItem;
}

/** Rows that went meanwhile are somebody else's work; one that can't be opened must not stop its neighbours. */
async function openAll(ctx: Context, ids: string[]): Promise<Parked[]> {
  const rows = await asOperator('replay dead letters', () =>
    ctx.store
      .model(DeadLetters)
      .find({ _id: { $in: ids } })
      .lean<DeadLetterRow[]>()
      .exec(),
  );
  const opened: Parked[] = [];
  for (const row of rows) {
    try {
      opened.push({ row, item: await openItem(ctx, row) });
    } catch (error) {
      if (!(error instanceof ErasedError || error instanceof SealError)) throw error;
      ctx.log.warn({ deadLetterId: row._id, err: error }, 'dead-letter.not-opened');
    }
  }
  return opened;
}

async function putBack(ctx: Context, parked: Parked[]): Promise<void> {
  if (parked.length === 0) return;
  await ctx.inbound.append(
    parked.map(({ row, item }) => {
      const { _id: deadLetterId, attempts, retries = 0 } = row;
      const lane = ctx.inbound.laneName(...lanePartsOf(item));
      return { item: { ...item, retried: { deadLetterId, attempts, retries: retries + 1 } }, lane };
    }),
  );
  await asOperator('dead letters replayed', () =>
    ctx.store.model(DeadLetters).bulkWrite(
      parked.map(({ row }) => ({ deleteOne: { filter: asRead(row) } })),
      { ordered: false },
    ),
  );
  ctx.log.info({ count: parked.length }, 'dead-letters.replayed');
}

/** A row that was parked again meanwhile has more retries. */
function asRead({ _id, retries }: DeadLetterRow): Record<string, unknown> {
  return { _id, retries: retries ?? { $exists: false } };
}
