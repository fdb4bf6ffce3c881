/** One try to fetch a message's file: where it lies, its bytes, whether they are what was promised, and to the store. */
import type { Context } from '../context.ts';
import { isAway } from '../store/errors.ts';
import { ErasedError } from '../store/keyring.ts';
import { type ChannelRow, Channels } from '../tenants/model.ts';
import { classify } from '../whatsapp/errors.ts';
import type { MediaBytes, MediaClient, MediaFailure, MediaPlace } from '../whatsapp/media.ts';
import { isMediaKind, RECEIVE_LIMITS } from '../whatsapp/media-types.ts';
import { keyOwner, type MediaRow, placeOf, type Reference } from './model.ts';
import { mimeOf } from './sniff.ts';
import { type Draft, draftOf, keep, placeOfPart, TooLargeError } from './vault.ts';

export type Fetched =
  | { kind: 'stored'; mime: string; size: number; sha256: Buffer }
  /** Trying again may help; `tries`: but not more often than this in all. */
  | { kind: 'again'; reason: string; tries?: number; host?: string }
  | { kind: 'failed'; reason: string };

/** An answer that may be a mistake of the moment is believed after so many. */
const BELIEVED = 5;

/** @throws what is our own trouble: the database, the disk, the blob store */
export async function fetchFile(
  ctx: Context,
  client: MediaClient,
  row: MediaRow,
  signal: AbortSignal,
): Promise<Fetched> {
  try {
    const channel = await ctx.store.batches.find(Channels, row.tenantId, row.channelId);
    if (!channel) return { kind: 'failed', reason: 'channel-removed' };
    const reference = await ctx.store.keyring.open<Reference>(placeOf(row, 'reference'), row.reference);
    const from = { ...channel, token: await tokenOf(ctx, channel) };
    const first = await fetchOnce(ctx, client, { row, reference, from, signal });
    // The address had run out while the file waited for its turn: the next one is new.
    return first === 'gone' ? await afresh(ctx, client, { row, reference, from, signal }) : first;
  } catch (error) {
    if (error instanceof ErasedError) return { kind: 'failed', reason: 'erased' };
    throw error;
  }
}

interface Wanted {
  row: MediaRow;
  reference: Reference;
  from: { phoneNumberId: string; token: string };
  signal: AbortSignal;
}

async function afresh(ctx: Context, client: MediaClient, wanted: Wanted): Promise<Fetched> {
  const second = await fetchOnce(ctx, client, wanted);
  return second === 'gone' ? { kind: 'again', reason: 'not-found', tries: BELIEVED } : second;
}

async function fetchOnce(ctx: Context, client: MediaClient, wanted: Wanted): Promise<Fetched | 'gone'> {
  const { row, reference, from, signal } = wanted;
  if (reference.link !== undefined) {
    const answer = await client.open({ url: reference.link, signal });
    if (answer.kind === 'gone' || answer.kind === 'not-allowed') {
      return { kind: 'failed', reason: answer.kind === 'gone' ? 'not-found' : 'address-not-allowed' };
    }
    return storeBytes(ctx, wanted, answer, unknownPlace);
  }
  const place = await client.lookUp({ ...from, mediaId: reference.id ?? '' });
  if (place.kind !== 'found') return refused(place);
  if ((place.size ?? 0) > limitOf(row)) return { kind: 'failed', reason: 'too-large' };
  const answer = await client.download({ url: place.url, token: from.token, signal });
  return answer.kind === 'gone' ? 'gone' : storeBytes(ctx, wanted, answer, place);
}

/** Of a link nothing is known before. */
const unknownPlace: Promised = { mime: undefined, sha256: undefined, size: undefined };
type Promised = Pick<MediaPlace, 'mime' | 'sha256' | 'size'>;

async function storeBytes(
  ctx: Context,
  { row, reference }: Wanted,
  answer: Exclude<MediaBytes, { kind: 'gone' }>,
  place: Promised,
): Promise<Fetched> {
  if (answer.kind !== 'bytes') return noBytes(answer);
  const limit = limitOf(row);
  const key = await ctx.store.keyring.keyOf(row.tenantId, keyOwner(row)).catch((error: unknown) => {
    answer.content.destroy();
    throw error;
  });
  const draft = await received(ctx, answer.content, { key, place: placeOfPart(row, 'file'), limit });
  if ('kind' in draft) return draft;
  try {
    return await checked(ctx, row, { draft, place, reference });
  } finally {
    await draft.remove();
  }
}

async function received(
  ctx: Context,
  content: Extract<MediaBytes, { kind: 'bytes' }>['content'],
  drafting: Parameters<typeof draftOf>[2],
): Promise<Draft | Fetched> {
  let broken = false;
  content.once('error', () => {
    broken = true;
  });
  try {
    return await draftOf(ctx, content, drafting);
  } catch (error) {
    if (error instanceof TooLargeError) return { kind: 'failed', reason: 'too-large' };
    if (broken && !isAway(error)) return { kind: 'again', reason: 'broken-off' };
    throw error;
  } finally {
    content.destroy();
  }
}

interface Received {
  draft: Draft;
  place: Promised;
  reference: Reference;
}

/** The bytes must be those that the webhook and the look-up promised. */
async function checked(ctx: Context, row: MediaRow, { draft, place, reference }: Received): Promise<Fetched> {
  const { size, sha256, head } = draft;
  if (size === 0 || (place.size !== undefined && place.size !== size)) {
    return { kind: 'again', reason: 'wrong-size', tries: BELIEVED };
  }
  const promised = [reference.sha256, place.sha256].filter((hash) => hash !== undefined);
  if (promised.some((hash) => hash !== sha256)) {
    return { kind: 'again', reason: 'wrong-hash', tries: BELIEVED };
  }
  const mime = await mimeOf(head, reference.mime ?? place.mime);
  await keep(ctx, row, 'file', draft);
  const sealed = await ctx.store.keyring.seal(keyOwner(row), placeOf(row, 'sha256'), sha256);
  return { kind: 'stored', mime, size, sha256: sealed };
}

/** A token that is refused is renewed by a person some day; an id that is refused stays so. */
function refused(failure: MediaFailure): Fetched {
  if (failure.kind === 'unknown') return { kind: 'again', reason: failure.cause };
  const { action, reason } = classify(failure.code, failure.httpStatus);
  return action === 'fail'
    ? { kind: 'again', reason: 'not-found', tries: BELIEVED }
    : { kind: 'again', reason };
}

function noBytes(answer: Exclude<MediaBytes, { kind: 'bytes' | 'gone' }>): Fetched {
  if (answer.kind === 'not-allowed') {
    return { kind: 'again', reason: 'host-not-allowed', host: answer.host };
  }
  return { kind: 'again', reason: answer.cause };
}

function limitOf({ kind }: MediaRow): number {
  return isMediaKind(kind) ? RECEIVE_LIMITS[kind] : 0;
}

export async function tokenOf(ctx: Context, { _id: id, tenantId, token }: ChannelRow): Promise<string> {
  return ctx.store.keyring.open<string>({ tenantId, collection: 'channels', id, field: 'token' }, token);
}
