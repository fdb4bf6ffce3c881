/** The reconciler looks at everything every few seconds, so its reads must be served by indexes, whatever is stored. */
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';

import { Contacts, Conversations, Messages } from '../../src/conversations/model.ts';
import { Deliveries, Endpoints } from '../../src/endpoints/model.ts';
import { Mails } from '../../src/mail/model.ts';
import { Media } from '../../src/media/model.ts';
import { Notices } from '../../src/notices/model.ts';
import { asOperator } from '../../src/store/scope.ts';
import { progress } from '../../src/watch/progress.ts';
import { reconcile } from '../../workers/reconciler.ts';
import { type TestContext, testContext } from '../support/context.ts';
import { openBusiness } from '../support/fixtures.ts';

type Filter = Record<string, unknown>;

/** Collections that grow with what is received and sent. */
const LARGE = [Contacts, Conversations, Deliveries, Endpoints, Mails, Media, Messages, Notices];

let ctx: TestContext;
beforeAll(async () => {
  ctx = await testContext();
});
afterAll(async () => ctx.close());

/** Filters with which large collections are read meanwhile. */
async function readsOf(work: () => Promise<unknown>): Promise<{ collection: string; filter: Filter }[]> {
  const spies = LARGE.map((collection) => {
    const model = ctx.store.model(collection as typeof Messages);
    const on = {
      find: jest.spyOn(model, 'find'),
      aggregate: jest.spyOn(model, 'aggregate'),
      distinct: jest.spyOn(model, 'distinct'),
    };
    return { collection: collection.name, on };
  });
  await work();
  return spies.flatMap(({ collection, on: { find, aggregate, distinct } }) => {
    const filters = [
      ...find.mock.calls.map(([filter]) => filter),
      ...aggregate.mock.calls.map(([stages]) => (stages?.[0] as { $match?: Filter } | undefined)?.$match),
      ...distinct.mock.calls.map(([, filter]) => filter),
    ] as unknown as (Filter | undefined)[];
    for (const spy of [find, aggregate, distinct]) spy.mockRestore();
    return filters.map((filter) => ({ collection, filter: filter ?? {} }));
  });
}

describe('a round of the reconciler', () => {
  const rounds: Record<string, () => Promise<unknown>> = {
    'looks for lost work': () => reconcile(ctx),
    'counts what waits': () => asOperator('test', () => progress(ctx)),
  };

  it.each(Object.keys(rounds))(
    '%s: every read names the tenant, with which the indexes begin',
    async (name) => {
      const reads = await readsOf(rounds[name] as () => Promise<unknown>);
      expect(new Set(reads.map(({ collection }) => collection)).size).toBeGreaterThan(3);
      expect(reads.filter(({ filter }) => !('tenantId' in filter || '_id' in filter))).toEqual([]);
    },
  );

  it.each(Object.keys(rounds))('%s: as many reads for twenty businesses as for one', async (name) => {
    const round = rounds[name] as () => Promise<unknown>;
    await openBusiness(ctx, 'One');
    const before = await readsOf(round);
    for (let number = 0; number < 20; number += 1) await openBusiness(ctx, `More ${number}`);
    expect(await readsOf(round)).toHaveLength(before.length);
  });
});
