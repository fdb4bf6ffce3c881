/**
 * Destroying what is due: the keys first, so that from then on nothing of the person can be read in any copy, then the
 * rows. Every step can be repeated, so a crash leaves work to redo. Of a message a row without content stays for nine
 * days: WhatsApp may repeat its webhook that long, and a repeat must not bring anybody back.
 */
import { publishReset } from '../agents/feed.ts';
import type { Context } from '../context.ts';
import {
  Contacts,
  Conversations,
  type MessageRow,
  Messages,
  SentWamids,
  Statuses,
} from '../conversations/model.ts';
import { Deliveries } from '../endpoints/model.ts';
import { DeadLetters } from '../lanes/model.ts';
import { Media, type MediaRow } from '../media/model.ts';
import { removeFile } from '../media/sweep.ts';
import { SearchWords } from '../search/model.ts';
import { asOperator, withTenant } from '../store/scope.ts';
import { closeContacts } from './erase.ts';
import { type Destroyed, type ErasureRow, Erasures } from './model.ts';

/** WhatsApp repeats a webhook for at most a week, and what we took may wait in a lane. */
const CONTENTLESS_MS = 9 * 24 * 3_600_000;
const ROWS_AT_ONCE = 500;

/** Carries out every erasure that is due, and takes away what stayed for repeats. Runs as the operator. @returns erasures that came further */
export async function destroyDue(ctx: Context): Promise<number> {
  const now = ctx.clock.now();
  const open = await ctx.store
    .model(Erasures)
    .find({ clearedAt: { $exists: false }, destroyAt: { $lte: new Date(now) } })
    .lean<ErasureRow[]>()
    .exec();
  let count = 0;
  for (const row of open) {
    const isOver = row.doneAt !== undefined && now - row.doneAt.getTime() > CONTENTLESS_MS;
    if (row.doneAt !== undefined && !isOver) continue;
    await withTenant(row.tenantId, () => (isOver ? clear(ctx, row) : destroy(ctx, row)));
    count += 1;
  }
  return count;
}

async function destroy(ctx: Context, row: ErasureRow): Promise<void> {
  const { _id, tenantId, contactIds, digests = [] } = row;
  await closeContacts(ctx, row); // in case that it died before it could
  for (const id of contactIds) await ctx.store.keyring.destroy(tenantId, { kind: 'contact', id });
  const ofThem = { contactId: { $in: contactIds } };
  const { messages, statuses, deliveries } = await eraseMessages(ctx, contactIds);
  const destroyed: Destroyed = {
    messages,
    statuses,
    deliveries,
    files: await removeFiles(ctx, contactIds),
    deadLetters: await removeDeadLetters(ctx, tenantId, digests),
    conversations: await removed(
      ctx.store.model(Conversations).deleteMany({ ...ofThem, groupId: { $exists: false } }),
    ),
    contacts: await removed(ctx.store.model(Contacts).deleteMany({ _id: { $in: contactIds } })),
  };
  await ctx.store.model(SentWamids).deleteMany(ofThem).exec();
  await ctx.store.model(SearchWords).deleteMany(ofThem).exec();
  await ctx.store
    .model(Erasures)
    .updateOne({ _id }, { $set: { doneAt: new Date(ctx.clock.now()), destroyed }, $unset: { digests: 1 } })
    .exec();
  ctx.log.info({ tenantId, erasureId: _id, count: destroyed.messages }, 'contact.erased');
  await publishReset(ctx, tenantId); // consoles forget what they show by reading it again
}

async function removed(query: { exec: () => Promise<{ deletedCount: number }> }): Promise<number> {
  return (await query.exec()).deletedCount;
}

async function eraseMessages(
  ctx: Context,
  contactIds: string[],
): Promise<Pick<Destroyed, 'messages' | 'statuses' | 'deliveries'>> {
  const count = { messages: 0, statuses: 0, deliveries: 0 };
  for (;;) {
    const rows = await ctx.store
      .model(Messages)
      .find({ contactId: { $in: contactIds }, erasedAt: { $exists: false } })
      .select({ _id: 1, direction: 1 })
      .limit(ROWS_AT_ONCE)
      .lean<Pick<MessageRow, '_id' | 'direction'>[]>()
      .exec();
    if (rows.length === 0) return count;
    const ids = rows.map(({ _id }) => _id);
    const ofThem = { messageId: { $in: ids } };
    count.statuses += await removed(ctx.store.model(Statuses).deleteMany(ofThem));
    count.deliveries += await removed(ctx.store.model(Deliveries).deleteMany(ofThem));
    count.messages += await emptyMessages(ctx, ids);
  }
}

/** What is left says nothing but that there was a message: enough to know a repeat, and to send nothing. */
async function emptyMessages(ctx: Context, ids: string[]): Promise<number> {
  const model = ctx.store.model(Messages);
  await model
    .updateMany(
      { _id: { $in: ids }, direction: 'out', status: { $in: ['queued', 'sending', 'unconfirmed'] } },
      { $set: { status: 'failed', errorCode: 0, errorReason: 'erased' } },
    )
    .exec();
  const emptied = await model
    .updateMany(
      { _id: { $in: ids } },
      {
        $set: { erasedAt: new Date(ctx.clock.now()), forward: 'done' },
        $unset: {
          content: 1,
          wamid: 1,
          callbackData: 1,
          callbackKey: 1,
          bodyDigest: 1,
          refersTo: 1,
          tries: 1,
        },
      },
    )
    .exec();
  return emptied.modifiedCount;
}

async function removeFiles(ctx: Context, contactIds: string[]): Promise<number> {
  let count = 0;
  for (;;) {
    const rows = await ctx.store
      .model(Media)
      .find({ contactId: { $in: contactIds } })
      .limit(ROWS_AT_ONCE)
      .lean<MediaRow[]>()
      .exec();
    if (rows.length === 0) return count;
    for (const row of rows) await removeFile(ctx, row);
    count += rows.length;
  }
}

/** Parked items of these people, whichever of them they name. */
function removeDeadLetters(ctx: Context, tenantId: string, digests: string[]): Promise<number> {
  return asOperator('erasure: parked items of a person', () =>
    removed(ctx.store.model(DeadLetters).deleteMany({ tenantId, people: { $in: digests } })),
  );
}

async function clear(ctx: Context, { _id, contactIds }: ErasureRow): Promise<void> {
  await ctx.store
    .model(Messages)
    .deleteMany({ contactId: { $in: contactIds }, erasedAt: { $exists: true } })
    .exec();
  await ctx.store
    .model(Erasures)
    .updateOne({ _id }, { $set: { clearedAt: new Date(ctx.clock.now()) } })
    .exec();
}
