import type { Server } from 'node:http';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

import { makeApp } from './app.ts';
import { Events } from './events.ts';
import { Faults } from './faults.ts';
import { Subscriptions } from './graph/subscriptions.ts';
import { Throttle } from './graph/throttle.ts';
import { makeIds } from './ids.ts';
import { MediaStore } from './media/store.ts';
import { Groups } from './people/groups.ts';
import { People } from './people/people.ts';
import { Threads } from './people/threads.ts';
import { Prices } from './prices.ts';
import { Receipts } from './receipts.ts';
import { Sends } from './sends.ts';
import type { SimulatorOptions } from './settings.ts';
import { parseSettings } from './settings.ts';
import type { Simulation } from './simulation.ts';
import type { Door, Simulator } from './simulator.ts';
import { makeSimulator } from './simulator.ts';
import { Tasks } from './tasks.ts';
import { Templates } from './templates/templates.ts';
import { Deliveries } from './webhooks/deliveries.ts';

export type { Client } from './client.ts';
export type { SimulatorOptions } from './settings.ts';
export type { Simulator } from './simulator.ts';

function makeSimulation({ clock, randomBytes, log, ...rest }: SimulatorOptions): Simulation {
  const settings = parseSettings(rest);
  const events = new Events();
  const numbers = new Map(settings.numbers.map((number) => [number.phoneNumberId, number]));
  const base = {
    settings,
    events,
    numbers,
    tasks: new Tasks(() => events.emit({ type: 'quiet' })),
    ids: makeIds(randomBytes),
    clock: clock ?? (() => new Date()),
    log: log ?? (() => undefined),
  };
  const people = new People(numbers);
  for (const person of settings.people) people.create(person);
  return {
    ...base,
    people,
    subscriptions: new Subscriptions(settings),
    threads: new Threads(),
    groups: new Groups(),
    prices: new Prices(),
    sends: new Sends(),
    faults: new Faults(events),
    deliveries: new Deliveries(base),
    media: new MediaStore(base.ids, base.clock),
    templates: new Templates(base.ids, settings.approvedTemplates),
    throttle: new Throttle(settings.limits, base.clock),
    door: { url: '' },
  };
}

/** A gateway may open all its connections at once; Node's own limit is 511. */
const WAITING_CONNECTIONS = 4_096;

async function openDoor(server: Server, { host, port }: { host: string; port: number }): Promise<Door> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen({ port, host, backlog: WAITING_CONNECTIONS }, resolve);
  });
  const address = server.address() as AddressInfo;
  return {
    port: address.port,
    url: `http://${host.includes(':') ? `[${host}]` : host}:${address.port}`,
    close: () =>
      new Promise((resolve, reject) => {
        server.close((error) => (error === undefined ? resolve() : reject(error)));
        server.closeAllConnections();
      }),
  };
}

/**
 * Starts a Meta of your own: the Graph API and the control API on one port, webhooks posted to `webhookUrl`.
 * @throws Error for wrong settings or a port in use
 */
export async function startSimulator(options: SimulatorOptions): Promise<Simulator> {
  const simulation = makeSimulation(options);
  const receipts = new Receipts(simulation);
  // Longer than clients keep idle connections, so that no send meets a connection that is just being closed.
  const server = createServer({ keepAliveTimeout: 65_000 });
  const door = await openDoor(server, simulation.settings);
  simulation.door.url = door.url;
  const simulator = makeSimulator(simulation, receipts, door);
  server.on('request', makeApp(simulation, receipts, simulator));
  return simulator;
}
