/**
 * Works the lanes of one queue, each by one worker at a time. The handler says whether the lane is done or when it
 * wants another turn; an error it throws gives the lane back after a pause that grows, and blocks no other lane.
 */
import { DelayedError, type Job, Worker } from 'bullmq';
import type { Redis } from 'ioredis';

import type { Clock } from '../ops/clock.ts';
import { Retry } from '../ops/errors.ts';
import type { Logger } from '../ops/log.ts';
import { keyTag, type WakeUp } from './queue.ts';

/** 15 s: a dead worker's lanes are taken over after at most lock + one check = 20 s. */
export const LOCK_MS = 15_000;
const STALLED_CHECK_MS = 5_000;
const MAX_STALLS = 1_000;

/** First pause after a failure 250 ms, doubled up to a minute. */
const FIRST_PAUSE_MS = 250;
const LONGEST_PAUSE_MS = 60_000;

/** One turn of a worker at a lane. */
export interface Turn {
  /** Redis key and value of the lock, for scripts that fence their effect. */
  lockKey: string;
  token: string;
  /** True while nobody else can have taken the lane over. */
  holds(): Promise<boolean>;
  /** Set when the process stops: finish the item in hand and come back. */
  stopping(): boolean;
}

/** `done`: nothing is left. Otherwise the lane gets another turn after so many milliseconds (0: soon). */
export type TurnEnd = 'done' | { againAfterMs: number };

interface WorkOptions {
  /** A connection that waits for Redis (`mode: 'wait'`). */
  redis: Redis;
  prefix: string;
  queue: string;
  concurrency: number;
  log: Logger;
  clock: Clock;
  handle(wakeUp: WakeUp, turn: Turn): Promise<TurnEnd>;
}

export interface LaneWorker {
  /** Finishes running turns; what is not finished in time is taken over by another worker. */
  close(budgetMs: number): Promise<void>;
}

/** Starts working; errors of Redis are waited out. */
export function workLanes(options: WorkOptions): LaneWorker {
  const { redis, prefix, queue, concurrency, log, clock } = options;
  const state = { stopping: false };
  const worker = new Worker<WakeUp>(queue, async (job, token = '') => runTurn(options, state, job, token), {
    connection: redis,
    prefix: keyTag(prefix, queue),
    concurrency,
    lockDuration: LOCK_MS,
    stalledInterval: STALLED_CHECK_MS,
    maxStalledCount: MAX_STALLS,
    removeOnComplete: { count: 0 },
  });
  let quietUntil = 0;
  worker.on('error', (error) => {
    if (clock.now() < quietUntil) return;
    quietUntil = clock.now() + 10_000;
    log.warn({ queue, err: error }, 'worker.error');
  });
  return {
    async close(budgetMs) {
      state.stopping = true;
      await closeWithin(worker, budgetMs);
    },
  };
}

async function runTurn(
  options: WorkOptions,
  state: { stopping: boolean },
  job: Job<WakeUp>,
  token: string,
): Promise<void> {
  const lockKey = `${keyTag(options.prefix, options.queue)}:${options.queue}:${job.id}:lock`;
  const turn: Turn = {
    lockKey,
    token,
    holds: async () => (await options.redis.get(lockKey)) === token,
    stopping: () => state.stopping,
  };
  let end: TurnEnd;
  try {
    end = await options.handle(job.data, turn);
  } catch (error) {
    end = { againAfterMs: pauseAfter(error, job.attemptsStarted) };
    options.log.warn(
      {
        queue: options.queue,
        tenantId: job.data.tenantId,
        attempt: job.attemptsStarted,
        waitMs: end.againAfterMs,
        err: error,
      },
      'lane.turn-failed',
    );
  }
  if (end === 'done') return;
  await job.moveToDelayed(options.clock.now() + end.againAfterMs, token);
  throw new DelayedError();
}

function pauseAfter(error: unknown, attemptsStarted: number): number {
  if (error instanceof Retry && error.afterMs !== undefined) return error.afterMs;
  return backOff(attemptsStarted);
}

/** Pause before try number `attempt` + 1: 250 ms, 500 ms, … at most a minute. */
export function backOff(attempt: number): number {
  return Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** Math.min(attempt - 1, 16));
}

async function closeWithin(worker: Worker, budgetMs: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<'late'>((resolve) => {
    timer = setTimeout(() => resolve('late'), budgetMs);
  });
  const closed = worker.close().then(() => 'closed' as const);
  const outcome = await Promise.race([closed, late]);
  clearTimeout(timer);
  if (outcome === 'late') await worker.close(true);
}
