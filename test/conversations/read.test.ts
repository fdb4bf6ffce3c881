/** Lists page by page without loss or repeat; views open what may be read, and show erased as erased. */
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';

import {
  Contacts,
  type ConversationRow,
  Conversations,
  type MessageRow,
  Messages,
  Statuses,
} from '../../src/conversations/model.ts';
import {
  conversationById,
  listContacts,
  listConversations,
  listMessages,
} from '../../src/conversations/read.ts';
import { contactViews, conversationViews, messageView, messageViews } from '../../src/conversations/views.ts';
import type { Found, Page } from '../../src/http/route.ts';
import { KEY_CACHE_MS } from '../../src/store/key-cache.ts';
import { Keys } from '../../src/store/keyring.ts';
import { withTenant } from '../../src/store/scope.ts';
import { ManualClock } from '../support/clock.ts';
import { type TestContext, testContext } from '../support/context.ts';
import { type Business, clientWrites, openBusiness } from '../support/fixtures.ts';

const clock = new ManualClock();
let ctx: TestContext;
let business: Business;

beforeAll(async () => {
  ctx = await testContext({ clock });
  business = await openBusiness(ctx, 'Aleph');
});
afterAll(async () => ctx.close());

const mine = <T>(work: () => Promise<T>, owner = business) => withTenant(owner.tenantId, work);

/** Reads a whole list in pages of this size. */
async function allOf<Row extends { _id: string }>(
  limit: number,
  read: (page: Page) => Promise<Found<Row>>,
  owner = business,
): Promise<string[]> {
  const ids: string[] = [];
  let page: Page = { limit };
  for (;;) {
    const { items, next } = await mine(() => read(page), owner);
    expect(items.length).toBeLessThanOrEqual(limit);
    ids.push(...items.map(({ _id }) => _id));
    if (!next) return ids;
    page = { limit, after: next };
  }
}

async function read(messageId: string): Promise<MessageRow> {
  const row = await ctx.store.model(Messages).findOne({ _id: messageId }).lean<MessageRow>().exec();
  return row as MessageRow;
}

describe('lists', () => {
  it.each([1, 2, 3, 7, 100])('in pages of %i hold every conversation once, newest first', async (limit) => {
    const owner = await openBusiness(ctx, 'Lists');
    const expected: string[] = [];
    for (let index = 0; index < 7; index += 1) {
      expected.unshift(
        (await clientWrites(ctx, owner, { phone: `97250000${limit}${index}` })).conversationId,
      );
    }
    expect(await allOf(limit, (page) => listConversations(ctx, {}, page), owner)).toEqual(expected);
    const contacts = await allOf(limit, (page) => listContacts(ctx, page), owner);
    expect(new Set(contacts).size).toBe(7);
  });

  it('keep the order of ids where the place in time is the same', async () => {
    const owner = await openBusiness(ctx, 'Ties');
    const row = (id: string): ConversationRow => ({
      _id: id,
      tenantId: owner.tenantId,
      channelId: owner.channelId,
      contactId: 'con_none',
      state: 'BOT',
      lastPosition: 5,
      lastActivityAt: new Date(),
      createdAt: new Date(),
    });
    const ids = ['cnv_a', 'cnv_b', 'cnv_c', 'cnv_d'];
    await mine(
      () => ctx.store.model(Conversations).insertMany(ids.map((id) => row(`${id}_${owner.tenantId}`))),
      owner,
    );
    const found = await allOf(1, (page) => listConversations(ctx, { state: 'BOT' }, page), owner);
    expect(found).toEqual(ids.map((id) => `${id}_${owner.tenantId}`).reverse());
  });

  it('of messages hold every message once, newest first', async () => {
    const expected: string[] = [];
    let conversationId = '';
    for (let index = 0; index < 5; index += 1) {
      const written = await clientWrites(ctx, business, { phone: '972500000100' });
      conversationId = written.conversationId;
      expected.unshift(written.messageId);
    }
    expect(await allOf(2, (page) => listMessages(ctx, conversationId, page))).toEqual(expected);
  });

  it('of contacts leave out who is being erased', async () => {
    const owner = await openBusiness(ctx, 'Closing');
    await clientWrites(ctx, owner, { phone: '972500000200' });
    await mine(
      () =>
        ctx.store
          .model(Contacts)
          .updateMany({}, { $set: { closedAt: new Date() } })
          .exec(),
      owner,
    );
    expect(await allOf(10, (page) => listContacts(ctx, page), owner)).toEqual([]);
  });
});

describe('views', () => {
  it('cut the preview of a text or caption at 120 characters, and say the type of the rest', async () => {
    const long = await clientWrites(ctx, business, { phone: '972500000301', body: '😀'.repeat(200) });
    const image = await clientWrites(ctx, business, {
      phone: '972500000302',
      message: { type: 'image', image: { id: '1', mime_type: 'image/jpeg', caption: 'look' } },
    });
    const odd = await clientWrites(ctx, business, {
      phone: '972500000303',
      message: { type: 'hologram', depth: 3 },
    });
    const [first, second, third] = await mine(async () => {
      const rows = await Promise.all(
        [long, image, odd].map(({ conversationId }) => conversationById(ctx, conversationId)),
      );
      return conversationViews(ctx, rows);
    });
    expect(first?.lastMessage?.preview).toBe('😀'.repeat(120));
    expect(second?.lastMessage).toMatchObject({ type: 'image', preview: 'look' });
    expect(third?.lastMessage).toMatchObject({ type: 'hologram', preview: 'hologram' });
    const views = await mine(async () =>
      messageViews(ctx, [await read(image.messageId), await read(odd.messageId)]),
    );
    expect(views[0]?.content).toEqual({ id: '1', mime_type: 'image/jpeg', caption: 'look' });
    expect(views[1]).toMatchObject({ content: {}, raw: { type: 'hologram', depth: 3 } });
  });

  it('show what was erased as erased', async () => {
    const { messageId, conversationId } = await clientWrites(ctx, business, {
      phone: '972500000304',
      body: 'secret',
    });
    const { contactId } = await mine(() => conversationById(ctx, conversationId));
    await ctx.store.keyring.destroy(business.tenantId, { kind: 'contact', id: contactId });
    const views = await mine(async () => ({
      message: await messageView(ctx, await read(messageId)),
      conversations: await conversationViews(ctx, [await conversationById(ctx, conversationId)]),
      contacts: await contactViews(ctx, (await listContacts(ctx, { limit: 100 })).items),
    }));
    expect(views.message).toMatchObject({ content: {}, erased: true, wamid: null });
    expect(views.message).not.toHaveProperty('raw');
    expect(views.conversations[0]).toMatchObject({
      contact: { id: contactId, name: null, phone: null },
      lastMessage: { id: messageId, preview: '' },
    });
    expect(views.contacts).toContainEqual(
      expect.objectContaining({ id: contactId, name: null, phone: null }),
    );
    expect(JSON.stringify(views)).not.toMatch(/secret|972500000304/);
  });

  it('say why a message failed, and what it cost', async () => {
    const { messageId: _id, conversationId } = await clientWrites(ctx, business, { phone: '972500000305' });
    const change = { direction: 'out', status: 'failed', errorCode: 131_047, errorReason: 'window-closed' };
    const { tenantId, channelId } = business;
    const place = { tenantId, collection: 'statuses', id: 'sta_1', field: 'raw' };
    const pricing = { billable: true, category: 'service' };
    const raw = await ctx.store.keyring.seal({ kind: 'tenant' }, place, { status: 'failed', pricing });
    const at = new Date(clock.now());
    const view = await mine(async () => {
      await ctx.store.model(Messages).updateOne({ _id }, { $set: change }).exec();
      await ctx.store.model(Statuses).insertMany([
        {
          _id: 'sta_1',
          tenantId,
          channelId,
          wamidKey: 'k',
          messageId: _id,
          status: 'failed',
          at,
          receivedAt: at,
          raw,
        },
      ]);
      return messageView(ctx, await read(_id));
    });
    expect(view).toMatchObject({ conversationId, status: 'failed', error: { code: 131_047 }, pricing });
    expect(view.error?.detail).not.toBe('');
  });

  it('read each key once for a page', async () => {
    let conversationId = '';
    for (let index = 0; index < 30; index += 1) {
      ({ conversationId } = await clientWrites(ctx, business, { phone: '972500000306' }));
    }
    clock.advance(KEY_CACHE_MS + 1);
    const reads = jest.spyOn(ctx.store.model(Keys), 'findOne');
    const views = await mine(async () =>
      messageViews(ctx, (await listMessages(ctx, conversationId, { limit: 50 })).items),
    );
    expect(views).toHaveLength(30);
    expect(reads.mock.calls.length).toBeLessThanOrEqual(2); // the tenant's and the contact's
    reads.mockRestore();
  });
});
