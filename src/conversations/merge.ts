/**
 * Two contacts are one person, says an agent: never a program by itself. A merge is only a link. What each has said
 * stays in its own conversations under its own key, and goes on arriving there; erasure follows the link, undo
 * removes it and leaves no trace in what was said.
 */
import type { Context } from '../context.ts';
import { notFound, Reject } from '../ops/errors.ts';
import { findContact } from './contacts.ts';
import { type ContactRow, Contacts } from './model.ts';

/** @throws Reject (404) */
export async function contactById(ctx: Context, tenantId: string, contactId: string): Promise<ContactRow> {
  const row = await findContact(ctx, tenantId, contactId);
  if (!row || row.closedAt) throw notFound('contact');
  return row;
}

interface Merge {
  tenantId: string;
  contactId: string;
  /** Who they are. */
  into: string;
  /** Who says so: `key:<id>`. */
  principal: string;
}

/** Links a contact to another, or to the one that is linked to. The same again changes nothing. @throws Reject 404, 409 `already-merged`, `merge-circle` */
export async function mergeContact(
  ctx: Context,
  { tenantId, contactId, into, principal }: Merge,
): Promise<ContactRow> {
  const row = await contactById(ctx, tenantId, contactId);
  const target = await rootOf(ctx, await contactById(ctx, tenantId, into));
  if (target._id === contactId) throw circle();
  if (row.mergedInto === target._id) return row;
  if (row.mergedInto !== undefined) {
    throw new Reject(409, 'already-merged', 'This contact is merged with another. Undo that first.');
  }
  const link = { mergedInto: target._id, mergedAt: new Date(ctx.clock.now()), mergedBy: principal };
  const { modifiedCount } = await ctx.store
    .model(Contacts)
    .updateOne({ _id: contactId, mergedInto: { $exists: false } }, { $set: link })
    .exec();
  if (modifiedCount === 0) return mergeContact(ctx, { tenantId, contactId, into, principal });
  // Somebody may have linked the other way at the same moment: then both give way.
  if ((await rootOf(ctx, { ...row, ...link }))._id === contactId) {
    await unlink(ctx, contactId);
    throw circle();
  }
  ctx.log.info({ tenantId, contactId, into: target._id, principal }, 'contact.merged');
  return { ...row, ...link };
}

/** Removes the link; where there is none that is so already. @throws Reject 404 */
export async function undoMerge(
  ctx: Context,
  { tenantId, contactId, principal }: Omit<Merge, 'into'>,
): Promise<ContactRow> {
  const row = await contactById(ctx, tenantId, contactId);
  if (row.mergedInto === undefined) return row;
  await unlink(ctx, contactId);
  ctx.log.info({ tenantId, contactId, into: row.mergedInto, principal }, 'contact.merge-undone');
  return contactById(ctx, tenantId, contactId);
}

/** All contacts that are said to be one person with this one: itself, whom it is linked to, and all linked to them. */
export async function samePerson(ctx: Context, row: ContactRow): Promise<ContactRow[]> {
  const found = new Map<string, ContactRow>();
  let next = [await rootOf(ctx, row)];
  while (next.length > 0) {
    for (const one of next) found.set(one._id, one);
    const linked = await Promise.all(
      next.map(({ tenantId, _id }) => ctx.store.batches.findBy(Contacts, 'mergedInto', tenantId, _id)),
    );
    next = linked.flat().filter(({ _id }) => !found.has(_id));
  }
  return [...found.values()];
}

/** The end of the links; in a circle, that two made at once, the contact itself. */
async function rootOf(ctx: Context, row: ContactRow): Promise<ContactRow> {
  const seen = new Set<string>();
  let at = row;
  while (at.mergedInto !== undefined && !seen.has(at._id)) {
    seen.add(at._id);
    const next = await findContact(ctx, row.tenantId, at.mergedInto);
    if (!next) return at;
    at = next;
  }
  return at;
}

async function unlink(ctx: Context, _id: string): Promise<void> {
  const gone = { mergedInto: 1 as const, mergedAt: 1 as const, mergedBy: 1 as const };
  await ctx.store.model(Contacts).updateOne({ _id }, { $unset: gone }).exec();
}

function circle(): Reject {
  return new Reject(409, 'merge-circle', 'These contacts are merged the other way round. Undo that first.');
}
