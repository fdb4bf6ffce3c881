/**
 * Making the derived collections again from the sealed rows: after a restore, since backups leave them out, or after a
 * change of what is searched. What is missing is added, what leads nowhere is taken away, and what is right stays, so
 * it may run again, whatever ended it, and beside a gateway that works. Identities come first: without them a client
 * who writes is taken for somebody new.
 */
import { claimNames } from '../accounts/names.ts';
import type { Context } from '../context.ts';
import { aliasesOf, openContactField } from '../conversations/contacts.ts';
import { identityKey, wamidKey } from '../conversations/ids.ts';
import {
  type ContactRow,
  Contacts,
  Identities,
  type MessageRow,
  Messages,
  SentWamids,
} from '../conversations/model.ts';
import { SearchWords } from '../search/model.ts';
import { noteContact, noteMessage } from '../search/note.ts';
import type { Collection, TenantRow } from '../store/collection.ts';
import { ErasedError } from '../store/keyring.ts';
import { withTenant } from '../store/scope.ts';
import { type ChannelRow, Channels } from '../tenants/model.ts';
import { UserNames, type UserRow, Users } from '../tenants/people-model.ts';
import { profileOf } from '../tenants/sessions.ts';

/** Rows that are read at once, and worked side by side: their writes go together. */
const PAGE = 200;

/** The collections that this makes; every derived one must be among them. */
export const REBUILT = [Identities, SentWamids, UserNames, SearchWords].map(({ name }) => name);

export interface Rebuilt {
  contacts: number;
  messages: number;
  users: number;
  /** Rows that led nowhere. */
  removed: number;
  /** Erased meanwhile, or under a key that is not here. */
  skipped: number;
}

type Progress = (done: Rebuilt) => void;

/** Rebuilds what is derived of one tenant. */
export async function rebuildTenant(ctx: Context, tenantId: string, onProgress: Progress): Promise<Rebuilt> {
  const done: Rebuilt = { contacts: 0, messages: 0, users: 0, removed: 0, skipped: 0 };
  await withTenant(tenantId, async () => {
    const numbers = await numbersOf(ctx);
    const each = async <Row extends TenantRow>(
      collection: Collection<Row>,
      count: 'contacts' | 'messages' | 'users',
      work: (row: Row) => Promise<void>,
    ) => {
      for await (const rows of pages(ctx, collection)) {
        const outcomes = await Promise.all(rows.map((row) => readable(() => work(row))));
        done.skipped += outcomes.filter((isReadable) => !isReadable).length;
        done[count] += rows.length;
        onProgress(done);
      }
    };
    await each(Contacts, 'contacts', (row) => rebuildContact(ctx, row));
    await each(Users, 'users', (row) => rebuildUser(ctx, row));
    await each(Messages, 'messages', (row) => rebuildMessage(ctx, row, numbers.get(row.channelId)));
    done.removed = await removeLost(ctx);
  });
  return done;
}

/** @returns false when the row can't be opened, because it was erased */
async function readable(work: () => Promise<void>): Promise<boolean> {
  try {
    await work();
    return true;
  } catch (error) {
    if (error instanceof ErasedError) return false;
    throw error;
  }
}

async function numbersOf(ctx: Context): Promise<Map<string, string>> {
  const rows = await ctx.store.model(Channels).find().lean<ChannelRow[]>().exec();
  return new Map(rows.map(({ _id, phoneNumberId }) => [_id, phoneNumberId]));
}

async function rebuildContact(ctx: Context, row: ContactRow): Promise<void> {
  const { _id: contactId, tenantId, createdAt, closedAt, recycledFrom } = row;
  if (closedAt) return;
  const [phone, bsuid, aliases] = [
    await openContactField(ctx, row, 'phone'),
    await openContactField(ctx, row, 'bsuid'),
    await aliasesOf(ctx, row),
  ];
  const claim = async (kind: 'phone' | 'bsuid', value: string) => {
    const _id = await identityKey(ctx, tenantId, { kind, value });
    const former = kind === 'phone' && recycledFrom !== undefined ? { former: [recycledFrom] } : {};
    await ctx.store.batches.insert(Identities, { _id, tenantId, kind, contactId, createdAt, ...former });
  };
  if (phone !== undefined) await claim('phone', phone);
  for (const value of [...(bsuid === undefined ? [] : [bsuid]), ...aliases]) await claim('bsuid', value);
  await noteContact(ctx, row);
}

async function rebuildUser(ctx: Context, row: UserRow): Promise<void> {
  const { username, email } = await profileOf(ctx, row);
  await claimNames(ctx, { tenantId: row.tenantId, userId: row._id, names: { username, email } });
}

async function rebuildMessage(
  ctx: Context,
  row: MessageRow,
  phoneNumberId: string | undefined,
): Promise<void> {
  const { _id: messageId, tenantId, channelId, contactId, wamid: sealed, storedAt: createdAt } = row;
  if (row.direction === 'out' && sealed && phoneNumberId !== undefined) {
    const place = { tenantId, collection: 'messages', id: messageId, field: 'wamid' };
    const wamid = await ctx.store.keyring.open<string>(place, sealed);
    const _id = await wamidKey(ctx, tenantId, phoneNumberId, wamid);
    await ctx.store.batches.insert(SentWamids, { _id, tenantId, channelId, messageId, contactId, createdAt });
  }
  await noteMessage(ctx, row);
}

/** Words of what was erased or is no longer searched, and identities of contacts that are gone. */
async function removeLost(ctx: Context): Promise<number> {
  const isSearched = ctx.settings.SEARCH_MESSAGES === 'on';
  let removed = isSearched ? 0 : await removeAll(ctx, { kind: 'message' });
  for await (const rows of pages(ctx, SearchWords)) {
    const live = new Set([
      ...(await idsOf(ctx, Contacts, rows, { closedAt: { $exists: false } })),
      ...(await idsOf(ctx, Messages, rows, { content: { $exists: true } })),
    ]);
    const lost = rows.filter(({ _id }) => !live.has(_id)).map(({ _id }) => _id);
    if (lost.length > 0) removed += await removeAll(ctx, { _id: { $in: lost } });
  }
  return removed;
}

async function removeAll(ctx: Context, filter: Record<string, unknown>): Promise<number> {
  return (await ctx.store.model(SearchWords).deleteMany(filter).exec()).deletedCount;
}

async function idsOf<Row extends TenantRow>(
  ctx: Context,
  collection: Collection<Row>,
  rows: TenantRow[],
  where: Record<string, unknown>,
): Promise<string[]> {
  const found = await ctx.store
    .model(collection)
    .find({ ...where, _id: { $in: rows.map(({ _id }) => _id) } })
    .select({ _id: 1 })
    .lean<{ _id: string }[]>()
    .exec();
  return found.map(({ _id }) => _id);
}

/** All rows of the running tenant, page by page in the order of their ids; none of the new ones is waited for. */
async function* pages<Row extends TenantRow>(
  ctx: Context,
  collection: Collection<Row>,
): AsyncGenerator<Row[]> {
  let after = '';
  for (;;) {
    const rows = await ctx.store
      .model(collection)
      .find({ _id: { $gt: after } })
      .sort({ _id: 1 })
      .limit(PAGE)
      .lean<Row[]>()
      .exec();
    if (rows.length > 0) yield rows;
    if (rows.length < PAGE) return;
    after = rows.at(-1)?._id ?? '';
  }
}
