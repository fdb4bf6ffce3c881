import type { Client, ClientSend } from './client.ts';
import { makeClient } from './client.ts';
import type { Faults } from './faults.ts';
import { leaveGroup, makeGroup } from './people/group-changes.ts';
import type { Group } from './people/groups.ts';
import type { Person } from './people/people.ts';
import type { WriteOptions, Written } from './people/writing.ts';
import { write } from './people/writing.ts';
import type { Receipts } from './receipts.ts';
import type { SendCall, SentMessage, StatusName } from './sends.ts';
import type { PersonInput } from './settings.ts';
import type { Simulation } from './simulation.ts';
import type { ClientMessage } from './webhooks/client-message.ts';
import type { DeliveryRecord, PostOptions } from './webhooks/deliveries.ts';
import type { HandshakeResult } from './webhooks/handshake.ts';
import { shakeHands } from './webhooks/handshake.ts';
import { encodeWebhook } from './webhooks/json.ts';

/** One message of a batch. */
export interface BatchItem {
  client: Client;
  phoneNumberId: string;
  message: string | ClientMessage;
  wamid?: string;
}

/** A group, as scripts hold it. */
export interface GroupHandle {
  readonly id: string;
  /** wamid of what the business pinned. */
  readonly pinned: string | null;
  /** A member writes to it. */
  write(client: Client, message: string | ClientMessage): ClientSend;
  /** A member leaves; the gateway is told. */
  leave(client: Client): void;
}

/** A running simulator, as tests and scripts hold it. */
export interface Simulator {
  readonly port: number;
  /** `http://host:port`: the value for GRAPH_API_URL, and where the phone page is. */
  readonly url: string;
  /** Adds a person. @throws when the phone or BSUID is taken */
  client(input: PersonInput): Client;
  clients(): Client[];
  /** Makes a group of a business with these people, and tells the gateway. @throws for none or too many */
  group(of: { phoneNumberId: string; subject: string; members: Client[] }): GroupHandle;
  /** The person of this id, as `client()` gave it. */
  clientById(id: string): Client | undefined;
  /** Several messages in one POST. @throws when a number is unknown */
  sendBatch(items: BatchItem[], options?: WriteOptions): Written;
  /**
   * Posts something else: an object is encoded as Meta does, text and bytes go as they are. Signed, unless told otherwise; tried
   * once, unless `retry` is true.
   */
  post(body: object | string | Buffer, options?: Omit<PostOptions, 'onChange'>): Promise<DeliveryRecord>;
  /** Posts a status of an accepted send now. @param code Graph error code of a `failed` */
  status(wamid: string, status: StatusName, code?: number): Promise<DeliveryRecord>;
  readonly faults: Faults;
  /** Every send that got a wamid, oldest first. */
  readonly sent: readonly SentMessage[];
  /** Every request to send something, also those that were not accepted, oldest first. */
  readonly calls: readonly SendCall[];
  /** Every webhook, oldest first. */
  readonly deliveries: readonly DeliveryRecord[];
  /** Sends the GET by which Meta checks a callback address. */
  handshake(): Promise<HandshakeResult>;
  /**
   * Waits for the condition, asked again after each change. @param timeoutMs 5,000 unless told otherwise
   * @throws Error when time is up
   */
  waitFor<T>(
    condition: (simulator: Simulator) => T | undefined | null | false,
    timeoutMs?: number,
  ): Promise<T>;
  /** Waits until no webhook is on its way and no status is due. */
  idle(timeoutMs?: number): Promise<void>;
  /** Ends everything; webhooks not answered yet are `stopped`. @throws when work in the background had failed */
  stop(): Promise<void>;
}

/** The listening server. */
export interface Door {
  port: number;
  url: string;
  /** Cuts all connections. */
  close(): Promise<void>;
}

function summary({ sends, deliveries, tasks }: Simulation): string {
  const open = deliveries.records.filter(({ state }) => state !== 'accepted');
  const states = open.map(
    ({ state, attempts }) => `${state} after status ${attempts.at(-1)?.status ?? 'none'}`,
  );
  return (
    `Accepted sends: ${sends.list.length}; webhooks: ${deliveries.records.length}, not accepted: ` +
    `${open.length} (${states.slice(0, 5).join(', ')}); tasks running: ${tasks.running}.`
  );
}

/** A group, as scripts hold it. */
export function groupHandle(simulation: Simulation, group: Group): GroupHandle {
  return {
    id: group.id,
    get pinned() {
      return group.pinned;
    },
    write(client, message) {
      const whole = typeof message === 'string' ? { type: 'text', text: { body: message } } : message;
      return client.send(group.phoneNumberId, { ...whole, group_id: group.id });
    },
    leave(client) {
      const person = simulation.people.get(client.id);
      if (person !== undefined) leaveGroup(simulation, group, person);
    },
  };
}

/** Gives scripts their handle on a simulation. */
export function makeSimulator(simulation: Simulation, receipts: Receipts, door: Door): Simulator {
  const { people, sends, deliveries, events, tasks, settings, ids, faults } = simulation;
  const clientOf = (person: Person): Client => makeClient(simulation, receipts, person);
  let stopped: Promise<void> | undefined;
  const simulator: Simulator = {
    port: door.port,
    url: door.url,
    faults,
    sent: sends.list,
    calls: sends.calls,
    deliveries: deliveries.records,
    client(input) {
      const person = people.create(input);
      events.emit({ type: 'person', personId: person.id });
      return clientOf(person);
    },
    clients: () => people.list().map(clientOf),
    group: ({ members, ...of }) =>
      groupHandle(
        simulation,
        makeGroup(simulation, { ...of, members: members.flatMap(({ id }) => people.get(id) ?? []) }),
      ),
    clientById(id) {
      const person = people.get(id);
      return person === undefined ? undefined : clientOf(person);
    },
    sendBatch: (items, options) =>
      write(
        simulation,
        items.map(({ client, ...item }) => ({ ...item, person: client.person })),
        options,
      ),
    post(body, options = {}) {
      const bytes =
        typeof body === 'string' || Buffer.isBuffer(body) ? Buffer.from(body) : encodeWebhook(body);
      return deliveries.post(bytes, { retry: false, ...options }).posted;
    },
    async status(wamid, status, code) {
      const sent = sends.get(wamid);
      if (sent === undefined) {
        throw new Error('No accepted send has this wamid; see the list of accepted sends.');
      }
      return receipts.post(sent, status, code);
    },
    handshake: () => shakeHands(settings.webhookUrl, settings.verifyToken, ids.hex(8), tasks.signal),
    waitFor: (condition, timeoutMs = 5_000) =>
      events.until(
        () => condition(simulator),
        timeoutMs,
        () => summary(simulation),
      ),
    async idle(timeoutMs) {
      await events.until(
        () => tasks.running === 0,
        timeoutMs,
        () => summary(simulation),
      );
    },
    stop() {
      stopped ??= Promise.all([tasks.stop(), door.close()]).then(() => deliveries.close());
      return stopped;
    },
  };
  return simulator;
}
