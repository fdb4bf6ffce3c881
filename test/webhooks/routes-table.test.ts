/** Routes that were learnt hold over a restart while the database is away. */
import { afterEach, beforeEach, expect, it } from '@jest/globals';

import type { Context } from '../../src/context.ts';
import { RoutesTable } from '../../src/webhooks/routes-table.ts';
import { type TestContext, testContext } from '../support/context.ts';
import { type Business, openBusiness } from '../support/fixtures.ts';

let ctx: TestContext;
let business: Business;
beforeEach(async () => {
  ctx = await testContext();
  business = await openBusiness(ctx, 'Aleph');
});
afterEach(async () => ctx.close());

/** The same installation, with a database that does not answer. */
function away(): Context {
  const error = Object.assign(new Error('away'), { name: 'MongoServerSelectionError' });
  const batches = { findOfInstallation: () => Promise.reject(error) };
  return { ...ctx, store: { batches } } as unknown as Context;
}

it('a process that starts while the database is away knows the owners that an earlier one knew, and no others', async () => {
  const { phoneNumberId, tenantId, channelId } = business;
  const before = RoutesTable.lasting(ctx);
  const known = await before.ownerOf(ctx, phoneNumberId);
  expect(known).toMatchObject({ tenantId, channelId });
  await before.keep();

  const after = RoutesTable.lasting(ctx);
  expect(await after.ownerOf(away(), phoneNumberId)).toEqual(known);
  await expect(after.ownerOf(away(), 'never-seen')).rejects.toThrow('away');
  // What the database says when it answers again counts.
  expect(await after.ownerOf(ctx, phoneNumberId)).toMatchObject({ tenantId, channelId });
  expect(await after.ownerOf(ctx, 'never-seen')).toBeUndefined();
});

it('closing keeps what was learnt last; what comes after it is not written any more', async () => {
  const { phoneNumberId, tenantId } = business;
  const later = await openBusiness(ctx, 'Bet');
  const before = RoutesTable.lasting(ctx);
  await before.ownerOf(ctx, phoneNumberId);
  await before.close();
  await before.ownerOf(ctx, later.phoneNumberId);
  await before.close();

  const after = RoutesTable.lasting(ctx);
  expect(await after.ownerOf(away(), phoneNumberId)).toMatchObject({ tenantId });
  await expect(after.ownerOf(away(), later.phoneNumberId)).rejects.toThrow('away');
});

it('what another key sealed is not taken for a route', async () => {
  const before = RoutesTable.lasting(ctx);
  await before.ownerOf(ctx, business.phoneNumberId);
  await before.keep();
  const stranger = await testContext({ environment: { DATA_DIR: ctx.settings.DATA_DIR } });
  const after = RoutesTable.lasting(stranger);
  await expect(after.ownerOf({ ...away(), master: stranger.master }, business.phoneNumberId)).rejects.toThrow(
    'away',
  );
  await stranger.close();
});
