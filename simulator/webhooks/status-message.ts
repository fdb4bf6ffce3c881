import { graphErrorTitle } from '../graph/errors.ts';
import type { Person } from '../people/people.ts';
import { userIdFor, visiblePhone } from '../people/people.ts';
import type { SentMessage, StatusName } from '../sends.ts';
import type { EnvelopeItem, WebhookContact } from './envelope.ts';
import { valueFor } from './envelope.ts';

interface StatusFacts {
  status: StatusName;
  at: Date;
  /** With `sent` and with one of delivered and read. */
  priced: boolean;
  /** Graph error code of a `failed`. */
  code?: number;
  /** In a group: the member whose status it is; absent: the message's own. */
  member?: Person;
}

/** Phone and BSUID of the receiver, as far as a status shows them. */
function recipientKeys(
  sent: SentMessage,
  { status, member }: Pick<StatusFacts, 'status' | 'member'>,
): Record<string, string> {
  if (sent.group !== null) return groupKeys(sent, sent.group.id, member);
  const addressedByPhone = sent.to !== null;
  const phone = addressedByPhone ? sent.waId : sent.visiblePhone;
  const userId = status === 'failed' && addressedByPhone ? null : sent.userId;
  return {
    ...(phone === null ? {} : { recipient_id: phone }),
    ...(userId === null ? {} : { recipient_user_id: userId }),
  };
}

/** A group's statuses come one for each member (Cloud API: groups, status webhooks). */
function groupKeys(
  { number }: SentMessage,
  groupId: string,
  member: Person | undefined,
): Record<string, string> {
  const of = { recipient_type: 'group', recipient_id: groupId };
  if (member === undefined) return of;
  const phone = visiblePhone(member);
  const userId = userIdFor(member, number);
  return {
    ...of,
    ...(phone === null ? {} : { recipient_participant_id: phone }),
    ...(userId === null ? {} : { recipient_participant_user_id: userId }),
  };
}

/** `contacts[]`: absent with `failed` and for people without a BSUID; the username only once delivered. */
function contactsOf(sent: SentMessage, status: StatusName): WebhookContact[] | undefined {
  if (status === 'failed' || sent.userId === null) return undefined;
  const phone = sent.to === null ? sent.visiblePhone : sent.waId;
  const username = status === 'sent' ? null : sent.username;
  return [
    {
      ...(username === null ? {} : { profile: { username } }),
      ...(phone === null ? {} : { wa_id: phone }),
      user_id: sent.userId,
    },
  ];
}

function errorsOf(code: number): Record<string, unknown>[] {
  const { title, details } = graphErrorTitle(code);
  const href =
    'https://developers.facebook.com/documentation/business-messaging/whatsapp/support/error-codes';
  return [{ code, title, message: title, error_data: { details }, href }];
}

/** The notification of one status of a sent message. */
export function statusItem(
  sent: SentMessage,
  { status, at, priced, code, member }: StatusFacts,
): EnvelopeItem {
  const value = valueFor(sent.number);
  const contacts = contactsOf(sent, status);
  if (contacts !== undefined) value.contacts = contacts;
  value.statuses = [
    {
      id: sent.wamid,
      status,
      timestamp: String(Math.floor(at.getTime() / 1_000)),
      ...recipientKeys(sent, { status, ...(member === undefined ? {} : { member }) }),
      ...(sent.callbackData === null ? {} : { biz_opaque_callback_data: sent.callbackData }),
      ...(priced ? { pricing: sent.price } : {}),
      ...(code === undefined ? {} : { errors: errorsOf(code) }),
    },
  ];
  return { number: sent.number, value };
}
