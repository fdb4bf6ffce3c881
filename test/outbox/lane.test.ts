/** P5 at the sender: what each answer of the Graph API leads to, and that nothing is sent twice. */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import nock from 'nock';

import { openContactField } from '../../src/conversations/contacts.ts';
import { type ContactRow, Contacts, type ConversationRow } from '../../src/conversations/model.ts';
import { acceptSend } from '../../src/outbox/accept.ts';
import { withTenant } from '../../src/store/scope.ts';
import { noteHealth } from '../../src/tenants/channel-health.ts';
import { addChannel } from '../../src/tenants/channels.ts';
import { WINDOW_MS } from '../../src/whatsapp/window.ts';
import { OUTGOING } from '../simulator/outgoing-bodies.ts';
import { ManualClock } from '../support/clock.ts';
import { GRAPH, graphAccepts, graphRefuses, graphSays, SEND_PATH } from './fake-graph.ts';
import { openWorld, TOKEN, wamidOf, type World } from './world.ts';

const clock = new ManualClock();
let world: World;
let conversation: ConversationRow;
let clients = 0;

beforeAll(async () => {
  nock.disableNetConnect();
  world = await openWorld(clock);
});
beforeEach(async () => {
  clients += 1;
  conversation = await world.conversation({ phone: `97250000${1000 + clients}` });
});
afterEach(() => {
  expect(nock.pendingMocks()).toEqual([]);
  nock.cleanAll();
  clock.advance(120_000);
});
afterAll(async () => {
  nock.restore();
  await world.close();
});

const contactOf = (row: ConversationRow) =>
  withTenant(world.tenantId, () =>
    world.ctx.store.model(Contacts).findOne({ _id: row.contactId }).lean<ContactRow>().exec(),
  ) as Promise<ContactRow>;

describe('the request', () => {
  it('goes to the phone with +, carries our id, and never a BSUID in `to`', async () => {
    const sent = graphAccepts();
    const context = { message_id: 'wamid.HBgLclient' };
    const message = await world.accept(conversation, 'Shalom', { body: { context } });
    expect(await world.work(conversation)).toBe('done');
    expect(sent).toEqual([
      {
        messaging_product: 'whatsapp',
        recipient_type: 'individual',
        to: `+97250000${1000 + clients}`,
        type: 'text',
        text: { body: 'Shalom' },
        context,
        biz_opaque_callback_data: message._id,
      },
    ]);
  });

  it.each(Object.entries(OUTGOING))('carries %s as it was given', async (_name, body) => {
    const sent = graphAccepts();
    const { type } = body;
    const payload = (body as unknown as Record<string, unknown>)[type];
    await acceptSend(world.ctx, { tenantId: world.tenantId, principal: 'key:one', conversation, body });
    await world.work(conversation);
    expect(sent[0]).toMatchObject({ type, [type]: payload });
  });

  it('of a template goes out also when the window is closed', async () => {
    const sent = graphAccepts();
    const silent = await world.conversation({ phone: `97250001${1000 + clients}` }, null);
    const request = { tenantId: world.tenantId, principal: 'key:one', conversation: silent };
    await acceptSend(world.ctx, { ...request, body: OUTGOING.template });
    await world.work(silent);
    expect(sent[0]).toMatchObject({ type: 'template' });
  });

  it('goes to `recipient` when only the BSUID is known', async () => {
    const sent = graphAccepts();
    const known = await world.conversation({ bsuid: 'IL.1349120865530274' });
    await world.accept(known, 'Shalom');
    await world.work(known);
    expect(sent[0]).toMatchObject({ recipient: 'IL.1349120865530274' });
    expect(sent[0]).not.toHaveProperty('to');
  });

  it("keeps the tenant's own callback data out of it", async () => {
    const sent = graphAccepts();
    const message = await world.accept(conversation, 'a', { body: { biz_opaque_callback_data: 'order-77' } });
    await world.work(conversation);
    expect(sent[0]?.biz_opaque_callback_data).toBe(message._id);
  });
});

describe('an accepted message', () => {
  it('has its wamid, and the BSUID of the answer is known from then on', async () => {
    graphAccepts(1, { user_id: 'IL.77aa', wa_id: `97250000${1000 + clients}` });
    const { _id } = await world.accept(conversation, 'Shalom');
    await world.work(conversation);
    const row = await world.row(_id);
    expect(row).toMatchObject({ status: 'accepted', rank: 3 });
    const place = { tenantId: world.tenantId, collection: 'messages', id: _id, field: 'wamid' };
    expect(await world.ctx.store.keyring.open(place, row.wamid as Buffer)).toBe(
      wamidOf({ biz_opaque_callback_data: _id }),
    );
    const contact = await contactOf(conversation);
    expect(contact.hasBsuid).toBe(true);
    expect(await openContactField(world.ctx, contact, 'bsuid')).toBe('IL.77aa');
  });

  it('is followed by the next in the order of acceptance', async () => {
    const sent = graphAccepts(3);
    for (const text of ['one', 'two', 'three']) await world.accept(conversation, text);
    expect(await world.work(conversation)).toBe('done');
    expect(sent.map((request) => request.text?.body)).toEqual(['one', 'two', 'three']);
  });

  it('takes the status that came before the answer', async () => {
    nock(GRAPH)
      .post(SEND_PATH)
      .reply(200, async (_uri, body) => {
        const id = wamidOf(body as { biz_opaque_callback_data: string });
        // Without our id, as if another version of the gateway had sent it: only the wamid connects them.
        await world.status({ id, status: 'delivered', timestamp: '1795348800' });
        return { messages: [{ id }], contacts: [] };
      });
    const { _id } = await world.accept(conversation, 'Shalom');
    await world.work(conversation);
    expect(await world.row(_id)).toMatchObject({ status: 'delivered', rank: 6 });
  });
});

describe('a refusal', () => {
  it.each([
    [1, 500, 3],
    [131056, 400, 8],
    [130429, 400, 12],
    [999999, 503, 4],
    [999998, 429, 4],
  ])('with code %i (HTTP %i) is tried %i times in all, with growing pauses', async (code, http, tries) => {
    const { _id } = await world.accept(conversation, 'Shalom');
    const pauses: number[] = [];
    for (let count = 1; count <= tries; count += 1) {
      graphRefuses(code, http);
      conversation = await world.conversation({ phone: `97250000${1000 + clients}` });
      const end = await world.work(conversation);
      if (end === 'done') break;
      pauses.push(end.againAfterMs);
      expect((await world.row(_id)).status).toBe('queued');
      clock.advance(end.againAfterMs);
    }
    expect(pauses).toHaveLength(tries - 1);
    pauses.slice(1).forEach((ms, index) => expect(ms).toBeGreaterThanOrEqual((pauses[index] ?? 0) * 0.8));
    expect(await world.row(_id)).toMatchObject({ status: 'failed', errorCode: code });
  });

  it('of the pair limit waits 4^X seconds', async () => {
    await world.accept(conversation, 'Shalom');
    for (const seconds of [1, 4, 16, 64]) {
      graphRefuses(131056);
      const end = await world.work(conversation);
      const waitMs = end === 'done' ? 0 : end.againAfterMs;
      expect(waitMs).toBeGreaterThanOrEqual(seconds * 1000);
      expect(waitMs).toBeLessThan(seconds * 1250 + 1);
      clock.advance(waitMs);
    }
    graphAccepts();
    expect(await world.work(conversation)).toBe('done');
  });

  it.each([
    [100, 400, 'bad-request'],
    [131026, 400, 'not-deliverable'],
    [131047, 400, 'window-closed'],
    [131030, 400, 'not-on-test-list'],
    [999997, 400, 'refused'],
  ])('with code %i (HTTP %i) is the end: %s', async (code, http, reason) => {
    graphRefuses(code, http);
    const { _id } = await world.accept(conversation, 'Shalom');
    expect(await world.work(conversation)).toBe('done');
    expect(await world.row(_id)).toMatchObject({
      status: 'failed',
      rank: 5,
      errorCode: code,
      errorReason: reason,
    });
  });

  it('of the pair limit holds back that pair only', async () => {
    graphRefuses(131056);
    await world.accept(conversation, 'Shalom');
    await world.work(conversation);
    const other = await world.conversation({ phone: '972529990001' });
    await world.accept(other, 'Shalom');
    graphAccepts();
    expect(await world.work(other)).toBe('done');
  });

  it('of the number limit holds back every conversation of the number for a while', async () => {
    graphRefuses(130429);
    await world.accept(conversation, 'Shalom');
    const end = await world.work(conversation);
    const other = await world.conversation({ phone: '972529990002' });
    const { _id } = await world.accept(other, 'Shalom');
    const waiting = await world.work(other);
    expect(waiting).not.toBe('done');
    expect((await world.row(_id)).status).toBe('queued');
    clock.advance(Math.max(...[end, waiting].map((turn) => (turn === 'done' ? 0 : turn.againAfterMs))));
    graphAccepts(2);
    expect(await world.work(other)).toBe('done');
    clock.advance(100); // whoever was held back comes one after the other
    expect(await world.work(conversation)).toBe('done');
  });

  it('of the token pauses the channel; messages wait and go out when it is mended', async () => {
    graphRefuses(190, 401);
    const { _id } = await world.accept(conversation, 'Shalom');
    expect(await world.work(conversation)).toEqual({ againAfterMs: 60_000 });
    expect(await world.channel()).toMatchObject({ status: 'paused', pausedReason: '190' });
    expect(await world.row(_id)).toMatchObject({ status: 'queued', attempts: 0 });
    expect(await world.work(conversation)).toEqual({ againAfterMs: 60_000 });

    const { tenantId } = world;
    const number = { phoneNumberId: '106540352242922', wabaId: '102290129340398' };
    const { leases } = world.ctx.lanes.outbox;
    await leases.begin(conversation._id, 'a-turn', Date.now());
    await leases.end(conversation._id, 'a-turn', Date.now() + 60_000);
    await addChannel(world.ctx, { tenantId, ...number, displayNumber: '+97235550100', token: TOKEN });
    // Its lane, which waited a minute, was woken for now.
    expect(Number(await world.ctx.queueRedis.hget(leases.wokenKey, conversation._id))).toBeLessThan(
      Date.now() + 1,
    );
    graphAccepts();
    expect(await world.work(conversation)).toBe('done');
    expect((await world.row(_id)).status).toBe('accepted');
  });
});

describe('P5: a missing answer', () => {
  it.each([
    ['5xx with a page instead of an error object', () => graphSays(502, '<html>Bad gateway</html>')],
    ['5xx with other JSON', () => graphSays(500, '{"error":"no"}')],
    ['4xx without an error object', () => graphSays(403, 'Forbidden')],
    ['a redirect', () => graphSays(307, '', { location: 'https://elsewhere.example/' })],
    ['200 without a wamid', () => graphSays(200, '{"messages":[]}')],
    [
      'a reset',
      () =>
        nock(GRAPH)
          .post(SEND_PATH)
          .replyWithError(Object.assign(new Error('x'), { code: 'ECONNRESET' })),
    ],
  ])('%s leaves the message unconfirmed, and nothing sends it again', async (_name, answer) => {
    answer();
    const { _id } = await world.accept(conversation, 'Shalom');
    expect(await world.work(conversation)).toEqual({ againAfterMs: 30_000 });
    expect(await world.row(_id)).toMatchObject({ status: 'unconfirmed', rank: 2 });
    clock.advance(30_000);
    expect(await world.work(conversation)).toBe('done');
    clock.advance(3_600_000);
    expect(await world.work(conversation)).toBe('done');
    expect((await world.row(_id)).status).toBe('unconfirmed');
  });

  it.each(['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'ETIMEDOUT'])(
    'because no connection was made (%s) is no attempt: the message is sent later',
    async (code) => {
      nock(GRAPH)
        .post(SEND_PATH)
        .replyWithError(Object.assign(new Error('x'), { code }));
      const { _id } = await world.accept(conversation, 'Shalom');
      const end = await world.work(conversation);
      expect(await world.row(_id)).toMatchObject({ status: 'queued', attempts: 0 });
      clock.advance(end === 'done' ? 0 : end.againAfterMs);
      graphAccepts();
      expect(await world.work(conversation)).toBe('done');
      expect((await world.row(_id)).status).toBe('accepted');
    },
  );

  it('holds the lane 30 s for a status, then the next message goes', async () => {
    graphSays(502, '');
    await world.accept(conversation, 'one');
    await world.accept(conversation, 'second words');
    expect(await world.work(conversation)).toEqual({ againAfterMs: 30_000 });
    clock.advance(29_999);
    expect(await world.work(conversation)).toEqual({ againAfterMs: 1 });
    clock.advance(1);
    const sent = graphAccepts();
    expect(await world.work(conversation)).toBe('done');
    expect(sent.map((request) => request.text?.body)).toEqual(['second words']);
  });

  it('is made good by a status with our id, and the next message goes at once', async () => {
    graphSays(502, '');
    const one = await world.accept(conversation, 'one');
    await world.accept(conversation, 'second words');
    await world.work(conversation);
    const status = { id: 'wamid.late', status: 'sent', timestamp: '1795348800' };
    await world.status({ ...status, biz_opaque_callback_data: one._id });
    expect(await world.row(one._id)).toMatchObject({ status: 'sent' });
    expect((await world.row(one._id)).wamid).toBeInstanceOf(Buffer);
    const sent = graphAccepts();
    expect(await world.work(conversation)).toBe('done');
    expect(sent.map((request) => request.text?.body)).toEqual(['second words']);
  });
});

describe('P5: the window', () => {
  it('is looked at again before the call: what waited too long fails with its reason', async () => {
    const { _id } = await world.accept(conversation, 'Shalom');
    clock.advance(WINDOW_MS);
    expect(await world.work(conversation)).toBe('done');
    expect(await world.row(_id)).toMatchObject({
      status: 'failed',
      errorCode: 131047,
      errorReason: 'window-closed',
    });
  });

  it('is opened by a message of the client that came while ours waited', async () => {
    await world.accept(conversation, 'Shalom');
    clock.advance(WINDOW_MS);
    await world.conversation({ phone: `97250000${1000 + clients}` });
    graphAccepts();
    expect(await world.work(conversation)).toBe('done');
  });
});

describe('what can’t be sent', () => {
  it('fails when the client was erased, and the lane goes on', async () => {
    const { _id } = await world.accept(conversation, 'Shalom');
    await world.ctx.store.keyring.destroy(world.tenantId, { kind: 'contact', id: conversation.contactId });
    clock.advance(60_000);
    expect(await world.work(conversation)).toBe('done');
    expect(await world.row(_id)).toMatchObject({ status: 'failed', errorCode: 0, errorReason: 'erased' });
  });
});

describe('a turn', () => {
  it('ends when the process stops, with the rest left to others', async () => {
    await world.accept(conversation, 'one');
    expect(await world.work(conversation, { stopping: () => true })).toEqual({ againAfterMs: 0 });
    graphAccepts();
    expect(await world.work(conversation)).toBe('done');
  });

  it('sends one message at least before it yields to others, however slow it began', async () => {
    await world.accept(conversation, 'one');
    await world.accept(conversation, 'second words');
    const sent = graphAccepts(2);
    const late = { yields: () => true };
    expect(await world.work(conversation, late)).toEqual({ againAfterMs: 0 });
    expect(sent).toHaveLength(1);
    await world.work(conversation, late);
    expect(sent).toHaveLength(2);
  });

  it('yields to other lanes after 20 messages', async () => {
    const { tenantId, channelId } = world;
    // The clock stands still, and a number of the usual level sends only eight messages in no time.
    await withTenant(tenantId, () => noteHealth(world.ctx, { tenantId, channelId }, { throughput: 'HIGH' }));
    for (let count = 1; count <= 21; count += 1) await world.accept(conversation, `${count}`);
    const sent = graphAccepts(21);
    expect(await world.work(conversation)).toEqual({ againAfterMs: 0 });
    expect(sent).toHaveLength(20);
    expect(await world.work(conversation)).toBe('done');
  });
});

it('P6: logs ids, codes and times, and nothing of content, number, wamid, token or BSUID', () => {
  const logged = world.logged();
  expect(logged).toContain('outbox.attempted');
  expect(logged).toContain('alert.channel-paused');
  for (const secret of [
    'Shalom',
    'second words',
    '97250000',
    'wamid',
    TOKEN,
    'IL.77aa',
    'Dana Levi',
    'Bearer',
    'order-77',
  ]) {
    expect(logged).not.toContain(secret);
  }
});
