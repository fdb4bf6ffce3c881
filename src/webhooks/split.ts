/**
 * A notification becomes items, each on its own: one POST may hold several entries, changes, messages and statuses
 * of several tenants, and one bad item must not cost its neighbours. Nothing authentic is dropped: what we can't
 * place is an item too.
 */
import type { LaneItem } from '../lanes/item.ts';
import { lanePartsOf } from '../lanes/place.ts';
import { contactOf, isJson, type Json, list, senderOf, text } from '../whatsapp/payload.ts';

export interface PlacedItem {
  item: Omit<LaneItem, 'position'>;
  /** Parts of the lane's name. */
  lane: string[];
}

/** Splits a signed body. A body that is not JSON is one item, `unreadable`. */
export function splitNotification(body: Buffer, app: string): PlacedItem[] {
  const notification = parse(body);
  if (notification === undefined) {
    return [
      place({
        kind: 'unreadable',
        app,
        wabaId: null,
        field: null,
        phoneNumberId: null,
        body: { base64: body.toString('base64') },
      }),
    ];
  }
  const entries = isJson(notification) ? list(notification.entry) : [];
  if (entries.length === 0) return [other(app, null, null, notification)];
  return entries.flatMap((entry) => splitEntry(entry, app));
}

function parse(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString('utf8')) as unknown;
  } catch {
    return undefined;
  }
}

function splitEntry(entry: unknown, app: string): PlacedItem[] {
  const changes = isJson(entry) ? list(entry.changes) : [];
  if (!isJson(entry) || changes.length === 0) return [other(app, null, null, entry)];
  const wabaId = text(entry.id) ?? null;
  return changes.flatMap((change) => splitChange(change, app, wabaId));
}

function splitChange(change: unknown, app: string, wabaId: string | null): PlacedItem[] {
  const field = isJson(change) ? (text(change.field) ?? null) : null;
  const value = isJson(change) ? change.value : undefined;
  if (field !== 'messages' || !isJson(value)) return [other(app, wabaId, field, change)];
  const phoneNumberId = isJson(value.metadata) ? (text(value.metadata.phone_number_id) ?? null) : null;
  const base = { app, wabaId, field, phoneNumberId };
  const items = [
    ...list(value.messages).map((message) =>
      place({ ...base, kind: 'message' as const, body: messageBody(value, message) }),
    ),
    ...list(value.statuses).map((status) =>
      place({ ...base, kind: 'status' as const, body: { status, contacts: value.contacts ?? [] } }),
    ),
    ...(list(value.errors).length > 0
      ? [place({ ...base, kind: 'errors' as const, body: { errors: value.errors } })]
      : []),
  ];
  return items.length > 0 ? items : [other(app, wabaId, field, change, phoneNumberId)];
}

/** The message with its own contact, or all of them when it can't be told which is its. */
function messageBody(value: Json, message: unknown): Json {
  const contact = isJson(message) ? contactOf(value.contacts, senderOf(message)) : undefined;
  return { message, contacts: contact ? [contact] : list(value.contacts).slice(0, 1) };
}

function other(
  app: string,
  wabaId: string | null,
  field: string | null,
  body: unknown,
  phoneNumberId: string | null = null,
): PlacedItem {
  return place({ kind: 'other', app, wabaId, field, phoneNumberId, body: { value: body } });
}

function place(item: Omit<LaneItem, 'position'>): PlacedItem {
  return { item, lane: lanePartsOf(item) };
}
