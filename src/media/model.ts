/** The file of a message: where it comes from, how far we are, and where it lies. */
import { fieldsOf, tenantCollection, type TenantRow } from '../store/collection.ts';

const held = fieldsOf('processor');

/**
 * pending ──fetched──▶ stored        pending ──7 days──▶ expired        pending ──hopeless──▶ failed
 */
export type MediaState = 'pending' | 'stored' | 'failed' | 'expired';

/** Forms in which a stored file can be had. */
export const PARTS = ['file', 'thumbnail', 'mp3'] as const;
export type MediaPart = (typeof PARTS)[number];

/** `_id` is the message's. */
export interface MediaRow extends TenantRow {
  conversationId: string;
  channelId: string;
  contactId: string;
  /** Whose key seals the file. */
  ownerKind: 'contact' | 'group';
  /** WhatsApp's type of the message: image, audio, … */
  kind: string;
  /** Sealed `Reference`. */
  reference: Buffer;
  state: MediaState;
  /** Why it failed, or why the last try did: one word. */
  reason?: string;
  /** Tries so far. */
  attempts: number;
  dueAt: Date;
  /** WhatsApp's time of the message: from then on it keeps the file for seven days. */
  receivedAt: Date;
  /** Name in the blob store, chosen before anything is written there, so that no crash leaves a blob without an owner. */
  blob: string;
  /** Type of the bytes as they are, not as they were said to be. */
  mime?: string;
  /** Bytes. */
  size?: number;
  /** Sealed SHA-256, hexadecimal. */
  sha256?: Buffer;
  storedAt?: Date;
  /** Tries left of making other forms; absent when there is nothing to make. */
  toMake?: number;
  /** Sizes in bytes of the other forms. */
  thumbnailSize?: number;
  mp3Size?: number;
}

/** What the message said of its file. */
export interface Reference {
  /** Of the Graph API; absent when there is a link. */
  id?: string;
  /** What we sent by its public address. */
  link?: string;
  mime?: string;
  sha256?: string;
  name?: string;
}

export const Media = tenantCollection<MediaRow>('media', {
  retention: 'client-content',
  fields: {
    conversationId: held.technical({ type: String, required: true }),
    channelId: held.technical({ type: String, required: true }),
    contactId: held.technical({ type: String, required: true }),
    ownerKind: held.technical({ type: String, required: true }),
    kind: held.technical({ type: String, required: true }),
    reference: held.sealedContent(),
    state: held.technical({ type: String, required: true }),
    reason: held.technical(String),
    attempts: held.technical({ type: Number, required: true }),
    dueAt: held.technical({ type: Date, required: true }),
    receivedAt: held.technical({ type: Date, required: true }),
    blob: held.technical({ type: String, required: true }),
    mime: held.technical(String),
    size: held.technical(Number),
    sha256: held.sealedContent(),
    storedAt: held.technical(Date),
    toMake: held.technical(Number),
    thumbnailSize: held.technical(Number),
    mp3Size: held.technical(Number),
  },
  indexes: [
    { keys: { state: 1, dueAt: 1 }, options: { partialFilterExpression: { state: 'pending' } } },
    { keys: { contactId: 1 } },
    { keys: { blob: 1 } },
  ],
});

/** Bytes of a part; undefined when there is none. */
export function sizeOfPart(row: MediaRow, part: MediaPart): number | undefined {
  return { file: row.size, thumbnail: row.thumbnailSize, mp3: row.mp3Size }[part];
}

/** Its type. */
export function mimeOfPart(row: MediaRow, part: MediaPart): string {
  return { file: row.mime ?? 'application/octet-stream', thumbnail: 'image/webp', mp3: 'audio/mpeg' }[part];
}

/** Whose key seals a message's file: the contact's, in a group the group's. */
export function keyOwner({
  ownerKind,
  contactId,
  conversationId,
}: Pick<MediaRow, 'ownerKind' | 'contactId' | 'conversationId'>) {
  return { kind: ownerKind, id: ownerKind === 'group' ? conversationId : contactId };
}

/** Where a sealed field of a media row stands. */
export function placeOf(
  { _id, tenantId }: Pick<MediaRow, '_id' | 'tenantId'>,
  field: 'reference' | 'sha256',
) {
  return { tenantId, collection: 'media', id: _id, field };
}
