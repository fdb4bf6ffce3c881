/** A file is owed to each message that has one: written down before it is fetched, so that no crash forgets it. */
import type { Context } from '../context.ts';
import type { MessageRow } from '../conversations/model.ts';
import { newBlobName } from '../store/blobs.ts';
import { ErasedError } from '../store/keyring.ts';
import { isMediaKind } from '../whatsapp/media-types.ts';
import { type Json, text } from '../whatsapp/payload/json.ts';
import { type Media as Named, readContent } from '../whatsapp/payload/message.ts';
import { keyOwner, Media, type MediaRow, placeOf, type Reference } from './model.ts';

/** Owes a message its file and wakes who fetches it. Runs in the tenant's scope; a redo owes nothing twice. */
export async function oweMedia(ctx: Context, message: MessageRow): Promise<void> {
  if (!isMediaKind(message.type) || message.content === undefined) return;
  const { tenantId, _id } = message;
  const place = { tenantId, collection: 'messages', id: _id, field: 'content' };
  try {
    const { content, raw } = await ctx.store.keyring.open<{ content: Json; raw?: Json }>(
      place,
      message.content,
    );
    const media = namedIn(message, content);
    if (!media) return;
    const isOfGroup = message.toGroup === true || text(raw?.group_id) !== undefined;
    const ownerKind = isOfGroup ? 'group' : 'contact';
    await ctx.store.batches.insert(Media, await rowOf(ctx, message, ownerKind, media));
    await ctx.lanes.media.wake({ lane: _id, tenantId });
  } catch (error) {
    if (!(error instanceof ErasedError)) throw error; // erased meanwhile: nothing is owed any more
  }
}

type NamedFile = Partial<Named> & { link?: string };

/** By its id, or, of what we send, by its address. */
function namedIn({ type, direction }: MessageRow, content: Json): NamedFile | undefined {
  const { media } = readContent(type, content);
  const link = direction === 'out' ? text(content.link) : undefined;
  if (media || link === undefined) return media;
  const filename = text(content.filename);
  return { link, ...(filename === undefined ? {} : { filename }) };
}

async function rowOf(
  ctx: Context,
  message: MessageRow,
  ownerKind: MediaRow['ownerKind'],
  { id, link, mimeType, sha256, filename }: NamedFile,
): Promise<MediaRow> {
  const { _id, tenantId, conversationId, channelId, contactId, type: kind, timestamp } = message;
  const reference: Reference = {
    ...(id === undefined ? {} : { id }),
    ...(link === undefined ? {} : { link }),
    ...(mimeType === undefined ? {} : { mime: mimeType }),
    ...(sha256 === undefined ? {} : { sha256 }),
    ...(filename === undefined ? {} : { name: filename }),
  };
  const owned = { tenantId, conversationId, contactId, ownerKind };
  return {
    _id,
    ...owned,
    channelId,
    kind,
    reference: await ctx.store.keyring.seal(
      keyOwner(owned),
      placeOf({ _id, tenantId }, 'reference'),
      reference,
    ),
    state: 'pending',
    attempts: 0,
    dueAt: new Date(ctx.clock.now()),
    receivedAt: timestamp,
    blob: newBlobName(ctx, tenantId),
  };
}
