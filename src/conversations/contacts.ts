/**
 * Who wrote. A person is known by business-scoped user id (BSUID), by phone, or both; either may appear or go.
 * `identities` decides: its row is inserted before the contact, and the loser of a race adopts the owner.
 * A phone finds a contact only while that contact has no BSUID: a recycled number is another person.
 */
import type { Context } from '../context.ts';
import { newId } from '../store/ids.ts';
import { type Identity, identityKey } from './ids.ts';
import { type ContactRow, Contacts, Identities } from './model.ts';

export interface KnownAs {
  bsuid?: string | undefined;
  /** Digits, without `+`. */
  phone?: string | undefined;
}

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
  const row =
    (await findContact(ctx, tenantId, contactId)) ?? (await createContact(ctx, tenantId, contactId, known));
  const isWhole = identitiesOf(known).every(({ kind }) => held[kind] !== undefined);
  if (!isWhole || (held.bsuid === contactId && !row.hasBsuid)) {
    await addIdentity(ctx, tenantId, contactId, known);
  }
  return updateProfile(ctx, row, known, profile);
}

/** Adds what we learned (send answers, statuses); an identity that another contact holds stays with it. */
export async function addIdentity(
  ctx: Context,
  tenantId: string,
  contactId: string,
  known: KnownAs,
): Promise<void> {
  const owners = new Map<Identity['kind'], string>();
  for (const identity of identitiesOf(known)) {
    owners.set(identity.kind, await claimIdentity(ctx, tenantId, identity, contactId));
  }
  if (known.bsuid === undefined || owners.get('bsuid') !== contactId) return;
  const bsuid = await sealContactField(ctx, tenantId, contactId, 'bsuid', known.bsuid);
  await ctx.store.batches.update(Contacts, {
    tenantId,
    _id: contactId,
    where: { hasBsuid: false },
    update: { $set: { hasBsuid: true, bsuid } },
  });
}

export async function findContact(
  ctx: Context,
  tenantId: string,
  contactId: string,
): Promise<ContactRow | null> {
  return ctx.store.batches.find(Contacts, tenantId, contactId);
}

function identitiesOf({ bsuid, phone }: KnownAs): Identity[] {
  return [
    ...(bsuid === undefined ? [] : [{ kind: 'bsuid' as const, value: bsuid }]),
    ...(phone === undefined ? [] : [{ kind: 'phone' as const, value: phone }]),
  ];
}

/** Contact by kind of identity that holds it now. */
export type Holders = Partial<Record<Identity['kind'], string>>;

export async function holdersOf(ctx: Context, tenantId: string, known: KnownAs): Promise<Holders> {
  const found = await Promise.all(
    identitiesOf(known).map(async (identity) => {
      const _id = await identityKey(ctx, tenantId, identity);
      const row = await ctx.store.batches.find(Identities, tenantId, _id);
      return row ? [[identity.kind, row.contactId] as const] : [];
    }),
  );
  return Object.fromEntries(found.flat());
}

async function ownerAmong(
  ctx: Context,
  tenantId: string,
  known: KnownAs,
  held: Holders,
): Promise<string | undefined> {
  if (held.bsuid !== undefined || held.phone === undefined || known.bsuid === undefined) {
    return held.bsuid ?? held.phone;
  }
  const contact = await findContact(ctx, tenantId, held.phone);
  return contact?.hasBsuid ? undefined : held.phone;
}

/**
 * Claims the identities for a new contact; whoever held one first wins. The phone goes first, because a message that
 * has only the phone may come at the same moment: both then meet at its row.
 */
async function claimContactId(ctx: Context, tenantId: string, { bsuid, phone }: KnownAs): Promise<string> {
  const made = newId(ctx, 'con');
  if (bsuid === undefined && phone === undefined) throw new Error('A contact needs a BSUID or a phone.');
  const phoneOwner =
    phone === undefined ? made : await claimIdentity(ctx, tenantId, { kind: 'phone', value: phone }, made);
  if (bsuid === undefined) return phoneOwner;
  const recycled = phoneOwner !== made && (await findContact(ctx, tenantId, phoneOwner))?.hasBsuid === true;
  const candidate = recycled ? made : phoneOwner;
  const owner = await claimIdentity(ctx, tenantId, { kind: 'bsuid', value: bsuid }, candidate);
  if (owner !== made && phoneOwner === made && phone !== undefined) {
    await movePhone(ctx, tenantId, phone, made, owner);
  }
  return owner;
}

/** The phone was claimed for a contact that will never be made, because its BSUID has an owner. */
async function movePhone(
  ctx: Context,
  tenantId: string,
  phone: string,
  from: string,
  to: string,
): Promise<void> {
  const _id = await identityKey(ctx, tenantId, { kind: 'phone', value: phone });
  await ctx.store
    .model(Identities)
    .updateOne({ _id, contactId: from }, { $set: { contactId: to } })
    .exec();
}

/** @returns the identity's owner: the given contact, or who held it before. */
async function claimIdentity(
  ctx: Context,
  tenantId: string,
  { kind, value }: Identity,
  contactId: string,
): Promise<string> {
  const { batches } = ctx.store;
  const _id = await identityKey(ctx, tenantId, { kind, value });
  const held = await batches.find(Identities, tenantId, _id);
  if (held) return held.contactId;
  const row = { _id, tenantId, kind, contactId, createdAt: new Date(ctx.clock.now()) };
  if (await batches.insert(Identities, row)) return contactId;
  const winner = await batches.find(Identities, tenantId, _id);
  return winner?.contactId ?? contactId;
}

/** Also mends a crash between identity and contact: the identity's contact is made under its id. */
async function createContact(
  ctx: Context,
  tenantId: string,
  contactId: string,
  known: KnownAs,
): Promise<ContactRow> {
  const row = {
    tenantId,
    hasBsuid: known.bsuid !== undefined,
    createdAt: new Date(ctx.clock.now()),
    ...(known.bsuid === undefined
      ? {}
      : { bsuid: await sealContactField(ctx, tenantId, contactId, 'bsuid', known.bsuid) }),
    ...(known.phone === undefined
      ? {}
      : { phone: await sealContactField(ctx, tenantId, contactId, 'phone', known.phone) }),
  };
  const made = { _id: contactId, ...row };
  if (await ctx.store.batches.insert(Contacts, made)) return made;
  return (await findContact(ctx, tenantId, contactId)) ?? made;
}

/** Name, username and phone follow what WhatsApp says last. */
async function updateProfile(
  ctx: Context,
  row: ContactRow,
  known: KnownAs,
  profile: Profile,
): Promise<ContactRow> {
  const changed: Partial<Record<'name' | 'username' | 'phone', Buffer>> = {};
  for (const [field, value] of Object.entries({ ...profile, phone: known.phone }) as [
    'name' | 'username' | 'phone',
    string | undefined,
  ][]) {
    if (value === undefined || value === '') continue;
    const current = row[field];
    if (current && (await openContactField(ctx, row, field)) === value) continue;
    changed[field] = await sealContactField(ctx, row.tenantId, row._id, field, value);
  }
  if (Object.keys(changed).length === 0) return row;
  const { _id, tenantId } = row;
  await ctx.store.batches.update(Contacts, { tenantId, _id, update: { $set: changed } });
  return { ...row, ...changed };
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
  field: SealedField,
  value: string,
): Promise<Buffer> {
  return ctx.store.keyring.seal(
    { kind: 'contact', id: contactId },
    { tenantId, collection: 'contacts', id: contactId, field },
    value,
  );
}
