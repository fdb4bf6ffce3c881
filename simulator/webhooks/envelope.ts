import type { BusinessNumber } from '../settings.ts';

/** The `value` of a `messages` change (Cloud API: webhooks, messages). */
export interface MessagesValue {
  messaging_product: 'whatsapp';
  metadata: { display_phone_number: string; phone_number_id: string };
  contacts?: WebhookContact[];
  messages?: Record<string, unknown>[];
  statuses?: Record<string, unknown>[];
  errors?: unknown[];
}

export interface WebhookContact {
  profile?: { name?: string; username?: string };
  wa_id?: string;
  user_id?: string;
}

/** One value and the number that it belongs to. */
export interface EnvelopeItem {
  number: BusinessNumber;
  value: MessagesValue;
}

/** `merged`: one value per number with many messages; `changes`: one change per item; `entries`: one entry per item. */
export type EnvelopeLayout = 'merged' | 'changes' | 'entries';

export const valueFor = (number: BusinessNumber): MessagesValue => ({
  messaging_product: 'whatsapp',
  metadata: { display_phone_number: number.displayNumber, phone_number_id: number.phoneNumberId },
});

const sameContact = (one: WebhookContact, other: WebhookContact): boolean =>
  one.wa_id === other.wa_id && one.user_id === other.user_id;

function mergeInto(target: MessagesValue, source: MessagesValue): void {
  const contacts = [...(target.contacts ?? [])];
  for (const contact of source.contacts ?? []) {
    if (!contacts.some((known) => sameContact(known, contact))) contacts.push(contact);
  }
  if (contacts.length > 0) target.contacts = contacts;
  if (source.messages !== undefined) target.messages = [...(target.messages ?? []), ...source.messages];
  if (source.errors !== undefined) target.errors = [...(target.errors ?? []), ...source.errors];
  if (source.statuses !== undefined) target.statuses = [...(target.statuses ?? []), ...source.statuses];
}

function merged(items: EnvelopeItem[]): EnvelopeItem[] {
  const byNumber = new Map<string, EnvelopeItem>();
  for (const { number, value } of items) {
    const known = byNumber.get(number.phoneNumberId) ?? { number, value: valueFor(number) };
    byNumber.set(number.phoneNumberId, known);
    mergeInto(known.value, value);
  }
  return [...byNumber.values()];
}

/** The whole notification; one POST may hold many items of several WABAs. */
export function envelope(items: EnvelopeItem[], layout: EnvelopeLayout = 'merged'): Record<string, unknown> {
  const entries: { id: string; changes: unknown[] }[] = [];
  for (const { number, value } of layout === 'merged' ? merged(items) : items) {
    const known = layout === 'entries' ? undefined : entries.find((entry) => entry.id === number.wabaId);
    const entry = known ?? { id: number.wabaId, changes: [] };
    if (known === undefined) entries.push(entry);
    entry.changes.push({ value, field: 'messages' });
  }
  return { object: 'whatsapp_business_account', entry: entries };
}
