/** P2: however often and however late WhatsApp repeats a message, it is one, whatever happened to its sender meanwhile. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { collections } from '../../src/collections.ts';
import { Contacts, Identities, Messages } from '../../src/conversations/model.ts';
import { withTenant } from '../../src/store/scope.ts';
import { handleItem } from '../../src/webhooks/inbound.ts';
import { RoutesTable } from '../../src/webhooks/routes-table.ts';
import { splitNotification } from '../../src/webhooks/split.ts';
import { ManualClock } from '../support/clock.ts';
import { type TestContext, testContext } from '../support/context.ts';
import { type Business, openBusiness } from '../support/fixtures.ts';
import { change, envelope, textMessage, wire } from '../support/webhook.ts';

const DAY_MS = 24 * 3600 * 1000;

let ctx: TestContext;
let clock: ManualClock;
let business: Business;
beforeAll(async () => {
  clock = new ManualClock();
  ctx = await testContext({ clock });
  business = await openBusiness(ctx, 'Aleph');
});
afterAll(() => ctx.close());

/** A notification as it is handled when it comes now, by a process that knows nothing yet. */
async function comes(...ids: string[]): Promise<void> {
  const messages = ids.map((id) => textMessage(id, 'hello'));
  const body = wire(envelope([change({ messages }, business.phoneNumberId)]));
  const routes = new RoutesTable();
  for (const { item } of splitNotification(body, 'default')) {
    await handleItem(ctx, routes, { ...item, position: ctx.positions.next() });
  }
}

const inTenant = <Result>(work: () => Promise<Result>) => withTenant(business.tenantId, work);
const count = () => inTenant(() => ctx.store.model(Messages).countDocuments().exec());

describe('a repeat', () => {
  it('within one notification is one message', async () => {
    await comes('wamid.batch', 'wamid.batch');
    expect(await count()).toBe(1);
  });

  it('of up to 9 days later is recognised', async () => {
    await comes('wamid.late');
    const before = await count();
    for (const wait of [1, DAY_MS, 6 * DAY_MS, 2 * DAY_MS - 2]) {
      clock.advance(wait);
      await comes('wamid.late');
    }
    expect(await count()).toBe(before);
  });

  it('is recognised when its sender is closed or known by nothing any more', async () => {
    await comes('wamid.gone');
    const before = await count();
    await inTenant(async () => {
      const closedAt = new Date(clock.now());
      await ctx.store.model(Contacts).updateMany({}, { $set: { closedAt } }).exec();
      await ctx.store.model(Identities).deleteMany({}).exec();
    });
    await comes('wamid.gone');
    expect(await count()).toBe(before);
    expect(await inTenant(() => ctx.store.model(Contacts).countDocuments().exec())).toBe(1);
  });

  it('finds its row: no index lets rows of messages or statuses expire by themselves', () => {
    const expiring = collections.filter(({ indexes }) =>
      indexes.some(({ options }) => options?.expireAfterSeconds !== undefined),
    );
    expect(expiring.map(({ name }) => name)).not.toEqual(
      expect.arrayContaining([expect.stringMatching(/^(messages|statuses|sentWamids)$/)]),
    );
  });
});
