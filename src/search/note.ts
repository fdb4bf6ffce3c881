/** Noting the words of what was stored. Each may run again: the same thing has the same row. */
import type { Context } from '../context.ts';
import type { ContactRow, MessageRow } from '../conversations/model.ts';
import type { Content } from '../conversations/shown.ts';
import { ErasedError } from '../store/keyring.ts';
import { readContent } from '../whatsapp/payload/message.ts';
import { SearchWords, type SearchWordsRow } from './model.ts';
import { formsOf, formsOfPerson } from './words.ts';

/** 66 bits: two words of a tenant share a digest once in a very long time, and then a search finds one thing too many. */
const DIGEST_LENGTH = 11;

/** Digests of folded words, for rows and for searches. In the tenant's scope. */
export async function digestsOf(ctx: Context, tenantId: string, forms: string[]): Promise<string[]> {
  const digests = await ctx.store.keyring.lookups(tenantId, 'word', forms);
  return digests.map((digest) => digest.slice(0, DIGEST_LENGTH));
}

/** Notes what a message says, when it says anything in words; in the tenant's scope. */
export async function noteMessage(ctx: Context, row: MessageRow): Promise<void> {
  if (ctx.settings.SEARCH_MESSAGES === 'off') return;
  const { _id, tenantId, contactId, position: at } = row;
  const said = await saidIn(ctx, row);
  const forms = said === undefined ? [] : formsOf(said);
  if (forms.length === 0) return;
  const words = await digestsOf(ctx, tenantId, forms);
  await note(ctx, { _id, tenantId, kind: 'message', contactId, words, at });
}

async function saidIn(
  ctx: Context,
  { _id: id, tenantId, type, content }: MessageRow,
): Promise<string | undefined> {
  if (!content) return undefined;
  try {
    const place = { tenantId, collection: 'messages', id, field: 'content' };
    const opened = await ctx.store.keyring.open<Content>(place, content);
    return readContent(type, opened.content).summary ?? opened.rendered?.body;
  } catch (error) {
    if (error instanceof ErasedError) return undefined;
    throw error;
  }
}

/** Notes by what a contact is found: names and the end of the number, as its row says them now. */
export async function noteContact(ctx: Context, row: ContactRow): Promise<void> {
  const { _id, tenantId, createdAt } = row;
  const open = (field: 'name' | 'username' | 'phone') => {
    const sealed = row[field];
    return (
      sealed && ctx.store.keyring.open<string>({ tenantId, collection: 'contacts', id: _id, field }, sealed)
    );
  };
  const [name, username, phone] = [await open('name'), await open('username'), await open('phone')];
  const names = [name, username].filter((text) => text !== undefined);
  const words = await digestsOf(ctx, tenantId, formsOfPerson({ names, phone }));
  await note(ctx, { _id, tenantId, kind: 'contact', contactId: _id, words, at: createdAt.getTime() * 1000 });
}

async function note(ctx: Context, row: SearchWordsRow): Promise<void> {
  if (await ctx.store.batches.insert(SearchWords, row)) return;
  const { _id, tenantId, words } = row;
  await ctx.store.batches.update(SearchWords, { tenantId, _id, update: { $set: { words } } });
}
