/** Which files WhatsApp takes, and how large (Cloud API: media, supported types). Its units are decimal. */
export type MediaKind = 'audio' | 'document' | 'image' | 'sticker' | 'video';

const KB = 1_000;
const MB = 1_000 * KB;

/** Longest file of a kind that may be sent, in bytes; an animated sticker may have five times as much as a still one. */
export const SEND_LIMITS = {
  audio: 16 * MB,
  document: 100 * MB,
  image: 5 * MB,
  sticker: 500 * KB,
  video: 16 * MB,
} as const satisfies Record<MediaKind, number>;
export const STILL_STICKER_LIMIT = 100 * KB;
export const LARGEST_UPLOAD = SEND_LIMITS.document;

/** Longest received file that is fetched. WhatsApp itself replaces what is larger than 100 MB by error 131052. */
export const RECEIVE_LIMITS = {
  audio: 100 * MB,
  document: 100 * MB,
  image: 25 * MB,
  sticker: 5 * MB,
  video: 100 * MB,
} as const satisfies Record<MediaKind, number>;

const OFFICE = 'application/vnd.openxmlformats-officedocument';
const KINDS: Record<MediaKind, string[]> = {
  audio: ['audio/aac', 'audio/amr', 'audio/mpeg', 'audio/mp4', 'audio/ogg'],
  document: [
    'text/plain',
    'application/pdf',
    'application/msword',
    'application/vnd.ms-excel',
    'application/vnd.ms-powerpoint',
    `${OFFICE}.wordprocessingml.document`,
    `${OFFICE}.spreadsheetml.sheet`,
    `${OFFICE}.presentationml.presentation`,
  ],
  image: ['image/jpeg', 'image/png'],
  sticker: ['image/webp'],
  video: ['video/mp4', 'video/3gpp'],
};

/** Every type that may be sent. */
export const SENDABLE = Object.values(KINDS).flat();

/** As what a file of this type is sent; undefined for types that WhatsApp does not take. */
export function kindOf(mime: string): MediaKind | undefined {
  return (Object.keys(KINDS) as MediaKind[]).find((kind) => KINDS[kind].includes(mime));
}

export function isMediaKind(type: string): type is MediaKind {
  return Object.hasOwn(KINDS, type);
}

/** `Image/JPEG; charset=x` → `image/jpeg`. */
export function plainMime(contentType: string): string {
  return (contentType.split(';')[0] ?? '').trim().toLowerCase();
}
