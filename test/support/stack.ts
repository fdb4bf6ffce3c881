import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { built } from '../../scripts/quickstart/child.ts';
import { NUMBERS } from '../../scripts/quickstart/demo-data.ts';
import { newSecrets, type Stack, type StackOptions, startStack } from '../../scripts/quickstart/stack.ts';
import { dropDatabases } from './databases.ts';

interface TestStackOptions {
  people: NonNullable<StackOptions['simulator']['people']>;
  statuses?: StackOptions['simulator']['statuses'];
  retryDelays?: number[];
  /** That the account has at Meta; the gateway reads them when it is told to. */
  approvedTemplates?: StackOptions['simulator']['approvedTemplates'];
  /** Also without a MONGODB_URI of this run the database is a private one that a test may kill. */
  database: 'given or embedded' | 'embedded';
}

export interface TestStack extends Stack {
  dataDir: string;
  tenantId: string;
  /** API key of an agent. */
  key: string;
  phoneNumberId: string;
  /** By which the simulator knows the business at its Graph API. */
  accessToken: string;
  /** Stops everything and removes what it kept. */
  close(): Promise<void>;
}

const SCOPES = 'conversations:read,messages:read,messages:send,contacts:read,channels:read,audit:read';

/** The product as built, in processes of its own, with a business that has one number and one agent's key. */
export async function startTestStack(options: TestStackOptions): Promise<TestStack> {
  if (!existsSync(built('src/main.js'))) throw new Error('The product is not built: npm run build');
  const dataDir = await mkdtemp(join(tmpdir(), 'whatsper-stack-'));
  const number = NUMBERS[0];
  const accessToken = newSecrets().verifyToken;
  const { MONGODB_URI } = process.env;
  const database =
    options.database === 'given or embedded' && MONGODB_URI !== undefined
      ? ownDatabase(MONGODB_URI)
      : undefined;
  const stack = await startStack({
    dataDir,
    secrets: newSecrets(),
    ports: { gateway: 0, simulator: 0 },
    simulator: {
      numbers: [{ ...number, accessToken }],
      people: options.people,
      ...(options.statuses === undefined ? {} : { statuses: options.statuses }),
      ...(options.retryDelays === undefined ? {} : { retryDelays: options.retryDelays }),
      ...(options.approvedTemplates === undefined ? {} : { approvedTemplates: options.approvedTemplates }),
    },
    ...(database === undefined
      ? {}
      : { settings: { MONGODB_URI: database, MASTER_KEY: randomBytes(32).toString('base64') } }),
    onProgress: () => undefined,
  });
  const close = async (): Promise<void> => {
    await stack.stop();
    if (database !== undefined) await dropDatabases(database);
    await rm(dataDir, { recursive: true, force: true });
  };
  try {
    return { ...stack, ...(await addBusiness(stack, number, accessToken)), accessToken, dataDir, close };
  } catch (error) {
    await close();
    throw error;
  }
}

async function addBusiness(
  stack: Stack,
  { phoneNumberId, wabaId, displayNumber }: (typeof NUMBERS)[number],
  token: string,
): Promise<{ tenantId: string; key: string; phoneNumberId: string }> {
  const { tenantId } = await stack.cli<{ tenantId: string }>(
    ...['tenant', 'create', '--name', 'Test business', '--email', 'owner@example.com'],
  );
  await stack.cli(
    ...['channel', 'add', '--tenant', tenantId, '--phone-number-id', phoneNumberId, '--waba-id', wabaId],
    ...['--display-number', displayNumber, '--token', token],
  );
  const { key } = await stack.cli<{ key: string }>('key', 'create', '--tenant', tenantId, '--scopes', SCOPES);
  return { tenantId, key, phoneNumberId };
}

/** A database of this stack alone on the server of the run. */
function ownDatabase(uri: string): string {
  const address = new URL(uri);
  address.pathname = `/stack_${randomBytes(6).toString('hex')}`;
  return address.toString();
}
