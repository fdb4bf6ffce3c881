/**
 * Asking for an erasure. A person is erased whole: the contact that is named and all that are linked to it. They are
 * closed at once, so that whatever comes from now on makes a new contact; their keys are destroyed when no process can
 * hold them in memory any more (destroy.ts).
 */
import { audit } from '../audit/audit.ts';
import type { Context } from '../context.ts';
import { releaseAll } from '../conversations/identities.ts';
import { contactById, samePerson } from '../conversations/merge.ts';
import { Contacts, Identities, type IdentityRow } from '../conversations/model.ts';
import { newId } from '../store/ids.ts';
import { KEY_CACHE_MS } from '../store/key-cache.ts';
import { type ErasureRow, Erasures, type Ground } from './model.ts';

/** Time for what is under way, on top of the keys' stay in memory. */
const MARGIN_MS = 10_000;

interface Asking {
  tenantId: string;
  contactId: string;
  ground: Ground;
  principal: string;
}

/** Begins an erasure; in the tenant's scope. @throws Reject (404), also for a contact that is being erased */
export async function eraseContact(
  ctx: Context,
  { tenantId, contactId, ground, principal }: Asking,
): Promise<ErasureRow> {
  const people = await samePerson(ctx, await contactById(ctx, tenantId, contactId));
  const contactIds = people.map(({ _id }) => _id);
  const now = ctx.clock.now();
  const row: ErasureRow = {
    _id: newId(ctx, 'ers'),
    tenantId,
    contactIds,
    ground,
    askedBy: principal,
    askedAt: new Date(now),
    destroyAt: new Date(now + KEY_CACHE_MS + MARGIN_MS),
    digests: await digestsOf(ctx, contactIds),
  };
  await audit(ctx, {
    tenantId,
    actor: principal,
    action: 'contact.erasure-asked',
    objects: [row._id, ...contactIds],
    outcome: 'allowed',
    reason: ground,
  });
  await ctx.store.model(Erasures).insertMany([row]); // first: what dies after it is closed by destroy.ts
  await closeContacts(ctx, row);
  ctx.log.info({ tenantId, erasureId: row._id, count: contactIds.length }, 'contact.erasure-asked');
  return row;
}

/** Nobody is found as these contacts any more. Can be repeated. */
export async function closeContacts(ctx: Context, { contactIds, askedAt }: ErasureRow): Promise<void> {
  await ctx.store
    .model(Contacts)
    .updateMany({ _id: { $in: contactIds }, closedAt: { $exists: false } }, { $set: { closedAt: askedAt } })
    .exec();
  for (const contactId of contactIds) await releaseAll(ctx, contactId);
}

async function digestsOf(ctx: Context, contactIds: string[]): Promise<string[]> {
  const rows = await ctx.store
    .model(Identities)
    .find({ contactId: { $in: contactIds } })
    .lean<IdentityRow[]>()
    .exec();
  return rows.map(({ _id }) => _id);
}
