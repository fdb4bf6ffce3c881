/** What a message says besides its content, in one form for all types: what it answers, chooses, fills in, reports. */
import type { Context } from '../context.ts';
import type { MessageView } from '../http/schemas.ts';
import { Channels } from '../tenants/model.ts';
import { type Json, text } from '../whatsapp/payload/json.ts';
import { readContent, type ReadMessage, readMessage } from '../whatsapp/payload/message.ts';
import { contextOf } from '../whatsapp/payload/replies.ts';
import { findContact } from './contacts.ts';
import { messageByKey } from './earlier.ts';
import { wamidKey } from './ids.ts';
import type { MessageRow } from './model.ts';
import { openAll } from './opened.ts';
import { type Content, sealedOfMessage, type Shown, shownOf } from './shown.ts';

/** Start of a text that a list or a quotation shows, in code points. */
const PREVIEW_LENGTH = 120;

type Details = Partial<
  Pick<MessageView, 'kind' | 'context' | 'refersTo' | 'reply' | 'form' | 'referral' | 'sender' | 'errors'>
>;

/** Details of one message; `{}` once erased, and nothing of what a revoked one said. */
export async function detailsOf(
  ctx: Context,
  row: MessageRow,
  { value, revoked }: Shown,
  original: Content | undefined,
): Promise<Details> {
  if (value === undefined || original === undefined) return {};
  const read = readRow(row, original);
  const { kind, reply, form, referral, errors } = read;
  const [earlier, sender] = await Promise.all([
    read.refersTo === undefined ? undefined : earlierOf(ctx, row, read.refersTo),
    senderOf(ctx, row, original.raw),
  ]);
  const always = {
    ...(kind === undefined ? {} : { kind }),
    ...(earlier === undefined ? {} : { refersTo: earlier }),
    ...(sender === undefined ? {} : { sender }),
  };
  if (revoked) return always;
  return {
    ...always,
    ...(read.context === undefined ? {} : { context: await contextView(ctx, row, read.context) }),
    ...(reply === undefined ? {} : { reply }),
    ...(form === undefined ? {} : { form }),
    ...(referral === undefined ? {} : { referral }),
    ...(errors === undefined ? {} : { errors }),
  };
}

/** Start of what a message says; else the word of its type, that a console says in its own language. */
export function previewOf(type: string, { value, revoked }: Shown): string {
  if (value === undefined || revoked) return '';
  const { summary = value.rendered?.body } = readContent(type, value.content);
  if (summary === undefined) return type;
  return Array.from(summary.slice(0, 2 * PREVIEW_LENGTH))
    .slice(0, PREVIEW_LENGTH)
    .join('');
}

/** What WhatsApp sent is read whole; of what we send there is the payload. */
function readRow(row: MessageRow, { content, raw, context }: Content): ReadMessage {
  if (raw) return readMessage(raw);
  const answered = context && contextOf({ context });
  return { ...readContent(row.type, content), ...(answered ? { context: answered } : {}) };
}

async function keyIn(ctx: Context, row: MessageRow, wamid: string): Promise<string | undefined> {
  const channel = await ctx.store.batches.find(Channels, row.tenantId, row.channelId);
  return channel ? wamidKey(ctx, row.tenantId, channel.phoneNumberId, wamid) : undefined;
}

async function earlierOf(
  ctx: Context,
  row: MessageRow,
  wamid: string,
): Promise<NonNullable<Details['refersTo']>> {
  const key = row.refersTo ?? (await keyIn(ctx, row, wamid));
  const earlier = key === undefined ? null : await messageByKey(ctx, row.tenantId, key);
  return { wamid, messageId: earlier?._id ?? null };
}

async function contextView(
  ctx: Context,
  row: MessageRow,
  { wamid, ...rest }: NonNullable<ReadMessage['context']>,
): Promise<NonNullable<Details['context']>> {
  const key = wamid === undefined ? undefined : await keyIn(ctx, row, wamid);
  const found = key === undefined ? null : await messageByKey(ctx, row.tenantId, key);
  const quoted = found?.conversationId === row.conversationId ? found : null;
  return {
    wamid: wamid ?? null,
    messageId: quoted?._id ?? null,
    ...(quoted ? { quoted: await quotation(ctx, quoted) } : {}),
    ...rest,
  };
}

async function quotation(ctx: Context, row: MessageRow) {
  const opened = await openAll(ctx, row.tenantId, sealedOfMessage(row));
  const shown = (await shownOf(ctx, [row], opened)).get(row._id) ?? { value: undefined };
  return { direction: row.direction, type: row.type, preview: previewOf(row.type, shown) };
}

/** In a group: who wrote. */
async function senderOf(ctx: Context, row: MessageRow, raw: Json | undefined): Promise<Details['sender']> {
  if (text(raw?.group_id) === undefined) return undefined;
  const contact = await findContact(ctx, row.tenantId, row.contactId);
  if (!contact) return undefined;
  const opened = await openAll(
    ctx,
    row.tenantId,
    (['name', 'phone', 'username'] as const).map((field) => ({
      place: { tenantId: row.tenantId, collection: 'contacts', id: contact._id, field },
      sealed: contact[field],
    })),
  );
  const phone = opened.value<string>(contact.phone);
  return {
    contactId: contact._id,
    name: opened.value<string>(contact.name) ?? null,
    phone: phone === undefined ? null : `+${phone}`,
    username: opened.value<string>(contact.username) ?? null,
  };
}
