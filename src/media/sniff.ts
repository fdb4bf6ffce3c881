/** What bytes are, whatever they were said to be. */
import { fileTypeFromBuffer } from 'file-type';

import { plainMime } from '../whatsapp/media-types.ts';

const UNKNOWN = 'application/octet-stream';

/** Types that a browser may show in its place; nothing here runs. Only bytes that were recognised get one of these. */
const SHOWN = new Set([
  'audio/aac',
  'audio/amr',
  'audio/mp4',
  'audio/mpeg',
  'audio/ogg',
  'audio/wav',
  'audio/webm',
  'image/gif',
  'image/jpeg',
  'image/png',
  'image/webp',
  'video/3gpp',
  'video/mp4',
  'video/webm',
]);

export function mayBeShown(mime: string): boolean {
  return SHOWN.has(mime);
}

/** One name for each type. */
const NAMES: Record<string, string> = {
  'audio/x-m4a': 'audio/mp4',
  'audio/vnd.wave': 'audio/wav',
  'audio/x-wav': 'audio/wav',
  'audio/x-aac': 'audio/aac',
};

/** Containers whose beginning does not tell what is in them: then what was said decides between these. */
const CONTAINERS: Record<string, RegExp> = {
  'application/zip': /^application\/(vnd\.openxmlformats-officedocument\.|vnd\.oasis\.|zip$)/,
  'application/x-cfb': /^application\/(msword|vnd\.ms-(excel|powerpoint))$/,
  'video/mp4': /^audio\/mp4$/,
  'video/webm': /^audio\/webm$/,
  'audio/mp4': /^video\/mp4$/,
};

/**
 * The type of a file by its first bytes. What they do not tell is what was said of it, but never a type that a browser
 * would show.
 */
export async function mimeOf(head: Buffer, said: string | undefined): Promise<string> {
  const declared = plainMime(said ?? '');
  const recognised = plainMime((await fileTypeFromBuffer(head))?.mime ?? '');
  const mime = NAMES[recognised] ?? recognised;
  if (mime === '') return declared === '' || mayBeShown(declared) ? UNKNOWN : declared;
  return CONTAINERS[mime]?.test(declared) ? declared : mime;
}

/** The number of channels when this begins like OGG with OPUS in it; undefined when it does not. */
export function opusChannels(head: Buffer): number | undefined {
  const at = head.indexOf('OpusHead');
  return head.subarray(0, 4).toString() === 'OggS' && at !== -1 ? head[at + 9] : undefined;
}

/** Bits per channel and colour type in a PNG's first chunk (PNG specification, IHDR). */
export function pngForm(head: Buffer): { depth: number; colour: number } {
  return { depth: head[24] ?? 0, colour: head[25] ?? 0 };
}

/** WebP says in its extended header whether it moves. */
export function isAnimatedWebp(head: Buffer): boolean {
  return head.subarray(12, 16).toString() === 'VP8X' && ((head[20] ?? 0) & 0x02) !== 0;
}
