/** What a person can do about a message of which nobody knows whether it was sent. */
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import nock from 'nock';

import type { ConversationRow, MessageStatus } from '../../src/conversations/model.ts';
import type { Reject } from '../../src/ops/errors.ts';
import { resolveMessage } from '../../src/outbox/resolve.ts';
import { createTenant } from '../../src/tenants/tenants.ts';
import { ManualClock } from '../support/clock.ts';
import { graphAccepts, graphSays } from './fake-graph.ts';
import { openWorld, type World } from './world.ts';

const clock = new ManualClock();
let world: World;
let conversation: ConversationRow;

beforeAll(async () => {
  nock.disableNetConnect();
  world = await openWorld(clock);
  conversation = await world.conversation({ phone: '972501112233' });
});
afterEach(() => {
  expect(nock.pendingMocks()).toEqual([]);
  nock.cleanAll();
  clock.advance(60_000);
});
afterAll(async () => {
  nock.restore();
  await world.close();
});

async function unconfirmed(): Promise<string> {
  graphSays(502, '');
  const { _id } = await world.accept(conversation, 'Shalom');
  await world.work(conversation);
  expect((await world.row(_id)).status).toBe('unconfirmed');
  return _id;
}
const resolve = (id: string, as: 'sent' | 'failed' | 'resend') =>
  resolveMessage(world.ctx, world.tenantId, id, as);

describe('P5: an unconfirmed message', () => {
  it('resolved as sent counts as accepted, and statuses still lead it on', async () => {
    const id = await unconfirmed();
    expect(await resolve(id, 'sent')).toMatchObject({ status: 'accepted', rank: 3 });
    expect(await world.work(conversation)).toBe('done');
    const status = { id: 'wamid.r1', status: 'delivered', timestamp: '1795348800' };
    await world.status({ ...status, biz_opaque_callback_data: id });
    expect((await world.row(id)).status).toBe('delivered');
  });

  it('resolved as failed says why, and is not sent', async () => {
    const id = await unconfirmed();
    const resolved = await resolve(id, 'failed');
    expect(resolved).toMatchObject({ status: 'failed', errorCode: 0, errorReason: 'not-sent' });
    expect(await world.work(conversation)).toBe('done');
  });

  it('resolved as resend is sent once more, before what came after it', async () => {
    const id = await unconfirmed();
    const next = await world.accept(conversation, 'next');
    expect(await resolve(id, 'resend')).toMatchObject({ status: 'queued', attempts: 0 });
    const sent = graphAccepts(2);
    expect(await world.work(conversation)).toBe('done');
    expect(sent.map((request) => request.biz_opaque_callback_data)).toEqual([id, next._id]);
    expect((await world.row(id)).status).toBe('accepted');
  });

  it('resolved as resend is not sent when a status of the first try comes before', async () => {
    const id = await unconfirmed();
    await resolve(id, 'resend');
    const status = { id: 'wamid.r2', status: 'sent', timestamp: '1795348800' };
    await world.status({ ...status, biz_opaque_callback_data: id });
    expect(await world.work(conversation)).toBe('done');
    expect((await world.row(id)).status).toBe('sent');
  });

  it('resolved by two people at once is resolved once', async () => {
    const id = await unconfirmed();
    const outcomes = await Promise.allSettled([resolve(id, 'sent'), resolve(id, 'resend')]);
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    if ((await world.row(id)).status === 'queued') graphAccepts();
    expect(await world.work(conversation)).toBe('done');
  });
});

describe('refused', () => {
  it.each([
    'queued',
    'sending',
    'accepted',
    'sent',
    'delivered',
    'read',
    'played',
    'failed',
  ] as MessageStatus[])('is a message that is %s', async (status) => {
    const { _id } = await world.accept(await world.conversation({ phone: '972501112299' }), 'Shalom');
    await world.set(_id, { status });
    await expect(resolve(_id, 'resend')).rejects.toMatchObject({ status: 409, problem: 'not-unconfirmed' });
    expect((await world.row(_id)).status).toBe(status);
  });

  it("P4: is what does not exist and what is another tenant's, with the same words", async () => {
    const id = await unconfirmed();
    const { tenantId } = await createTenant(world.ctx, { name: 'Beth', email: 'owner@beth.example' });
    const refusals = await Promise.all(
      [id, 'msg_none'].map((messageId) =>
        resolveMessage(world.ctx, tenantId, messageId, 'sent').catch((error: unknown) => error as Reject),
      ),
    );
    for (const refusal of refusals) {
      expect(refusal).toMatchObject({ status: 404, message: 'No such message.' });
    }
    expect((await world.row(id)).status).toBe('unconfirmed');
  });
});
