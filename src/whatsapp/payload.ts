/**
 * Reading what WhatsApp sends: tolerant per item, since any key may be missing or of another type.
 * Cloud API, webhooks: envelope `{ object, entry: [{ id, changes: [{ field, value }] }] }`.
 */
export type Json = Record<string, unknown>;

export function isJson(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A string that is not empty; WhatsApp uses "" for "absent". */
export function text(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

export function list(value: unknown): unknown[] {
  return Array.isArray(value) ? (value as unknown[]) : [];
}

/** Business-scoped user id: country, dot, optionally `ENT.`, then up to 128 letters and digits. */
const BSUID = /^[A-Z]{2}\.(?:ENT\.)?[A-Za-z0-9]{1,128}$/;

export interface Sender {
  bsuid?: string;
  /** Digits as received. */
  phone?: string;
}

/** Who sent a message: the BSUID may also stand where the phone belongs. */
export function senderOf(message: Json): Sender {
  return identity(text(message.from_user_id), text(message.from));
}

/** Who a status speaks of. */
export function recipientOf(status: Json): Sender {
  return identity(text(status.recipient_user_id), text(status.recipient_id));
}

function identity(userId: string | undefined, phone: string | undefined): Sender {
  const misplaced = phone !== undefined && BSUID.test(phone) ? phone : undefined;
  const bsuid = userId ?? misplaced;
  const digits = misplaced === undefined ? phone?.replace(/^\+/, '') : undefined;
  return {
    ...(bsuid === undefined ? {} : { bsuid }),
    ...(digits !== undefined && /^\d{5,20}$/.test(digits) ? { phone: digits } : {}),
  };
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

/** Display name and username (without its `@`) of a `contacts[]` entry. */
export function profileOf(contact: Json | undefined): { name?: string; username?: string } {
  const profile = isJson(contact?.profile) ? contact.profile : {};
  const name = text(profile.name);
  const username = text(profile.username)?.replace(/^@/, '');
  return { ...(name === undefined ? {} : { name }), ...(username === undefined ? {} : { username }) };
}

/** Seconds since 1970 as decimal string or integer. @returns undefined for anything else. */
export function timeOf(value: unknown): Date | undefined {
  const seconds =
    typeof value === 'number'
      ? value
      : typeof value === 'string' && /^\d{1,12}$/.test(value)
        ? Number(value)
        : NaN;
  return Number.isSafeInteger(seconds) && seconds >= 0 && seconds < 1e12
    ? new Date(seconds * 1000)
    : undefined;
}
