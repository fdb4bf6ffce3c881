/**
 * Who is meant (Cloud API: business-scoped user ids). A person has a BSUID within a business portfolio, perhaps a
 * parent BSUID over linked portfolios, and a phone number that WhatsApp shows only sometimes. Empty strings mean
 * "absent"; a BSUID may stand where the phone belongs. No phone rule is ever applied to a BSUID.
 */
import { isJson, type Json, list, part, present, text } from './json.ts';

/** Country, dot, `ENT.` for the parent's, then up to 128 letters and digits. */
const BSUID = /^[A-Z]{2}\.(?:ENT\.)?[A-Za-z0-9]{1,128}$/;
const PARENT = /^[A-Z]{2}\.ENT\./;
/** Ids are opaque; a draft of the documentation had 256 characters. */
const ID_MAX = 256;

export interface Sender {
  bsuid?: string;
  /** BSUID over linked portfolios. */
  parent?: string;
  /** Digits as received. */
  phone?: string;
}

/** Who sent a message. */
export function senderOf(message: Json): Sender {
  return identity(message.from_user_id, message.from_parent_user_id, message.from);
}

/** To whom something was sent: an echo's or a call's. */
export function toOf(echo: Json): Sender {
  return identity(echo.to_user_id, echo.to_parent_user_id, echo.to);
}

/** Who is named by these three, wherever they stand. */
export function identityOf(userId: unknown, parentId: unknown, phone: unknown): Sender {
  return identity(userId, parentId, phone);
}

/** Who a status speaks of; in a group see `participantOf`. */
export function recipientOf(status: Json): Sender {
  return identity(status.recipient_user_id, status.recipient_parent_user_id, status.recipient_id);
}

/** Which member of a group a status speaks of; `{}` when it speaks of nobody alone. */
export function participantOf(status: Json): Sender {
  return identity(
    status.recipient_participant_user_id,
    status.recipient_participant_parent_user_id,
    status.recipient_participant_id,
  );
}

/** What a contact was and is known as, from a `system` message. */
export interface IdentityChange {
  previous: Sender;
  next: Sender;
}

const CHANGES = ['user_changed_number', 'user_changed_user_id'];

/**
 * What a `system` message says of somebody's ids (Cloud API: webhooks, system messages). By fields only: its body
 * contains a name that the person chose, and a name could pretend to be a change of someone else.
 * @returns undefined for other messages and other kinds of change
 */
export function identityChangeOf(message: Json): IdentityChange | undefined {
  const { system, type } = message;
  if (type !== 'system' || !isJson(system) || !CHANGES.includes(text(system.type) ?? '')) return undefined;
  const next = identity(system.user_id, system.parent_user_id, text(system.wa_id) ?? system.new_wa_id);
  const from = identity(undefined, undefined, text(message.from) ?? system.customer);
  const named = identity(
    text(system.previous_user_id) ?? message.from_user_id,
    text(system.previous_parent_user_id) ?? message.from_parent_user_id,
    from.phone,
  );
  const { bsuid = from.bsuid, parent = from.parent, phone } = named;
  return {
    previous: present({
      bsuid: bsuid === next.bsuid ? undefined : bsuid,
      parent: parent === next.parent ? undefined : parent,
      phone,
    }),
    next,
  };
}

/** Whom a message is about: its sender; of a `system` message who it was before, else who it is now. */
export function subjectOf(message: Json): Sender {
  if (message.type !== 'system') return senderOf(message);
  const change = identityChangeOf(message);
  const system = part(message, 'system');
  const sender = senderOf(message);
  const [first = {}] = [
    change?.previous,
    sender,
    change?.next,
    identity(system.user_id, undefined, undefined),
  ]
    .filter((who) => who !== undefined)
    .filter((who) => Object.keys(who).length > 0);
  return first;
}

/**
 * In whose turn a message is to be handled: its sender's; where a `system` message says that somebody's ids changed,
 * whoever writes under the new ones, so that the change is known before their first message.
 */
export function turnOf(message: Json): Sender {
  const next = identityChangeOf(message)?.next ?? {};
  return Object.keys(next).length > 0 ? next : subjectOf(message);
}

/** The normaliser: "" is absent, a BSUID in the place of a phone is a BSUID, `+` does not belong to the digits. */
function identity(userId: unknown, parentId: unknown, place: unknown): Sender {
  const phone = text(place);
  const isMisplaced = phone !== undefined && BSUID.test(phone);
  const misplaced = isMisplaced ? phone : undefined;
  const digits = isMisplaced ? undefined : phone?.replace(/^\+/, '');
  const asParent = misplaced !== undefined && PARENT.test(misplaced);
  return present({
    bsuid: opaque(userId) ?? (asParent ? undefined : misplaced),
    parent: opaque(parentId) ?? (asParent ? misplaced : undefined),
    phone: digits !== undefined && /^\d{3,20}$/.test(digits) ? digits : undefined,
  });
}

function opaque(value: unknown): string | undefined {
  const found = text(value);
  return found !== undefined && found.length <= ID_MAX ? found : undefined;
}

/** The entry of `contacts[]` that belongs to a sender: by user id first, then by wa_id; the arrays need not line up. */
export function contactOf(contacts: unknown, sender: Sender): Json | undefined {
  const candidates = list(contacts).filter(isJson);
  return (
    candidates.find((contact) => sender.bsuid !== undefined && contact.user_id === sender.bsuid) ??
    candidates.find((contact) => sender.phone !== undefined && contact.wa_id === sender.phone) ??
    candidates.find((contact) => sender.bsuid !== undefined && contact.wa_id === sender.bsuid)
  );
}

/** How a `contacts[]` entry names its person; adds to a sender what the message itself did not say. */
export function knownOf(sender: Sender, contact: Json | undefined): Sender {
  if (contact === undefined) return sender;
  return { ...identity(contact.user_id, contact.parent_user_id, contact.wa_id), ...sender };
}

/** Display name and username (without its `@`) of a `contacts[]` entry. A username is never a key: it changes hands. */
export function profileOf(contact: Json | undefined): { name?: string; username?: string } {
  const profile = contact ? part(contact, 'profile') : {};
  return present({
    name: text(profile.name),
    username: text(text(profile.username)?.replace(/^@/, '')),
  });
}
