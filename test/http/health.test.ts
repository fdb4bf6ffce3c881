/** Ready means: not stopping, and every server answers. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { Health } from '../../src/ops/health.ts';
import { type TestContext, testContext } from '../support/context.ts';

let ctx: TestContext;
beforeAll(async () => {
  ctx = await testContext();
});
afterAll(async () => ctx.close());

describe('readiness', () => {
  it('is given while all servers answer', async () => {
    expect(await new Health(ctx).readiness()).toEqual({ ready: true, problems: [] });
  });

  it('ends when the process begins to stop', async () => {
    const health = new Health(ctx);
    health.drain();
    expect(await health.readiness()).toEqual({ ready: false, problems: ['This process is stopping.'] });
  });

  it('does not wait for a server that hangs', async () => {
    const hanging = Object.assign(Object.create(ctx.queueRedis) as typeof ctx.queueRedis, {
      ping: () => new Promise<'PONG'>(() => undefined),
    });
    const { ready, problems } = await new Health({ ...ctx, queueRedis: hanging }).readiness();
    expect(ready).toBe(false);
    expect(problems).toEqual([expect.stringContaining('REDIS_URL')]);
  });
});
