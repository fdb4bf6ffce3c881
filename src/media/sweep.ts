/**
 * Takes away files that nobody may see any more: those of messages that are gone or whose content was erased, those
 * whose key was destroyed, and blobs that no row names. Each step can be repeated, and two that sweep at once do no
 * harm.
 */
import type { Context } from '../context.ts';
import { Messages } from '../conversations/model.ts';
import { ErasedError } from '../store/keyring.ts';
import { withTenant } from '../store/scope.ts';
import { Channels } from '../tenants/model.ts';
import { Media, type MediaRow, PARTS, placeOf, type Reference } from './model.ts';
import { blobOf } from './vault.ts';

const ROWS_AT_ONCE = 500;
/** A younger blob may belong to a row that is just being written elsewhere. */
const ORPHAN_AFTER_MS = 3_600_000;

/** What a sweep took away. */
interface Swept {
  /** Files whose message is gone or erased. */
  erased: number;
  /** Blobs without a row. */
  orphans: number;
}

/** One whole sweep, tenant by tenant. Runs as the operator. */
export async function sweepMedia(ctx: Context): Promise<Swept> {
  const tenantIds = await ctx.store.model(Channels).distinct('tenantId').exec();
  let erased = 0;
  for (const tenantId of tenantIds) erased += await withTenant(tenantId, () => sweepRows(ctx));
  return { erased, orphans: await sweepBlobs(ctx, new Set(tenantIds)) };
}

async function sweepRows(ctx: Context): Promise<number> {
  let count = 0;
  let after = '';
  for (;;) {
    const rows = await ctx.store
      .model(Media)
      .find({ _id: { $gt: after } })
      .sort({ _id: 1 })
      .limit(ROWS_AT_ONCE)
      .lean<MediaRow[]>()
      .exec();
    const last = rows.at(-1);
    if (!last) return count;
    after = last._id;
    const shown = await shownAmong(ctx, rows);
    for (const row of rows) {
      if (shown.has(row._id) && (await opens(ctx, row))) continue;
      await removeFile(ctx, row);
      count += 1;
    }
  }
}

/** Ids of those whose message still has content. */
async function shownAmong(ctx: Context, rows: MediaRow[]): Promise<Set<string>> {
  const found = await ctx.store
    .model(Messages)
    .find({ _id: { $in: rows.map(({ _id }) => _id) }, content: { $exists: true } })
    .select({ _id: 1 })
    .lean<{ _id: string }[]>()
    .exec();
  return new Set(found.map(({ _id }) => _id));
}

async function opens(ctx: Context, row: MediaRow): Promise<boolean> {
  try {
    await ctx.store.keyring.open<Reference>(placeOf(row, 'reference'), row.reference);
    return true;
  } catch (error) {
    if (error instanceof ErasedError) return false;
    throw error;
  }
}

/** The blobs first: a row without them is looked at again, blobs without a row would have to be searched for. */
export async function removeFile(ctx: Context, row: MediaRow): Promise<void> {
  for (const part of PARTS) await ctx.blobs.delete(blobOf(row, part));
  await ctx.store.model(Media).deleteOne({ _id: row._id }).exec();
}

/** Blobs of tenants that are not ours are left alone: another installation may use the same store. */
async function sweepBlobs(ctx: Context, tenantIds: Set<string>): Promise<number> {
  const before = ctx.clock.now() - ORPHAN_AFTER_MS;
  let count = 0;
  let batch: string[] = [];
  for await (const { name, storedAt } of ctx.blobs.list()) {
    if (storedAt.getTime() > before || !tenantIds.has(name.split('/')[0] ?? '')) continue;
    batch.push(name);
    if (batch.length < ROWS_AT_ONCE) continue;
    count += await removeOrphans(ctx, batch);
    batch = [];
  }
  return count + (await removeOrphans(ctx, batch));
}

async function removeOrphans(ctx: Context, names: string[]): Promise<number> {
  const files = new Map(names.map((name) => [name, name.replace(/\.(?:thumbnail|mp3)$/, '')]));
  const tenantId = { $in: [...new Set(names.map((name) => name.split('/')[0] ?? ''))] };
  const owned = await ctx.store
    .model(Media)
    .find({ tenantId, blob: { $in: [...new Set(files.values())] } })
    .select({ blob: 1 })
    .lean<Pick<MediaRow, 'blob'>[]>()
    .exec();
  const known = new Set(owned.map(({ blob }) => blob));
  const orphans = names.filter((name) => !known.has(files.get(name) ?? ''));
  for (const name of orphans) await ctx.blobs.delete(name);
  return orphans.length;
}
