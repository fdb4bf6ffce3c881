import { playScene, postFieldAbout } from './people/field-about.ts';
import type { Move } from './people/moving.ts';
import { move } from './people/moving.ts';
import type { Person } from './people/people.ts';
import { userIdFor, visiblePhone } from './people/people.ts';
import { factsFor } from './people/sample-facts.ts';
import type { SampleName } from './people/samples.ts';
import { sampleMessage } from './people/samples.ts';
import type { BusinessEntry, Entry } from './people/threads.ts';
import type { WriteOptions } from './people/writing.ts';
import { write } from './people/writing.ts';
import type { Receipts } from './receipts.ts';
import type { BusinessNumber, PersonChange } from './settings.ts';
import type { Simulation } from './simulation.ts';
import { numberOf } from './simulation.ts';
import type { ClientMessage } from './webhooks/client-message.ts';
import type { DeliveryRecord } from './webhooks/deliveries.ts';

/** A message on its way to the gateway. */
export interface ClientSend {
  wamid: string;
  /** The POST as it stands. */
  record: DeliveryRecord;
  /** The same record once it was answered 200 (or was given up, or the simulator stopped). */
  posted: Promise<DeliveryRecord>;
  /** As `posted`, for every repetition. */
  all: Promise<DeliveryRecord[]>;
}

/** A person with a phone, as a script holds it. */
export interface Client {
  readonly id: string;
  readonly person: Readonly<Person>;
  /** The BSUID that this business sees. */
  userId(phoneNumberId: string): string | null;
  /** Writes to a business number: a text, or `{ type, [type]: payload, context? }` of any type. */
  send(
    phoneNumberId: string,
    message: string | ClientMessage,
    options?: WriteOptions & { wamid?: string },
  ): ClientSend;
  /** A fresh sample that refers to this chat. */
  sample(phoneNumberId: string, name: SampleName): ClientMessage;
  /** Writes one of the samples. */
  sendSample(phoneNumberId: string, name: SampleName): ClientSend;
  /** What this phone received from the number, oldest first. */
  inbox(phoneNumberId: string): readonly BusinessEntry[];
  /** Both sides of the chat, oldest first. */
  thread(phoneNumberId: string): readonly Entry[];
  /** Looks at the chat; fulfils when the `read` statuses were posted. */
  read(phoneNumberId: string): Promise<DeliveryRecord[]>;
  /** Stops or resumes marketing from the number, and tells the business. */
  preferMarketing(phoneNumberId: string, value: 'stop' | 'resume'): Promise<DeliveryRecord>;
  change(change: PersonChange): void;
  /** Changes the number or only the BSUID; fulfils when the businesses were told. @throws when the phone is taken */
  move(move: Move): Promise<DeliveryRecord[]>;
  /** Posts a webhook of another field about this person: an example of it, or the value given. */
  field(phoneNumberId: string, name: string, value?: Record<string, unknown>): Promise<DeliveryRecord>;
  /** What happens in several webhooks: a call, an import, another app that takes over (webhooks/scenes.ts). */
  scene(phoneNumberId: string, name: string): Promise<DeliveryRecord[]>;
}

/** Of `user_preferences`. */
function preferenceOf(
  { clock }: Simulation,
  person: Person,
  number: BusinessNumber,
  value: 'stop' | 'resume',
): Record<string, unknown> {
  const phone = visiblePhone(person);
  const userId = userIdFor(person, number);
  const who = {
    ...(phone === null ? {} : { wa_id: phone }),
    ...(userId === null ? {} : { user_id: userId }),
  };
  return {
    messaging_product: 'whatsapp',
    metadata: { display_phone_number: number.displayNumber, phone_number_id: number.phoneNumberId },
    contacts: [{ profile: { name: person.name }, ...who }],
    user_preferences: [
      {
        ...who,
        detail: `User requested to ${value} marketing messages`,
        category: 'marketing_messages',
        value,
        timestamp: Math.floor(clock().getTime() / 1_000),
      },
    ],
  };
}

/** Binds a person to the simulation. */
export function makeClient(simulation: Simulation, receipts: Receipts, person: Person): Client {
  const { threads, people, events } = simulation;
  const send: Client['send'] = (phoneNumberId, message, { wamid, ...options } = {}) => {
    const { wamids, ...rest } = write(simulation, [{ person, phoneNumberId, message, wamid }], options);
    return { wamid: wamids[0] ?? '', ...rest };
  };
  const sample: Client['sample'] = (phoneNumberId, name) =>
    sampleMessage(name, factsFor(simulation, person, phoneNumberId));
  return {
    id: person.id,
    person,
    send,
    userId: (phoneNumberId) => userIdFor(person, numberOf(simulation, phoneNumberId)),
    sample,
    sendSample: (phoneNumberId, name) => send(phoneNumberId, sample(phoneNumberId, name)),
    thread: (phoneNumberId) => threads.get(person, phoneNumberId).entries,
    inbox: (phoneNumberId) =>
      threads
        .get(person, phoneNumberId)
        .entries.filter((entry): entry is BusinessEntry => entry.author === 'business'),
    read: (phoneNumberId) => receipts.readChat(person, numberOf(simulation, phoneNumberId).phoneNumberId),
    move: (change) => move(simulation, person, change),
    field: (phoneNumberId, name, value) =>
      postFieldAbout(simulation, person, phoneNumberId, name, value).posted,
    scene: (phoneNumberId, name) => playScene(simulation, person, phoneNumberId, name),
    preferMarketing(phoneNumberId, value) {
      const number = numberOf(simulation, phoneNumberId);
      simulation.templates.prefer(person.id, phoneNumberId, value);
      return postFieldAbout(
        simulation,
        person,
        phoneNumberId,
        'user_preferences',
        preferenceOf(simulation, person, number, value),
      ).posted;
    },
    change(change) {
      people.change(person, change);
      events.emit({ type: 'person', personId: person.id });
    },
  };
}
