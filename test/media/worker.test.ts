/** Files as they run: a webhook's message, BullMQ's worker, WhatsApp's server, the console's view. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { systemClock } from '../../src/ops/clock.ts';
import { openRedis } from '../../src/store/redis.ts';
import { startMedia } from '../../workers/media.ts';
import { reconcile } from '../../workers/reconciler.ts';
import { until } from '../support/until.ts';
import { jpeg } from './files.ts';
import { openWorld, type World } from './world.ts';

let world: World;
let stop: () => Promise<void>;

beforeAll(async () => {
  world = await openWorld(systemClock, { FFMPEG: 'no-such-ffmpeg' });
  const { log, clock, settings } = world.ctx;
  const redis = openRedis({ url: settings.REDIS_URL ?? '', log, clock, part: 'workers', mode: 'wait' });
  const workers = startMedia(world.ctx, redis);
  stop = async () => {
    for (const worker of workers) await worker.close(5_000);
    redis.disconnect();
  };
});
afterAll(async () => {
  await stop();
  await world.close();
});

describe('the worker', () => {
  it('fetches what clients send, and makes the thumbnail, by itself', async () => {
    const sent = [];
    for (const phone of ['972501110001', '972501110002', '972501110003']) {
      sent.push(await world.receive({ bytes: await jpeg(), mime: 'image/jpeg', phone }));
    }
    for (const { messageId } of sent) {
      await until(
        'the thumbnail',
        async () => (await world.view(messageId)).media?.thumbnailUrl !== undefined,
      );
    }
    await reconcile(world.ctx);
  });

  it('tells at the start that there is no ffmpeg, and what that means', () => {
    expect(world.lines.join('')).toContain('media.no-ffmpeg');
    expect(world.lines.join('')).toContain('install ffmpeg');
  });
});
