/**
 * No read, change or removal of the product looks through a whole collection to find its rows: not on the way of a
 * message, not for a route, not in the rounds of the worker. The embedded server says what serves a filter.
 */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import mongoose from 'mongoose';
import nock from 'nock';

import { Messages } from '../../../src/conversations/model.ts';
import { routes } from '../../../src/http/routes.ts';
import { destroyDue } from '../../../src/privacy/destroy.ts';
import { eraseContact } from '../../../src/privacy/erase.ts';
import { asOperator, withTenant } from '../../../src/store/scope.ts';
import { syncDueAccounts } from '../../../src/templates/sync.ts';
import { progress } from '../../../src/watch/progress.ts';
import { reconcile } from '../../../workers/reconciler.ts';
import { graphAccepts } from '../../outbox/fake-graph.ts';
import { openWorld } from '../../outbox/world.ts';
import { ManualClock } from '../../support/clock.ts';
import { type TestContext, testContext } from '../../support/context.ts';
import { type EmbeddedMongo, startEmbeddedMongo } from '../../support/embedded-mongo.ts';
import {
  type Business,
  clientWrites,
  openBusiness,
  openGateway,
  signedIn,
  type TestGateway,
  type Written,
} from '../../support/fixtures.ts';

type Filter = Record<string, unknown>;

/** Few rows, whatever the size of an installation: one for each app, one for each member of its staff. */
const SMALL = ['apps', 'operators'];
/** All rows are wanted: every business; what waits for the audit log; who left and has conversations to hand back. */
const WHOLE = ['tenants', 'auditWaiting', 'departures'];

let mongo: EmbeddedMongo;
let ctx: TestContext;
let gateway: TestGateway;
let business: Business;
let written: Written;

beforeAll(async () => {
  mongo = await startEmbeddedMongo();
  ctx = await testContext({ environment: { MONGODB_URI: uriOf('product_reads') } });
  gateway = await openGateway(ctx);
  business = await openBusiness(ctx, 'Alef');
  written = await clientWrites(ctx, business, { phone: '972500000001' });
});
afterAll(async () => {
  await gateway.close();
  await ctx.close();
  await mongo.stop();
});

function uriOf(database: string): string {
  const uri = new URL(mongo.uri);
  uri.pathname = `/${database}`;
  return uri.toString();
}

/** Filters by which the work looked for rows, each once. */
async function filtersOf(work: () => Promise<unknown>): Promise<{ collection: string; filter: Filter }[]> {
  const seen = new Map<string, { collection: string; filter: Filter }>();
  mongoose.set('debug', (collection: string, operation: string, ...given: unknown[]) => {
    for (const filter of filtersIn(operation, given)) {
      seen.set(`${collection} ${JSON.stringify(filter)}`, { collection, filter });
    }
  });
  try {
    await work();
  } finally {
    mongoose.set('debug', false);
  }
  return [...seen.values()];
}

function filtersIn(operation: string, given: unknown[]): Filter[] {
  if (operation === 'aggregate') return [(given[0] as { $match?: Filter }[])[0]?.$match ?? {}];
  if (operation === 'distinct') return [(given[1] ?? {}) as Filter];
  if (operation === 'bulkWrite') {
    return (given[0] as Record<string, { filter?: Filter }>[]).flatMap((one) =>
      Object.values(one).flatMap(({ filter }) => (filter ? [filter] : [])),
    );
  }
  if (/^(find|update|delete|count|replace)/.test(operation)) return [(given[0] ?? {}) as Filter];
  return [];
}

/** Those of the filters for which the database reads all rows of the collection. */
async function scansOf(work: () => Promise<unknown>, database = 'product_reads'): Promise<string[]> {
  const filters = await filtersOf(work);
  expect(filters.length).toBeGreaterThan(0);
  const scans: string[] = [];
  for (const { collection, filter } of filters) {
    if (SMALL.includes(collection)) continue;
    const shape = JSON.stringify(filter);
    if (WHOLE.includes(collection) && shape === '{}') continue;
    if (await isScan(database, collection, filter)) scans.push(`${collection} ${shape}`);
  }
  return scans;
}

async function isScan(database: string, collection: string, filter: Filter): Promise<boolean> {
  const name = collection === 'keys' ? `${database}_keys` : database;
  const client = await mongoose.mongo.MongoClient.connect(mongo.uri, { retryWrites: false });
  try {
    const plan = await client.db(name).command({ explain: { find: collection, filter } });
    return JSON.stringify(plan).includes('COLLSCAN');
  } finally {
    await client.close();
  }
}

const plainRoutes = routes.filter(
  ({ method, path, scope }) => method === 'get' && !path.includes('{') && scope !== 'public',
);
const QUERY: Record<string, string> = {
  '/v1/costs': '?from=2026-11-01T00:00:00.000Z&to=2026-12-01T00:00:00.000Z',
  '/v1/search': '?q=hello',
};

describe('what the product looks for, an index finds', () => {
  it('on the way of a message, for who is known and for who is not', async () => {
    const writes = (phone: string) => clientWrites(ctx, business, { phone });
    expect(await scansOf(() => writes('972500000001'))).toEqual([]);
    expect(await scansOf(() => writes('972500000002'))).toEqual([]);
  });

  it('for an answer to it', async () => {
    const path = `/v1/conversations/${written.conversationId}/messages`;
    const body = { type: 'text', text: { body: 'hello' } };
    const ask = () => gateway.ask('POST', path, { key: business.key, body });
    expect(await scansOf(ask)).toEqual([]);
  });

  it.each(plainRoutes.map(({ path }) => path))('for GET %s', async (path) => {
    const { headers } = await signedIn(ctx, business);
    const asked = async () => {
      const { status } = await gateway.ask('GET', `${path}${QUERY[path] ?? ''}`, { headers });
      expect(status).toBe(200);
    };
    expect(await scansOf(asked)).toEqual([]);
  });

  it('for sending, and for what becomes of it', async () => {
    const clock = new ManualClock();
    const world = await openWorld(clock, { MONGODB_URI: uriOf('product_reads_sending') });
    try {
      const conversation = await world.conversation({ phone: '972500000003' });
      const sends = async () => {
        graphAccepts();
        const { _id } = await world.accept(conversation, 'hello');
        await world.work(conversation);
        await world.status({ id: `wamid.HBgL${_id}==`, status: 'delivered', timestamp: '1795348800' });
      };
      expect(await scansOf(sends, 'product_reads_sending')).toEqual([]);
      const erases = async () => {
        const { tenantId } = world;
        const asked = { tenantId, contactId: conversation.contactId, principal: 'key:one' };
        await withTenant(tenantId, () => eraseContact(world.ctx, { ...asked, ground: 'objection' }));
        clock.advance(60_000);
        expect(await asOperator('test', () => destroyDue(world.ctx))).toBe(1);
      };
      expect(await scansOf(erases, 'product_reads_sending')).toEqual([]);
    } finally {
      nock.restore();
      await world.close();
    }
  });

  it('in the rounds of the worker', async () => {
    expect(await scansOf(() => reconcile(ctx))).toEqual([]);
    expect(await scansOf(() => asOperator('test', () => progress(ctx)))).toEqual([]);
    expect(await scansOf(() => syncDueAccounts(ctx))).toEqual([]);
  });

  it('is seen when there is none', async () => {
    const look = () =>
      asOperator('test', () => ctx.store.model(Messages).findOne({ errorReason: 'x' }).exec());
    expect(await scansOf(look)).toEqual([expect.stringContaining('messages')]);
  });
});
