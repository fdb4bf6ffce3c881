import type { Simulation } from '../simulation.ts';
import { clientMessageItem } from '../webhooks/client-message.ts';
import type { DeliveryRecord } from '../webhooks/deliveries.ts';
import { envelope } from '../webhooks/envelope.ts';
import { encodeWebhook } from '../webhooks/json.ts';
import type { Person } from './people.ts';
import { userIdFor, visiblePhone } from './people.ts';

/** What changes about a person's address. */
export interface Move {
  /** Digits with country code; absent: the phone stays, only the BSUID is made anew. */
  phone?: string;
  /** Tell the businesses that know the person; true unless told otherwise. Without it a number is simply somebody's again. */
  tell?: boolean;
}

/** Another BSUID of the same country. */
const freshUserId = (simulation: Simulation, userId: string): string =>
  `${userId.slice(0, 3)}${BigInt(`0x${simulation.ids.hex(8)}`)}`;

/**
 * The person changes the number: a new phone, a new BSUID, and a `system` message to each number that the person ever wrote to
 * (Cloud API: webhooks, system messages). `from` is the old phone where the phone is shown.
 * @throws Error when somebody has the phone already
 */
export async function move(
  simulation: Simulation,
  person: Person,
  { phone, tell = true }: Move,
): Promise<DeliveryRecord[]> {
  const { people, threads, numbers, ids, clock, deliveries, subscriptions, events } = simulation;
  const before = { ...person };
  const userId = person.userId === null ? null : freshUserId(simulation, person.userId);
  people.move(person, phone ?? person.phone, userId);
  events.emit({ type: 'person', personId: person.id });
  if (!tell) return [];
  const known = threads.list().filter((thread) => thread.person === person);
  return Promise.all(
    known.map(({ phoneNumberId }) => {
      const number = numbers.get(phoneNumberId);
      if (number === undefined) throw new Error(`The number ${phoneNumberId} does not live here.`);
      const oldUserId = userIdFor(before, number);
      const newUserId = userIdFor(person, number);
      const oldPhone = visiblePhone(before);
      const shown = phone !== undefined && oldPhone !== null;
      const system = {
        body: shown
          ? `User ${person.name} changed from ${oldPhone} to ${phone}`
          : `User ${person.name} changed from ${oldUserId} to ${newUserId}`,
        type: shown ? 'user_changed_number' : 'user_changed_user_id',
        ...(shown ? { wa_id: phone } : {}),
        ...(newUserId === null ? {} : { user_id: newUserId }),
        ...(oldUserId === null ? {} : { previous_user_id: oldUserId }),
      };
      const wamid = ids.wamid(before.phone ?? oldUserId ?? person.id, 'client');
      const item = clientMessageItem(before, number, wamid, clock(), { type: 'system', system });
      return deliveries.post(encodeWebhook(envelope([item])), {
        lanes: [`chat ${person.id} ${phoneNumberId}`],
        url: subscriptions.callbackOf(number),
      }).posted;
    }),
  );
}
