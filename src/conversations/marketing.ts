/**
 * Marketing that a client has stopped, kept per contact and number (Cloud API: user preferences; error 131050). A stop
 * may come from WhatsApp itself, from a refused send, from a button or a word that the client wrote, or from an agent.
 * What the client told WhatsApp only the client can take back there; the rest ends with a word of theirs or an agent's.
 */
import { publish } from '../agents/feed.ts';
import type { Context } from '../context.ts';
import { Reject } from '../ops/errors.ts';
import { isJson, type Json, text, timeOf } from '../whatsapp/payload/json.ts';
import { identityOf } from '../whatsapp/payload/people.ts';
import { findOrCreateContact } from './contacts.ts';
import { conversationWith } from './conversations.ts';
import { holdersOf } from './identities.ts';
import { samePerson } from './merge.ts';
import {
  type ContactRow,
  Contacts,
  type ConversationRow,
  type MarketingChoice,
  type MessageRow,
} from './model.ts';
import { sayLine } from './system-lines.ts';

/** Whole messages that stop marketing, as they stand after `plainWords`. */
const STOP_WORDS = new Set([
  'stop',
  'stopall',
  'stop all',
  'stop promotions',
  'unsubscribe',
  'cancel promotions',
  'opt out',
  'optout',
  'הסר',
  'הסירו',
  'הסר אותי',
  'הסירו אותי',
  'להסרה',
  'הסרה',
  'עצור',
  'עצרו',
  'הפסק',
  'הפסיקו',
]);
const RESUME_WORDS = new Set([
  'start',
  'unstop',
  'subscribe',
  'resume',
  'opt in',
  'optin',
  'הצטרף',
  'הצטרפות',
  'חדש',
  'חדשו',
]);

/** Lower case, without marks around the words, blanks folded. */
function plainWords(words: string): string {
  return words
    .normalize('NFKC')
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}]+/gu, ' ')
    .trim();
}

/** What a message of a client says of marketing, if the whole of it says that. */
export function marketingWordOf(message: Json): { stopped: boolean; cause: 'word' | 'button' } | undefined {
  const button = isJson(message.button) ? message.button : undefined;
  const interactive = isJson(message.interactive) ? message.interactive : {};
  const reply = [interactive.button_reply, interactive.list_reply].find(isJson);
  const said = isJson(message.text) ? text(message.text.body) : undefined;
  const pressed = button ? [button.text, button.payload] : reply ? [reply.title, reply.id] : [];
  const cause = said === undefined ? 'button' : 'word';
  const all = (said === undefined ? pressed : [said])
    .map(text)
    .filter((words) => words !== undefined && words.length <= 60)
    .map((words) => plainWords(words ?? ''));
  if (all.some((words) => STOP_WORDS.has(words))) return { stopped: true, cause };
  return all.some((words) => RESUME_WORDS.has(words)) ? { stopped: false, cause } : undefined;
}

interface Chosen extends MarketingChoice {
  /** An agent's words; stand in the thread only. */
  note?: string;
  /** Microseconds since 1970: the line's place in the thread; else now. */
  position?: number;
}

/**
 * Notes a choice about a contact's marketing by one number, in the tenant's scope. An older one, and the same again,
 * change nothing. @returns true when it changed something
 */
export async function chooseMarketing(
  ctx: Context,
  { tenantId, contactId, channelId }: { tenantId: string; contactId: string; channelId: string },
  { note, position, ...choice }: Chosen,
): Promise<boolean> {
  const key = `marketing.${channelId}`;
  const isOlder = { $or: [{ [key]: { $exists: false } }, { [`${key}.at`]: { $lt: choice.at } }] };
  const before = await ctx.store.batches.find(Contacts, tenantId, contactId);
  if (!before || !mayFollow(before.marketing?.[channelId], choice)) return false;
  const { modifiedCount } = await ctx.store
    .model(Contacts)
    .updateOne({ _id: contactId, ...isOlder }, { $set: { [key]: choice } })
    .exec();
  if (modifiedCount === 0) return false;
  const { stopped, cause } = choice;
  ctx.log.info(
    { tenantId, contactId, channelId, outcome: stopped ? 'stopped' : 'allowed', reason: cause },
    'marketing.chosen',
  );
  const conversation = await conversationWith(ctx, { tenantId, channelId, contactId });
  if (!conversation) return true;
  await sayLine(ctx, conversation, {
    unique: ['marketing', String(choice.at.getTime())],
    content: {
      type: stopped ? 'marketing_stopped' : 'marketing_resumed',
      cause,
      ...(note === undefined ? {} : { note }),
    },
    position: position ?? ctx.positions.next(),
    at: choice.at,
  });
  await publish(ctx, tenantId, { type: 'conversation.updated', conversationId: conversation._id });
  return true;
}

const BY_WHATSAPP = ['preference', 'refused'];

/** A stop told to WhatsApp ends there only; allowing what is not stopped says nothing. */
function mayFollow(before: MarketingChoice | undefined, next: MarketingChoice): boolean {
  if (before?.stopped === next.stopped) {
    return next.stopped && !BY_WHATSAPP.includes(before.cause) && BY_WHATSAPP.includes(next.cause);
  }
  if (next.stopped) return true;
  if (before?.stopped !== true) return false;
  return !BY_WHATSAPP.includes(before.cause) || next.cause === 'preference';
}

/** The stop that holds for a contact by a number; also one of a contact that is said to be the same person. */
export async function marketingStopOf(
  ctx: Context,
  contact: ContactRow,
  channelId: string,
): Promise<MarketingChoice | undefined> {
  const all = await samePerson(ctx, contact);
  return all.map(({ marketing }) => marketing?.[channelId]).find((choice) => choice?.stopped === true);
}

/** Graph API code: the client stopped marketing of this number. */
export const MARKETING_STOPPED = 131050;

/** WhatsApp refused a message because its client stopped marketing. */
export async function noteRefusedMarketing(
  ctx: Context,
  {
    tenantId,
    contactId,
    channelId,
    toGroup,
  }: Pick<MessageRow, 'tenantId' | 'contactId' | 'channelId' | 'toGroup'>,
): Promise<void> {
  if (toGroup) return;
  const at = new Date(ctx.clock.now());
  await chooseMarketing(ctx, { tenantId, contactId, channelId }, { stopped: true, cause: 'refused', at });
}

/** Said by a client's own message, in its conversation. A redo changes nothing. */
export async function noteMarketingWord(
  ctx: Context,
  { tenantId, contactId, channelId }: Pick<ConversationRow, 'tenantId' | 'contactId' | 'channelId'>,
  message: Json,
  { at, position }: { at: Date; position: number },
): Promise<void> {
  const said = marketingWordOf(message);
  if (!said) return;
  await chooseMarketing(ctx, { tenantId, contactId, channelId }, { ...said, at, position: position + 1 });
}

/**
 * Applies one entry of `user_preferences` (Cloud API: webhooks, user_preferences), in the tenant's scope.
 * @returns false when it can't be read: keep it elsewhere
 */
export async function applyUserPreference(
  ctx: Context,
  {
    tenantId,
    channelId,
    preference,
    receivedAt,
  }: {
    tenantId: string;
    channelId: string;
    preference: Json;
    receivedAt: Date;
  },
): Promise<boolean> {
  const { category, value } = preference;
  const stopped = value === 'stop' ? true : value === 'resume' || value === 'signup' ? false : undefined;
  const known = identityOf(preference.user_id, preference.parent_user_id, preference.wa_id);
  if (category !== 'marketing_messages' || stopped === undefined || Object.keys(known).length === 0) {
    return false;
  }
  // A stop of somebody who never wrote counts for the first template to them.
  const contact = await findOrCreateContact(ctx, tenantId, known, {}, await holdersOf(ctx, tenantId, known));
  const at = timeOf(preference.timestamp) ?? receivedAt;
  await chooseMarketing(
    ctx,
    { tenantId, contactId: contact._id, channelId },
    { stopped, cause: 'preference', at },
  );
  return true;
}

/** An agent's word. @throws Reject (409) when the client has told WhatsApp itself */
export async function chooseByAgent(
  ctx: Context,
  contact: ContactRow,
  { channelId, stopped, by, note }: { channelId: string; stopped: boolean; by: string; note: string },
): Promise<void> {
  const standing = await marketingStopOf(ctx, contact, channelId);
  if (!stopped && standing && BY_WHATSAPP.includes(standing.cause)) {
    throw new Reject(
      409,
      'marketing-stopped-by-client',
      'The client stopped marketing in WhatsApp itself, so only they can allow it again, there.',
    );
  }
  const at = new Date(ctx.clock.now());
  const whom = stopped ? [contact] : await samePerson(ctx, contact);
  for (const { tenantId, _id: contactId } of whom) {
    await chooseMarketing(ctx, { tenantId, contactId, channelId }, { stopped, cause: 'agent', at, by, note });
  }
}
