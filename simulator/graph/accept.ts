import type { Group } from '../people/groups.ts';
import type { Person } from '../people/people.ts';
import { userIdFor, visiblePhone } from '../people/people.ts';
import { isWithinWindow, windowIsOpen } from '../people/threads.ts';
import type { Price } from '../prices.ts';
import type { SentMessage } from '../sends.ts';
import type { BusinessNumber } from '../settings.ts';
import { BSUID } from '../settings.ts';
import type { Simulation } from '../simulation.ts';
import { GraphError } from './errors.ts';
import type { SendBody } from './message-body.ts';

/** Who is meant by a send. */
export interface Addressee {
  person: Person | null;
  group: Group | null;
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
  if (body.recipient_type === 'group') {
    const group = groupOf(simulation, number, body);
    return { person: null, group, to: group.id, recipient: null, waId: null, lost: false };
  }
  if (body.to === undefined) {
    const recipient = body.recipient ?? '';
    return {
      person: people.byUserId(recipient, number) ?? null,
      group: null,
      to: null,
      recipient,
      waId: null,
      lost: false,
    };
  }
  if (BSUID.test(body.to)) {
    return { person: null, group: null, to: body.to, recipient: null, waId: null, lost: true };
  }
  const waId = onlyDigits(body.to);
  if (!/^\+?[0-9 ()-]+$/.test(body.to) || waId.length < 5 || waId.length > 15) {
    throw new GraphError(131009, { details: 'Param to is not a phone number.' });
  }
  if (waId === onlyDigits(number.displayNumber)) throw new GraphError(131021);
  const person = people.byPhone(waId) ?? null;
  return { person, group: null, to: body.to, recipient: null, waId, lost: false };
}

/** Cloud API: groups, messages. */
const GROUP_TYPES = ['text', 'image', 'video', 'audio', 'document', 'sticker', 'template', 'pin'];

/** @throws GraphError 131020 for a group that is not the number's, 131051 for what groups do not take */
function groupOf({ groups }: Simulation, number: BusinessNumber, { to = '', type }: SendBody): Group {
  const group = groups.get(to);
  if (group?.phoneNumberId !== number.phoneNumberId) throw new GraphError(131020);
  if (!GROUP_TYPES.includes(type)) throw new GraphError(131051);
  return group;
}

/** True when only a template may be sent: no word of this person to this number in 24 h. */
export function windowClosed(
  simulation: Simulation,
  number: BusinessNumber,
  who: Addressee,
  body: SendBody,
): boolean {
  if (simulation.settings.window === 'off' || who.lost || body.type === 'template') return false;
  if (who.group !== null) return !isWithinWindow(who.group.lastMemberMessageAt, simulation.clock());
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
  const { person, group, to, recipient, waId } = who;
  const at = clock();
  const wamid = ids.wamid(waId ?? recipient ?? to ?? '', 'business');
  const sent: SentMessage = {
    wamid,
    number,
    person,
    group,
    to,
    recipient,
    waId,
    userId: person === null ? null : userIdFor(person, number),
    username: person?.username ?? null,
    visiblePhone: person === null ? null : visiblePhone(person),
    type: body.type,
    body,
    callbackData: body.biz_opaque_callback_data ?? null,
    at,
    price: priceOf(simulation, number, who, body, at),
    statuses: [],
  };
  sends.add(sent);
  if (group !== null && body.type === 'pin') pin(group, body['pin'] as { type: string; message_id: string });
  events.emit({ type: 'sent', phoneNumberId: number.phoneNumberId, wamid });
  return sent;
}

function pin(group: Group, { type, message_id: wamid }: { type: string; message_id: string }): void {
  if (type === 'pin') group.pinned = wamid;
  else if (group.pinned === wamid) group.pinned = null;
}

function priceOf(
  { prices, templates, threads }: Simulation,
  { phoneNumberId, wabaId }: BusinessNumber,
  { person, group }: Addressee,
  body: SendBody,
  at: Date,
): Price {
  const named = body['template'] as { name: string; language: { code: string } } | undefined;
  const template =
    body.type === 'template' && named !== undefined
      ? templates.find(wabaId, named.name, named.language.code)
      : undefined;
  return prices.of({
    phoneNumberId,
    templateCategory: body.type === 'template' ? (template?.category ?? 'utility') : undefined,
    thread: person === null ? null : threads.get(person, phoneNumberId),
    group,
    at,
  });
}

/** The 200 answer (Cloud API: messages, response). */
export function acceptedBody(sent: SentMessage): Record<string, unknown> {
  const contact =
    sent.to === null
      ? { input: sent.recipient, user_id: sent.recipient }
      : { input: sent.to, wa_id: sent.waId ?? sent.to };
  const ofGroup = sent.group === null ? {} : { group_id: sent.group.id };
  const held = sent.type === 'template' ? { message_status: 'accepted' } : {};
  return {
    messaging_product: 'whatsapp',
    contacts: [contact],
    messages: [{ id: sent.wamid, ...ofGroup, ...held }],
  };
}
