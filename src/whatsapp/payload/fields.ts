/**
 * Changes of other webhook fields than `messages` (Cloud API: webhooks, fields): which number a change names, how one
 * with many updates is taken apart, and of whom each speaks. A part keeps the form of the whole, so that whoever
 * handles it reads one form.
 */
import { entryOf, isJson, type Json, list, part, text } from './json.ts';
import { contactOf, identityOf, type Sender, senderOf, toOf } from './people.ts';

/** Messages of an imported thread that are handled at once. */
const HISTORY_SLICE = 50;

/** The number that a value names by id; undefined where it names none, or only as it is displayed. */
export function numberIn(value: Json): string | undefined {
  return (
    text(part(value, 'metadata').phone_number_id) ??
    text(part(value, 'recipient').phone_number_id) ??
    text(part(value, 'phone_number_settings').phone_number_id)
  );
}

/** The change, in parts of one update or one thread each; a form that is not known stays whole. */
export function partsOfChange(field: string | null, change: Json): Json[] {
  const { value } = change;
  if (field === null || !isJson(value)) return [change];
  if (field === 'standby') return standbyParts(change, value);
  const names = entryOf(LISTS, field) ?? [];
  const parts = names.flatMap((name) => listParts(change, value, name));
  const odd = names.some((name) => value[name] !== undefined && !Array.isArray(value[name]));
  return parts.length === 0 || odd ? [change] : parts;
}

/** Lists by field; each entry is an update of its own. */
const LISTS: Record<string, string[]> = {
  calls: ['calls', 'statuses'],
  history: ['history', 'messages', 'message_echoes'],
  smb_message_echoes: ['message_echoes'],
  message_echoes: ['message_echoes'],
  smb_app_state_sync: ['state_sync'],
  user_preferences: ['user_preferences'],
  user_id_update: ['user_id_update'],
  group_lifecycle_update: ['groups'],
  group_participants_update: ['groups'],
  group_settings_update: ['groups'],
  group_status_update: ['groups'],
};

function listParts(change: Json, value: Json, name: string): Json[] {
  const lists = new Set(Object.values(LISTS).flat());
  const common = Object.fromEntries(
    Object.entries(value).filter(([key]) => !lists.has(key) && key !== 'contacts'),
  );
  const entries = name === 'history' ? list(value.history).flatMap(threadsOf) : list(value[name]);
  return entries.map((entry) => {
    const contacts = contactsFor(value.contacts, entry);
    return { ...change, value: { ...common, ...(contacts ? { contacts } : {}), [name]: [entry] } };
  });
}

/** A chunk of an import with one slice of one thread each; a chunk without threads stays as it is. */
function threadsOf(chunk: unknown): unknown[] {
  const threads = isJson(chunk) ? list(chunk.threads) : [];
  if (!isJson(chunk) || threads.length === 0) return [chunk];
  return threads.flatMap((thread) => {
    const messages = isJson(thread) ? list(thread.messages) : [];
    if (!isJson(thread) || messages.length <= HISTORY_SLICE) return [{ ...chunk, threads: [thread] }];
    const slices = Math.ceil(messages.length / HISTORY_SLICE);
    return Array.from({ length: slices }, (_, index) => {
      const some = messages.slice(index * HISTORY_SLICE, (index + 1) * HISTORY_SLICE);
      return { ...chunk, threads: [{ ...thread, messages: some }] };
    });
  });
}

function standbyParts(change: Json, value: Json): Json[] {
  const { standby, ...common } = value;
  if (!isJson(standby)) return [change];
  const contacts = standby.contacts ?? value.contacts;
  const parts = ['messages', 'message_echoes', 'statuses'].flatMap((name) =>
    list(standby[name]).map((entry) => {
      const theirs = contactsFor(contacts, entry);
      return {
        ...change,
        value: { ...common, standby: { ...(theirs ? { contacts: theirs } : {}), [name]: [entry] } },
      };
    }),
  );
  return parts.length === 0 ? [change] : parts;
}

/** The contact of an entry; all of a few when it can't be told which is its. */
function contactsFor(contacts: unknown, entry: unknown): unknown[] | undefined {
  const all = list(contacts);
  if (all.length === 0) return undefined;
  const who = isJson(entry) ? personIn(entry) : {};
  const found = contactOf(all, who);
  return found ? [found] : all.slice(0, 1);
}

/** Of whom one update speaks: the client, whichever way it went. */
function personIn(entry: Json): Sender {
  const thread = part({ thread: list(entry.threads)[0] }, 'thread');
  const context = part(thread, 'context');
  const contact = part(entry, 'contact');
  const told = [
    toOf(entry),
    entry.history_context === undefined ? senderOf(entry) : {},
    identityOf(context.user_id, context.parent_user_id, context.wa_id ?? thread.id),
    identityOf(contact.user_id, undefined, contact.phone_number),
    identityOf(entry.user_id, entry.parent_user_id, entry.wa_id),
    identityOf(entry.recipient_user_id, undefined, entry.recipient_id),
  ];
  const outgoing = entry.direction === 'USER_INITIATED' ? told.slice(1) : told;
  return outgoing.find((who) => Object.keys(who).length > 0) ?? {};
}

/** The first update of a change that was taken apart; undefined for one that speaks of an account. */
export function updateIn(value: Json): { name: string; update: Json; contacts: unknown } | undefined {
  const within = isJson(value.standby) ? value.standby : value;
  const names = isJson(value.standby)
    ? ['messages', 'message_echoes', 'statuses']
    : Object.values(LISTS).flat();
  for (const name of names) {
    const [update] = list(within[name]);
    if (isJson(update)) return { name, update, contacts: within.contacts };
  }
  return undefined;
}

/** Of whom a change speaks, for its lane and for finding it among the dead letters; `{}` for an account's. */
export function personOfChange(change: unknown): Sender {
  const value = isJson(change) ? change.value : undefined;
  if (!isJson(value)) return {};
  const sender = part(value, 'sender');
  const handover = identityOf(sender.user_id, sender.parent_user_id, sender.phone_number ?? sender.wa_id);
  const found = updateIn(value);
  return found ? personIn(found.update) : handover;
}

/** The group of which a change speaks. */
export function groupOfChange(change: unknown): string | undefined {
  const value = isJson(change) ? change.value : undefined;
  const found = isJson(value) ? updateIn(value) : undefined;
  return found && text(found.update.group_id);
}
