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

/** `contacts[]` of an incoming message: phone and BSUID each only where Meta has them to show. */
function contactOf(person: Person, number: BusinessNumber): WebhookContact {
  const phone = visiblePhone(person);
  const userId = userIdFor(person, number);
  return {
    profile: { name: person.name, ...(person.username === null ? {} : { username: person.username }) },
    ...(phone === null ? {} : { wa_id: phone }),
    ...(userId === null ? {} : { user_id: userId }),
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
  const phone = visiblePhone(person);
  const userId = userIdFor(person, number);
  const { type, errors_of_value: errors, ...payload } = message;
  const item = {
    ...(phone === null ? {} : { from: phone }),
    ...(userId === null ? {} : { from_user_id: userId }),
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
