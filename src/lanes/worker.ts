/**
 * Works the lanes of one queue, each by one worker at a time. The handler says whether the lane is done or when it
 * wants another turn; an error it throws gives the lane back after a pause that grows, and blocks no other lane.
 * The lanes of a job are worked side by side, and each is free for its next job as soon as its own turn has ended.
 */
import { type Job, Worker } from 'bullmq';

import type { Clock, Random } from '../ops/clock.ts';
import { Retry } from '../ops/errors.ts';
import { inTime } from '../ops/in-time.ts';
import type { Logger } from '../ops/log.ts';
import type { RedisClient } from '../store/redis.ts';
import { keyTag, Leases, LOCK_MS } from './leases.ts';
import type { LaneJob, LaneQueue, WakeUp } from './queue.ts';

/** While lanes that go first wait for a worker, a flood's turn lasts no longer: its slots are free again by then. */
const FAIR_TURN_MS = 250;
const LOOK_FOR_OTHERS_MS = 200;

const STALLED_CHECK_MS = 5_000;
const MAX_STALLS = 1_000;
const RENEW_EVERY_MS = LOCK_MS / 3;
/** So long after its lease was asked for nobody else can have a lane: Redis need not be asked. */
const SURE_MS = LOCK_MS / 3;
/** Lanes whose failures are remembered; beyond that all begin again with the first pause. */
const MOST_FAILURES = 10_000;

/** First pause after a failure 250 ms, doubled up to a minute. */
const FIRST_PAUSE_MS = 250;
const LONGEST_PAUSE_MS = 60_000;

/** One turn of a worker at a lane. */
export interface Turn {
  /** Redis key and value of the lease, for scripts that fence their effect. */
  lockKey: string;
  token: string;
  /** True while nobody else can have taken the lane over. */
  holds(): Promise<boolean>;
  /** Set when the process stops: finish the item in hand and come back. */
  stopping(): boolean;
  /**
   * Set when the lane is a flood's, its turn long enough, and lanes that go first wait: finish the item in hand and
   * come back. Each turn handles one item at least, also a slow one: else lanes that only read would keep each other
   * from working. Lanes that go first never yield to each other: that would cost a job for each item under load.
   */
  yields(): boolean;
}

/** `done`: nothing is left. Otherwise the lane gets another turn after so many milliseconds (0: soon). */
export type TurnEnd = 'done' | { againAfterMs: number };

/** `released`: nothing is left, and the lease was given back with the last step. */
export type HandlerEnd = TurnEnd | 'released';

/** How a lane is begun: the lease, and what a turn of its kind begins with. */
interface Begin<First> {
  (lane: string, token: string): Promise<{ heldForMs: number; first?: First | undefined }>;
}

interface WorkOptions<First> {
  /** A connection that waits for Redis (`mode: 'wait'`). */
  redis: RedisClient;
  prefix: string;
  queue: LaneQueue;
  /** Jobs worked at a time; each holds up to 16 lanes. */
  concurrency: number;
  log: Logger;
  clock: Clock;
  random: Random;
  /** Takes the lease of a lane. By default that alone. */
  begin?: Begin<First>;
  /** One turn; `first` is what the lane was begun with, at its first turn. */
  handle: (wakeUp: WakeUp, turn: Turn, first?: First) => Promise<HandlerEnd>;
}

export interface LaneWorker {
  /** Finishes running turns; what is not finished in time is taken over by another worker. */
  close(budgetMs: number): Promise<void>;
}

interface Running {
  stopping: boolean;
  /** Lanes that go first wait while this worker's slots are taken. */
  othersWait: boolean;
  /** Lane and token of each turn that runs here. */
  turns: Map<string, string>;
  /** Turns in a row that failed, by lane: their pauses grow. */
  failures: Map<string, number>;
  leases: Leases;
}

/** Starts working; errors of Redis are waited out. */
export function workLanes<First>(options: WorkOptions<First>): LaneWorker {
  const { redis, prefix, queue, concurrency, log, clock } = options;
  const leases = new Leases(redis, prefix, queue.name);
  const running: Running = {
    stopping: false,
    othersWait: false,
    turns: new Map(),
    failures: new Map(),
    leases,
  };
  const worker = new Worker<LaneJob>(queue.name, (job) => runJob(options, running, job), {
    connection: redis,
    prefix: keyTag(prefix, queue.name),
    concurrency,
    lockDuration: LOCK_MS,
    stalledInterval: STALLED_CHECK_MS,
    maxStalledCount: MAX_STALLS,
    removeOnComplete: { count: 0 },
  });
  const quiet = atMostEvery(10_000, clock);
  worker.on('error', (error) => quiet(() => log.warn({ queue: queue.name, err: error }, 'worker.error')));
  const renewal = setInterval(() => {
    for (const [lane, token] of running.turns) {
      leases.renew(lane, token).catch((error: unknown) => {
        quiet(() => log.warn({ queue: queue.name, err: error }, 'worker.lease-not-renewed'));
      });
    }
  }, RENEW_EVERY_MS);
  const look = setInterval(() => {
    if (running.turns.size === 0) return;
    queue.countFirst().then(
      (count) => (running.othersWait = count > 0),
      () => (running.othersWait = false), // the connection tells of its outages
    );
  }, LOOK_FOR_OTHERS_MS);
  return {
    async close(budgetMs) {
      running.stopping = true;
      clearInterval(look);
      try {
        // BullMQ's own close has no end: it waits for turns, and for connections that may never say that they ended.
        await inTime(worker.close(), budgetMs, 'It was not closed in time.');
      } catch (error) {
        // What still runs loses its leases, and with them every effect; another worker goes on from there.
        log.warn({ queue: queue.name, lanes: running.turns.size, err: error }, 'worker.not-closed');
      }
      clearInterval(renewal);
    },
  };
}

async function runJob<First>(
  options: WorkOptions<First>,
  running: Running,
  { data }: Job<LaneJob>,
): Promise<void> {
  const ends = await Promise.allSettled(data.lanes.map((wakeUp) => workLane(options, running, wakeUp)));
  const failed = ends.find((end) => end.status === 'rejected');
  if (failed) throw failed.reason; // Redis did not answer: the job comes again, and lanes that ended rest
}

/** Turns at one lane until it is done, wants to wait, or is another's. */
async function workLane<First>(options: WorkOptions<First>, running: Running, wakeUp: WakeUp): Promise<void> {
  const { clock, random, queue } = options;
  const { leases, turns } = running;
  const { lane } = wakeUp;
  const token = random.bytes(12).toString('base64url');
  const begin = options.begin ?? (async () => ({ heldForMs: await leases.begin(lane, token, clock.now()) }));
  const leasedAt = performance.now();
  const begun: Awaited<ReturnType<Begin<First>>> = await begin(lane, token);
  if (begun.heldForMs > 0) {
    // Its holder looks at the lane again; if that one is dead, whoever comes after its lease does.
    await queue.addJobs([wakeUp], begun.heldForMs + FIRST_PAUSE_MS);
    return;
  }
  turns.set(lane, token);
  try {
    for (let { first } = begun; ; first = undefined) {
      const end = await takeTurn(options, running, wakeUp, { token, leasedAt, first });
      if (end === 'released') return;
      const pauseMs = end === 'done' ? undefined : end.againAfterMs;
      const nextAt = pauseMs === undefined ? undefined : clock.now() + pauseMs;
      const outcome = await leases.end(lane, token, nextAt);
      if (outcome === 'again' && !running.stopping) continue;
      if (outcome === 'again') await leases.end(lane, token, clock.now());
      if (outcome === 'again' || (outcome === 'given-back' && pauseMs !== undefined)) {
        await queue.addJobs([wakeUp], outcome === 'again' ? 0 : pauseMs);
      }
      return;
    }
  } finally {
    turns.delete(lane);
  }
}

async function takeTurn<First>(
  { handle, log, queue, clock }: WorkOptions<First>,
  running: Running,
  wakeUp: WakeUp,
  { token, leasedAt, first }: { token: string; leasedAt: number; first: First | undefined },
): Promise<HandlerEnd> {
  const { leases, failures } = running;
  const { lane, tenantId, priority = 0 } = wakeUp;
  const startedAt = clock.now();
  const turn: Turn = {
    lockKey: leases.keyOf(lane),
    token,
    holds: async () => performance.now() - leasedAt < SURE_MS || (await leases.holds(lane, token)),
    stopping: () => running.stopping,
    yields: () => priority > 0 && running.othersWait && clock.now() - startedAt >= FAIR_TURN_MS,
  };
  try {
    const end = await handle(wakeUp, turn, first);
    failures.delete(lane);
    return end;
  } catch (error) {
    const attempt = (failures.get(lane) ?? 0) + 1;
    if (failures.size >= MOST_FAILURES) failures.clear();
    failures.set(lane, attempt);
    const againAfterMs = pauseAfter(error, attempt);
    log.warn({ queue: queue.name, tenantId, attempt, waitMs: againAfterMs, err: error }, 'lane.turn-failed');
    return { againAfterMs };
  }
}

function pauseAfter(error: unknown, attempt: number): number {
  if (error instanceof Retry && error.afterMs !== undefined) return error.afterMs;
  return backOff(attempt);
}

/** Pause before try number `attempt` + 1: 250 ms, 500 ms, … at most a minute. */
export function backOff(attempt: number): number {
  return Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** Math.min(attempt - 1, 16));
}

function atMostEvery(periodMs: number, clock: Clock): (act: () => void) => void {
  let quietUntil = 0;
  return (act) => {
    if (clock.now() < quietUntil) return;
    quietUntil = clock.now() + periodMs;
    act();
  };
}
