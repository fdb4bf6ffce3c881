import { randomBytes } from 'node:crypto';
import { join } from 'node:path';

import type { Context } from '../../src/context.ts';
import { addEndpoint } from '../../src/endpoints/endpoints.ts';
import { CANARY_TENANT } from '../../src/ops/metrics.ts';
import { openContext } from '../../src/start.ts';
import { addChannel } from '../../src/tenants/channels.ts';
import { createApiKey } from '../../src/tenants/keys.ts';
import { createTenant } from '../../src/tenants/tenants.ts';
import { GATEWAY, startProgram } from '../programs.ts';
import { numbersOf, plainEnvironment, type Side, type SideOptions } from './side.ts';

/** Businesses that are made at the same time. */
const MADE_AT_ONCE = 16;

/** The product as built, with businesses that have a number and an endpoint each. */
export async function openOurs(options: SideOptions): Promise<Side> {
  const { servers, folder, businesses, run, profile } = options;
  const database = `bench_${run}_ours`;
  const secret = randomBytes(16).toString('hex');
  const environment = {
    ...plainEnvironment(),
    HOST: '127.0.0.1',
    PORT: '0',
    DATA_DIR: join(folder, 'ours'),
    MONGODB_URI: servers.databaseUri(database),
    REDIS_URL: servers.redisUrl,
    REDIS_PREFIX: database,
    MASTER_KEY: randomBytes(32).toString('base64'),
    META_APP_SECRET: secret,
    // Ten thousand agents of ten businesses, with one key each, come within a minute.
    RATE_FEEDS: '100000',
  };
  const numbers = numbersOf(businesses);
  const keys = await makeBusinesses(environment, options, numbers);
  return {
    name: 'ours',
    database,
    target: { path: '/webhooks/whatsapp', secret },
    numbers,
    start: (part) =>
      startProgram({
        name: `ours-${part}`,
        ...GATEWAY,
        environment: { ...environment, ROLE: part },
        logs: folder,
        profile,
      }),
    feed: (business, port) => ({
      port,
      path: '/v1/feed',
      headers: { authorization: `Bearer ${keys[business]}`, accept: 'text/event-stream' },
    }),
    // The product's own canary writes messages, too.
    stored: () => servers.rows(database, 'messages').countDocuments({ tenantId: { $ne: CANARY_TENANT } }),
    async close() {
      await servers.dropDatabase(database);
      await servers.dropDatabase(`${database}_keys`);
    },
  };
}

/** @returns an agent's key for each business that somebody listens to. */
async function makeBusinesses(
  environment: Record<string, string>,
  { endpointUrl, listening }: SideOptions,
  numbers: Side['numbers'],
): Promise<string[]> {
  const opened = await openContext({ ...environment, LOG_LEVEL: 'error' });
  try {
    const keys: string[] = [];
    for (let from = 0; from < numbers.length; from += MADE_AT_ONCE) {
      const made = numbers.slice(from, from + MADE_AT_ONCE).map(async (number, index) => {
        const tenantId = await makeBusiness(opened.ctx, number, endpointUrl);
        if (from + index < listening) keys[from + index] = await agentKey(opened.ctx, tenantId);
      });
      await Promise.all(made);
    }
    return keys;
  } finally {
    await opened.close();
  }
}

async function makeBusiness(ctx: Context, number: Side['numbers'][number], url: string): Promise<string> {
  const name = `Business ${number.phoneNumberId}`;
  const { tenantId } = await createTenant(ctx, { name, email: 'owner@business.example' });
  const displayNumber = '+44 20 7946 0101';
  await addChannel(ctx, { tenantId, ...number, displayNumber, token: 'bench-token', name });
  await addEndpoint(ctx, { tenantId, url });
  return tenantId;
}

async function agentKey(ctx: Context, tenantId: string): Promise<string> {
  const scopes = ['conversations:read', 'messages:read', 'contacts:read', 'channels:read'];
  return (await createApiKey(ctx, { tenantId, scopes, name: 'Agent' })).key;
}
