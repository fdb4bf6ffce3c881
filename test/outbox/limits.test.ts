/** Limits that sends share: counted in Redis, so that several worker processes keep to them together. */
import { afterAll, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';

import { hold, messagesPerSecond, PAIR_BURST, takeCallMs, takePlaceMs } from '../../src/outbox/limits.ts';
import type { ChannelRow } from '../../src/tenants/model.ts';
import { ManualClock } from '../support/clock.ts';
import { type TestContext, testContext } from '../support/context.ts';

const clock = new ManualClock();
let ctx: TestContext;
let made = 0;
beforeAll(async () => {
  ctx = await testContext({ clock });
});
beforeEach(() => {
  clock.advance(3_600_000);
});
afterAll(async () => ctx.close());

const contact = () => `con_${(made += 1)}`;
const number = (of: Partial<ChannelRow> = {}) =>
  ({ _id: `chn_${(made += 1)}`, wabaId: `9${made}`, ...of }) as ChannelRow;
const health = (values: Record<string, string>) => ({
  health: Object.fromEntries(
    Object.entries(values).map(([name, value]) => [name, { value, at: new Date() }]),
  ),
});

describe('a pair', () => {
  /** Slowly enough for the number. */
  async function burst(channel: ChannelRow, pair: string, messages: number): Promise<number[]> {
    const waits: number[] = [];
    for (let count = 0; count < messages; count += 1) {
      clock.advance(20);
      waits.push(await takePlaceMs(ctx, channel, pair));
    }
    return waits.filter((wait) => wait > 0);
  }

  it('may burst to 45, then one message goes each 6 seconds', async () => {
    const [channel, pair] = [number(), contact()];
    expect(await burst(channel, pair, PAIR_BURST)).toEqual([]);
    const wait = await takePlaceMs(ctx, channel, pair);
    expect(wait).toBe(6_000 - 44 * 20);
    clock.advance(wait - 1);
    expect(await takePlaceMs(ctx, channel, pair)).toBe(1);
    clock.advance(1);
    expect(await takePlaceMs(ctx, channel, pair)).toBe(0);
    expect(await takePlaceMs(ctx, channel, pair)).toBe(6_000);
  });

  it('pays a burst back, has it again after 4.5 minutes, and holds back no other', async () => {
    const [channel, pair] = [number(), contact()];
    await burst(channel, pair, PAIR_BURST);
    expect(await burst(channel, contact(), 1)).toEqual([]);
    clock.advance(PAIR_BURST * 6_000);
    expect(await burst(channel, pair, PAIR_BURST + 1)).toHaveLength(1);
  });
});

describe('a number', () => {
  it.each([
    [80, {}],
    [80, health({ throughput: 'STANDARD' })],
    [1_000, health({ throughput: 'HIGH' })],
    [20, health({ throughput: 'HIGH', onBusinessApp: 'true' })],
  ])('sends %i messages in any second, never more', async (rate, of) => {
    const channel = number(of);
    expect(messagesPerSecond(channel)).toBe(rate);
    const start = clock.now();
    const waiting = new Map(
      Array.from({ length: rate + Math.min(rate, 150) }, () => [contact(), start] as const),
    );
    const sentAt: number[] = [];
    // A flood: each conversation asks at once, and again when it was told to.
    while (waiting.size > 0) {
      const [who, at] = [...waiting].reduce((one, other) => (other[1] < one[1] ? other : one));
      if (at > clock.now()) clock.advance(at - clock.now());
      const wait = await takePlaceMs(ctx, channel, who);
      if (wait === 0) {
        sentAt.push(clock.now());
        waiting.delete(who);
      } else {
        waiting.set(who, clock.now() + wait);
      }
    }
    const most = Math.max(
      ...sentAt.map((from) => sentAt.filter((at) => at >= from && at < from + 1_000).length),
    );
    expect(most).toBeLessThanOrEqual(rate);
    expect(most).toBeGreaterThan(rate * 0.85);
  });

  it('tells each conversation another time, and who waits goes before who comes later', async () => {
    const channel = number();
    const waits: number[] = [];
    for (let count = 0; count < 108; count += 1) waits.push(await takePlaceMs(ctx, channel, contact()));
    const told = waits.filter((wait) => wait > 0);
    expect(told).toHaveLength(100);
    expect(new Set(told).size).toBe(100);
    clock.advance(500);
    expect(await takePlaceMs(ctx, channel, contact())).toBeGreaterThan(Math.max(...told) - 500);
  });

  it('holds back no other', async () => {
    const channel = number();
    for (let count = 0; count < 20; count += 1) await takePlaceMs(ctx, channel, contact());
    expect(await takePlaceMs(ctx, number(), contact())).toBe(0);
  });
});

describe('a hold', () => {
  it.each([
    ['number', [true, false, false]],
    ['account', [true, true, false]],
    ['app', [true, true, true]],
    ['pair', [false, false, false]],
  ] as const)('of the %s stops what shares it, for its time', async (scope, held) => {
    const first = number();
    const all = [first, number({ wabaId: first.wabaId }), number()];
    await hold(ctx, scope, first, 5_000);
    const waits = await Promise.all(all.map((one) => takePlaceMs(ctx, one, contact())));
    expect(waits.map((wait) => wait >= 5_000)).toEqual(held);
    clock.advance(5_100);
    expect(await Promise.all(all.map((one) => takePlaceMs(ctx, one, contact())))).toEqual([0, 0, 0]);
  });

  it('is not shortened by a shorter one, and keeps nothing of the past', async () => {
    const channel = number();
    await hold(ctx, 'number', number(), 1);
    clock.advance(1_000);
    await hold(ctx, 'number', channel, 5_000);
    await hold(ctx, 'number', channel, 1_000);
    expect(await takePlaceMs(ctx, channel, contact())).toBe(5_000);
    expect(await ctx.liveRedis.zcard(`${ctx.prefix}:{${ctx.prefix}.limits}:holds`)).toBe(1);
  });
});

describe('calls that manage an account', () => {
  it('are counted by the hour, more of them once a number is registered', async () => {
    const taken = async (wabaId: string, isRegistered: boolean) => {
      let calls = 0;
      while ((await takeCallMs(ctx, wabaId, isRegistered)) === 0) calls += 1;
      return calls;
    };
    expect(await taken('501', false)).toBe(100);
    clock.advance(3_600_000);
    expect(await taken('501', false)).toBe(100);
    expect(await taken('502', true)).toBe(2_500);
  });
});

it('stops nobody while Redis is away: WhatsApp has the last word', async () => {
  const spy = jest.spyOn(ctx.liveRedis, 'eval').mockImplementation(() => Promise.reject(new Error('away')));
  expect(await takePlaceMs(ctx, number(), contact())).toBe(0);
  spy.mockRestore();
});
