/** What happened to a message, oldest first. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import nock from 'nock';

import { type ConversationRow, Messages } from '../../src/conversations/model.ts';
import { Deliveries } from '../../src/endpoints/model.ts';
import { noteTry } from '../../src/outbox/states.ts';
import { findTimelines, timelineOf } from '../../src/outbox/timeline.ts';
import { withTenant } from '../../src/store/scope.ts';
import { createTenant } from '../../src/tenants/tenants.ts';
import { WINDOW_MS } from '../../src/whatsapp/window.ts';
import { run } from '../cli/terminal.ts';
import { ManualClock } from '../support/clock.ts';
import { graphAccepts, graphRefuses, graphSays } from './fake-graph.ts';
import { NUMBER_ID, openWorld, type World } from './world.ts';

const clock = new ManualClock(Date.UTC(2026, 10, 22, 12));
let world: World;
let conversation: ConversationRow;

beforeAll(async () => {
  nock.disableNetConnect();
  world = await openWorld(clock);
  conversation = await world.conversation({ phone: '972501112233' });
});
afterAll(async () => {
  nock.restore();
  await world.close();
});

const stepsOf = async (id: string) =>
  (await timelineOf(world.ctx, world.tenantId, id)).map(({ at, step }) => `${at.slice(11, 19)} ${step}`);
const seconds = () => String(clock.now() / 1000);

describe('an outbound message', () => {
  it('shows its tries, its acceptance and its statuses with what went wrong', async () => {
    const { _id } = await world.accept(conversation, 'Shalom');
    clock.advance(1_000);
    graphRefuses(131016, 500);
    const end = await world.work(conversation);
    expect((await timelineOf(world.ctx, world.tenantId, _id))[1]).toMatchObject({
      step: 'attempted',
      detail: { refusedTries: 1, nextAt: expect.any(String) },
    });
    clock.advance(end === 'done' ? 0 : end.againAfterMs);
    clock.advance(10_000 - (clock.now() % 10_000));
    const [sent] = [graphAccepts()];
    await world.work(conversation);
    const id = `wamid.HBgL${sent[0]?.biz_opaque_callback_data}==`;
    clock.advance(1_000);
    await world.status({ id, status: 'sent', timestamp: seconds() });
    clock.advance(1_000);
    await world.status({ id, status: 'failed', timestamp: seconds(), errors: [{ code: 131026 }] });
    expect(await stepsOf(_id)).toEqual([
      '12:00:00 queued',
      '12:00:01 attempted',
      '12:00:10 attempted',
      '12:00:10 accepted',
      '12:00:11 sent',
      '12:00:12 failed',
    ]);
    const items = await timelineOf(world.ctx, world.tenantId, _id);
    expect(items[0]?.detail).toEqual({ sentBy: 'key:one' });
    expect(items[1]?.detail).toMatchObject({ outcome: 'refused', code: 131016, ms: expect.any(Number) });
    expect(items[5]?.detail).toMatchObject({ code: 131026, reason: 'not-deliverable' });
  });

  it('shows that its outcome is unknown', async () => {
    const { _id } = await world.accept(conversation, 'Shalom');
    graphSays(502, '');
    await world.work(conversation);
    expect((await stepsOf(_id)).map((line) => line.slice(9))).toEqual(['queued', 'attempted', 'unconfirmed']);
    clock.advance(60_000);
  });

  it('shows why it was not even tried', async () => {
    const { _id } = await world.accept(conversation, 'Shalom');
    clock.advance(WINDOW_MS);
    await world.work(conversation);
    const items = await timelineOf(world.ctx, world.tenantId, _id);
    expect(items.at(-1)).toMatchObject({
      at: new Date(clock.now()).toISOString(),
      step: 'failed',
      detail: { code: 131047, reason: 'window-closed' },
    });
  });
});

it('an inbound message shows its way to the endpoints', async () => {
  const { tenantId, ctx } = world;
  const at = (second: number) => new Date(Date.UTC(2026, 10, 22, 8, 0, second));
  await withTenant(tenantId, async () => {
    await ctx.store.model(Messages).insertMany([
      {
        _id: 'msg_in',
        tenantId,
        conversationId: conversation._id,
        channelId: world.channelId,
        contactId: conversation.contactId,
        direction: 'in',
        type: 'text',
        position: at(1).getTime() * 1000,
        timestamp: at(0),
        status: 'received',
        rank: 0,
        routedAt: at(2),
        spooled: true,
        retries: 1,
        storedAt: at(2),
        forward: 'done',
        forwardedAt: at(3),
      },
    ]);
    await ctx.store.model(Deliveries).insertMany([
      {
        _id: 'msg_in.end_1',
        tenantId,
        endpointId: 'end_1',
        lane: `${conversation._id}.end_1`,
        eventId: 'msg_in',
        event: 'message.received',
        conversationId: conversation._id,
        contactId: conversation.contactId,
        messageId: 'msg_in',
        position: 1,
        state: 'due',
        attempts: 1,
        dueAt: at(30),
        createdAt: at(2),
        log: [{ at: at(4), status: 503, ms: 20 }],
      },
    ]);
  });
  expect(await timelineOf(ctx, tenantId, 'msg_in')).toEqual([
    {
      at: at(1).toISOString(),
      step: 'received',
      detail: { whatsappAt: at(0).toISOString(), took: 'spool', retries: 1 },
    },
    { at: at(2).toISOString(), step: 'routed', detail: { queuedMs: 1_000 } },
    { at: at(2).toISOString(), step: 'stored' },
    {
      at: at(2).toISOString(),
      step: 'endpoint.owed',
      detail: { endpointId: 'end_1', state: 'due', nextAt: at(30).toISOString() },
    },
    { at: at(3).toISOString(), step: 'forwarded' },
    {
      at: at(4).toISOString(),
      step: 'endpoint.attempted',
      detail: { endpointId: 'end_1', status: 503, ms: 20 },
    },
  ]);
});

it('keeps the last 20 tries of an outage', async () => {
  const { _id } = await world.accept(await world.conversation({ phone: '972501112266' }), 'Shalom');
  const row = await world.row(_id);
  const tried = (ms: number) => ({
    at: new Date(clock.now() + ms),
    ms,
    outcome: 'not-sent',
    reason: 'ECONNREFUSED',
  });
  await withTenant(world.tenantId, async () => {
    for (let ms = 1; ms <= 25; ms += 1) await noteTry(world.ctx, row, tried(ms));
  });
  const { tries = [] } = await world.row(_id);
  expect(tries.map(({ ms }) => ms)).toEqual(Array.from({ length: 20 }, (_, at) => at + 6));
  const steps = await timelineOf(world.ctx, world.tenantId, _id);
  expect(steps.at(-1)).toMatchObject({
    step: 'attempted',
    detail: { outcome: 'not-sent', reason: 'ECONNREFUSED' },
  });
});

it('is shown to the operator by every id, in steps and clocks only', async () => {
  const { ctx, tenantId } = world;
  const own = await world.conversation({ phone: '972501112255' });
  const body = { biz_opaque_callback_data: 'order 1' };
  const { _id } = await world.accept(own, 'words of an agent', { body });
  const [sent] = [graphAccepts()];
  await world.work(own);
  const wamid = `wamid.HBgL${sent[0]?.biz_opaque_callback_data}==`;
  const asked = async (args: string[], input = '') => {
    const ran = await run(ctx, ['timeline', ...args, '--json'], input);
    expect(ran).toMatchObject({ exitCode: 0, err: '' });
    expect(ran.out).not.toMatch(/words of an agent|972501112255|wamid/);
    return (JSON.parse(ran.out) as { items: { messageId: string; step: string }[] }).items;
  };
  const whole = await asked([_id]);
  expect(whole.map(({ step }) => step)).toEqual(['queued', 'attempted', 'accepted']);
  expect(await asked(['--wamid', '-', '--phone-number-id', NUMBER_ID], `${wamid}\n`)).toEqual(whole);
  expect(await asked(['--callback-id', 'order 1', '--tenant', tenantId])).toEqual(whole);
  expect(await asked(['--callback-id', _id, '--tenant', tenantId])).toEqual(whole);
  for (const [exitCode, args] of [
    [2, []],
    [2, [_id, '--wamid', wamid]],
    [2, ['--wamid', wamid]],
    [3, ['msg_none']],
    [3, ['--wamid', wamid, '--phone-number-id', '1']],
  ] as const) {
    expect(await run(ctx, ['timeline', ...args])).toMatchObject({ exitCode });
  }
});

it('P4: of another tenant there is none', async () => {
  const { tenantId } = await createTenant(world.ctx, { name: 'Beth', email: 'owner@beth.example' });
  const { _id } = await world.accept(await world.conversation({ phone: '972501112244' }), 'Shalom');
  await expect(timelineOf(world.ctx, tenantId, _id)).rejects.toMatchObject({ status: 404 });
  for (const named of [{ messageId: _id }, { callbackId: _id }, { callbackId: 'order 1' }]) {
    await expect(findTimelines(world.ctx, tenantId, named)).rejects.toMatchObject({ status: 404 });
  }
});
