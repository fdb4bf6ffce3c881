/**
 * Who wrote. A person is known by business-scoped user id (BSUID), by phone, or both; either may appear or go.
 * A phone finds a contact only while that contact has no BSUID: a recycled number is another person.
 */
import type { Context } from '../context.ts';
import { noteContact } from '../search/note.ts';
import { newId } from '../store/ids.ts';
import { sameNumber } from '../whatsapp/numbers.ts';
import {
  claimIdentity,
  type Holders,
  holdersOf,
  identitiesOf,
  type KnownAs,
  movePhone,
  releaseAll,
} from './identities.ts';
import { type ContactRow, Contacts } from './model.ts';

export interface Profile {
  name?: string | undefined;
  username?: string | undefined;
}

/** The contact known by these identities, of which `held` says who has them; made when there is none. Runs in the tenant's scope. */
export async function findOrCreateContact(
  ctx: Context,
  tenantId: string,
  known: KnownAs,
  profile: Profile,
  held: Holders,
): Promise<ContactRow> {
  const contactId =
    (await ownerAmong(ctx, tenantId, known, held)) ?? (await claimContactId(ctx, tenantId, known));
  const found = await findContact(ctx, tenantId, contactId);
  if (found?.closedAt) {
    await releaseAll(ctx, contactId);
    return findOrCreateContact(ctx, tenantId, known, profile, {});
  }
  const rival = await rivalFor(ctx, tenantId, { contactId, known, held });
  const row = found ?? (await createContact(ctx, tenantId, contactId, known, rival));
  if (rival !== undefined && known.phone !== undefined) {
    await takePhone(ctx, tenantId, { phone: known.phone, from: rival, to: contactId });
  }
  const isWhole = identitiesOf(known).every(([name]) => held[name] !== undefined);
  if (!isWhole || (held.bsuid === contactId && !row.hasBsuid)) {
    await addIdentity(ctx, tenantId, contactId, known);
  }
  const isLost = held.former?.includes(contactId) === true;
  const contact = await updateProfile(ctx, row, { ...profile, phone: isLost ? undefined : known.phone });
  if (contact === row && found === null) await noteContact(ctx, row);
  ctx.store.batches.keep(Contacts, contact);
  return contact;
}

/** Adds what we learned (send answers, statuses); an identity that another contact holds stays with it. */
export async function addIdentity(
  ctx: Context,
  tenantId: string,
  contactId: string,
  known: KnownAs,
): Promise<void> {
  if ((await findContact(ctx, tenantId, contactId))?.closedAt) return; // it is being erased
  for (const [name, identity] of identitiesOf(known)) {
    const owner = await claimIdentity(ctx, tenantId, identity, contactId);
    if (owner !== contactId) {
      ctx.log.info({ tenantId, contactId, otherContactId: owner, kind: name }, 'contact.identity-kept-apart');
    } else if (name === 'bsuid') {
      await setBsuid(ctx, tenantId, contactId, identity.value);
    } else if (name === 'parent') {
      await remember(ctx, tenantId, contactId, identity.value);
    }
  }
}

/** The BSUID that the contact got last is the one to write to; the one before still finds the contact. */
async function setBsuid(ctx: Context, tenantId: string, contactId: string, value: string): Promise<void> {
  const row = await findContact(ctx, tenantId, contactId);
  if (!row) return;
  const before = await openContactField(ctx, row, 'bsuid');
  if (before === value || (await aliasesOf(ctx, row)).includes(value)) return;
  if (before !== undefined) await remember(ctx, tenantId, contactId, before);
  const bsuid = await sealContactField(ctx, tenantId, contactId, 'bsuid', value);
  await ctx.store.batches.update(Contacts, {
    tenantId,
    _id: contactId,
    update: { $set: { hasBsuid: true, bsuid } },
  });
}

/** Notes one more BSUID in the contact's own row, from which `identities` can be made again. */
async function remember(ctx: Context, tenantId: string, contactId: string, value: string): Promise<void> {
  const row = await findContact(ctx, tenantId, contactId);
  if (!row) return;
  const known = await aliasesOf(ctx, row);
  if (known.includes(value)) return;
  const aliases = await sealAliases(ctx, tenantId, contactId, [...known, value]);
  await ctx.store.batches.update(Contacts, { tenantId, _id: contactId, update: { $set: { aliases } } });
}

/** Earlier and parent BSUIDs of a contact. */
export async function aliasesOf(ctx: Context, row: ContactRow): Promise<string[]> {
  if (!row.aliases) return [];
  const place = { tenantId: row.tenantId, collection: 'contacts', id: row._id, field: 'aliases' };
  return ctx.store.keyring.open<string[]>(place, row.aliases);
}

export async function findContact(
  ctx: Context,
  tenantId: string,
  contactId: string,
): Promise<ContactRow | null> {
  return ctx.store.batches.find(Contacts, tenantId, contactId);
}

async function ownerAmong(
  ctx: Context,
  tenantId: string,
  known: KnownAs,
  held: Holders,
): Promise<string | undefined> {
  const byBsuid = held.bsuid ?? held.parent;
  if (byBsuid !== undefined || held.phone === undefined || known.bsuid === undefined) {
    return byBsuid ?? held.phone;
  }
  const contact = await findContact(ctx, tenantId, held.phone);
  return contact?.hasBsuid ? undefined : held.phone;
}

/**
 * Claims the identities for a new contact; whoever held one first wins. The phone goes first, because a message that
 * has only the phone may come at the same moment: both then meet at its row.
 */
async function claimContactId(ctx: Context, tenantId: string, known: KnownAs): Promise<string> {
  const { bsuid = known.parent, phone } = known;
  const made = newId(ctx, 'con');
  if (bsuid === undefined && phone === undefined) throw new Error('A contact needs a BSUID or a phone.');
  const phoneOwner =
    phone === undefined ? made : await claimIdentity(ctx, tenantId, { kind: 'phone', value: phone }, made);
  if (bsuid === undefined) return phoneOwner;
  const isTaken = phoneOwner !== made && (await findContact(ctx, tenantId, phoneOwner))?.hasBsuid === true;
  const candidate = isTaken ? made : phoneOwner;
  const owner = await claimIdentity(ctx, tenantId, { kind: 'bsuid', value: bsuid }, candidate);
  if (owner !== made && phoneOwner === made && phone !== undefined) {
    // It was claimed for a contact that will never be made, because its BSUID has an owner.
    await movePhone(ctx, tenantId, { phone, from: made, to: owner, lost: false });
  }
  return owner;
}

/**
 * Another contact that has the phone, although WhatsApp now shows it with this contact's BSUID: the number went to
 * another person. A BSUID stays with its number, so a late message of the former owner proves nothing.
 */
async function rivalFor(
  ctx: Context,
  tenantId: string,
  { contactId, known, held }: { contactId: string; known: KnownAs; held: Holders },
): Promise<string | undefined> {
  const { bsuid, phone } = known;
  if (bsuid === undefined || phone === undefined || held.phone === contactId) return undefined;
  const { phone: holder, former } = await holdersOf(ctx, tenantId, { phone });
  if (holder === undefined || holder === contactId || former?.includes(contactId)) return undefined;
  return (await findContact(ctx, tenantId, holder))?.hasBsuid ? holder : undefined;
}

/** The former owner keeps their conversation, and is from now on written to by BSUID: the number would reach somebody else. */
async function takePhone(
  ctx: Context,
  tenantId: string,
  { phone, from, to }: { phone: string; from: string; to: string },
): Promise<void> {
  await movePhone(ctx, tenantId, { phone, from, to, lost: true });
  await forgetPhone(ctx, tenantId, from, phone);
  ctx.log.info({ tenantId, contactId: to, otherContactId: from }, 'contact.number-recycled');
}

/** Removes the contact's phone, if it is this one in any of its forms. */
export async function forgetPhone(
  ctx: Context,
  tenantId: string,
  contactId: string,
  phone: string,
): Promise<void> {
  const row = await findContact(ctx, tenantId, contactId);
  const current = row && (await openContactField(ctx, row, 'phone'));
  if (!row?.phone || typeof current !== 'string' || !sameNumber(current, phone)) return;
  const where = { phone: row.phone };
  await ctx.store.batches.update(Contacts, {
    tenantId,
    _id: contactId,
    where,
    update: { $unset: { phone: 1 } },
  });
  const { phone: lost, ...rest } = row;
  void lost;
  await noteContact(ctx, rest);
}

/** Sets the phone as WhatsApp gave it. */
export async function setPhone(ctx: Context, row: ContactRow, phone: string): Promise<void> {
  await updateProfile(ctx, row, { phone });
}

/** Also mends a crash between identity and contact: the identity's contact is made under its id. */
async function createContact(
  ctx: Context,
  tenantId: string,
  contactId: string,
  known: KnownAs,
  rival: string | undefined,
): Promise<ContactRow> {
  const { bsuid, phone, parent } = known;
  const seal = (field: SealedField, value: string) =>
    sealContactField(ctx, tenantId, contactId, field, value);
  const made: ContactRow = {
    _id: contactId,
    tenantId,
    hasBsuid: bsuid !== undefined,
    createdAt: new Date(ctx.clock.now()),
    ...(bsuid === undefined ? {} : { bsuid: await seal('bsuid', bsuid) }),
    ...(phone === undefined ? {} : { phone: await seal('phone', phone) }),
    ...(parent === undefined ? {} : { aliases: await sealAliases(ctx, tenantId, contactId, [parent]) }),
    ...(rival === undefined ? {} : { recycledFrom: rival }),
  };
  if (await ctx.store.batches.insert(Contacts, made)) return made;
  return (await findContact(ctx, tenantId, contactId)) ?? made;
}

/** Name, username and phone follow what WhatsApp says last; what it leaves out stays. */
async function updateProfile(
  ctx: Context,
  row: ContactRow,
  said: Profile & { phone?: string | undefined },
): Promise<ContactRow> {
  const changed: Partial<Record<'name' | 'username' | 'phone', Buffer>> = {};
  for (const field of ['name', 'username', 'phone'] as const) {
    const value = said[field];
    if (value === undefined || value === '') continue;
    const current = row[field];
    if (current && (await openContactField(ctx, row, field)) === value) continue;
    changed[field] = await sealContactField(ctx, row.tenantId, row._id, field, value);
  }
  if (Object.keys(changed).length === 0) return row;
  const { _id, tenantId } = row;
  await ctx.store.batches.update(Contacts, { tenantId, _id, update: { $set: changed } });
  const current = { ...row, ...changed };
  await noteContact(ctx, current);
  return current;
}

type SealedField = 'name' | 'username' | 'phone' | 'bsuid';

/** A contact's sealed text, or undefined. @throws ErasedError when the contact was erased. */
export async function openContactField(
  ctx: Context,
  row: ContactRow,
  field: SealedField,
): Promise<string | undefined> {
  const sealed = row[field];
  if (!sealed) return undefined;
  return ctx.store.keyring.open<string>(
    { tenantId: row.tenantId, collection: 'contacts', id: row._id, field },
    sealed,
  );
}

async function sealContactField(
  ctx: Context,
  tenantId: string,
  contactId: string,
  field: SealedField | 'aliases',
  value: unknown,
): Promise<Buffer> {
  return ctx.store.keyring.seal(
    { kind: 'contact', id: contactId },
    { tenantId, collection: 'contacts', id: contactId, field },
    value,
  );
}

const sealAliases = (ctx: Context, tenantId: string, contactId: string, values: string[]) =>
  sealContactField(ctx, tenantId, contactId, 'aliases', values);
