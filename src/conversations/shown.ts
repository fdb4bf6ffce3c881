/**
 * What is shown of a message after all that came later: the last edit's words, nothing once it was revoked, and the
 * reactions that stand now (Cloud API: webhooks, edit, revoke, reaction). The rows themselves never change, so the
 * history is whole, and it does not matter which came first.
 */
import type { Context } from '../context.ts';
import type { MessageView } from '../http/schemas.ts';
import { Channels } from '../tenants/model.ts';
import type { Json } from '../whatsapp/payload/json.ts';
import { editedOf, readContent } from '../whatsapp/payload/message.ts';
import { wamidKey } from './ids.ts';
import { type MessageRow, Messages } from './model.ts';
import { openAll, type Opened, type SealedField } from './opened.ts';

export interface Content {
  content: Json;
  raw?: Json;
  /** Of what we send: the message that it answers. */
  context?: Json;
  /** Of a template that we send: what the client sees. */
  rendered?: MessageView['rendered'];
}

export interface Shown extends Pick<MessageView, 'edited' | 'revoked' | 'reactions'> {
  /** Undefined once erased. */
  value: Content | undefined;
}

/** What is sealed of a message row. */
export function sealedOfMessage(row: MessageRow): SealedField[] {
  const place = (field: string) => ({ tenantId: row.tenantId, collection: 'messages', id: row._id, field });
  return [
    { place: place('content'), sealed: row.content },
    { place: place('wamid'), sealed: row.wamid },
  ];
}

/** What is shown of messages of one tenant, by their ids. @param opened has their `sealedOfMessage` */
export async function shownOf(ctx: Context, rows: MessageRow[], opened: Opened): Promise<Map<string, Shown>> {
  const named = await Promise.all(
    rows.map(async (row) => [row, row.refersTo, await keyOf(ctx, row, opened)] as const),
  );
  const keys = new Set(
    named.flatMap(([, refersTo, key]) => [refersTo, key]).filter((key) => key !== undefined),
  );
  const later = await laterBy(ctx, rows[0]?.tenantId ?? '', [...keys]);
  const changes = await openAll(
    ctx,
    rows[0]?.tenantId ?? '',
    [...later.values()].flat().flatMap(sealedOfMessage),
  );
  return new Map(
    named.map(([row, refersTo, key]) => {
      const own = among(later.get(key ?? ''), row);
      // An edit shows what the edited message said: revoking that hides this, too.
      const ofEdited = row.type === 'edit' ? among(later.get(refersTo ?? ''), row) : [];
      return [row._id, shown(row, opened, { own, ofEdited, changes })];
    }),
  );
}

/** A message's `wamidKey`: in an inbound message's id, else made from its wamid. */
async function keyOf(ctx: Context, row: MessageRow, opened: Opened): Promise<string | undefined> {
  if (row.direction === 'in') return row._id.replace(/^msg_/, '');
  const wamid = opened.value<string>(row.wamid);
  const channel =
    wamid === undefined ? null : await ctx.store.batches.find(Channels, row.tenantId, row.channelId);
  return channel && wamid !== undefined
    ? wamidKey(ctx, row.tenantId, channel.phoneNumberId, wamid)
    : undefined;
}

/** What changes the messages with these keys, by key, oldest first. */
async function laterBy(ctx: Context, tenantId: string, keys: string[]): Promise<Map<string, MessageRow[]>> {
  const found = await Promise.all(
    keys.map(async (key) => {
      const rows = await ctx.store.batches.findBy(Messages, 'refersTo', tenantId, key);
      return [key, rows.sort(byTime)] as const;
    }),
  );
  return new Map(found);
}

function byTime(one: MessageRow, other: MessageRow): number {
  return (
    one.timestamp.getTime() - other.timestamp.getTime() ||
    one.position - other.position ||
    (one._id < other._id ? -1 : 1)
  );
}

/** Only what was said in the same conversation may change a message. */
function among(later: MessageRow[] | undefined, { conversationId }: MessageRow): MessageRow[] {
  return (later ?? []).filter((row) => row.conversationId === conversationId);
}

interface Later {
  own: MessageRow[];
  ofEdited: MessageRow[];
  changes: Opened;
}

function shown(row: MessageRow, opened: Opened, { own, ofEdited, changes }: Later): Shown {
  const value = opened.value<Content>(row.content);
  if (value === undefined) return { value };
  const reactions = reactionsAmong(own, changes);
  const standing = reactions.length === 0 ? {} : { reactions };
  const revoke = [...own, ...ofEdited].find(({ type }) => type === 'revoke');
  if (revoke) {
    return { value: { content: {} }, revoked: { at: revoke.timestamp.toISOString() }, ...standing };
  }
  const edits = own.flatMap((later) => {
    const content = later.type === 'edit' ? changes.value<Content>(later.content)?.content : undefined;
    const edited = content && editedOf(content);
    return edited ? [{ at: later.timestamp, ...edited }] : [];
  });
  const last = edits.at(-1);
  if (!last) return { value, ...standing };
  // The edit of a caption need not repeat the picture.
  const content = last.type === row.type ? { ...value.content, ...last.content } : last.content;
  const edited = { at: last.at.toISOString(), times: edits.length, original: value.content };
  return { value: { ...value, content }, edited, ...standing };
}

type Reaction = NonNullable<MessageView['reactions']>[number];

/** The last of each person; a removal has no emoji (Cloud API: webhooks, reaction). */
function reactionsAmong(later: MessageRow[], changes: Opened): Reaction[] {
  const standing = new Map<string, Reaction>();
  for (const row of later) {
    if (row.type !== 'reaction' || row.status === 'failed') continue;
    const who = row.direction === 'in' ? row.contactId : 'us';
    const content = changes.value<Content>(row.content)?.content;
    const emoji = content && readContent(row.type, content).summary;
    standing.delete(who);
    if (emoji === undefined) continue;
    standing.set(who, {
      emoji,
      direction: row.direction,
      contactId: row.direction === 'in' ? row.contactId : null,
      messageId: row._id,
      at: row.timestamp.toISOString(),
    });
  }
  return [...standing.values()];
}
