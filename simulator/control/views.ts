import type { Person } from '../people/people.ts';
import type { Entry, Thread } from '../people/threads.ts';
import type { SentMessage } from '../sends.ts';
import type { Simulation } from '../simulation.ts';
import type { DeliveryRecord } from '../webhooks/deliveries.ts';

/** Ticks of what the client wrote: clock, ✓ posted, ✓✓ the gateway answered 200, blue read by the business. */
export type Ticks = 'waiting' | 'sent' | 'delivered' | 'read';

/** Why a message has not reached the gateway yet. */
export interface Trouble {
  /** HTTP status of the last attempt, null when there was no answer. */
  status: number | null;
  reason: string | null;
  attempts: number;
  /** ISO time of the next attempt, null when there will be none. */
  nextAttemptAt: string | null;
}

/** A message as its phone shows it: `out` is what the person wrote. */
export interface MessageView {
  wamid: string;
  direction: 'in' | 'out';
  type: string;
  content: unknown;
  quotes: string | null;
  at: string;
  ticks: Ticks | null;
  /** Written to a group. */
  group: boolean;
  /** From the business and not seen yet. */
  unread: boolean;
  trouble: Trouble | null;
}

function ticksOf(entry: Entry): Ticks | null {
  if (entry.author === 'business') return null;
  if (entry.readAt !== null) return 'read';
  if (entry.delivery.state === 'accepted') return 'delivered';
  return entry.delivery.attempts.length > 0 || entry.delivery.state === 'posting' ? 'sent' : 'waiting';
}

function troubleOf(entry: Entry): Trouble | null {
  if (entry.author === 'business') return null;
  const { state, attempts, nextAttemptAt } = entry.delivery;
  const last = attempts.at(-1);
  if (state === 'accepted' || last === undefined) return null;
  return {
    status: last.status,
    reason: last.error ?? null,
    attempts: attempts.length,
    nextAttemptAt: nextAttemptAt?.toISOString() ?? null,
  };
}

export function messageView(entry: Entry): MessageView {
  const { wamid, type, content, quotes, at } = entry;
  return {
    wamid,
    direction: entry.author === 'client' ? 'out' : 'in',
    type,
    content,
    quotes,
    at: at.toISOString(),
    ticks: ticksOf(entry),
    group: entry.group,
    unread: entry.author === 'business' && entry.readAt === null,
    trouble: troubleOf(entry),
  };
}

/** The chat of a person with a number. */
export interface ThreadView {
  items: MessageView[];
  /** The business shows as typing. */
  typing: boolean;
}

export function threadView(thread: Thread, now: Date): ThreadView {
  const typing = thread.typingUntil !== null && thread.typingUntil > now;
  return { items: thread.entries.map(messageView), typing };
}

export const personView = ({
  id,
  name,
  phone,
  userId,
  username,
  hidesPhone,
  reading,
  dialect,
}: Person): Person => ({
  id,
  name,
  phone,
  userId,
  username,
  hidesPhone,
  reading,
  dialect,
});

export function deliveryView({ id, createdAt, body, attempts, state, nextAttemptAt }: DeliveryRecord) {
  return { id, createdAt, bytes: body.length, attempts, state, nextAttemptAt };
}

export function sentView({ wamid, number, person, type, callbackData, at, body, statuses }: SentMessage) {
  return {
    wamid,
    phoneNumberId: number.phoneNumberId,
    personId: person?.id ?? null,
    type,
    callbackData,
    at,
    body,
    statuses,
  };
}

const countBy = (keys: string[]): Record<string, number> => {
  const counts: Record<string, number> = {};
  for (const key of keys) counts[key] = (counts[key] ?? 0) + 1;
  return counts;
};

/**
 * Everything each phone received and every accepted send. `receivedByCallbackData` above 1 means that the gateway sent one of
 * its messages twice: each send gets a wamid of its own, so wamids alone would not show it.
 */
export function stateView({ people, threads, sends, deliveries, faults }: Simulation) {
  const received = threads
    .list()
    .flatMap(({ entries }) => entries.filter(({ author }) => author === 'business'));
  const callbacks = received.map(({ wamid }) => sends.get(wamid)?.callbackData ?? null);
  return {
    people: people.list().map(personView),
    threads: threads.list().map(({ person, phoneNumberId, entries }) => ({
      personId: person.id,
      phoneNumberId,
      messages: entries.map(messageView),
    })),
    sent: sends.list.map(sentView),
    receivedByWamid: countBy(received.map(({ wamid }) => wamid)),
    receivedByCallbackData: countBy(callbacks.filter((data) => data !== null)),
    webhooks: countBy(deliveries.records.map(({ state }) => state)),
    faults: faults.pending(),
  };
}
