/**
 * Lines in a thread that nobody wrote: what WhatsApp says of a person's number or id, and what we found out. They
 * open no window and wake nobody who resolved the conversation, but an agent sees that another person may sit there.
 */
import { publish } from '../agents/feed.ts';
import type { Context } from '../context.ts';
import { Park } from '../ops/errors.ts';
import type { Json } from '../whatsapp/payload/json.ts';
import { identityChangeOf } from '../whatsapp/payload/people.ts';
import { findContact } from './contacts.ts';
import type { Holders } from './identities.ts';
import { applyIdentityChange } from './identity-change.ts';
import { type ContactRow, type ConversationRow, Messages } from './model.ts';

/** Types that say something of an earlier time, not of the client's turn. */
const QUIET_TYPES = ['system', 'edit', 'revoke'];

/** True when a message of this type opens the 24-hour window and reopens a resolved conversation. */
export function isClientsTurn(type: string): boolean {
  return !QUIET_TYPES.includes(type);
}

/**
 * Does what a `system` message says and finds whom it is about. It never makes a contact.
 * @throws Park when nobody known is meant
 */
export async function subjectOfSystemMessage(
  ctx: Context,
  tenantId: string,
  message: Json,
  held: Holders,
): Promise<ContactRow> {
  const change = identityChangeOf(message);
  const contactId = change
    ? await applyIdentityChange(ctx, tenantId, change)
    : (held.bsuid ?? held.parent ?? held.phone);
  const contact = contactId === undefined ? null : await findContact(ctx, tenantId, contactId);
  if (contact) return contact;
  throw new Park('unknown-field', 'WhatsApp says that something changed for a person who never wrote here.');
}

/** Says above a new person's first message that their number was another's. A redo adds nothing. */
export async function sayRecycled(
  ctx: Context,
  conversation: ConversationRow,
  before: { position: number },
): Promise<void> {
  await sayLine(ctx, conversation, {
    unique: ['recycled'],
    content: { type: 'recycled_number' },
    position: before.position - 1,
    at: new Date(Math.floor(before.position / 1000)),
  });
}

export interface Line {
  /** What makes it this line of the conversation and no other. */
  unique: string[];
  /** `type` is the word that the console knows (`system.…`); no words of ours. */
  content: { type: string } & Json;
  /** Microseconds since 1970: its place in the thread. */
  position: number;
  at: Date;
}

/** Puts a line into a thread, once. @returns its message's id */
export async function sayLine(
  ctx: Context,
  { _id: conversationId, tenantId, channelId, contactId, groupId }: ConversationRow,
  { unique, content, position, at }: Line,
): Promise<string> {
  const _id = `msg_${await ctx.store.keyring.lookup(tenantId, 'system-line', ...unique, conversationId)}`;
  const owner =
    groupId === undefined
      ? { kind: 'contact' as const, id: contactId }
      : { kind: 'group' as const, id: conversationId };
  const row = {
    _id,
    tenantId,
    conversationId,
    channelId,
    contactId,
    direction: 'in' as const,
    type: 'system',
    position,
    timestamp: at,
    status: 'received' as const,
    rank: 0,
    content: await ctx.store.keyring.seal(
      owner,
      { tenantId, collection: 'messages', id: _id, field: 'content' },
      { content },
    ),
    storedAt: new Date(ctx.clock.now()),
  };
  if (await ctx.store.batches.insert(Messages, row)) {
    await publish(ctx, tenantId, { type: 'message.created', conversationId, messageId: _id });
  }
  return _id;
}
