/**
 * Links that are mailed and work once: `<base>/#/<page>/wsl_<tenant>_<secret>`. The token stands in the fragment, which
 * browsers send to nobody, neither as an address nor as a referrer. We keep a digest of its secret. A link is bound to
 * what held when it was made (the address, the password): when that changed, it is void.
 */
import { createHash } from 'node:crypto';

import type { Context } from '../context.ts';
import { linkBase } from '../mail/mail.ts';
import { Reject } from '../ops/errors.ts';
import { newId, newSecret } from '../store/ids.ts';
import { withTenant } from '../store/scope.ts';
import { type OneTimeLinkRow, OneTimeLinks } from '../tenants/people-model.ts';

export type LinkPurpose = OneTimeLinkRow['purpose'];

/** The console's page that takes the link. */
const PAGES: Record<LinkPurpose, string> = {
  invitation: 'invitation',
  'password-reset': 'reset',
  'prove-email': 'prove',
  'hand-over': 'hand-over',
};

const TOKEN_FORM = /^wsl_(?<tenantId>[a-z0-9_]{1,64})_(?<secret>[A-Za-z0-9]{43})$/;

interface NewLink {
  tenantId: string;
  userId: string;
  purpose: LinkPurpose;
  lifeMs: number;
  /** What must still hold when the link is used: address, digest of the password, … */
  boundTo: string[];
}

/** Makes a link; earlier ones of the same purpose for the person are void. @returns `url`, in this answer only */
export async function makeLink(
  ctx: Context,
  link: NewLink,
): Promise<{ linkId: string; url: string; token: string }> {
  const { tenantId, userId, purpose, lifeMs, boundTo } = link;
  const secret = newSecret(ctx.random);
  const now = ctx.clock.now();
  const row: OneTimeLinkRow = {
    _id: newId(ctx, 'lnk'),
    tenantId,
    purpose,
    userId,
    secretHash: digestOf(secret),
    createdAt: new Date(now),
    endsAt: new Date(now + lifeMs),
    boundTo: await bindingOf(ctx, tenantId, boundTo),
  };
  await withTenant(tenantId, async () => {
    await voidLinks(ctx, { userId, purpose });
    await ctx.store.model(OneTimeLinks).insertMany([row]);
  });
  const token = `wsl_${tenantId}_${secret}`;
  return { linkId: row._id, url: `${linkBase(ctx)}/#/${PAGES[purpose]}/${token}`, token };
}

/** A link that could be used now; it is not used up by this. Null for any that can't. */
export async function findLink(
  ctx: Context,
  token: string,
  purpose: LinkPurpose,
): Promise<OneTimeLinkRow | null> {
  const { tenantId, secret } = TOKEN_FORM.exec(token)?.groups ?? {};
  if (tenantId === undefined || secret === undefined) return null;
  const row = await withTenant(tenantId, () =>
    ctx.store
      .model(OneTimeLinks)
      .findOne({ secretHash: digestOf(secret), purpose })
      .lean<OneTimeLinkRow>()
      .exec(),
  );
  const isOpen = row !== null && row.usedAt === undefined && row.endsAt.getTime() > ctx.clock.now();
  return isOpen ? row : null;
}

/** Does what the link is bound to still hold? */
export async function isBoundTo(ctx: Context, row: OneTimeLinkRow, boundTo: string[]): Promise<boolean> {
  return row.boundTo === (await bindingOf(ctx, row.tenantId, boundTo));
}

/** Uses the link up; of two who try at once one succeeds. In the tenant's scope. @returns false when it was used before */
export async function takeLink(ctx: Context, { _id }: OneTimeLinkRow): Promise<boolean> {
  const now = new Date(ctx.clock.now());
  const { modifiedCount } = await ctx.store
    .model(OneTimeLinks)
    .updateOne({ _id, usedAt: { $exists: false }, endsAt: { $gt: now } }, { $set: { usedAt: now } })
    .exec();
  return modifiedCount === 1;
}

/** Makes open links of a person worthless: those of a purpose, or all. In the tenant's scope. */
export async function voidLinks(
  ctx: Context,
  { userId, purpose }: { userId: string; purpose?: LinkPurpose },
): Promise<void> {
  await ctx.store
    .model(OneTimeLinks)
    .updateMany(
      { userId, usedAt: { $exists: false }, ...(purpose === undefined ? {} : { purpose }) },
      { $set: { usedAt: new Date(ctx.clock.now()) } },
    )
    .exec();
}

/** One answer for links that are unknown, used, over or void. */
export function linkIsOver(): Reject {
  return new Reject(
    410,
    'link-over',
    'This link no longer works: it was used, it is too old, or it never was. Ask for a new one.',
  );
}

async function bindingOf(ctx: Context, tenantId: string, parts: string[]): Promise<string> {
  return ctx.store.keyring.lookup(tenantId, 'link', ...parts);
}

function digestOf(secret: string): string {
  return createHash('sha256').update(secret).digest('hex');
}
