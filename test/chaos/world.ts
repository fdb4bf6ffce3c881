/** Two businesses with two numbers each, their clients, their endpoints and keys; made through the operator's command. */
import { Api } from '../../scripts/quickstart/rest.ts';
import type { Client, Simulator, SimulatorOptions } from '../../simulator/index.ts';
import type { Chance } from './chance.ts';
import type { EndpointServers } from './endpoints.ts';
import type { Stack } from './stack.ts';

export interface BusinessNumber {
  tenant: string;
  phoneNumberId: string;
  wabaId: string;
  displayNumber: string;
}

const NUMBERS: BusinessNumber[] = ['north', 'south'].flatMap((tenant, business) =>
  [0, 1].map((line) => ({
    tenant,
    phoneNumberId: `10654035224${business}${line}01`,
    wabaId: `10229012934${business}398`,
    displayNumber: `+972 3-555-0${business}${line}0`,
  })),
);

/** Some tenants have more endpoints than others. */
const ENDPOINTS: [tenant: string, name: string][] = [
  ['north', 'north-console'],
  ['north', 'north-crm'],
  ['south', 'south-console'],
];

const SCOPES = 'conversations:read,messages:read,messages:send,contacts:read,channels:read';

/** One client at one number. */
export interface Chat {
  name: string;
  client: Client;
  number: BusinessNumber;
}

/** By tenant. */
type Apis = Record<string, Api>;

/** `small`: one business with one number and one endpoint, for what needs no more. */
export type Scale = 'full' | 'small';

function numbersOf(scale: Scale): BusinessNumber[] {
  return scale === 'full' ? NUMBERS : NUMBERS.slice(0, 1);
}

function endpointsOf(scale: Scale): typeof ENDPOINTS {
  return scale === 'full' ? ENDPOINTS : ENDPOINTS.slice(0, 1);
}

/** Numbers of one business belong to one portfolio: clients have another BSUID in each. */
export function simulatedNumbers(scale: Scale, token: string): SimulatorOptions['numbers'] {
  return numbersOf(scale).map(({ tenant, ...number }) => ({
    ...number,
    accessToken: token,
    name: tenant,
    portfolioId: tenant,
  }));
}

/** Registers the businesses. @returns access with a key of each */
export async function makeWorld(
  stack: Stack,
  endpoints: EndpointServers,
  { scale, token, url }: { scale: Scale; token: string; url: string },
): Promise<Apis> {
  const apis: Apis = {};
  await Promise.all(
    [...new Set(numbersOf(scale).map(({ tenant }) => tenant))].map(async (tenant) => {
      const { tenantId } = await stack.cli<{ tenantId: string }>(
        ...['tenant', 'create', '--name', tenant, '--email', `owner@${tenant}.example`],
      );
      const adding = numbersOf(scale)
        .filter((number) => number.tenant === tenant)
        .map((number) =>
          stack.cli(
            ...['channel', 'add', '--tenant', tenantId, '--phone-number-id', number.phoneNumberId],
            ...['--waba-id', number.wabaId, '--display-number', number.displayNumber, '--token', token],
          ),
        );
      const opening = endpointsOf(scale)
        .filter(([owner]) => owner === tenant)
        .map(async ([, name]) => {
          const { secret } = await stack.cli<{ secret: string }>(
            ...['endpoint', 'add', '--tenant', tenantId, '--url', endpoints.urlOf(name)],
          );
          endpoints.add(tenant, name, secret);
        });
      const { key } = await stack.cli<{ key: string }>(
        ...['key', 'create', '--tenant', tenantId, '--scopes', SCOPES],
      );
      apis[tenant] = new Api(url, key);
      await Promise.all([...adding, ...opening]);
    }),
  );
  return apis;
}

/** Clients as Meta shows them: by phone, by phone and BSUID, by BSUID alone; many write to several numbers. */
export function makeChats(simulator: Simulator, chance: Chance, scale: Scale, people: number): Chat[] {
  return Array.from({ length: people }, (_, index) => {
    const digits = String(index + 1).padStart(4, '0');
    const kind = ['phone', 'both', 'hidden', 'bsuid'][index % 4];
    const client = simulator.client({
      name: `Client ${index + 1}`,
      ...(kind === 'bsuid' ? {} : { phone: `97250000${digits}` }),
      ...(kind === 'phone' ? {} : { userId: `IL.10000000000${digits}` }),
      hidesPhone: kind === 'hidden',
    });
    return chance
      .shuffled(numbersOf(scale))
      .slice(0, chance.whole(1, 3))
      .map((number) => ({ name: `client ${index + 1} at ${number.phoneNumberId}`, client, number }));
  }).flat();
}
