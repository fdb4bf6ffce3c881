import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { parkItem } from '../../src/lanes/dead-letters.ts';
import type { LaneItem } from '../../src/lanes/item.ts';
import { DeadLetters } from '../../src/lanes/model.ts';
import { replayDeadLetter } from '../../src/lanes/retry.ts';
import { asOperator, withTenant } from '../../src/store/scope.ts';
import { addApp } from '../../src/tenants/apps.ts';
import { addChannel, listChannels, type NewChannel } from '../../src/tenants/channels.ts';
import { type ChannelRow, Channels, type RouteRow, Routes } from '../../src/tenants/model.ts';
import { createTenant } from '../../src/tenants/tenants.ts';
import { type TestContext, testContext } from '../support/context.ts';

describe('channels', () => {
  let ctx: TestContext;
  let tenantId: string;
  let otherId: string;
  let last = 100_000;
  beforeAll(async () => {
    ctx = await testContext();
    ({ tenantId } = await createTenant(ctx, { name: 'One', email: 'one@one.example' }));
    ({ tenantId: otherId } = await createTenant(ctx, { name: 'Two', email: 'two@two.example' }));
  });
  afterAll(() => ctx.close());

  const number = (overrides: Partial<NewChannel> = {}): NewChannel => ({
    tenantId,
    phoneNumberId: String((last += 1)),
    wabaId: '200001',
    displayNumber: '+972 50-123-4567',
    token: 'EAAG-token-of-the-number',
    ...overrides,
  });
  const routeOf = (phoneNumberId: string) =>
    asOperator('test', () => ctx.store.model(Routes).findOne({ _id: phoneNumberId }).lean<RouteRow>().exec());
  const rowOf = (owner: string, channelId: string) =>
    withTenant(owner, () => ctx.store.model(Channels).findOne({ _id: channelId }).lean<ChannelRow>().exec());
  const tokenOf = async (owner: string, channelId: string) => {
    const row = await rowOf(owner, channelId);
    const place = { tenantId: owner, collection: 'channels', id: channelId, field: 'token' };
    return ctx.store.keyring.open<string>(place, row?.token ?? Buffer.alloc(0));
  };

  it('gives a number to a tenant: a route of the installation and a channel of the tenant', async () => {
    const wanted = number({ name: 'Sales' });
    const channel = await addChannel(ctx, wanted);
    expect(channel).toMatchObject({
      phoneNumberId: wanted.phoneNumberId,
      displayNumber: '972501234567',
      name: 'Sales',
      app: 'default',
      status: 'active',
      created: true,
      replayed: 0,
    });
    await expect(routeOf(wanted.phoneNumberId)).resolves.toMatchObject({
      tenantId,
      channelId: channel.channelId,
      wabaId: '200001',
      app: 'default',
    });
    await expect(tokenOf(tenantId, channel.channelId)).resolves.toBe(wanted.token);
    const row = await rowOf(tenantId, channel.channelId);
    expect(row?.token.toString('latin1')).not.toContain(wanted.token);
  });

  it('renews what it knows when the same tenant adds the number again', async () => {
    await addApp(ctx, { name: 'second', secret: 'secret-of-the-second' });
    const wanted = number({ name: 'Sales' });
    const first = await addChannel(ctx, wanted);
    await withTenant(tenantId, () =>
      ctx.store
        .model(Channels)
        .updateOne({ _id: first.channelId }, { $set: { status: 'paused', pausedReason: '190' } })
        .exec(),
    );
    const again = await addChannel(ctx, {
      ...wanted,
      name: undefined,
      token: 'another-token',
      displayNumber: '15550001111',
      wabaId: '200002',
      app: 'second',
    });
    expect(again).toMatchObject({
      channelId: first.channelId,
      created: false,
      name: 'Sales',
      displayNumber: '15550001111',
      status: 'active',
      createdAt: first.createdAt,
    });
    await expect(tokenOf(tenantId, first.channelId)).resolves.toBe('another-token');
    await expect(routeOf(wanted.phoneNumberId)).resolves.toMatchObject({ wabaId: '200002', app: 'second' });
    expect(await rowOf(tenantId, first.channelId)).not.toHaveProperty('pausedReason');
    expect(
      (await listChannels(ctx, tenantId)).find((one) => one.channelId === first.channelId),
    ).toMatchObject({
      app: 'second',
    });
  });

  it("P4: refuses another tenant's number without saying whose it is, and changes nothing of it", async () => {
    const wanted = number();
    const held = await addChannel(ctx, wanted);
    const error = await addChannel(ctx, { ...wanted, tenantId: otherId, token: 'theirs' }).then(
      () => undefined,
      (caught: unknown) => caught,
    );
    expect(error).toMatchObject({ status: 409, problem: 'number-taken' });
    expect((error as Error).message).not.toContain(tenantId);
    await expect(tokenOf(tenantId, held.channelId)).resolves.toBe(wanted.token);
    await expect(listChannels(ctx, otherId)).resolves.toEqual([]);
  });

  it('makes one channel of a number that two tenants claim at the same time', async () => {
    const wanted = number();
    const results = await Promise.allSettled([
      addChannel(ctx, wanted),
      addChannel(ctx, { ...wanted, tenantId: otherId }),
      addChannel(ctx, wanted),
      addChannel(ctx, { ...wanted, tenantId: otherId }),
    ]);
    const ids = results.flatMap((result) => (result.status === 'fulfilled' ? result.value.channelId : []));
    expect(ids).toHaveLength(2);
    expect(new Set(ids).size).toBe(1);
    expect((await routeOf(wanted.phoneNumberId))?.channelId).toBe(ids[0]);
  });

  it('finishes a run that died after it had claimed the number', async () => {
    const wanted = number();
    const route: RouteRow = {
      _id: wanted.phoneNumberId,
      tenantId,
      channelId: 'chn_claimed_before',
      wabaId: wanted.wabaId,
      app: 'default',
      createdAt: new Date(),
    };
    await asOperator('test', () => ctx.store.model(Routes).insertMany([route]));
    const channel = await addChannel(ctx, wanted);
    expect(channel).toMatchObject({ channelId: 'chn_claimed_before', created: true });
  });

  it('hands on what came for the number before it was known, if account and app are the same', async () => {
    const wanted = number();
    const item = (wabaId: string, app: string): LaneItem => ({
      kind: 'message',
      app,
      wabaId,
      field: 'messages',
      phoneNumberId: wanted.phoneNumberId,
      position: ctx.positions.next(),
      body: { message: { id: 'wamid.x' } },
    });
    const why = { reason: 'unrouted' as const, detail: 'No tenant.', attempts: 1 };
    await parkItem(ctx, item('200001', 'default'), why);
    await parkItem(ctx, item('999999', 'default'), why);
    await parkItem(ctx, item('200001', 'another'), why);
    await expect(addChannel(ctx, wanted)).resolves.toMatchObject({ replayed: 1 });
    const left = await asOperator('test', () =>
      ctx.store.model(DeadLetters).countDocuments({ phoneNumberId: wanted.phoneNumberId }).exec(),
    );
    expect(left).toBe(2);
    await expect(ctx.inbound.oldest('inbound-0')).resolves.not.toBeNull();
  });

  describe('what came before', () => {
    const parkFor = ({ phoneNumberId, wabaId }: NewChannel) =>
      parkItem(
        ctx,
        {
          kind: 'message',
          app: 'default',
          wabaId,
          field: 'messages',
          phoneNumberId,
          position: ctx.positions.next(),
          body: { message: { id: 'wamid.y' } },
        },
        { reason: 'unrouted', detail: 'No tenant.', attempts: 1 },
      );
    /** As a removal leaves it: neither route nor channel. */
    const removed = async ({ phoneNumberId }: NewChannel, holder: string) => {
      await asOperator('test', () => ctx.store.model(Routes).deleteOne({ _id: phoneNumberId }).exec());
      await withTenant(holder, () => ctx.store.model(Channels).deleteOne({ phoneNumberId }).exec());
    };

    it('P4: is not handed to a tenant whose number another one ever held; an operator decides', async () => {
      const wanted = number();
      await addChannel(ctx, wanted);
      await removed(wanted, tenantId);
      const id = await parkFor(wanted);
      await expect(addChannel(ctx, { ...wanted, tenantId: otherId })).resolves.toMatchObject({
        replayed: 0,
        waiting: 1,
      });
      await replayDeadLetter(ctx, id);
    });

    it('is handed on when the same tenant takes its number back', async () => {
      const wanted = number();
      await addChannel(ctx, wanted);
      await removed(wanted, tenantId);
      await parkFor(wanted);
      await expect(addChannel(ctx, wanted)).resolves.toMatchObject({ replayed: 1, waiting: 0 });
    });

    it('is handed on after another tenant was refused the number', async () => {
      const wanted = number();
      await addChannel(ctx, wanted);
      await expect(addChannel(ctx, { ...wanted, tenantId: otherId })).rejects.toMatchObject({ status: 409 });
      await parkFor(wanted);
      await expect(addChannel(ctx, wanted)).resolves.toMatchObject({ replayed: 1, waiting: 0 });
    });
  });

  it.each([
    [{ phoneNumberId: '+12' }, 'phoneNumberId must be the number'],
    [{ phoneNumberId: '' }, 'phoneNumberId must be the number'],
    [{ wabaId: '12 34' }, 'wabaId must be the number'],
    [{ displayNumber: 'no number' }, 'displayNumber must be a phone number'],
    [{ displayNumber: '050' }, 'with its country code'],
    [{ displayNumber: '+972 50 123' }, 'with its country code'],
    [{ token: '' }, 'token must be an access token'],
    [{ token: 'with space' }, 'token must be an access token'],
    [{ app: 'no/slash' }, 'app must be the name'],
    [{ name: '' }, 'name must not be empty'],
  ])('refuses %j and says why, without quoting the token', async (overrides, message) => {
    const error = await addChannel(ctx, number(overrides)).catch((caught: unknown) => caught);
    expect(error).toMatchObject({ status: 422, message: expect.stringContaining(message) });
    expect((error as Error).message).not.toContain('EAAG');
  });

  it('refuses a channel for a tenant that does not exist, and does not claim the number', async () => {
    const wanted = number({ tenantId: 'ten_none' });
    await expect(addChannel(ctx, wanted)).rejects.toMatchObject({ status: 404 });
    await expect(routeOf(wanted.phoneNumberId)).resolves.toBeNull();
  });
});
