/**
 * A notification becomes items, each on its own: one POST may hold several entries, changes, messages and statuses
 * of several tenants, and one bad item must not cost its neighbours. Nothing authentic is dropped: what we can't
 * place is an item too.
 */
import { setImmediate as nextTurn } from 'node:timers/promises';

import type { LaneItem } from '../lanes/item.ts';
import { lanePartsOf } from '../lanes/place.ts';
import { numberIn, partsOfChange } from '../whatsapp/payload/fields.ts';
import { isJson, type Json, list, text } from '../whatsapp/payload/json.ts';
import { contactOf, recipientOf, type Sender, senderOf } from '../whatsapp/payload/people.ts';
import { isTooDeep, lookOver, parseJson, type ReadJson, readJson } from './json.ts';

/** WhatsApp puts up to 1,000 updates into one notification (Cloud API: webhooks, overview). */
const MOST_ITEMS = 5_000;
/** Other products of Meta use the same form when the app subscribes them. */
const OBJECT = 'whatsapp_business_account';

export interface PlacedItem {
  item: Omit<LaneItem, 'position'>;
  /** Parts of the lane's name. */
  lane: string[];
}

/**
 * Splits a signed body. What can't be read (no JSON, not UTF-8, far more than WhatsApp ever sends) is one item with
 * the body's own bytes; so are, together, the parts that are nested too deeply to be handed on.
 */
export function splitNotification(body: Buffer, app: string): PlacedItem[] {
  return splitRead(readJson(body), body, app);
}

/** The same for a large body, in steps between which others have their turn. */
export async function splitInSteps(body: Buffer, app: string): Promise<PlacedItem[]> {
  const looked = lookOver(body);
  await nextTurn();
  const read = looked && parseJson(looked);
  await nextTurn();
  return splitRead(read, body, app);
}

function splitRead(read: ReadJson | undefined, body: Buffer, app: string): PlacedItem[] {
  const items = read && splitValue(read.value, app);
  if (!items || items.length > MOST_ITEMS) return [unreadable(app, body)];
  if (!read.deep) return items;
  const shallow = items.map(withoutDepth);
  if (shallow.every((item, index) => item === items[index])) return items;
  return [...shallow.filter((item) => item !== undefined), unreadable(app, body)];
}

/** A contact that is too deep must not cost its message: the message goes on without. @returns undefined for what is too deep itself */
function withoutDepth(placed: PlacedItem): PlacedItem | undefined {
  const { item, lane } = placed;
  if (!isTooDeep(item.body)) return placed;
  if (!('contacts' in item.body)) return undefined;
  const body = { ...item.body, contacts: [] };
  return isTooDeep(body) ? undefined : { item: { ...item, body }, lane };
}

function splitValue(notification: unknown, app: string): PlacedItem[] {
  const entries = isJson(notification) ? list(notification.entry) : [];
  const object = isJson(notification) ? text(notification.object) : undefined;
  if (entries.length === 0 || (object !== undefined && object !== OBJECT)) {
    return [other({ app, wabaId: null, field: null }, notification)];
  }
  return untilTooMany(entries, (entry) => splitEntry(entry, app));
}

function splitEntry(entry: unknown, app: string): PlacedItem[] {
  const changes = isJson(entry) ? list(entry.changes) : [];
  const wabaId = isJson(entry) ? (text(entry.id) ?? null) : null;
  const time = isJson(entry) ? entry.time : undefined;
  if (changes.length === 0) return [other({ app, wabaId: null, field: null }, entry)];
  return untilTooMany(changes, (change) => splitSafely(change, { app, wabaId, time }));
}

/** What is made of each, one after the other; it ends early when there are more than MOST_ITEMS. */
function untilTooMany(parts: unknown[], split: (part: unknown) => PlacedItem[]): PlacedItem[] {
  if (parts.length === 1) return split(parts[0]);
  const items: PlacedItem[] = [];
  for (const part of parts) {
    for (const item of split(part)) items.push(item);
    if (items.length > MOST_ITEMS) break;
  }
  return items;
}

/** What an item says of where it came from. */
type Origin = Pick<LaneItem, 'app' | 'wabaId' | 'field'>;

/** `time`: of the entry, in seconds; other fields than `messages` have it. */
type Entry = Pick<LaneItem, 'app' | 'wabaId'> & { time: unknown };

/** What our own reading stumbles over is kept as it came: 503 would bring it, and its neighbours, again for days. */
function splitSafely(change: unknown, entry: Entry): PlacedItem[] {
  try {
    return splitChange(change, entry);
  } catch (error) {
    const { app, wabaId: id, time } = entry;
    const alone = { object: OBJECT, entry: [{ id, time, changes: [change] }] };
    return [unreadable(app, Buffer.from(JSON.stringify(alone)), (error as Error).name)];
  }
}

function splitChange(change: unknown, { app, wabaId, time }: Entry): PlacedItem[] {
  const field = isJson(change) ? (text(change.field) ?? null) : null;
  const value = isJson(change) ? change.value : undefined;
  if (field !== 'messages' || !isJson(value) || !isJson(change)) {
    const number = isJson(value) ? (numberIn(value) ?? null) : null;
    const parts = isJson(change) ? partsOfChange(field, change) : [change];
    return parts.map((one) => other({ app, wabaId, field }, one, number, time));
  }
  const phoneNumberId = isJson(value.metadata) ? (text(value.metadata.phone_number_id) ?? null) : null;
  const base = { app, wabaId, field, phoneNumberId };
  const contactFor = contactFinder(value.contacts);
  const items: PlacedItem[] = [];
  for (const message of someOf(value.messages)) {
    const contact = isJson(message) ? contactFor(senderOf(message)) : undefined;
    // The message with its own contact, or the first when it can't be told which is its.
    const contacts = contact ? [contact] : list(value.contacts).slice(0, 1);
    items.push(place({ kind: 'message', ...base, body: { message, contacts } }));
  }
  for (const status of someOf(value.statuses)) {
    const contact = isJson(status) ? contactFor(recipientOf(status)) : undefined;
    items.push(place({ kind: 'status', ...base, body: { status, contacts: contact ? [contact] : [] } }));
  }
  if (list(value.errors).length > 0) {
    items.push(place({ kind: 'errors', ...base, body: { errors: value.errors } }));
  }
  const odd = LISTS.filter((name) => isOdd(value[name]));
  if (items.length === 0 || odd.length > 0) {
    const rest = Object.fromEntries(odd.map((name) => [name, value[name]]));
    items.push(other(base, items.length > 0 ? { field, value: rest } : change, phoneNumberId));
  }
  return items;
}

const LISTS = ['messages', 'statuses', 'errors'];

/** As many as it takes to know that there are too many. */
function someOf(value: unknown): unknown[] {
  const all = list(value);
  return all.length > MOST_ITEMS ? all.slice(0, MOST_ITEMS + 1) : all;
}

/** Something stands where only a list is known. */
function isOdd(value: unknown): boolean {
  return value !== undefined && value !== null && !Array.isArray(value);
}

/** Finds contacts as `contactOf` does, without a look at all of them for each of a thousand messages. */
function contactFinder(contacts: unknown): (sender: Sender) => Json | undefined {
  const candidates = list(contacts).filter(isJson);
  if (candidates.length <= 8) return (sender) => contactOf(candidates, sender);
  const known = new Map<unknown, Json[]>();
  for (const contact of candidates) {
    for (const id of new Set([contact.user_id, contact.wa_id])) {
      const same = known.get(id);
      if (!same) known.set(id, [contact]);
      else if (same.length < 8) same.push(contact);
    }
  }
  return (sender) =>
    contactOf([...(known.get(sender.bsuid) ?? []), ...(known.get(sender.phone) ?? [])], sender);
}

function other(
  origin: Origin,
  value: unknown,
  phoneNumberId: string | null = null,
  time?: unknown,
): PlacedItem {
  const { app, wabaId, field } = origin;
  const body = time === undefined ? { value } : { value, time };
  return place({ kind: 'other', app, wabaId, field, phoneNumberId, body });
}

/** `fault`: name of the error by which our own reading failed; undefined when the body itself is at fault. */
function unreadable(app: string, body: Buffer, fault?: string): PlacedItem {
  return place({
    kind: 'unreadable',
    app,
    wabaId: null,
    field: null,
    phoneNumberId: null,
    body: { base64: body.toString('base64'), ...(fault === undefined ? {} : { fault }) },
  });
}

function place(item: Omit<LaneItem, 'position'>): PlacedItem {
  return { item, lane: lanePartsOf(item) };
}
