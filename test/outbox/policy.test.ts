/** What a channel's policy decides: read receipts, typing, order by delivery; and what may be sent to a group. */
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import nock from 'nock';

import { findConversation } from '../../src/conversations/conversations.ts';
import { handleInboundMessage } from '../../src/conversations/inbound.ts';
import type { ConversationRow } from '../../src/conversations/model.ts';
import { messageView } from '../../src/conversations/views.ts';
import { acceptSend } from '../../src/outbox/accept.ts';
import { askRead, askTyping } from '../../src/outbox/seen.ts';
import { withTenant } from '../../src/store/scope.ts';
import { changePolicy, type ChannelPolicy } from '../../src/tenants/channel-policy.ts';
import { ManualClock } from '../support/clock.ts';
import { GRAPH, graphAccepts, SEND_PATH } from './fake-graph.ts';
import { NUMBER_ID, openWorld, wamidOf, type World } from './world.ts';

const clock = new ManualClock();
let world: World;
let people = 0;

beforeAll(async () => {
  nock.disableNetConnect();
  world = await openWorld(clock);
});
afterEach(async () => {
  expect(nock.pendingMocks()).toEqual([]);
  nock.cleanAll();
  clock.advance(120_000);
});
afterAll(async () => {
  nock.restore();
  await world.close();
});

const mine = <T>(work: () => Promise<T>) => withTenant(world.tenantId, work);
const policy = (change: Partial<ChannelPolicy>) =>
  mine(() => changePolicy(world.ctx, world.channelId, change));

/** A client's message, as the inbound worker stores it. @returns its conversation as it is now */
async function writes(wamid: string, { from = nobody(), group = '' } = {}): Promise<ConversationRow> {
  const { ctx, tenantId, channelId } = world;
  const timestamp = String(Math.floor(clock.now() / 1000));
  const message = {
    ...{ id: wamid, from, timestamp, type: 'text', text: { body: 'Shalom' } },
    ...(group === '' ? {} : { group_id: group }),
  };
  const position = ctx.positions.next();
  const body = { message, contacts: [{ wa_id: from, profile: { name: 'Dana' } }] };
  const place = { tenantId, channelId, phoneNumberId: NUMBER_ID, position };
  await mine(() => handleInboundMessage(ctx, { ...place, body }));
  const { conversationId } = await world.row(`msg_${await keyOf(wamid)}`);
  return again(conversationId);
}

/** Accepts a body of any type. */
const accepts = (conversation: ConversationRow, body: Record<string, unknown>) =>
  acceptSend(world.ctx, { tenantId: world.tenantId, principal: 'key:one', conversation, body });

const nobody = () => `97252000${1000 + (people += 1)}`;
const keyOf = (wamid: string) => world.ctx.store.keyring.lookup(world.tenantId, 'wamid', NUMBER_ID, wamid);
const again = (id: string) =>
  mine(() => findConversation(world.ctx, world.tenantId, id)) as Promise<ConversationRow>;

/** Collects what is told of reading; each is answered so. */
function reads(times: number, status = 200, answer: object = { success: true }): Record<string, unknown>[] {
  const told: Record<string, unknown>[] = [];
  nock(GRAPH)
    .post(SEND_PATH, (body: Record<string, unknown>) => body.status === 'read')
    .times(times)
    .reply(status, (_uri, body) => {
      told.push(body as Record<string, unknown>);
      return answer;
    });
  return told;
}

describe('read receipts', () => {
  it('go when somebody opens the conversation, once for the last message', async () => {
    await policy({ readReceipts: 'on-open' });
    const from = nobody();
    await writes('wamid.read.1', { from });
    const conversation = await writes('wamid.read.2', { from });
    expect(await mine(() => askRead(world.ctx, conversation))).toBe('asked');
    const told = reads(1);
    await Promise.all([world.work(conversation), world.work(conversation)]);
    expect(told).toEqual([{ messaging_product: 'whatsapp', status: 'read', message_id: 'wamid.read.2' }]);
    expect(await mine(async () => askRead(world.ctx, await again(conversation._id)))).toBe('nothing');
    await world.work(conversation);
    expect(world.logged()).toContain('outbox.read');
  });

  it('go with the answer, after it, and not again with the next one', async () => {
    await policy({ readReceipts: 'on-answer' });
    const conversation = await writes('wamid.answered.1');
    expect(await mine(() => askRead(world.ctx, conversation))).toBe('policy');
    const sent = graphAccepts(2);
    const told = reads(1);
    await world.accept(conversation, 'One');
    await world.accept(conversation, 'Two');
    await world.work(conversation);
    expect([sent.length, told.map((body) => body.message_id)]).toEqual([2, ['wamid.answered.1']]);
  });

  it('that WhatsApp refuses fail nothing', async () => {
    await policy({ readReceipts: 'on-answer' });
    const conversation = await writes('wamid.refused.1');
    graphAccepts(1);
    reads(1, 400, { error: { message: '(#131009)', code: 131009 } });
    const message = await world.accept(conversation, 'Answer');
    expect(await world.work(conversation)).toBe('done');
    expect(await world.row(message._id)).toMatchObject({ status: 'accepted' });
    expect(world.logged()).toContain('131009');
  });

  it('show typing where the policy says so, and too late not at all', async () => {
    await policy({ readReceipts: 'on-answer', typing: 'on' });
    const conversation = await writes('wamid.typing.1');
    const type = () => mine(() => askTyping(world.ctx, conversation));
    expect([await type(), await type()]).toEqual(['asked', 'nothing']);
    const told = reads(1);
    await world.work(conversation);
    expect(told).toMatchObject([{ message_id: 'wamid.typing.1', typing_indicator: { type: 'text' } }]);
    clock.advance(25_000);
    expect(await type()).toBe('asked');
    clock.advance(25_000);
    await world.work(conversation);
    expect(told).toHaveLength(1);
    await policy({ readReceipts: 'never', typing: 'off' });
    expect(await type()).toBe('policy');
  });
});

describe('order', () => {
  it('a message waits until the one before it was delivered, and its status wakes the lane', async () => {
    await policy({ waitForDelivered: 10 });
    const conversation = await writes('wamid.order.1');
    const sent = graphAccepts(2);
    const first = await accepts(conversation, { type: 'image', image: { id: '900100' } });
    await world.accept(conversation, 'after the picture');
    const end = await world.work(conversation);
    expect(end).toEqual({ againAfterMs: 10_000 });
    clock.advance(4_000);
    expect(await world.work(conversation)).toEqual({ againAfterMs: 6_000 });
    const id = wamidOf({ biz_opaque_callback_data: first._id });
    const timestamp = String(Math.floor(clock.now() / 1000));
    await world.status({ id, status: 'sent', timestamp });
    expect(await world.work(conversation)).toEqual({ againAfterMs: 6_000 });
    await world.status({ id, status: 'delivered', timestamp });
    expect(await world.work(conversation)).toBe('done');
    expect(sent.map(({ type }) => type)).toEqual(['image', 'text']);
  });

  it('goes on after the time, and does not wait for one that failed', async () => {
    await policy({ waitForDelivered: 10 });
    const conversation = await writes('wamid.order.2');
    const sent = graphAccepts(3);
    const first = await world.accept(conversation, 'one');
    await world.accept(conversation, 'two');
    await world.accept(conversation, 'three');
    await world.work(conversation);
    await world.status({
      ...{ id: wamidOf({ biz_opaque_callback_data: first._id }), status: 'failed' },
      ...{ timestamp: String(Math.floor(clock.now() / 1000)), errors: [{ code: 131026 }] },
    });
    expect(await world.work(conversation)).toEqual({ againAfterMs: 10_000 });
    clock.advance(10_000);
    expect(await world.work(conversation)).toBe('done');
    expect(sent).toHaveLength(3);
    await policy({ waitForDelivered: 'off' });
  });
});

describe('a group', () => {
  it('gets texts, files and pins under its own id, sealed with its own key, and nobody is learned', async () => {
    const sent = graphAccepts(2, { wa_id: 'group-one', user_id: 'IL.77' });
    const conversation = await writes('wamid.group.1', { group: 'group-one' });
    const text = await world.accept(conversation, 'Shalom, all');
    const pin = { type: 'pin', message_id: 'wamid.group.1', expiration_days: 7 };
    const pinned = await accepts(conversation, { type: 'pin', pin });
    expect(await world.work(conversation)).toBe('done');
    expect(sent).toMatchObject([
      { recipient_type: 'group', to: 'group-one', type: 'text', text: { body: 'Shalom, all' } },
      { recipient_type: 'group', to: 'group-one', type: 'pin', pin },
    ]);
    const view = await mine(async () => messageView(world.ctx, await world.row(pinned._id)));
    expect(view).toMatchObject({ type: 'pin', kind: 'pin', refersTo: { wamid: 'wamid.group.1' } });
    const { keyring } = world.ctx.store;
    await keyring.destroy(world.tenantId, { kind: 'group', id: conversation._id });
    const erased = await mine(async () => messageView(world.ctx, await world.row(text._id)));
    expect(erased).toMatchObject({ erased: true, wamid: null });
  });

  it.each([
    ['reaction', { reaction: { message_id: 'wamid.1', emoji: '👍' } }],
    ['location', { location: { latitude: 1, longitude: 2 } }],
  ])('gets no %s: the refusal names what it takes', async (type, payload) => {
    const conversation = await writes(`wamid.group.${type}`, { group: 'group-two' });
    await expect(accepts(conversation, { type, ...payload })).rejects.toMatchObject({
      status: 422,
      message: expect.stringContaining('text, image') as unknown,
    });
  });

  it('alone has pins', async () => {
    const conversation = await writes('wamid.pin.alone');
    const body = { type: 'pin', pin: { type: 'pin', message_id: 'wamid.1' } };
    await expect(accepts(conversation, body)).rejects.toMatchObject({ status: 422 });
  });

  it('has its members counted, and one who can’t be reached fails nothing', async () => {
    const conversation = await writes('wamid.group.members', { group: 'group-three' });
    graphAccepts(1);
    const message = await world.accept(conversation, 'Shalom');
    await world.work(conversation);
    const id = wamidOf({ biz_opaque_callback_data: message._id });
    const timestamp = String(Math.floor(clock.now() / 1000));
    const of = { id, timestamp, recipient_type: 'group', recipient_id: 'group-three' };
    await world.status({ ...of, status: 'delivered', recipient_participant_id: '972520000901' });
    await world.status({ ...of, status: 'read', recipient_participant_user_id: 'IL.902' });
    const errors = [{ code: 131026 }];
    await world.status({ ...of, status: 'failed', recipient_participant_id: '972520000903', errors });
    const view = await mine(async () => messageView(world.ctx, await world.row(message._id)));
    expect(view).toMatchObject({ status: 'read', recipients: { delivered: 1, read: 1, failed: 1 } });
  });
});
