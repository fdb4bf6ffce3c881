/** What tenants see of a message's file. */
import type { Context } from '../context.ts';
import type { MessageView } from '../http/schemas.ts';
import { plainMime } from '../whatsapp/media-types.ts';
import { linkTo } from './links.ts';
import { Media, type MediaPart, type MediaRow, placeOf, type Reference } from './model.ts';

export type MediaView = NonNullable<MessageView['media']>;

/** The files of these messages, by the message's id. */
export async function mediaOf(
  ctx: Context,
  tenantId: string,
  messageIds: string[],
): Promise<Map<string, MediaRow>> {
  const rows = await Promise.all(messageIds.map((id) => ctx.store.batches.find(Media, tenantId, id)));
  return new Map(rows.flatMap((row) => (row ? [[row._id, row]] : [])));
}

/** What is sealed of a file's row and shown. */
export function sealedOfMedia(row: MediaRow) {
  return { place: placeOf(row, 'reference'), sealed: row.reference };
}

/** @param reference undefined once erased */
export function mediaView(
  ctx: Context,
  row: MediaRow,
  reference: Reference | undefined,
): MediaView | undefined {
  if (!reference) return undefined;
  const { _id: id, tenantId, state: status, size, reason } = row;
  const mime = row.mime ?? plainMime(reference.mime ?? '');
  const link = (part: MediaPart) => linkTo(ctx, { tenantId, messageId: id, part });
  return {
    id,
    status,
    mime: mime === '' ? 'application/octet-stream' : mime,
    ...(reference.name === undefined ? {} : { name: reference.name }),
    ...(size === undefined ? {} : { size }),
    ...(status === 'stored' ? { url: link('file') } : {}),
    ...(row.thumbnailSize === undefined ? {} : { thumbnailUrl: link('thumbnail') }),
    ...(row.mp3Size === undefined ? {} : { mp3Url: link('mp3') }),
    ...(status === 'failed' && reason !== undefined ? { reason } : {}),
  };
}
