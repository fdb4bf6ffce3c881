import type { Person } from '../people/people.ts';
import { userIdFor, visiblePhone } from '../people/people.ts';
import { windowIsOpen } from '../people/threads.ts';
import type { SentMessage } from '../sends.ts';
import type { BusinessNumber } from '../settings.ts';
import { BSUID } from '../settings.ts';
import type { Simulation } from '../simulation.ts';
import { GraphError } from './errors.ts';
import type { SendBody } from './message-body.ts';

/** Who is meant by a send. */
export interface Addressee {
  person: Person | null;
  /** As given; `to` wins over `recipient`. */
  to: string | null;
  recipient: string | null;
  waId: string | null;
  /** A BSUID in `to` is answered 200 and never delivered, nor does a status come. */
  lost: boolean;
}

const onlyDigits = (phone: string): string => phone.replace(/[^0-9]/g, '');

/** @throws GraphError 131009 for what is no address, 131021 for the number itself */
export function addresseeOf(simulation: Simulation, number: BusinessNumber, body: SendBody): Addressee {
  const { people } = simulation;
  if (body.to === undefined) {
    const recipient = body.recipient ?? '';
    return {
      person: people.byUserId(recipient, number) ?? null,
      to: null,
      recipient,
      waId: null,
      lost: false,
    };
  }
  if (BSUID.test(body.to)) return { person: null, to: body.to, recipient: null, waId: null, lost: true };
  const waId = onlyDigits(body.to);
  if (!/^\+?[0-9 ()-]+$/.test(body.to) || waId.length < 5 || waId.length > 15) {
    throw new GraphError(131009, { details: 'Param to is not a phone number.' });
  }
  if (waId === onlyDigits(number.displayNumber)) throw new GraphError(131021);
  return { person: people.byPhone(waId) ?? null, to: body.to, recipient: null, waId, lost: false };
}

/** True when only a template may be sent: no word of this person to this number in 24 h. */
export function windowClosed(
  simulation: Simulation,
  number: BusinessNumber,
  who: Addressee,
  body: SendBody,
): boolean {
  if (simulation.settings.window === 'off' || who.lost || body.type === 'template') return false;
  if (who.person === null) return true;
  return !windowIsOpen(simulation.threads.get(who.person, number.phoneNumberId), simulation.clock());
}

/** Keeps the send under a new wamid. From here on it counts as sent, whatever becomes of the answer. */
export function accept(
  simulation: Simulation,
  number: BusinessNumber,
  who: Addressee,
  body: SendBody,
): SentMessage {
  const { ids, clock, sends, events } = simulation;
  const { person, to, recipient, waId } = who;
  const wamid = ids.wamid(waId ?? recipient ?? to ?? '', 'business');
  const sent: SentMessage = {
    wamid,
    number,
    person,
    to,
    recipient,
    waId,
    userId: person === null ? null : userIdFor(person, number),
    username: person?.username ?? null,
    visiblePhone: person === null ? null : visiblePhone(person),
    type: body.type,
    body,
    callbackData: body.biz_opaque_callback_data ?? null,
    at: clock(),
    statuses: [],
  };
  sends.add(sent);
  events.emit({ type: 'sent', phoneNumberId: number.phoneNumberId, wamid });
  return sent;
}

/** The 200 answer (Cloud API: messages, response). */
export function acceptedBody(sent: SentMessage): Record<string, unknown> {
  const contact =
    sent.to === null
      ? { input: sent.recipient, user_id: sent.recipient }
      : { input: sent.to, wa_id: sent.waId ?? sent.to };
  const held = sent.type === 'template' ? { message_status: 'accepted' } : {};
  return { messaging_product: 'whatsapp', contacts: [contact], messages: [{ id: sent.wamid, ...held }] };
}
