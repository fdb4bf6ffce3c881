/** Makes the demo business once, through the same doors as anybody: the CLI, the phones, the REST interface. */
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import {
  AGENTS,
  CLIENTS,
  CONVERSATIONS,
  type DemoConversation,
  INVITED,
  NUMBERS,
  TEMPLATES,
  TENANT,
} from './demo-data.ts';
import { completeAccount, invite, mailedLink, newPassword, ownerJoins, signIn } from './people.ts';
import { AnswerError, Api, type Page, Phones, until } from './rest.ts';
import { type MetaSecrets, newSecrets, type Stack } from './stack.ts';

/** What a demo needs to know of itself at its next start; kept in DATA_DIR, readable by its owner only. */
export interface DemoState {
  secrets: MetaSecrets;
  graphToken: string;
  tenant?: { tenantId: string; accountNumber: string };
  agents: { name: string; key: string }[];
  /** What the owner signs in with, `joined` once they have; null: a password that somebody set by the mailed link. */
  owner: { password: string | null; joined: boolean };
  /** The link of the agent who was invited; it works once. */
  invitation?: string;
  /** How many of CONVERSATIONS have been held. */
  held: number;
}

/** Reads what an earlier start wrote, or begins anew. */
export function readDemo(dataDir: string): DemoState {
  const path = stateFile(dataDir);
  const owner = { password: newPassword(), joined: false };
  // Of an earlier version of the demo nobody has joined.
  if (existsSync(path)) return Object.assign({ owner }, JSON.parse(readFileSync(path, 'utf8')) as DemoState);
  const secrets = newSecrets();
  return { secrets, graphToken: newSecrets().verifyToken, agents: [], owner, held: 0 };
}

/** Written whole or not at all. */
export function writeDemo(dataDir: string, state: DemoState): void {
  const path = stateFile(dataDir);
  writeFileSync(`${path}.new`, `${JSON.stringify(state, undefined, 2)}\n`, { mode: 0o600 });
  renameSync(`${path}.new`, path);
}

function stateFile(dataDir: string): string {
  return join(dataDir, 'quickstart.json');
}

/** The simulator's side of the demo. */
export function demoSimulator(state: DemoState): {
  numbers: {
    phoneNumberId: string;
    wabaId: string;
    displayNumber: string;
    name: string;
    accessToken: string;
  }[];
  people: typeof CLIENTS;
  approvedTemplates: typeof TEMPLATES;
} {
  return {
    numbers: NUMBERS.map((number) => ({ ...number, accessToken: state.graphToken })),
    people: CLIENTS,
    approvedTemplates: TEMPLATES,
  };
}

/** Makes what is not there yet: tenant, people, numbers, keys, conversations. */
export async function makeDemo(stack: Stack, dataDir: string, state: DemoState): Promise<void> {
  if (!state.tenant) {
    state.tenant = await stack.cli<{ tenantId: string; accountNumber: string }>(
      ...['tenant', 'create', '--name', TENANT.name, '--email', TENANT.email],
    );
    writeDemo(dataDir, state);
  }
  const { tenantId } = state.tenant;
  await makePeople(stack, dataDir, state, tenantId);
  // Adding a number again changes nothing, so an interrupted start is simply continued.
  if (state.agents.length < AGENTS.length) {
    await Promise.all(NUMBERS.map((number) => addNumber(stack, tenantId, number, state)));
  }
  for (const { name, scopes } of AGENTS.slice(state.agents.length)) {
    const { key } = await stack.cli<{ key: string }>(
      ...['key', 'create', '--tenant', tenantId, '--scopes', scopes, '--name', name],
    );
    state.agents.push({ name, key });
    writeDemo(dataDir, state);
  }
  // The gateway would read them by itself within seconds; whoever opens the console now finds them there.
  if (state.held === 0) await readTemplates(stack, state);
  for (const conversation of CONVERSATIONS.slice(state.held)) {
    await hold(stack, state, conversation);
    state.held += 1;
    writeDemo(dataDir, state);
  }
}

/** The owner joins and invites an agent, whose invitation waits. What was cut off half-way is gone on with. */
async function makePeople(stack: Stack, dataDir: string, state: DemoState, tenantId: string): Promise<void> {
  if (!state.owner.joined) {
    state.owner = { password: await joinedOwner(stack, state, tenantId), joined: true };
    writeDemo(dataDir, state);
  }
  const { owner, tenant, invitation } = state;
  if (invitation !== undefined || owner.password === null) return;
  const { password } = owner;
  const credentials = { accountNumber: tenant?.accountNumber ?? '', name: TENANT.email, password };
  const api = await signIn(stack.gatewayUrl, credentials);
  const { items } = await api.get<Page<{ email: string }>>('/v1/users');
  if (!items.some(({ email }) => email === INVITED.email)) await invite(api, INVITED, 'agent');
  state.invitation = await mailedLink(stack.gatewayUrl, INVITED.email);
  writeDemo(dataDir, state);
}

/** @returns the owner's password; null when somebody has joined as the owner with a password of their own */
async function joinedOwner(
  stack: Stack,
  { owner: { password }, tenant }: DemoState,
  tenantId: string,
): Promise<string | null> {
  if (password === null) return null;
  const { items } = await stack.cli<Page<{ role: string; status: string }>>(
    ...['user', 'list', '--tenant', tenantId],
  );
  if (items.find(({ role }) => role === 'owner')?.status === 'invited') {
    await stack.cli('user', 'invite-owner', '--tenant', tenantId); // the first link may have ended
    await ownerJoins(stack.gatewayUrl, password);
    return password;
  }
  try {
    const credentials = { accountNumber: tenant?.accountNumber ?? '', name: TENANT.email, password };
    await completeAccount(await signIn(stack.gatewayUrl, credentials));
    return password;
  } catch (error) {
    if (error instanceof AnswerError && error.status === 401) return null;
    throw error;
  }
}

async function addNumber(
  stack: Stack,
  tenantId: string,
  number: (typeof NUMBERS)[number],
  state: DemoState,
): Promise<void> {
  const { phoneNumberId, wabaId, displayNumber, name } = number;
  await stack.cli(
    ...['channel', 'add', '--tenant', tenantId, '--phone-number-id', phoneNumberId, '--waba-id', wabaId],
    ...['--display-number', displayNumber, '--token', state.graphToken, '--name', name],
  );
}

async function readTemplates(stack: Stack, state: DemoState): Promise<void> {
  const api = new Api(stack.gatewayUrl, state.agents.at(-1)?.key ?? '');
  const { items } = await api.get<Page<{ id: string }>>('/v1/channels');
  await api.post('/v1/templates/sync', { channelId: items[0]?.id });
}

/** Lets a client and an agent say their lines in turn, each when the other's has arrived. */
async function hold(
  stack: Stack,
  state: DemoState,
  { client, number, lines }: DemoConversation,
): Promise<void> {
  const phones = new Phones(stack.simulatorUrl);
  const api = new Api(stack.gatewayUrl, state.agents[0]?.key ?? '');
  const person = (await phones.people()).find(({ name }) => name === CLIENTS[client]?.name);
  const phoneNumberId = NUMBERS[number]?.phoneNumberId;
  if (!person || !phoneNumberId) throw new Error('The simulator does not have the people of the demo.');
  let conversationId = '';
  for (const [index, line] of lines.entries()) {
    if (line.from === 'client') {
      await phones.write(person.id, phoneNumberId, line.message ?? line.text ?? '');
    } else {
      await api.reply(conversationId, line.text ?? '', `demo-${client}-${number}-${index}`);
    }
    conversationId = await until(`line ${index + 1} of a demo conversation`, () =>
      conversationWith(api, person.name, index + 1),
    );
  }
}

/** The conversation with the person of this name once it holds so many messages. */
async function conversationWith(api: Api, name: string, count: number): Promise<string | undefined> {
  const { items } = await api.conversations();
  const found = items.find(({ contact }) => contact?.name === name);
  if (!found) return undefined;
  const messages = await api.messages(found.id);
  const settled = messages.every(({ status }) => !['queued', 'sending'].includes(status));
  return messages.length >= count && settled ? found.id : undefined;
}
