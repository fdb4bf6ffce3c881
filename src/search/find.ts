/** Finding contacts and messages by words, newest first. All of it runs in the tenant's scope. */
import type { Context } from '../context.ts';
import {
  type ContactRow,
  Contacts,
  type ConversationRow,
  Conversations,
  type MessageRow,
  Messages,
} from '../conversations/model.ts';
import type { Found, Page } from '../http/route.ts';
import { SearchWords, type SearchWordsRow } from './model.ts';
import { digestsOf } from './note.ts';
import { askedFor } from './words.ts';

export interface FoundRows {
  /** In the order of the answer. */
  items: ({ kind: 'contact'; row: ContactRow } | { kind: 'message'; row: MessageRow })[];
  next: Found<unknown>['next'];
}

/** Everything that has all words of the query; what was erased meanwhile is left out. */
export async function findByWords(
  ctx: Context,
  tenantId: string,
  { q, kind }: { q: string; kind?: 'contact' | 'message' | undefined },
  { limit, after }: Page,
): Promise<FoundRows> {
  const asked = askedFor(q);
  if (asked.length === 0) return { items: [], next: null };
  const groups = await Promise.all(asked.map((forms) => digestsOf(ctx, tenantId, forms)));
  const older = after && { $or: [{ at: { $lt: after.at } }, { at: after.at, _id: { $lt: after.id } }] };
  const rows = await ctx.store
    .model(SearchWords)
    .find({
      $and: [...groups.map((words) => ({ words: { $in: words } })), ...(older ? [older] : [])],
      ...(kind === undefined ? {} : { kind }),
    })
    .sort({ at: -1, _id: -1 })
    .limit(limit + 1)
    .lean<SearchWordsRow[]>()
    .exec();
  const page = rows.slice(0, limit);
  const last = page.at(-1);
  const next = rows.length > limit && last ? { at: last.at, id: last._id } : null;
  return { items: await rowsOf(ctx, page), next };
}

/** More conversations than the contacts of one page have numbers to write to. */
const MOST_CONVERSATIONS = 1_000;

/** Where what was found is talked about, newest activity first. */
export async function conversationsOf(ctx: Context, found: FoundRows['items']): Promise<ConversationRow[]> {
  if (found.length === 0) return [];
  const contacts = found.flatMap((one) => (one.kind === 'contact' ? [one.row._id] : []));
  const conversations = found.flatMap((one) => (one.kind === 'message' ? [one.row.conversationId] : []));
  return ctx.store
    .model(Conversations)
    .find({ $or: [{ contactId: { $in: contacts } }, { _id: { $in: conversations } }] })
    .sort({ lastPosition: -1, _id: -1 })
    .limit(MOST_CONVERSATIONS)
    .lean<ConversationRow[]>()
    .exec();
}

async function rowsOf(ctx: Context, found: SearchWordsRow[]): Promise<FoundRows['items']> {
  const ids = (kind: SearchWordsRow['kind']) =>
    found.filter((row) => row.kind === kind).map(({ _id }) => _id);
  const [contacts, messages] = await Promise.all([
    ctx.store
      .model(Contacts)
      .find({ _id: { $in: ids('contact') }, closedAt: { $exists: false } })
      .limit(found.length)
      .lean<ContactRow[]>()
      .exec(),
    ctx.store
      .model(Messages)
      .find({ _id: { $in: ids('message') }, content: { $exists: true } })
      .limit(found.length)
      .lean<MessageRow[]>()
      .exec(),
  ]);
  return found.flatMap(({ _id, kind }): FoundRows['items'] => {
    if (kind === 'contact') {
      const row = contacts.find((contact) => contact._id === _id);
      return row ? [{ kind, row }] : [];
    }
    const row = messages.find((message) => message._id === _id);
    return row ? [{ kind, row }] : [];
  });
}
