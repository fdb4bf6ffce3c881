/**
 * Groups (Cloud API: groups, webhooks): who is in one, what it is called, and whether it may be written to. Each
 * update is a line in the group's own conversation; it never opens a chat with a member.
 */
import { publish } from '../agents/feed.ts';
import type { Context } from '../context.ts';
import { entryOf, type Json, part, text } from '../whatsapp/payload/json.ts';
import type { Sender } from '../whatsapp/payload/people.ts';
import { findOrCreateContact } from './contacts.ts';
import { ensureConversation } from './conversations.ts';
import { type GroupRow, Groups } from './groups-model.ts';
import { holdersOf } from './identities.ts';
import { type ConversationRow, Conversations } from './model.ts';
import { sayLine } from './system-lines.ts';

/** In place of a contact, in a group of which nobody has written. */
const NOBODY = 'nobody';

export interface GroupUpdate {
  tenantId: string;
  channelId: string;
  groupId: string;
  /** What happened, as one word: also the line that is shown. */
  type: string;
  at: Date;
  position: number;
  unique: string;
  update: Json;
  added: Sender[];
  removed: Sender[];
}

/** Applies one update of a group; a repeat changes nothing. In the tenant's scope. */
export async function applyGroupUpdate(ctx: Context, given: GroupUpdate): Promise<void> {
  const { tenantId, channelId, groupId, type, at, position, unique, update, added, removed } = given;
  const conversation = await ensureConversation(ctx, { tenantId, channelId, contactId: NOBODY, groupId });
  await ensureGroup(ctx, conversation);
  const joined = await contactsOf(ctx, tenantId, added);
  const left = await contactsOf(ctx, tenantId, removed);
  for (const contactId of joined) await setIn(ctx, conversation, `members.${contactId}`, { in: true, at });
  for (const contactId of left) await setIn(ctx, conversation, `members.${contactId}`, { in: false, at });
  await noteRequest(ctx, conversation, given);
  await noteWords(ctx, conversation, given);
  await noteBlock(ctx, conversation, given);
  const people = [...joined, ...left].length;
  await sayLine(ctx, conversation, {
    unique: ['group', unique],
    content: {
      type,
      ...(people > 0 ? { people } : {}),
      ...(hasErrors(update) ? { failed: true } : {}),
    },
    position,
    at,
  });
  await publish(ctx, tenantId, { type: 'conversation.updated', conversationId: conversation._id });
}

function hasErrors(update: Json): boolean {
  const parts = [update, ...SETTINGS.map((name) => part(update, name))];
  return parts.some(({ errors, update_successful: done }) => done === false || Array.isArray(errors));
}

async function ensureGroup(ctx: Context, { _id, tenantId, channelId }: ConversationRow): Promise<void> {
  await ctx.store.batches.insert(Groups, {
    _id,
    tenantId,
    channelId,
    createdAt: new Date(ctx.clock.now()),
  });
}

async function contactsOf(ctx: Context, tenantId: string, people: Sender[]): Promise<string[]> {
  const ids: string[] = [];
  for (const known of people) {
    if (Object.keys(known).length === 0) continue;
    const held = await holdersOf(ctx, tenantId, known);
    ids.push((await findOrCreateContact(ctx, tenantId, known, {}, held))._id);
  }
  return ids;
}

/** What was said later stands. */
async function setIn(
  ctx: Context,
  { _id }: ConversationRow,
  path: string,
  value: { at: Date } & Record<string, unknown>,
): Promise<void> {
  await ctx.store
    .model(Groups)
    .updateOne(
      { _id, $or: [{ [path]: { $exists: false } }, { [`${path}.at`]: { $lt: value.at } }] },
      { $set: { [path]: value } },
    )
    .exec();
}

/** Ids of requests are opaque: made safe as the name of a field. */
async function noteRequest(ctx: Context, conversation: ConversationRow, { update, type, at }: GroupUpdate) {
  const requestId = text(update.join_request_id);
  if (requestId === undefined) return;
  const name = Buffer.from(requestId).toString('base64url').slice(0, 120);
  const open = type === 'group_join_request_created';
  await setIn(ctx, conversation, `requests.${name}`, { open, at });
}

const SETTINGS = ['group_subject', 'group_description', 'profile_picture'];

export interface GroupWords {
  subject?: string;
  description?: string;
  inviteLink?: string;
}

/** Name, description and link, each as it was said last. */
async function noteWords(ctx: Context, conversation: ConversationRow, { update, at }: GroupUpdate) {
  const { _id, tenantId } = conversation;
  const set = (name: string) => {
    const said = part(update, name);
    return said.update_successful === false ? undefined : (text(said.text) ?? text(said.value));
  };
  const said = {
    subject: text(update.subject) ?? set('group_subject'),
    description: text(update.description) ?? set('group_description'),
    inviteLink: text(update.invite_link),
  };
  const news = Object.fromEntries(Object.entries(said).filter(([, value]) => value !== undefined));
  if (Object.keys(news).length === 0) return;
  const row = await ctx.store.batches.find(Groups, tenantId, _id);
  if (row?.saidAt && row.saidAt > at) return;
  const words = { ...(row ? await wordsOf(ctx, row) : {}), ...news };
  const place = { tenantId, collection: 'groups', id: _id, field: 'said' };
  const sealed = await ctx.store.keyring.seal({ kind: 'group', id: _id }, place, words);
  const change = { update: { $set: { said: sealed, saidAt: at } } };
  await ctx.store.batches.update(Groups, { tenantId, _id, ...change });
}

/** What is sealed of a group. */
export async function wordsOf(ctx: Context, { _id: id, tenantId, said }: GroupRow): Promise<GroupWords> {
  if (!said) return {};
  return ctx.store.keyring.open<GroupWords>({ tenantId, collection: 'groups', id, field: 'said' }, said);
}

const BLOCKS: Record<string, 'suspended' | 'deleted' | null> = {
  group_suspend: 'suspended',
  group_suspended: 'suspended',
  group_suspend_cleared: null,
  group_delete: 'deleted',
};

/** A group that was suspended or deleted can't be written to. */
async function noteBlock(ctx: Context, { _id }: ConversationRow, { type, at, update }: GroupUpdate) {
  const block = entryOf(BLOCKS, type);
  if (block === undefined || hasErrors(update)) return;
  await ctx.store
    .model(Conversations)
    .updateOne(
      { _id, $or: [{ groupBlockedAt: { $exists: false } }, { groupBlockedAt: { $lt: at } }] },
      {
        $set: { groupBlockedAt: at, ...(block === null ? {} : { groupBlocked: block }) },
        ...(block === null ? { $unset: { groupBlocked: 1 } } : {}),
      },
    )
    .exec();
}
