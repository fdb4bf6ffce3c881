/** P1, P2, P4 behind the lane: routed to the owner, stored once, forwarded once by id, never guessed. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { openContactField } from '../../src/conversations/contacts.ts';
import { touchConversation } from '../../src/conversations/conversations.ts';
import {
  type ContactRow,
  Contacts,
  type ConversationRow,
  Conversations,
  type MessageRow,
  Messages,
} from '../../src/conversations/model.ts';
import { addEndpoint } from '../../src/endpoints/endpoints.ts';
import { Deliveries, type DeliveryRow } from '../../src/endpoints/model.ts';
import { listDeadLetters } from '../../src/lanes/dead-letters.ts';
import type { LaneItem } from '../../src/lanes/item.ts';
import { replayDeadLetter } from '../../src/lanes/retry.ts';
import { Park } from '../../src/ops/errors.ts';
import { asOperator, withTenant } from '../../src/store/scope.ts';
import { addChannel } from '../../src/tenants/channels.ts';
import { createTenant } from '../../src/tenants/tenants.ts';
import { handleItem } from '../../src/webhooks/inbound.ts';
import { RoutesTable } from '../../src/webhooks/routes-table.ts';
import { splitNotification } from '../../src/webhooks/split.ts';
import { ManualClock } from '../support/clock.ts';
import { type TestContext, testContext } from '../support/context.ts';
import { change, envelope, NUMBER_ID, textMessage, WABA, wire } from '../support/webhook.ts';

const clock = new ManualClock();
let ctx: TestContext;
let tenantId: string;
let routes: RoutesTable;

beforeAll(async () => {
  ctx = await testContext({ clock });
  routes = new RoutesTable();
  tenantId = (await createTenant(ctx, { name: 'Aleph', email: 'owner@aleph.example' })).tenantId;
  await addChannel(ctx, {
    tenantId,
    phoneNumberId: NUMBER_ID,
    wabaId: WABA,
    displayNumber: '+97235550100',
    token: 'token',
  });
  await addEndpoint(ctx, { tenantId, url: 'https://example.com/hook' });
});
afterAll(async () => ctx.close());

function itemsOf(notification: unknown, app = 'default'): LaneItem[] {
  return splitNotification(wire(notification), app).map(({ item }) => ({
    ...item,
    position: ctx.positions.next(),
  }));
}

async function handle(notification: unknown, app?: string): Promise<void> {
  for (const item of itemsOf(notification, app)) await handleItem(ctx, routes, item);
}

const mine = <T>(work: () => Promise<T>) => withTenant(tenantId, work);
const messagesOf = (conversationId: string) =>
  mine(() =>
    ctx.store.model(Messages).find({ conversationId }).sort({ position: 1 }).lean<MessageRow[]>().exec(),
  );
const conversations = () =>
  mine(() => ctx.store.model(Conversations).find({}).sort({ createdAt: 1 }).lean<ConversationRow[]>().exec());
const contentOf = (row: MessageRow) =>
  ctx.store.keyring.open<{ content: unknown; raw: unknown }>(
    { tenantId, collection: 'messages', id: row._id, field: 'content' },
    row.content as Buffer,
  );

/** The conversation of a sender, by the newest message with this wamid. */
async function conversationWith(phone: string): Promise<ConversationRow> {
  const all = await conversations();
  for (const conversation of all) {
    const contact = await mine(() =>
      ctx.store.model(Contacts).findOne({ _id: conversation.contactId }).lean<ContactRow>().exec(),
    );
    if (contact && (await openContactField(ctx, contact, 'phone')) === phone) return conversation;
  }
  throw new Error('no such conversation');
}

describe('an inbound message', () => {
  it('is stored under the tenant that owns the number, sealed, with its content and raw form', async () => {
    const message = textMessage('wamid.first', 'שלום', { phone: '972500000001', bsuid: 'IL.1001' });
    await handle(
      envelope([
        change({
          messages: [message],
          contacts: [
            { wa_id: '972500000001', user_id: 'IL.1001', profile: { name: 'Noa', username: '@noa.1' } },
          ],
        }),
      ]),
    );
    const conversation = await conversationWith('972500000001');
    const [row] = await messagesOf(conversation._id);
    expect(row).toMatchObject({
      tenantId,
      direction: 'in',
      type: 'text',
      status: 'received',
      forward: 'done',
    });
    expect(await contentOf(row as MessageRow)).toEqual({ content: { body: 'שלום' }, raw: message });
    expect(JSON.stringify(row?.content?.toString('latin1'))).not.toContain('wamid');
    expect(conversation).toMatchObject({
      state: 'PENDING',
      lastMessageId: row?._id,
      lastInboundAt: new Date(1_795_348_800_000),
    });
    const contact = await mine(() =>
      ctx.store.model(Contacts).findOne({ _id: conversation.contactId }).lean<ContactRow>().exec(),
    );
    expect(await openContactField(ctx, contact as ContactRow, 'name')).toBe('Noa');
    expect(await openContactField(ctx, contact as ContactRow, 'username')).toBe('noa.1');
  });

  it('repeated, within a batch, later and at the same time, is one message and one delivery', async () => {
    const message = textMessage('wamid.repeat', 'again', { phone: '972500000002' });
    const notification = envelope([change({ messages: [message, message] })]);
    await handle(notification);
    await Promise.all([handle(notification), handle(notification), handle(notification)]);
    const conversation = await conversationWith('972500000002');
    const rows = await messagesOf(conversation._id);
    expect(rows).toHaveLength(1);
    const deliveries = await mine(() =>
      ctx.store.model(Deliveries).find({ conversationId: conversation._id }).lean<DeliveryRow[]>().exec(),
    );
    expect(deliveries).toHaveLength(1);
    expect(deliveries[0]).toMatchObject({ eventId: rows[0]?._id, messageId: rows[0]?._id, state: 'due' });
  });

  it('whose forwarding was cut off is forwarded by the redo, with the same event id', async () => {
    await handle(
      envelope([change({ messages: [textMessage('wamid.cut', 'cut', { phone: '972500000003' })] })]),
    );
    const conversation = await conversationWith('972500000003');
    const [row] = await messagesOf(conversation._id);
    await mine(async () => {
      await ctx.store
        .model(Messages)
        .updateOne({ _id: row?._id ?? '' }, { $set: { forward: 'due' } })
        .exec();
      await ctx.store
        .model(Deliveries)
        .deleteMany({ messageId: row?._id ?? '' })
        .exec();
    });
    await handle(
      envelope([change({ messages: [textMessage('wamid.cut', 'cut', { phone: '972500000003' })] })]),
    );
    const deliveries = await mine(() =>
      ctx.store
        .model(Deliveries)
        .find({ messageId: row?._id ?? '' })
        .lean<DeliveryRow[]>()
        .exec(),
    );
    expect(deliveries.map(({ eventId }) => eventId)).toEqual([row?._id]);
    expect((await messagesOf(conversation._id))[0]?.forward).toBe('done');
  });

  it('of any type is stored: known, unknown, without payload, without type', async () => {
    const from = { from: '972500000004', timestamp: '1795348801' };
    await handle(
      envelope([
        change({
          messages: [
            {
              ...from,
              id: 'wamid.t1',
              type: 'image',
              image: { id: '77', mime_type: 'image/jpeg', caption: 'ים' },
            },
            { ...from, id: 'wamid.t2', type: 'hologram', hologram: { depth: 3 } },
            { ...from, id: 'wamid.t3', type: 'interactive', errors: [{ code: 131000 }] },
            { ...from, id: 'wamid.t4' },
            { ...from, id: 'wamid.t5', type: 'contacts', contacts: [{ name: { formatted_name: 'A' } }] },
            { ...from, id: 'wamid.t6', type: '__proto__', timestamp: 'soon' },
          ],
        }),
      ]),
    );
    const rows = await messagesOf((await conversationWith('972500000004'))._id);
    expect(rows.map(({ type }) => type)).toEqual([
      'image',
      'hologram',
      'interactive',
      'unknown',
      'contacts',
      '__proto__',
    ]);
    const contents = await Promise.all(rows.map(async (row) => (await contentOf(row)).content));
    expect(contents).toEqual([
      { id: '77', mime_type: 'image/jpeg', caption: 'ים' },
      { depth: 3 },
      {},
      {},
      { contacts: [{ name: { formatted_name: 'A' } }] },
      {},
    ]);
  });

  it('received before one that was handled already keeps its place and is marked late', async () => {
    const early = itemsOf(
      envelope([change({ messages: [textMessage('wamid.e', 'early', { phone: '972500000005' })] })]),
    );
    await handle(
      envelope([change({ messages: [textMessage('wamid.n', 'now', { phone: '972500000005' })] })]),
    );
    for (const item of early) await handleItem(ctx, routes, item);
    const conversation = await conversationWith('972500000005');
    const rows = await messagesOf(conversation._id);
    expect(
      await Promise.all(rows.map(async (row) => [(await contentOf(row)).content, row.late ?? false])),
    ).toEqual([
      [{ body: 'early' }, true],
      [{ body: 'now' }, false],
    ]);
    expect(conversation.lastMessageId).toBe(rows[1]?._id);
  });

  it('opens the window also when an answer was accepted between its receipt and its handling', async () => {
    const phone = '972500000061';
    await handle(envelope([change({ messages: [textMessage('wamid.window.1', 'first', { phone })] })]));
    const before = await conversationWith(phone);
    const later = { ...textMessage('wamid.window.2', 'second', { phone }), timestamp: '1900000000' };
    const [waiting] = itemsOf(envelope([change({ messages: [later] })]));
    const answer = { messageId: 'msg_answer', position: ctx.positions.next(), at: new Date(clock.now()) };
    await mine(() => touchConversation(ctx, before, answer));
    await handleItem(ctx, routes, waiting as LaneItem);
    const after = await conversationWith(phone);
    expect(after.lastInboundAt).toEqual(new Date(1_900_000_000_000));
    expect(after).toMatchObject({ lastPosition: answer.position, lastMessageId: 'msg_answer' });
  });

  it('of which a repeat was stored first takes the place of its first receipt', async () => {
    const text = (wamid: string) =>
      envelope([change({ messages: [textMessage(wamid, wamid, { phone: '972500000006' })] })]);
    const spooled = itemsOf(text('wamid.place-one'));
    await handle(text('wamid.place-two'));
    await handle(text('wamid.place-one'));
    const wamids = async () => {
      const rows = await messagesOf((await conversationWith('972500000006'))._id);
      return Promise.all(rows.map(async (row) => [(await contentOf(row)).content, row.late ?? false]));
    };
    const second = [{ body: 'wamid.place-two' }, false];
    expect(await wamids()).toEqual([second, [{ body: 'wamid.place-one' }, false]]);
    for (const item of [...spooled, ...itemsOf(text('wamid.place-one'))]) await handleItem(ctx, routes, item);
    expect(await wamids()).toEqual([[{ body: 'wamid.place-one' }, true], second]);
  });

  it('without an id or a sender needs a person, and says which', async () => {
    for (const [message, what] of [
      [{ from: '1', type: 'text' }, /without an id/],
      [{ id: 'wamid.x', type: 'text' }, /without a sender/],
      ['text', /without an id/],
    ] as const) {
      await expect(handle(envelope([change({ messages: [message] })]))).rejects.toThrow(what);
      await expect(handle(envelope([change({ messages: [message] })]))).rejects.toThrow(Park);
    }
  });
});

describe('who wrote', () => {
  const say = (id: string, from: { phone?: string; bsuid?: string }) =>
    handle(envelope([change({ messages: [textMessage(id, id, from)] })]));

  it('is the same person with BSUID alone, with both, and with the phone again', async () => {
    await say('wamid.i1', { phone: '972500000010' });
    await say('wamid.i2', { phone: '972500000010', bsuid: 'IL.2001' });
    await say('wamid.i3', { bsuid: 'IL.2001' });
    expect(await messagesOf((await conversationWith('972500000010'))._id)).toHaveLength(3);
  });

  it('is another person when a known number comes with a new BSUID', async () => {
    await say('wamid.i4', { phone: '972500000011', bsuid: 'IL.3001' });
    const before = (await conversations()).length;
    await say('wamid.i5', { phone: '972500000011', bsuid: 'IL.3002' });
    expect(await conversations()).toHaveLength(before + 1);
  });

  it('is recognised when the BSUID stands in the place of the phone', async () => {
    await say('wamid.i6', { bsuid: 'IL.4001' });
    const before = (await conversations()).length;
    await say('wamid.i7', { phone: 'IL.4001' });
    expect(await conversations()).toHaveLength(before);
  });

  it('is one contact when two lanes meet the person at the same time', async () => {
    const before = new Set((await conversations()).map(({ _id }) => _id));
    const both = { phone: '972500000012', bsuid: 'IL.5001' };
    await Promise.all(
      Array.from({ length: 6 }, (_, index) =>
        say(`wamid.race${index}`, index % 2 ? both : { phone: both.phone }),
      ),
    );
    const added = (await conversations()).filter(({ _id }) => !before.has(_id));
    expect(added).toHaveLength(1);
    expect(await messagesOf(added[0]?._id ?? '')).toHaveLength(6);
  });
});

describe('what nobody owns', () => {
  it('row 14: unknown numbers are parked, and replayed when the number is registered', async () => {
    const message = textMessage('wamid.u1', 'is anybody there', { phone: '972500000020' });
    await handle(envelope([change({ messages: [message] }, '999000111')], '700800'));
    const [parked] = await listDeadLetters(ctx, { phoneNumberId: '999000111' }, 10);
    expect(parked).toMatchObject({ reason: 'unrouted', kind: 'message' });
    expect(JSON.stringify(parked)).not.toContain('anybody');
    const wrongAccount = { tenantId, phoneNumberId: '999000111', displayNumber: '+97235550101', token: 't' };
    expect(await addChannel(ctx, { ...wrongAccount, wabaId: '700801' })).toMatchObject({ replayed: 0 });
    expect(await addChannel(ctx, { ...wrongAccount, wabaId: '700800' })).toMatchObject({ replayed: 1 });
    expect(await listDeadLetters(ctx, { phoneNumberId: '999000111' }, 10)).toEqual([]);
    expect(await ctx.inbound.oldest('inbound-0')).not.toBeNull();
  });

  it('row 14: the right number with another account or app is a mismatch, kept from the owner', async () => {
    const before = await conversations();
    const message = textMessage('wamid.m1', 'forged', { phone: '972500000021' });
    await handle(envelope([change({ messages: [message] })], 'another-waba'));
    await handle(envelope([change({ messages: [{ ...message, id: 'wamid.m2' }] })]), 'another-app');
    const parked = await listDeadLetters(ctx, { reason: 'mismatch' }, 10);
    expect(parked).toHaveLength(2);
    expect(parked.every((row) => row.tenantId === undefined)).toBe(true);
    expect(await conversations()).toEqual(before);
  });

  it('unreadable and unknown notifications are kept with their reason', async () => {
    for (const { item } of splitNotification(Buffer.from('{'), 'default')) {
      await handleItem(ctx, routes, { ...item, position: ctx.positions.next() });
    }
    await handle(envelope([{ field: 'account_alerts', value: {} }]));
    expect(await listDeadLetters(ctx, { reason: 'unreadable' }, 10)).toHaveLength(1);
    expect(await listDeadLetters(ctx, { reason: 'unknown-field' }, 10)).toHaveLength(1);
  });

  it('a replayed dead letter goes back into a lane and its row goes', async () => {
    const [parked] = await listDeadLetters(ctx, { reason: 'unreadable' }, 1);
    await replayDeadLetter(ctx, parked?._id ?? '');
    expect(await ctx.inbound.oldest('inbound-0')).not.toBeNull();
    expect(await listDeadLetters(ctx, { reason: 'unreadable' }, 10)).toEqual([]);
    await expect(replayDeadLetter(ctx, parked?._id ?? '')).rejects.toThrow(/No such dead letter/);
  });

  it('a route learnt once holds while the database is away; an unknown number is then not called unknown', async () => {
    const away = Object.assign(new Error('away'), { name: 'MongoServerSelectionError' });
    const broken = {
      ...ctx,
      clock,
      store: { batches: { findOfInstallation: () => Promise.reject(away) } },
    } as unknown as TestContext;
    expect((await asOperator('test', () => routes.ownerOf(ctx, NUMBER_ID)))?.tenantId).toBe(tenantId);
    clock.advance(3_600_000);
    expect((await routes.ownerOf(broken, NUMBER_ID))?.tenantId).toBe(tenantId);
    await expect(routes.ownerOf(broken, 'never-seen')).rejects.toThrow('away');
  });
});
