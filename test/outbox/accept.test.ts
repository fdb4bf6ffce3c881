/** Accepting: what is refused, and that an Idempotency-Key makes one message of many requests (P5). */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { feedKey } from '../../src/agents/feed.ts';
import { findConversation } from '../../src/conversations/conversations.ts';
import { type ConversationRow, Messages } from '../../src/conversations/model.ts';
import { Reject } from '../../src/ops/errors.ts';
import { acceptSend } from '../../src/outbox/accept.ts';
import { withTenant } from '../../src/store/scope.ts';
import { WINDOW_MS } from '../../src/whatsapp/window.ts';
import { ManualClock } from '../support/clock.ts';
import { openWorld, type World } from './world.ts';

const clock = new ManualClock();
let world: World;
let conversation: ConversationRow;

beforeAll(async () => {
  world = await openWorld(clock, { GRAPH_API_URL: 'http://127.0.0.1:9' });
  conversation = await world.conversation({ phone: '972501112233' });
});
afterAll(async () => world.close());

const refusal = (work: Promise<unknown>): Promise<unknown> =>
  work.then(
    () => 'accepted',
    (error: unknown) => error,
  );
const sendBody = (body: unknown, extra: { idempotencyKey?: string } = {}) =>
  acceptSend(world.ctx, { tenantId: world.tenantId, principal: 'key:one', conversation, body, ...extra });
const countOf = (filter: object) =>
  withTenant(world.tenantId, () => world.ctx.store.model(Messages).countDocuments(filter).exec());

describe('an accepted message', () => {
  it('is stored as queued, sealed, due now, and moves its conversation', async () => {
    const row = await world.accept(conversation, 'Shalom, Dana');
    const stored = await world.row(row._id);
    expect(stored).toMatchObject({
      direction: 'out',
      status: 'queued',
      rank: 0,
      type: 'text',
      sentBy: 'key:one',
      attempts: 0,
      dueAt: new Date(clock.now()),
      timestamp: new Date(clock.now()),
    });
    expect(JSON.stringify(stored)).not.toContain('Shalom');
    const place = { tenantId: world.tenantId, collection: 'messages', id: row._id, field: 'content' };
    expect(await world.ctx.store.keyring.open(place, stored.content as Buffer)).toEqual({
      content: { body: 'Shalom, Dana' },
    });
    const moved = await withTenant(world.tenantId, () =>
      findConversation(world.ctx, world.tenantId, conversation._id),
    );
    expect(moved).toMatchObject({ lastMessageId: row._id, lastPosition: row.position });
  });

  it('is told to consoles and its lane is woken', async () => {
    const other = await world.conversation({ phone: '972501112244' });
    const before = (await world.ctx.lanes.outbox.counts()).waiting ?? 0;
    const row = await world.accept(other, 'Shalom');
    expect((await world.ctx.lanes.outbox.counts()).waiting).toBe(before + 1);
    const entries = await world.ctx.liveRedis.xrange(feedKey(world.ctx.prefix, world.tenantId), '-', '+');
    const told = entries.map(([, fields]) => fields).filter((fields) => fields.includes(row._id));
    expect(told).toEqual([['type', 'message.created', 'conversationId', other._id, 'messageId', row._id]]);
  });
});

describe('refused', () => {
  it.each([
    ['no object', 'hello', ''],
    ['no type', { text: { body: 'a' } }, 'type'],
    ['no text', { type: 'text' }, 'text'],
    ['an empty text', { type: 'text', text: { body: '' } }, 'text.body'],
    ['a text of 4,097 characters', { type: 'text', text: { body: 'x'.repeat(4097) } }, 'text.body'],
    ['a text that is no string', { type: 'text', text: { body: { $gt: '' } } }, 'text.body'],
    ['an unknown field', { type: 'text', text: { body: 'a', color: 1 } }, 'text'],
    ['a recipient of its own', { type: 'text', text: { body: 'a' }, to: '+972501112244' }, ''],
    [
      'a quote of nothing',
      { type: 'text', text: { body: 'a' }, context: { message_id: '' } },
      'context.message_id',
    ],
    [
      'callback data of 513 characters',
      { type: 'text', text: { body: 'a' }, biz_opaque_callback_data: 'x'.repeat(513) },
      'biz_opaque_callback_data',
    ],
  ])('is %s, and the field is named', async (_name, body, path) => {
    const error = (await refusal(sendBody(body))) as Reject;
    expect(error).toBeInstanceOf(Reject);
    expect(error).toMatchObject({ status: 422, problem: 'invalid-request' });
    expect(error.errors?.map((one) => one.path)).toContain(path);
  });

  it.each(['hologram', 'constructor'])('is the type "%s", with the types that can be sent', async (type) => {
    const error = (await refusal(sendBody({ type, [type]: {} }))) as Reject;
    expect(error).toMatchObject({ status: 422, problem: 'unsupported-message-type' });
    expect(error.errors?.[0]?.message).toContain('text, image');
  });

  it.each(['', 'x'.repeat(256)])(
    'is an Idempotency-Key of another length than 1 to 255',
    async (idempotencyKey) => {
      const body = { type: 'text', text: { body: 'a' } };
      expect(await refusal(sendBody(body, { idempotencyKey }))).toMatchObject({ status: 422 });
    },
  );

  it('P5: is free text when the client wrote 24 hours ago or never', async () => {
    const stale = await world.conversation({ phone: '972501112255' }, new Date(clock.now() - WINDOW_MS));
    const silent = await world.conversation({ phone: '972501112266' }, null);
    for (const closed of [stale, silent]) {
      expect(await refusal(world.accept(closed, 'a'))).toMatchObject({
        status: 409,
        problem: 'window-closed',
      });
      expect(await countOf({ conversationId: closed._id })).toBe(0);
    }
  });

  it('is no template: it may be sent when the window is closed', async () => {
    const silent = await world.conversation({ phone: '972501112288' }, null);
    const template = { name: 'order_ready', language: { code: 'he' } };
    const row = await acceptSend(world.ctx, {
      tenantId: world.tenantId,
      principal: 'key:one',
      conversation: silent,
      body: { type: 'template', template },
    });
    expect(row).toMatchObject({ status: 'queued', type: 'template' });
  });

  it('is a message to an erased client', async () => {
    const gone = await world.conversation({ phone: '972501112277' });
    await world.ctx.store.keyring.destroy(world.tenantId, { kind: 'contact', id: gone.contactId });
    expect(await refusal(world.accept(gone, 'a'))).toMatchObject({ status: 409, problem: 'contact-erased' });
  });
});

describe('P5: an Idempotency-Key', () => {
  it('gives the first row again, also when the window has closed since', async () => {
    const first = await world.accept(conversation, 'once', { idempotencyKey: 'k1' });
    expect(await world.accept(conversation, 'once', { idempotencyKey: 'k1' })).toMatchObject({
      _id: first._id,
      position: first.position,
    });
    const closed = { ...conversation, lastInboundAt: new Date(0) };
    expect((await world.accept(closed, 'once', { idempotencyKey: 'k1' }))._id).toBe(first._id);
    expect(await countOf({ _id: first._id })).toBe(1);
  });

  it('does not mind the order of fields', async () => {
    const one = { type: 'text', text: { body: 'a', preview_url: true } };
    const other = { text: { preview_url: true, body: 'a' }, type: 'text' };
    const first = await sendBody(one, { idempotencyKey: 'order' });
    expect((await sendBody(other, { idempotencyKey: 'order' }))._id).toBe(first._id);
  });

  it.each([
    ['another text', 'other', {}],
    ['another quote', 'once', { context: { message_id: 'wamid.q' } }],
    ['other callback data', 'once', { biz_opaque_callback_data: 'x' }],
  ])('with %s is a conflict, and nothing is stored', async (_name, text, body) => {
    await world.accept(conversation, 'once', { idempotencyKey: 'k2' });
    const before = await countOf({});
    const again = world.accept(conversation, text, { idempotencyKey: 'k2', body });
    expect(await refusal(again)).toMatchObject({ status: 409, problem: 'idempotency-conflict' });
    expect(await countOf({})).toBe(before);
  });

  it('for another conversation is a conflict, too', async () => {
    await world.accept(conversation, 'once', { idempotencyKey: 'k3' });
    const other = await world.conversation({ phone: '972501112288' });
    const again = world.accept(other, 'once', { idempotencyKey: 'k3' });
    expect(await refusal(again)).toMatchObject({ problem: 'idempotency-conflict' });
  });

  it('of another principal is another key', async () => {
    const body = { type: 'text', text: { body: 'once' } };
    const request = { tenantId: world.tenantId, conversation, body, idempotencyKey: 'k4' };
    const one = await acceptSend(world.ctx, { ...request, principal: 'key:one' });
    const two = await acceptSend(world.ctx, { ...request, principal: 'key:two' });
    expect(one._id).not.toBe(two._id);
  });

  it('used by ten requests at once makes one message', async () => {
    const tries = Array.from({ length: 10 }, () =>
      world.accept(conversation, 'once', { idempotencyKey: 'k5' }),
    );
    const rows = await Promise.all(tries);
    expect(new Set(rows.map((row) => row._id)).size).toBe(1);
    expect(new Set(rows.map((row) => row.position)).size).toBe(1);
    expect(await countOf({ _id: rows[0]?._id })).toBe(1);
  });

  it('used at once for two bodies makes one message and one conflict', async () => {
    const outcomes = await Promise.all(
      ['one', 'two'].map((text) => refusal(world.accept(conversation, text, { idempotencyKey: 'k6' }))),
    );
    expect(outcomes.filter((outcome) => outcome instanceof Reject)).toHaveLength(1);
  });

  it('finishes what a first try was cut off from', async () => {
    const other = await world.conversation({ phone: '972501112299' });
    const row = await world.accept(other, 'once', { idempotencyKey: 'k7' });
    await world.ctx.queueRedis.del(...(await world.ctx.queueRedis.keys(`{${world.ctx.prefix}:outbox}*`)));
    await world.accept(other, 'once', { idempotencyKey: 'k7' });
    expect((await world.ctx.lanes.outbox.counts()).waiting).toBe(1);
    expect((await world.row(row._id)).status).toBe('queued');
  });
});
