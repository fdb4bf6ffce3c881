/**
 * The states of a message we send, and who may change them.
 *
 * A message is accepted here as `queued`. The sender takes it: `queued → sending`, with a token of the attempt. What
 * the Graph API answers decides: `accepted` (it has a wamid), back to `queued` (refused for now, or no connection was
 * made), `failed` (refused for good), or `unconfirmed` when nobody can know whether it was sent: no answer, or the
 * sender died. Only a person leads on from `unconfirmed` (resolve: `accepted`, `failed` or back to `queued`), or a
 * status of WhatsApp that proves what happened.
 *
 * WhatsApp's statuses lead on: `sent`, `delivered`, `read`, `played`, or `failed`. They come late, twice and in any
 * order, so they only climb: a status counts when its rung is higher than the message's. `failed` stands above
 * `sent`, which it may follow, and below `delivered`, which disproves it. A status may also find the message still
 * `queued`, `sending` or `unconfirmed` (our answer was lost or is on its way), and then ends any sending of it.
 *
 * So two kinds of change exist: the sender's and the person's, which name the state they leave (compare and set), and
 * the climb, which only names the rung below which it applies. A value that is not on the ladder changes nothing.
 *
 * An inbound message is `received` and stays so.
 */
import type { MessageStatus } from './model.ts';

/** Rungs; `received` stands beside the ladder. */
export const RANK = {
  received: 0,
  queued: 0,
  sending: 1,
  unconfirmed: 2,
  accepted: 3,
  sent: 4,
  failed: 5,
  delivered: 6,
  read: 7,
  played: 8,
} as const satisfies Record<MessageStatus, number>;

/** What WhatsApp may say of a message (Cloud API: status webhooks); our own states are not its to set. */
export type WhatsappStatus = 'sent' | 'delivered' | 'read' | 'played' | 'failed';

const WHATSAPP_STATUSES: readonly string[] = [
  'sent',
  'delivered',
  'read',
  'played',
  'failed',
] satisfies WhatsappStatus[];

/** True for the statuses that move a message; others are kept and change nothing. */
export function isWhatsappStatus(value: string): value is WhatsappStatus {
  return WHATSAPP_STATUSES.includes(value);
}

/** States that a conversation's sender still has to deal with. */
export const OPEN_STATES = ['queued', 'sending', 'unconfirmed'] as const satisfies MessageStatus[];
