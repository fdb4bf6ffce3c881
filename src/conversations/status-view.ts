/** What the stored statuses of a sent message say together: times, members of a group, price. Their order is of no account. */
import type { MessageView } from '../http/schemas.ts';
import { type Json, text } from '../whatsapp/payload/json.ts';
import { participantOf } from '../whatsapp/payload/people.ts';
import { chargeOf } from '../whatsapp/pricing.ts';
import { isWhatsappStatus, RANK, type WhatsappStatus } from './ladder.ts';

export interface SaidStatus {
  status: string;
  at: Date;
  /** As received; undefined once erased. */
  raw: Json | undefined;
}

type Told = Pick<MessageView, 'times' | 'recipients' | 'pricing' | 'charge'>;

/** The fields that the statuses of one message give it. */
export function toldBy(statuses: SaidStatus[]): Told {
  const known = statuses
    .filter((one): one is SaidStatus & { status: WhatsappStatus } => isWhatsappStatus(one.status))
    .sort((one, other) => one.at.getTime() - other.at.getTime() || RANK[one.status] - RANK[other.status]);
  const times: NonNullable<Told['times']> = {};
  const members = new Map<string, WhatsappStatus>();
  let price: Pick<Told, 'pricing' | 'charge'> = {};
  for (const { status, at, raw } of known) {
    times[status] ??= at.toISOString();
    const member = raw && memberOf(raw);
    if (member !== undefined) members.set(member, higher(members.get(member), status));
    const charge = chargeOf(raw?.pricing, at);
    if (charge) price = { pricing: raw?.pricing as Json, charge };
  }
  return {
    ...(known.length === 0 ? {} : { times }),
    ...(members.size === 0 ? {} : { recipients: counted(members) }),
    ...price,
  };
}

/** Which member of a group a status is of; undefined for a status of the message itself. */
function memberOf(raw: Json): string | undefined {
  const { bsuid, parent, phone } = participantOf(raw);
  return text(bsuid ?? parent ?? phone);
}

function higher(one: WhatsappStatus | undefined, other: WhatsappStatus): WhatsappStatus {
  return one !== undefined && RANK[one] >= RANK[other] ? one : other;
}

function counted(members: Map<string, WhatsappStatus>): NonNullable<Told['recipients']> {
  const counts: NonNullable<Told['recipients']> = {};
  for (const status of members.values()) counts[status] = (counts[status] ?? 0) + 1;
  return counts;
}
