import type { Events } from './events.ts';
import type { Faults } from './faults.ts';
import type { Subscriptions } from './graph/subscriptions.ts';
import type { Throttle } from './graph/throttle.ts';
import type { Ids } from './ids.ts';
import type { MediaStore } from './media/store.ts';
import type { Groups } from './people/groups.ts';
import type { People } from './people/people.ts';
import type { Threads } from './people/threads.ts';
import type { Prices } from './prices.ts';
import type { Sends } from './sends.ts';
import type { BusinessNumber, Log, Settings } from './settings.ts';
import type { Tasks } from './tasks.ts';
import type { Templates } from './templates/templates.ts';
import type { Deliveries } from './webhooks/deliveries.ts';

/** The state of one simulator, handed to every part of it. */
export interface Simulation {
  readonly settings: Settings;
  /** By phone_number_id. */
  readonly numbers: ReadonlyMap<string, BusinessNumber>;
  readonly subscriptions: Subscriptions;
  readonly people: People;
  readonly threads: Threads;
  readonly groups: Groups;
  readonly prices: Prices;
  readonly sends: Sends;
  readonly faults: Faults;
  readonly deliveries: Deliveries;
  readonly media: MediaStore;
  readonly templates: Templates;
  readonly throttle: Throttle;
  /** Where files are fetched; known once the server listens. */
  readonly door: { url: string };
  readonly events: Events;
  readonly tasks: Tasks;
  readonly ids: Ids;
  readonly clock: () => Date;
  readonly log: Log;
}

/** @throws Error when the number does not live here */
export function numberOf({ numbers }: Simulation, phoneNumberId: string): BusinessNumber {
  const number = numbers.get(phoneNumberId);
  if (number !== undefined) return number;
  throw new Error(
    `The simulator has no number with phoneNumberId ${phoneNumberId}; list it under "numbers".`,
  );
}
