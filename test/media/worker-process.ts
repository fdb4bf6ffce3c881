/** A media worker in a process of its own, for tests that kill it. Settings come as JSON in WORLD. */
import { openContext } from '../../src/start.ts';
import { openRedis } from '../../src/store/redis.ts';
import { startMedia } from '../../workers/media.ts';

const environment = JSON.parse(process.env.WORLD ?? '{}') as Record<string, string>;
const { ctx, redisUrl } = await openContext(environment);
const { log, clock } = ctx;
startMedia(ctx, openRedis({ url: redisUrl, log, clock, part: 'workers', mode: 'wait' }));
