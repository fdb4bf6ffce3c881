import type { Person } from '../people/people.ts';
import { userIdFor, visiblePhone } from '../people/people.ts';
import type { BusinessNumber } from '../settings.ts';
import type { EnvelopeItem, WebhookContact } from './envelope.ts';
import { valueFor } from './envelope.ts';

/**
 * What a client sends: `{ type, [type]: payload, context?, … }`, unknown types included. `errors_of_value` stands beside the
 * message, not in it (Cloud API: webhooks, errors).
 */
export interface ClientMessage {
  type: string;
  [key: string]: unknown;
}

/** How the person is named: phone and BSUID each only where Meta has them to show. */
function namesOf(
  person: Person,
  number: BusinessNumber,
): { from?: string; userId?: string; username?: string } {
  const phone = visiblePhone(person);
  const userId = userIdFor(person, number);
  const stand = person.dialect === 'draft' ? '' : person.dialect === 'misplaced' ? userId : null;
  const from = phone ?? stand;
  const username =
    person.username !== null && person.dialect === 'misplaced' ? `@${person.username}` : person.username;
  return {
    ...(from === null ? {} : { from }),
    ...(userId === null ? {} : { userId }),
    ...(username === null ? {} : { username }),
  };
}

/** `contacts[]` of an incoming message. */
function contactOf(person: Person, number: BusinessNumber): WebhookContact {
  const { from, userId, username } = namesOf(person, number);
  return {
    profile: { name: person.name, ...(username === undefined ? {} : { username }) },
    ...(from === undefined ? {} : { wa_id: from }),
    ...(userId === undefined ? {} : { user_id: userId }),
  };
}

/** The notification of one message that the person wrote to the number. */
export function clientMessageItem(
  person: Person,
  number: BusinessNumber,
  wamid: string,
  at: Date,
  message: ClientMessage,
): EnvelopeItem {
  const { from, userId } = namesOf(person, number);
  const { type, errors_of_value: errors, ...payload } = message;
  const item = {
    ...(from === undefined ? {} : { from }),
    ...(userId === undefined ? {} : { from_user_id: userId }),
    id: wamid,
    timestamp: String(Math.floor(at.getTime() / 1_000)),
    type,
    ...payload,
  };
  const value = valueFor(number);
  // System messages come without contacts (Cloud API: system messages).
  if (type !== 'system') value.contacts = [contactOf(person, number)];
  value.messages = [item];
  if (Array.isArray(errors)) value.errors = errors;
  return { number, value };
}
