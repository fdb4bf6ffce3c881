/** Limits that sends share: counted in Redis, so that several worker processes keep to them together. */
import { afterAll, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';

import { heldForMs, hold, PAIR_BURST, takePairMs } from '../../src/outbox/limits.ts';
import type { ChannelRow } from '../../src/tenants/model.ts';
import { ManualClock } from '../support/clock.ts';
import { type TestContext, testContext } from '../support/context.ts';

const clock = new ManualClock();
let ctx: TestContext;
let pairs = 0;
beforeAll(async () => {
  ctx = await testContext({ clock });
});
beforeEach(() => {
  clock.advance(3_600_000);
});
afterAll(async () => ctx.close());

const newPair = () => ({ channelId: 'chn_1', contactId: `con_${(pairs += 1)}` });
const channel = (of: Partial<ChannelRow> = {}) => ({ _id: 'chn_1', wabaId: '1', ...of }) as ChannelRow;

describe('a pair', () => {
  it('may burst to 45, then one message goes each 6 seconds', async () => {
    const pair = newPair();
    for (let count = 0; count < PAIR_BURST; count += 1) expect(await takePairMs(ctx, pair)).toBe(0);
    expect(await takePairMs(ctx, pair)).toBe(6_000);
    clock.advance(5_999);
    expect(await takePairMs(ctx, pair)).toBe(1);
    clock.advance(1);
    expect(await takePairMs(ctx, pair)).toBe(0);
    expect(await takePairMs(ctx, pair)).toBe(6_000);
  });

  it('pays a burst back, and has it again after 4.5 minutes', async () => {
    const pair = newPair();
    for (let count = 0; count < PAIR_BURST; count += 1) await takePairMs(ctx, pair);
    clock.advance(PAIR_BURST * 6_000);
    const waits = await Promise.all(Array.from({ length: PAIR_BURST + 1 }, () => takePairMs(ctx, pair)));
    expect(waits.filter((wait) => wait === 0)).toHaveLength(PAIR_BURST);
  });

  it('holds back no other', async () => {
    const pair = newPair();
    for (let count = 0; count <= PAIR_BURST; count += 1) await takePairMs(ctx, pair);
    expect(await takePairMs(ctx, newPair())).toBe(0);
  });
});

describe('a hold', () => {
  it.each([
    ['number', [5_000, 0, 0]],
    ['account', [5_000, 5_000, 0]],
    ['app', [5_000, 5_000, 5_000]],
    ['pair', [0, 0, 0]],
  ] as const)('of the %s stops what shares it, for its time', async (scope, waits) => {
    await hold(ctx, scope, channel(), 5_000);
    const all = [channel(), channel({ _id: 'chn_2' }), channel({ _id: 'chn_3', wabaId: '2' })];
    expect(await Promise.all(all.map((one) => heldForMs(ctx, one)))).toEqual(waits);
    clock.advance(5_000);
    expect(await Promise.all(all.map((one) => heldForMs(ctx, one)))).toEqual([0, 0, 0]);
  });

  it('is not shortened by a shorter one', async () => {
    await hold(ctx, 'number', channel(), 5_000);
    await hold(ctx, 'number', channel(), 1_000);
    expect(await heldForMs(ctx, channel())).toBe(5_000);
  });

  it('keeps nothing of the past', async () => {
    await hold(ctx, 'number', channel({ _id: 'chn_old' }), 1);
    clock.advance(1_000);
    await hold(ctx, 'number', channel(), 1_000);
    expect(await ctx.liveRedis.zcard(`${ctx.prefix}:holds`)).toBe(1);
  });
});

it('stops nobody while Redis is away: WhatsApp has the last word', async () => {
  const away = () => Promise.reject(new Error('away'));
  const spies = [
    jest.spyOn(ctx.liveRedis, 'zmscore').mockImplementation(away),
    jest.spyOn(ctx.liveRedis, 'eval').mockImplementation(away),
  ];
  expect(await heldForMs(ctx, channel())).toBe(0);
  expect(await takePairMs(ctx, newPair())).toBe(0);
  for (const spy of spies) spy.mockRestore();
});
