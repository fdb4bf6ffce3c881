/** Writing to the feed never fails its caller; what could not be written becomes a `reset`. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { feedCursor, feedKey, publish } from '../../src/agents/feed.ts';
import { isAfter } from '../../src/agents/feed-client.ts';
import { openRedis } from '../../src/store/redis.ts';
import { type TestContext, testContext } from '../support/context.ts';
import { until } from '../support/until.ts';

let ctx: TestContext;
beforeAll(async () => {
  ctx = await testContext();
});
afterAll(async () => ctx.close());

const event = { type: 'message.received', conversationId: 'cnv_a', messageId: 'msg_a' } as const;
const entriesOf = async (tenantId: string) =>
  (await ctx.liveRedis.xrange(feedKey(ctx.prefix, tenantId), '-', '+')).map(([, fields]) => fields[1]);

describe('publish', () => {
  it('writes ids and type to the stream of the tenant', async () => {
    expect(await publish(ctx, 'ten_a', event)).toBe(true);
    const [[, fields] = []] = await ctx.liveRedis.xrange(feedKey(ctx.prefix, 'ten_a'), '-', '+');
    expect(fields).toEqual(['type', 'message.received', 'conversationId', 'cnv_a', 'messageId', 'msg_a']);
  });

  it('keeps about the newest 5,000', async () => {
    const pipeline = ctx.liveRedis.pipeline();
    for (let index = 0; index < 6_000; index += 1) {
      pipeline.xadd(feedKey(ctx.prefix, 'ten_b'), '*', 'type', 'old');
    }
    await pipeline.exec();
    await publish(ctx, 'ten_b', event);
    const length = await ctx.liveRedis.xlen(feedKey(ctx.prefix, 'ten_b'));
    expect(length).toBeGreaterThanOrEqual(5_000);
    expect(length).toBeLessThan(5_300);
  });

  it('answers false while Redis is away, and pays with a reset when it is back', async () => {
    const url = ctx.settings.REDIS_URL ?? '';
    const liveRedis = openRedis({ url, log: ctx.log, clock: ctx.clock, part: 'live', mode: 'fail-fast' });
    const away = { ...ctx, liveRedis };
    liveRedis.disconnect();
    expect(await publish(away, 'ten_c', event)).toBe(false);
    expect(await feedCursor(away, 'ten_c')).toBe('0-0');
    expect(await entriesOf('ten_c')).toEqual([]);
    await liveRedis.connect();
    await until('the reset', async () => (await entriesOf('ten_c')).includes('reset'));
    expect(await publish(away, 'ten_c', event)).toBe(true);
    expect(await entriesOf('ten_c')).toEqual(['reset', 'message.received']);
    liveRedis.disconnect();
  });
});

describe('feedCursor', () => {
  it('is the newest entry, and begins a stream that is none', async () => {
    const first = await feedCursor(ctx, 'ten_d');
    expect(await feedCursor(ctx, 'ten_d')).toBe(first);
    await publish(ctx, 'ten_d', event);
    expect(isAfter(await feedCursor(ctx, 'ten_d'), first)).toBe(true);
    expect(await entriesOf('ten_d')).toEqual(['opened', 'message.received']);
  });
});

describe('isAfter', () => {
  it.each([
    ['2-0', '1-9', true],
    ['1-10', '1-9', true],
    ['1-9', '1-10', false],
    ['1-1', '1-1', false],
    ['10-0', '9-0', true],
  ])('%s after %s: %s', (id, other, expected) => {
    expect(isAfter(id, other)).toBe(expected);
  });
});
