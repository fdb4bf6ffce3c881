/**
 * A contact's number or BSUID changed (Cloud API: webhooks, system messages). What is new is added to the contact
 * that has what was before; the earlier BSUID goes on finding it, the earlier number does not: it may soon be
 * another person's. An identity that another contact has stays there: contacts never merge by themselves, an agent
 * decides. Each claim is an insertion that only one can win, so no locks are needed, and doing it again changes
 * nothing.
 */
import type { Context } from '../context.ts';
import { sameNumber } from '../whatsapp/numbers.ts';
import type { IdentityChange } from '../whatsapp/payload/people.ts';
import { addIdentity, findContact, forgetPhone, openContactField, setPhone } from './contacts.ts';
import { claimIdentity, holdersOf, releasePhone } from './identities.ts';

/** Applies the change, in the tenant's scope. @returns the contact it is about; undefined when nobody known is meant */
export async function applyIdentityChange(
  ctx: Context,
  tenantId: string,
  { previous, next }: IdentityChange,
): Promise<string | undefined> {
  const [before, after] = await Promise.all([
    holdersOf(ctx, tenantId, previous),
    holdersOf(ctx, tenantId, next),
  ]);
  const contactId =
    before.bsuid ?? before.parent ?? (await phoneOwner(ctx, tenantId, previous.bsuid, before.phone));
  // Too late to tell: whoever has the new id wrote already.
  if (contactId === undefined) return after.bsuid ?? after.parent;
  const isNews = after.bsuid !== contactId && (next.phone === undefined || after.phone !== contactId);
  const stale = await staleNumbers(ctx, tenantId, contactId, { previous: previous.phone, isNews });
  await changePhone(ctx, tenantId, contactId, { stale, next: next.phone });
  // Last: once it stands, a redo takes the change for known.
  await addIdentity(ctx, tenantId, contactId, { bsuid: next.bsuid, parent: next.parent });
  return contactId;
}

/** The old number tells who is meant, unless its owner is known by another BSUID than the one that changed. */
async function phoneOwner(
  ctx: Context,
  tenantId: string,
  previousBsuid: string | undefined,
  owner: string | undefined,
): Promise<string | undefined> {
  if (owner === undefined || previousBsuid === undefined) return owner;
  return (await findContact(ctx, tenantId, owner))?.hasBsuid ? undefined : owner;
}

interface PhoneChange {
  /** Numbers that the contact has no longer. */
  stale: string[];
  /** As WhatsApp shows it; it need not. */
  next: string | undefined;
}

async function changePhone(
  ctx: Context,
  tenantId: string,
  contactId: string,
  { stale, next }: PhoneChange,
): Promise<void> {
  const isOurs = next !== undefined && (await claimPhone(ctx, tenantId, contactId, next));
  for (const phone of stale) {
    if (isOurs && sameNumber(phone, next)) continue;
    await forgetPhone(ctx, tenantId, contactId, phone);
    await releasePhone(ctx, tenantId, phone, contactId);
  }
  const row = isOurs ? await findContact(ctx, tenantId, contactId) : null;
  if (row && next !== undefined) await setPhone(ctx, row, next);
}

/** @returns false when another contact has it and keeps it */
async function claimPhone(
  ctx: Context,
  tenantId: string,
  contactId: string,
  value: string,
): Promise<boolean> {
  const owner = await claimIdentity(ctx, tenantId, { kind: 'phone', value }, contactId);
  if (owner === contactId) return true;
  const fields = { tenantId, contactId, otherContactId: owner, kind: 'phone' };
  ctx.log.info(fields, 'contact.identity-kept-apart');
  return false;
}

/** The number of before; and the one we know, unless the contact wrote under the new id already. */
async function staleNumbers(
  ctx: Context,
  tenantId: string,
  contactId: string,
  { previous, isNews }: { previous: string | undefined; isNews: boolean },
): Promise<string[]> {
  const row = isNews ? await findContact(ctx, tenantId, contactId) : null;
  const current = row ? await openContactField(ctx, row, 'phone') : undefined;
  return [previous, current].filter((phone) => phone !== undefined);
}
