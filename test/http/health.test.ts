/** Ready means: not stopping, and able to take a webhook durably. What else is away is told, and no reason to leave. */
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { Health } from '../../src/ops/health.ts';
import { type TestContext, testContext } from '../support/context.ts';

let ctx: TestContext;
let folder: string;
beforeAll(async () => {
  ctx = await testContext();
  folder = await mkdtemp(join(tmpdir(), 'whatsper-health-'));
});
afterAll(async () => {
  await ctx.close();
  await rm(folder, { recursive: true });
});

/** A server that takes the connection and never answers. */
const hanging = () =>
  Object.assign(Object.create(ctx.queueRedis) as typeof ctx.queueRedis, {
    ping: () => new Promise<'PONG'>(() => undefined),
  });

describe('readiness', () => {
  it('is given while all servers answer', async () => {
    expect(await new Health(ctx).readiness()).toEqual({ ready: true, problems: [], degraded: [] });
  });

  it('ends when the process begins to stop', async () => {
    const health = new Health(ctx);
    health.drain();
    const problems = ['This process is stopping.'];
    expect(await health.readiness()).toEqual({ ready: false, problems, degraded: [] });
  });

  it('holds while Redis hangs, since webhooks go to the disk', async () => {
    const health = new Health({ ...ctx, queueRedis: hanging() }, { spoolFolder: join(folder, 'spool') });
    expect(await health.readiness()).toEqual({
      ready: true,
      problems: [],
      degraded: [expect.stringContaining('wait on the disk')],
    });
    expect(await readdir(join(folder, 'spool'))).toEqual([]);
  });

  it('ends when neither Redis nor the disk takes a webhook', async () => {
    const file = join(folder, 'no-folder');
    await writeFile(file, '');
    for (const options of [{ spoolFolder: join(file, 'spool') }, {}]) {
      const { ready, problems } = await new Health({ ...ctx, queueRedis: hanging() }, options).readiness();
      expect(ready).toBe(false);
      expect(problems).toEqual([expect.stringMatching(/REDIS_URL.*DATA_DIR/)]);
    }
  });

  it('tells what else does not work without ending', async () => {
    const away = { ...ctx, liveRedis: hanging(), store: { isReachable: async () => false } };
    const health = new Health(away as unknown as TestContext, { notes: () => ['Something is slow.'] });
    expect(await health.readiness()).toEqual({
      ready: true,
      problems: [],
      degraded: [
        expect.stringContaining('MONGODB_URI'),
        expect.stringContaining('REDIS_LIVE_URL'),
        'Something is slow.',
      ],
    });
  });
});
