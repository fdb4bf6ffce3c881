/** What other fields say of clients: what they want, what they are called, which ids they have. */
import type { Context } from '../../context.ts';
import { findOrCreateContact, openContactField } from '../../conversations/contacts.ts';
import { holdersOf } from '../../conversations/identities.ts';
import { applyIdentityChange } from '../../conversations/identity-change.ts';
import { applyUserPreference } from '../../conversations/marketing.ts';
import { updateIn } from '../../whatsapp/payload/fields.ts';
import { type Json, part, text } from '../../whatsapp/payload/json.ts';
import { identityOf } from '../../whatsapp/payload/people.ts';
import { type NumberUpdate, onNumber, unreadable } from './field.ts';

/** The one update of a number's change. @throws Park */
export function onlyUpdate({ value, field }: NumberUpdate): {
  name: string;
  update: Json;
  contacts: unknown;
} {
  const found = updateIn(value);
  if (!found) throw unreadable(`nothing in ${field}`);
  return found;
}

async function preference(ctx: Context, given: NumberUpdate): Promise<void> {
  const { update } = onlyUpdate(given);
  const { tenantId, channelId, at: receivedAt } = given;
  const to = { tenantId, channelId };
  if (!(await applyUserPreference(ctx, { ...to, preference: update, receivedAt }))) {
    throw unreadable('a preference of no known kind');
  }
}

/** The address book of the business's phone: fills in names that nobody told; a removal there removes nobody here. */
async function addressBook(ctx: Context, given: NumberUpdate): Promise<void> {
  const { update } = onlyUpdate(given);
  if (update.type !== 'contact' || text(update.action) === undefined) throw unreadable('no contact');
  if (update.action !== 'add') return;
  const said = part(update, 'contact');
  const known = identityOf(said.user_id, undefined, text(said.phone_number)?.replace(/[^\d+A-Za-z.]/g, ''));
  if (Object.keys(known).length === 0) throw unreadable('a contact without number or id');
  const name = text(said.full_name) ?? text(said.first_name);
  const username = text(said.username)?.replace(/^@/, '');
  const held = await holdersOf(ctx, given.tenantId, known);
  const contact = await findOrCreateContact(ctx, given.tenantId, known, {}, held);
  const hasName = (await openContactField(ctx, contact, 'name')) !== undefined;
  const profile = { name: hasName ? undefined : name, username };
  await findOrCreateContact(ctx, given.tenantId, known, profile, await holdersOf(ctx, given.tenantId, known));
}

/** Once documented, then withdrawn in favour of system messages: understood, should it come. */
async function newId(ctx: Context, given: NumberUpdate): Promise<void> {
  const { update } = onlyUpdate(given);
  const ids = part(update, 'user_id');
  const parents = part(update, 'parent_user_id');
  const previous = identityOf(ids.previous, parents.previous, update.wa_id);
  const next = identityOf(ids.current, parents.current, undefined);
  if (Object.keys(next).length === 0) throw unreadable('no new id');
  // Nobody known is meant: nothing changes, and nobody is made.
  await applyIdentityChange(ctx, given.tenantId, { previous, next });
}

export const peopleFields = {
  user_preferences: onNumber(preference),
  smb_app_state_sync: onNumber(addressBook),
  user_id_update: onNumber(newId),
};
