/** Media lanes → files fetched from WhatsApp, sealed, into the blob store. */
import type { Context } from '../src/context.ts';
import { guardedLookup, isPublicAddress } from '../src/endpoints/address.ts';
import { type LaneWorker, workLanes } from '../src/lanes/worker.ts';
import { Ffmpeg } from '../src/media/ffmpeg.ts';
import { type MediaWork, runMediaLane } from '../src/media/lane.ts';
import { sweepMedia } from '../src/media/sweep.ts';
import { removeAbandoned } from '../src/media/vault.ts';
import type { RedisClient } from '../src/store/redis.ts';
import { asOperator } from '../src/store/scope.ts';
import { openMediaClient } from '../src/whatsapp/media.ts';

/** Jobs of up to 16 files fetched at a time by one process. */
const CONCURRENCY = 2;
/** Files that nobody may see any more are looked for once in so long, by one of the processes. */
const SWEEP_MS = 6 * 3_600_000;
const LOOK_MS = 10 * 60_000;

export function startMedia(ctx: Context, redis: RedisClient): LaneWorker[] {
  const stopping = new AbortController();
  const client = openMediaClient(ctx.settings, guardedLookup(isPublicAddress));
  const prepared = prepare(ctx);
  const worker = workLanes({
    redis,
    prefix: ctx.prefix,
    queue: ctx.lanes.media,
    concurrency: CONCURRENCY,
    log: ctx.log,
    clock: ctx.clock,
    random: ctx.random,
    handle: async (wakeUp, turn) => {
      const work: MediaWork = { client, ffmpeg: await prepared, stopping: stopping.signal };
      return runMediaLane(ctx, work, wakeUp, turn);
    },
  });
  const sweeper = startSweeper(ctx);
  return [
    {
      async close(budgetMs) {
        sweeper.stop();
        stopping.abort(); // a file that is half here is fetched anew by the next process
        await worker.close(budgetMs);
        await Promise.all([prepared, sweeper.running()]);
        client.close();
      },
    },
  ];
}

/** Sweeps in turn with the other processes: whoever first finds that it is time. */
function startSweeper(ctx: Context): { stop(): void; running(): Promise<void> } {
  let running = Promise.resolve();
  const timer = setInterval(() => {
    running = running.then(() => sweep(ctx));
  }, LOOK_MS);
  timer.unref();
  return { stop: () => clearInterval(timer), running: () => running };
}

async function sweep(ctx: Context): Promise<void> {
  try {
    const isOurs = await ctx.liveRedis.set(`${ctx.prefix}:media-swept`, '1', 'PX', SWEEP_MS, 'NX');
    if (isOurs === null) return;
    const { erased, orphans } = await asOperator('sweep files', () => sweepMedia(ctx));
    if (erased + orphans > 0) ctx.log.info({ part: 'media', items: erased, count: orphans }, 'media.swept');
  } catch (error) {
    ctx.log.warn({ part: 'media', err: error }, 'media.sweep-failed');
  }
}

/** What a process of this worker begins with. */
async function prepare(ctx: Context): Promise<Ffmpeg | undefined> {
  await removeAbandoned(ctx);
  const ffmpeg = await Ffmpeg.find(ctx.settings.FFMPEG);
  if (!ffmpeg) {
    const reason =
      'no ffmpeg (FFMPEG): voice messages stay OGG, which some browsers do not play, and recordings of browsers are not turned into voice messages; install ffmpeg';
    ctx.log.warn({ part: 'media', reason }, 'media.no-ffmpeg');
  }
  return ffmpeg;
}
