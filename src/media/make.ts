/** Other forms of a stored file: a small picture of a picture, MP3 of a voice message for browsers that play no OGG. */
import type { Context } from '../context.ts';
import { type Ffmpeg, NotConvertedError } from './ffmpeg.ts';
import { type MediaPart, type MediaRow } from './model.ts';
import { PICTURES, thumbnailOf } from './thumbnail.ts';
import { keepBytes, readWhole } from './vault.ts';

/** Larger ones are shown as they are. */
const MOST_BYTES = 25_000_000;
/** A file on which a process dies is tried once more. */
export const TRIES = 2;

/** What is made of a file of this type; null: nothing. */
export function formFor(
  kind: string,
  { mime, size, ffmpeg }: { mime: string; size: number; ffmpeg: Ffmpeg | undefined },
): Exclude<MediaPart, 'file'> | null {
  if (size > MOST_BYTES) return null;
  if (kind === 'image' && PICTURES.includes(mime)) return 'thumbnail';
  return kind === 'audio' && mime === 'audio/ogg' && ffmpeg ? 'mp3' : null;
}

/** Makes it and stores it. @returns its size in bytes; undefined when nothing can be made of these bytes */
export async function makeForm(
  ctx: Context,
  row: MediaRow,
  form: Exclude<MediaPart, 'file'>,
  ffmpeg: Ffmpeg | undefined,
): Promise<number | undefined> {
  const original = await readWhole(ctx, row, 'file');
  const made = await converted(ctx, row, form, { original, ffmpeg });
  if (!made) return undefined;
  await keepBytes(ctx, row, form, made);
  return made.length;
}

async function converted(
  ctx: Context,
  row: MediaRow,
  form: Exclude<MediaPart, 'file'>,
  { original, ffmpeg }: { original: Buffer; ffmpeg: Ffmpeg | undefined },
): Promise<Buffer | undefined> {
  try {
    if (form === 'thumbnail') return await thumbnailOf(original);
    return await ffmpeg?.convert(original, 'audio/ogg', 'mp3');
  } catch (error) {
    const reason = error instanceof NotConvertedError ? 'not-converted' : 'not-a-picture';
    const { tenantId, _id: messageId } = row;
    ctx.log.info({ tenantId, messageId, kind: form, reason }, 'media.form-not-made');
    return undefined;
  }
}
