/**
 * One turn at a message's file, a lane of its own: fetched, then its other forms made. Nobody waits behind it.
 *
 *   pending ──fetched──▶ stored        pending ──could not──▶ pending, later
 *   pending ──seven days after the message──▶ expired        pending ──hopeless──▶ failed
 *
 * Each change is a compare-and-set on the number of tries, told to consoles as a change of the message.
 */
import type { Context } from '../context.ts';
import { tellStatus } from '../conversations/statuses.ts';
import type { WakeUp } from '../lanes/queue.ts';
import type { Turn, TurnEnd } from '../lanes/worker.ts';
import { SafeError } from '../ops/log.ts';
import { ErasedError } from '../store/keyring.ts';
import { withTenant } from '../store/scope.ts';
import type { MediaClient } from '../whatsapp/media.ts';
import { type Fetched, fetchFile } from './fetch.ts';
import type { Ffmpeg } from './ffmpeg.ts';
import { formFor, makeForm, TRIES } from './make.ts';
import { Media, type MediaRow } from './model.ts';
import { MEDIA_LIFE_MS, pauseAfterTry } from './schedule.ts';
import { blobOf } from './vault.ts';

export interface MediaWork {
  client: MediaClient;
  ffmpeg: Ffmpeg | undefined;
  /** Aborted when the process stops. */
  stopping: AbortSignal;
}

/** Handler of `workLanes` for media lanes. */
export async function runMediaLane(
  ctx: Context,
  work: MediaWork,
  { lane: messageId, tenantId }: WakeUp,
  turn: Turn,
): Promise<TurnEnd> {
  if (tenantId === undefined) throw new SafeError("A file's lane was woken without its tenant.");
  return withTenant(tenantId, async () => {
    const found = await findMedia(ctx, tenantId, messageId);
    if (!found) return 'done';
    const end = found.state === 'pending' ? await fetchTurn(ctx, work, found, turn) : 'next';
    if (end !== 'next') return end;
    const row = await findMedia(ctx, tenantId, messageId);
    if (row?.state === 'stored') await makeTurn(ctx, work, row);
    return 'done';
  });
}

export async function findMedia(ctx: Context, tenantId: string, messageId: string): Promise<MediaRow | null> {
  return ctx.store.batches.find(Media, tenantId, messageId);
}

/** @returns `next` when the file is decided */
async function fetchTurn(
  ctx: Context,
  work: MediaWork,
  row: MediaRow,
  turn: Turn,
): Promise<TurnEnd | 'next'> {
  const startedAt = ctx.clock.now();
  const endsAt = row.receivedAt.getTime() + MEDIA_LIFE_MS;
  // What came late is tried once all the same: history's files live longer.
  if (startedAt >= endsAt && row.attempts > 0) return settle(ctx, row, { state: 'expired' });
  const waitMs = row.dueAt.getTime() - startedAt;
  if (waitMs > 0) return { againAfterMs: waitMs };
  if (!(await turn.holds())) return 'done';
  const fetched = await fetchFile(ctx, work.client, row, work.stopping);
  if (work.stopping.aborted && fetched.kind !== 'stored') return { againAfterMs: 0 };
  const ms = ctx.clock.now() - startedAt;
  if (fetched.kind === 'stored') return stored(ctx, work, row, { fetched, ms });
  logTry(ctx, row, fetched, ms);
  return missed(ctx, row, fetched, endsAt);
}

async function stored(
  ctx: Context,
  { ffmpeg }: MediaWork,
  row: MediaRow,
  { fetched, ms }: { fetched: Extract<Fetched, { kind: 'stored' }>; ms: number },
): Promise<'next'> {
  const { mime, size, sha256 } = fetched;
  const form = formFor(row.kind, { mime, size, ffmpeg });
  const { tenantId, _id: messageId } = row;
  ctx.log.info(
    { tenantId, messageId, outcome: 'stored', kind: row.kind, bytes: size, attempt: row.attempts + 1, ms },
    'media.fetched',
  );
  const storedAt = new Date(ctx.clock.now());
  const toMake = form === null ? {} : { toMake: TRIES };
  return settle(ctx, row, { state: 'stored', mime, size, sha256, storedAt, ...toMake });
}

/** Decides the row unless someone else has; whoever finds it gone takes its file away again. */
async function settle(ctx: Context, row: MediaRow, change: Partial<MediaRow>): Promise<'next'> {
  const { _id, attempts } = row;
  const before = await ctx.store
    .model(Media)
    .findOneAndUpdate(
      { _id, state: 'pending', attempts },
      { $set: { ...change, attempts: attempts + 1 } },
      { returnDocument: 'before' },
    )
    .lean<MediaRow>()
    .exec();
  if (before) await tellStatus(ctx, row);
  else if (!(await findMedia(ctx, row.tenantId, _id))) await ctx.blobs.delete(blobOf(row, 'file'));
  return 'next';
}

async function missed(
  ctx: Context,
  row: MediaRow,
  fetched: Exclude<Fetched, { kind: 'stored' }>,
  endsAt: number,
): Promise<TurnEnd | 'next'> {
  const { reason } = fetched;
  const attempts = row.attempts + 1;
  if (fetched.kind === 'failed') return settle(ctx, row, { state: 'failed', reason });
  const now = ctx.clock.now();
  if (now >= endsAt) return settle(ctx, row, { state: 'expired', reason });
  if (attempts >= (fetched.tries ?? Infinity)) return settle(ctx, row, { state: 'failed', reason });
  const pauseMs = Math.min(pauseAfterTry(attempts, ctx.random), endsAt - now);
  await ctx.store.batches.update(Media, {
    tenantId: row.tenantId,
    _id: row._id,
    where: { state: 'pending', attempts: row.attempts },
    update: { $set: { attempts, reason, dueAt: new Date(now + pauseMs) } },
  });
  return { againAfterMs: pauseMs };
}

function logTry(
  ctx: Context,
  row: MediaRow,
  fetched: Exclude<Fetched, { kind: 'stored' }>,
  ms: number,
): void {
  const { tenantId, channelId, _id: messageId, kind } = row;
  const { reason } = fetched;
  const host = fetched.kind === 'again' ? fetched.host : undefined;
  const outcome = fetched.kind;
  const fields = { tenantId, channelId, messageId, kind, outcome, reason, host };
  ctx.log.warn({ ...fields, attempt: row.attempts + 1, ms }, 'media.not-fetched');
}

/** The try is counted before the work: a file on which the process dies is left as it is. */
async function makeTurn(ctx: Context, { ffmpeg }: MediaWork, row: MediaRow): Promise<void> {
  const { _id, toMake = 0, mime = '', size = 0 } = row;
  const form = formFor(row.kind, { mime, size, ffmpeg });
  if (toMake <= 0 || form === null) return;
  const media = ctx.store.model(Media);
  const counted = await media.updateOne({ _id, toMake }, { $set: { toMake: toMake - 1 } }).exec();
  if (counted.modifiedCount === 0) return;
  try {
    const made = await makeForm(ctx, row, form, ffmpeg);
    const field = form === 'mp3' ? 'mp3Size' : 'thumbnailSize';
    await media
      .updateOne(
        { _id },
        { ...(made === undefined ? {} : { $set: { [field]: made } }), $unset: { toMake: 1 } },
      )
      .exec();
    if (made !== undefined) await tellStatus(ctx, row);
  } catch (error) {
    if (!(error instanceof ErasedError)) throw error;
  }
}
