/**
 * Which contact has which identity. A row of `identities` is a claim: it is inserted once, the loser of a race adopts
 * its owner, and nobody's is taken away, except a phone number that WhatsApp shows with another person's BSUID.
 */
import type { Context } from '../context.ts';
import { numberVariants } from '../whatsapp/numbers.ts';
import { type Identity, identityKey } from './ids.ts';
import { Identities, type IdentityRow } from './model.ts';

export interface KnownAs {
  bsuid?: string | undefined;
  /** BSUID over linked portfolios: one more BSUID of the person. */
  parent?: string | undefined;
  /** Digits, without `+`. */
  phone?: string | undefined;
}

/** Contact by what it is known as; `former`: who had the phone before and lost it. */
export interface Holders {
  bsuid?: string;
  parent?: string;
  phone?: string;
  former?: string[];
}

export const NAMES = ['bsuid', 'parent', 'phone'] as const;
type Name = (typeof NAMES)[number];

/** The identities by which somebody is known, each with its name in `KnownAs`. */
export function identitiesOf(known: KnownAs): [Name, Identity][] {
  return NAMES.flatMap((name) => {
    const value = known[name];
    const kind = name === 'phone' ? name : 'bsuid';
    return value === undefined ? [] : [[name, { kind, value }] as [Name, Identity]];
  });
}

/** Who has these identities now; a phone also in the other forms of its country. */
export async function holdersOf(ctx: Context, tenantId: string, known: KnownAs): Promise<Holders> {
  const found = await Promise.all(
    identitiesOf(known).map(async ([name, identity]): Promise<Holders> => {
      const row = await holderOf(ctx, tenantId, identity);
      if (!row) return {};
      return { [name]: row.contactId, ...(row.former ? { former: row.former } : {}) };
    }),
  );
  return Object.assign({}, ...found) as Holders;
}

async function holderOf(ctx: Context, tenantId: string, identity: Identity): Promise<IdentityRow | null> {
  const rows = await Promise.all(
    variantsOf(identity).map(async (one) =>
      ctx.store.batches.find(Identities, tenantId, await identityKey(ctx, tenantId, one)),
    ),
  );
  return rows.find((row) => row !== null) ?? null;
}

function variantsOf({ kind, value }: Identity): Identity[] {
  return kind === 'phone'
    ? numberVariants(value).map((phone) => ({ kind, value: phone }))
    : [{ kind, value }];
}

/** Claims an identity for a contact. @returns its owner: the given contact, or who held it before */
export async function claimIdentity(
  ctx: Context,
  tenantId: string,
  identity: Identity,
  contactId: string,
): Promise<string> {
  const { batches } = ctx.store;
  const held = await holderOf(ctx, tenantId, identity);
  if (held) return held.contactId;
  const _id = await identityKey(ctx, tenantId, identity);
  const row = { _id, tenantId, kind: identity.kind, contactId, createdAt: new Date(ctx.clock.now()) };
  if (await batches.insert(Identities, row)) return contactId;
  const winner = await batches.find(Identities, tenantId, _id);
  return winner?.contactId ?? contactId;
}

/** Gives a phone from one contact to another, in whatever form it is held. @param lost the first may never have it again */
export async function movePhone(
  ctx: Context,
  tenantId: string,
  { phone, from, to, lost }: { phone: string; from: string; to: string; lost: boolean },
): Promise<void> {
  for (const _id of await keysOfPhone(ctx, tenantId, phone)) {
    await ctx.store
      .model(Identities)
      .updateOne(
        { _id, contactId: from },
        { $set: { contactId: to }, ...(lost ? { $addToSet: { former: from } } : {}) },
      )
      .exec();
  }
}

/** The contact no longer has the phone: whoever comes with it is somebody new. */
export async function releasePhone(
  ctx: Context,
  tenantId: string,
  phone: string,
  contactId: string,
): Promise<void> {
  const keys = await keysOfPhone(ctx, tenantId, phone);
  await ctx.store
    .model(Identities)
    .deleteMany({ _id: { $in: keys }, contactId })
    .exec();
}

/** Nothing finds the contact any more. */
export async function releaseAll(ctx: Context, contactId: string): Promise<void> {
  await ctx.store.model(Identities).deleteMany({ contactId }).exec();
}

async function keysOfPhone(ctx: Context, tenantId: string, phone: string): Promise<string[]> {
  const variants = variantsOf({ kind: 'phone', value: phone });
  return Promise.all(variants.map((one) => identityKey(ctx, tenantId, one)));
}
