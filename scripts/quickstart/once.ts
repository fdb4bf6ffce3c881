/** `npm run quickstart -- --once`: the whole product in a folder of its own, tried from outside, and removed again. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { AGENTS, CLIENTS, NUMBERS, TENANT } from './demo-data.ts';
import { openFeed } from './feed.ts';
import { renderTable, type Row } from './report.ts';
import { Api, Phones } from './rest.ts';
import { playScenario } from './scenario/index.ts';
import { newSecrets, type Stack, startStack } from './stack.ts';

/** @returns the exit code: 0 only when every step is as it should be and nothing crashed */
export async function runOnce(
  onProgress: (line: string) => void,
  interrupted: Promise<unknown>,
): Promise<number> {
  const dataDir = await mkdtemp(join(tmpdir(), 'whatsper-once-'));
  try {
    return await tryAll(dataDir, onProgress, interrupted);
  } finally {
    await rm(dataDir, { recursive: true, force: true });
  }
}

async function tryAll(
  dataDir: string,
  onProgress: (line: string) => void,
  interrupted: Promise<unknown>,
): Promise<number> {
  const graphToken = newSecrets().verifyToken;
  const stack = await startStack({
    dataDir,
    secrets: newSecrets(),
    ports: { gateway: 0, simulator: 0 },
    simulator: {
      numbers: NUMBERS.map((number) => ({ ...number, accessToken: graphToken })),
      people: CLIENTS.map((client) => ({ ...client, reading: 'auto' })),
      statuses: { sent: 20, delivered: 60, read: 120 },
    },
    onProgress,
  });
  try {
    const crash = stack.crashed.then((child) => {
      throw new Error(`The ${child.name} ended by itself:\n${child.lastLines()}`);
    });
    const stopped = interrupted.then(() => undefined);
    const rows = await Promise.race([play(stack, graphToken, onProgress), crash, stopped]);
    return rows === undefined ? 130 : report(rows);
  } finally {
    await stack.stop();
  }
}

async function play(stack: Stack, graphToken: string, onProgress: (line: string) => void): Promise<Row[]> {
  onProgress('Making two businesses with the CLI');
  const [own, other] = await Promise.all([
    makeTenant(stack, TENANT, graphToken),
    makeTenant(stack, { name: 'Another business', email: 'owner@another.example' }),
  ]);
  onProgress('Playing clients and an agent');
  const phones = new Phones(stack.simulatorUrl);
  const feed = await openFeed(stack.gatewayUrl, own.key);
  try {
    const agent = new Api(stack.gatewayUrl, own.key);
    const stranger = new Api(stack.gatewayUrl, other.key);
    return await playScenario({ stack, phones, agent, stranger, feed, people: await phones.people() });
  } finally {
    feed.close();
  }
}

/** A tenant with an agent's key, and with the numbers of the demo when there is a token for them. */
async function makeTenant(
  stack: Stack,
  { name, email }: typeof TENANT,
  token?: string,
): Promise<{ key: string }> {
  const { tenantId } = await stack.cli<{ tenantId: string }>(
    ...['tenant', 'create', '--name', name, '--email', email],
  );
  const numbers = token === undefined ? [] : NUMBERS;
  const [{ key }] = await Promise.all([
    stack.cli<{ key: string }>('key', 'create', '--tenant', tenantId, '--scopes', AGENTS[0].scopes),
    ...numbers.map(({ phoneNumberId, wabaId, displayNumber, name: label }) =>
      stack.cli(
        ...['channel', 'add', '--tenant', tenantId, '--phone-number-id', phoneNumberId, '--waba-id', wabaId],
        ...['--display-number', displayNumber, '--token', token ?? '', '--name', label],
      ),
    ),
  ]);
  return { key };
}

function report(rows: Row[]): number {
  console.log(`\n${renderTable(rows)}\n`);
  const wrong = rows.filter(({ ok }) => !ok).length;
  console.log(
    wrong === 0
      ? `All ${rows.length} steps are as they should be.`
      : `${wrong} of ${rows.length} steps are not as they should be.`,
  );
  return wrong === 0 ? 0 : 1;
}
