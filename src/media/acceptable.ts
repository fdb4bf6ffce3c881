/** Whether WhatsApp will take a file (Cloud API: media, supported types): told before it is sent there. */
import { Reject } from '../ops/errors.ts';
import {
  kindOf,
  type MediaKind,
  SEND_LIMITS,
  SENDABLE,
  STILL_STICKER_LIMIT,
} from '../whatsapp/media-types.ts';
import { isAnimatedWebp, opusChannels, pngForm } from './sniff.ts';

interface SeenFile {
  mime: string;
  size: number;
  head: Buffer;
}

/** As what it can be sent. @throws Reject (413, 415, 422) that names the limit */
export function checkFile({ mime, size, head }: SeenFile): MediaKind {
  const kind = kindOf(mime);
  if (kind === undefined) {
    const taken = `WhatsApp takes ${SENDABLE.join(', ')}.`;
    throw new Reject(415, 'media-type', `These bytes are ${mime}. ${taken}`, {
      errors: [{ path: 'file', message: taken }],
    });
  }
  const limit = kind === 'sticker' && !isAnimatedWebp(head) ? STILL_STICKER_LIMIT : SEND_LIMITS[kind];
  if (size > limit) {
    const what = kind === 'sticker' ? stickerOf(head) : `A file sent as ${kind}`;
    const words = `${what} may have at most ${inWords(limit)}; this one has ${size.toLocaleString('en')} bytes.`;
    throw new Reject(413, 'media-too-large', words, { errors: [{ path: 'file', message: words }] });
  }
  const wrong = formProblem(mime, head);
  if (wrong !== undefined) throw refused('file', wrong);
  return kind;
}

export function refused(path: string, message: string): Reject {
  return new Reject(422, 'media-refused', message, { errors: [{ path, message }] });
}

function stickerOf(head: Buffer): string {
  return isAnimatedWebp(head) ? 'An animated sticker' : 'A sticker that does not move';
}

function formProblem(mime: string, head: Buffer): string | undefined {
  if (mime === 'audio/ogg') {
    const channels = opusChannels(head);
    if (channels === undefined) return 'OGG must hold OPUS: WhatsApp takes no other sound in it.';
    if (channels !== 1) return `OGG must have one channel (mono); this one has ${channels}.`;
  }
  if (mime === 'image/png') {
    const { depth, colour } = pngForm(head);
    if (depth !== 8 || (colour !== 2 && colour !== 6)) {
      return 'PNG must have 8 bits a channel and be RGB or RGBA; save it so, or as JPEG.';
    }
  }
  return documentProblem(mime, head);
}

/** How documents begin: PDF may have some bytes before it, Office's are an OLE container or a ZIP archive. */
const BEGINNINGS: [mime: RegExp, isOne: (head: Buffer) => boolean, name: string][] = [
  [/^application\/pdf$/, (head) => head.subarray(0, 1024).includes('%PDF-'), 'PDF'],
  [
    /^application\/(msword|vnd\.ms-(excel|powerpoint))$/,
    (head) => head.subarray(0, 4).toString('hex') === 'd0cf11e0',
    'an Office document of the older form',
  ],
  [
    /^application\/vnd\.openxmlformats-officedocument\./,
    (head) => head.subarray(0, 2).toString('latin1') === 'PK',
    'an Office document',
  ],
];

/** A document that its client could not open. */
function documentProblem(mime: string, head: Buffer): string | undefined {
  const wrong = BEGINNINGS.find(([type, isOne]) => type.test(mime) && !isOne(head));
  return wrong && `The file does not begin like ${wrong[2]}, which it was said to be.`;
}

/** 5,000,000 → `5 MB (5,000,000 bytes)`. */
function inWords(bytes: number): string {
  const short = bytes >= 1_000_000 ? `${bytes / 1_000_000} MB` : `${bytes / 1_000} kB`;
  return `${short} (${bytes.toLocaleString('en')} bytes)`;
}
