/**
 * User names and e-mail addresses: one name is one person of a tenant, whatever case, Unicode form, spacing or
 * look-alike letters it is written with. Names are found by a digest under the tenant's key, so that nothing tells of
 * another tenant's, and a backup without the key tells of nobody's.
 */
import unhomoglyph from 'unhomoglyph';

import type { Context } from '../context.ts';
import { Reject } from '../ops/errors.ts';
import { insertOnce } from '../store/errors.ts';
import { type UserNameRow, UserNames } from '../tenants/people-model.ts';

export type NameKind = UserNameRow['kind'];
export type Names = Record<NameKind, string>;

/** Spaces of every width, and what takes no width at all: nobody sees whether they are there. */
const UNSEEN = /[\s\p{White_Space}\p{Default_Ignorable_Code_Point}\p{Cf}]+/gu;
/** Letters of other alphabets that may look like Latin ones. */
const FOREIGN_LETTER = /[\p{Script=Cyrillic}\p{Script=Greek}\p{Script=Armenian}\p{Script=Cherokee}]/gu;

/**
 * What names are compared by. Equal for two that differ in case, Unicode form, spacing and zero-width characters; of
 * user names also in letters of Cyrillic, Greek, Armenian or Cherokee that look like Latin ones. Mail providers let
 * people differ by none of these either, but for letters of other alphabets, which are another domain.
 */
export function nameKey(kind: NameKind, text: string): string {
  const plain = folded(folded(text).replace(UNSEEN, ''));
  return kind === 'email' ? plain : folded(plain.replace(FOREIGN_LETTER, latinLookAlike));
}

/** Folding twice changes nothing more: `ß`, `SS` and `ẞ` become `ss`, `ς` and `Σ` become `σ`. */
function folded(text: string): string {
  return text.normalize('NFKC').toUpperCase().toLowerCase().replaceAll('ς', 'σ').normalize('NFKC');
}

/** `а` of Cyrillic → `a`; a letter that looks like no Latin one stays. */
function latinLookAlike(letter: string): string {
  const alike = [unhomoglyph(letter), unhomoglyph(letter.toUpperCase()).toLowerCase()];
  return alike.find((found) => /^[a-z]$/i.test(found)) ?? letter;
}

/**
 * Reserves names for a person before they are written anywhere else; what the person holds already is theirs. In the
 * tenant's scope. @returns the kinds that another holds; then nothing was reserved
 */
export async function claimNames(
  ctx: Context,
  { tenantId, userId, names }: { tenantId: string; userId: string; names: Partial<Names> },
): Promise<NameKind[]> {
  const claimed: string[] = [];
  const taken: NameKind[] = [];
  for (const [kind, text] of Object.entries(names) as [NameKind, string][]) {
    const _id = await nameId(ctx, tenantId, kind, text);
    const row: UserNameRow = { _id, tenantId, kind, userId };
    if (await insertOnce(ctx.store.model(UserNames).insertMany([row]))) claimed.push(_id);
    else if ((await holderOf(ctx, _id)) !== userId) taken.push(kind);
  }
  if (taken.length > 0) {
    await ctx.store
      .model(UserNames)
      .deleteMany({ _id: { $in: claimed }, userId })
      .exec();
  }
  return taken;
}

/** Lets go of all names of a person but these. In the tenant's scope. */
export async function releaseNames(
  ctx: Context,
  { tenantId, userId, keep = {} }: { tenantId: string; userId: string; keep?: Partial<Names> },
): Promise<void> {
  const kept = await Promise.all(
    (Object.entries(keep) as [NameKind, string][]).map(([kind, text]) => nameId(ctx, tenantId, kind, text)),
  );
  await ctx.store
    .model(UserNames)
    .deleteMany({ userId, _id: { $nin: kept } })
    .exec();
}

/** Whose name this is; one look-up for anything that is asked. In the tenant's scope. */
export async function userIdOfName(ctx: Context, tenantId: string, text: string): Promise<string | null> {
  const kind = text.includes('@') || text.includes('＠') ? 'email' : 'username';
  return (await holderOf(ctx, await nameId(ctx, tenantId, kind, text))) ?? null;
}

/** @throws Reject (422) that names the fields, never who holds the name */
export function requireFree(taken: NameKind[]): void {
  if (taken.length === 0) return;
  const errors = taken.map((path) => ({ path, message: 'Can’t be used here. Choose another one.' }));
  throw new Reject(422, 'name-not-available', `Choose another ${taken.join(' and ')}.`, { errors });
}

async function nameId(ctx: Context, tenantId: string, kind: NameKind, text: string): Promise<string> {
  return `${kind}_${await ctx.store.keyring.lookup(tenantId, 'user-name', kind, nameKey(kind, text))}`;
}

async function holderOf(ctx: Context, _id: string): Promise<string | undefined> {
  return (await ctx.store.model(UserNames).findOne({ _id }).lean<UserNameRow>().exec())?.userId;
}
