/**
 * Leases: at most one worker works a lane at a time. A lease lives 15 s and is renewed while its turn runs; a worker
 * that died or was paused loses its lanes after that, and every effect of a turn names the lease's token, so that a
 * paused twin changes nothing (fencing).
 *
 * A lane is woken, waits for its turn, is being worked, or rests. `woken` says that a job waits for it, or that it was
 * woken while it was being worked; who works it then looks again before the lease is given back. So no wake-up is
 * lost between two steps, and a lane that is busy costs one job, not one per item.
 */
import { readFileSync } from 'node:fs';

import type { RedisClient } from '../store/redis.ts';

/** 15 s: a dead worker's lanes are taken over after at most lease + one check = 20 s. */
export const LOCK_MS = 15_000;
/** A wake-up that has led to no turn for so long may be lost: the next one adds a job again. */
const PATIENCE_MS = 60_000;

export const script = (name: string) =>
  readFileSync(new URL(`./scripts/${name}.lua`, import.meta.url), 'utf8');

interface Scripts {
  laneWake(lease: string, woken: string, ...args: (string | number)[]): Promise<number>;
  laneBegin(lease: string, woken: string, ...args: (string | number)[]): Promise<number>;
  laneEnd(lease: string, woken: string, ...args: (string | number)[]): Promise<number>;
  laneRenew(lease: string, token: string, life: number): Promise<number>;
}

/** All keys of one queue share this hash tag, so that they stand on one node of a Redis Cluster. */
export function keyTag(prefix: string, queue: string): string {
  return `{${prefix}:${queue}}`;
}

/** Redis key of a lane's lease, for scripts that fence their effect. */
export function leaseKey(prefix: string, queue: string, lane: string): string {
  return `${keyTag(prefix, queue)}:lease:${lane}`;
}

export function wokenKey(prefix: string, queue: string): string {
  return `${keyTag(prefix, queue)}:woken`;
}

export class Leases {
  readonly #redis: RedisClient & Scripts;
  readonly #place: [prefix: string, queue: string];

  constructor(redis: RedisClient, prefix: string, queue: string) {
    redis.defineCommand('laneWake', { numberOfKeys: 2, lua: script('wake') });
    redis.defineCommand('laneBegin', { numberOfKeys: 2, lua: script('begin') });
    redis.defineCommand('laneEnd', { numberOfKeys: 2, lua: script('end') });
    redis.defineCommand('laneRenew', { numberOfKeys: 1, lua: script('renew') });
    this.#redis = redis as RedisClient & Scripts;
    this.#place = [prefix, queue];
  }

  keyOf(lane: string): string {
    return leaseKey(...this.#place, lane);
  }

  get wokenKey(): string {
    return wokenKey(...this.#place);
  }

  /** What append.lua needs to wake a lane in the same step. */
  wakeArguments(now: number): [now: number, patience: number] {
    return [now, PATIENCE_MS];
  }

  /** Notes that the lanes have work. @returns those for which a job must be added */
  async wake<Waking extends { lane: string }>(
    wakings: Waking[],
    { now, soon = false, patienceMs = PATIENCE_MS }: { now: number; soon?: boolean; patienceMs?: number },
  ): Promise<Waking[]> {
    const pipeline = this.#redis.pipeline() as ReturnType<RedisClient['pipeline']> & Scripts;
    for (const { lane } of wakings) {
      void pipeline.laneWake(this.keyOf(lane), this.wokenKey, lane, now, patienceMs, soon ? 1 : 0);
    }
    const replies = (await pipeline.exec()) ?? [];
    const failure = replies.find(([error]) => error !== null)?.[0];
    if (failure) throw failure;
    return wakings.filter((_waking, index) => replies[index]?.[1] === 1);
  }

  /** Takes a lane for one turn. @returns 0, or for how many milliseconds another holder's lease still lives */
  async begin(lane: string, token: string, now: number): Promise<number> {
    return this.#redis.laneBegin(this.keyOf(lane), this.wokenKey, token, LOCK_MS, lane, now);
  }

  /**
   * Ends a turn; `nextAt` (ms since 1970) when the lane wants another. @returns `again` when it was woken meanwhile,
   * `lost` when another holds it now
   */
  async end(lane: string, token: string, nextAt?: number): Promise<'again' | 'given-back' | 'lost'> {
    const outcome = await this.#redis.laneEnd(this.keyOf(lane), this.wokenKey, token, lane, nextAt ?? '');
    return outcome === 1 ? 'again' : outcome === 0 ? 'given-back' : 'lost';
  }

  async renew(lane: string, token: string): Promise<void> {
    await this.#redis.laneRenew(this.keyOf(lane), token, LOCK_MS);
  }

  async holds(lane: string, token: string): Promise<boolean> {
    return (await this.#redis.get(this.keyOf(lane))) === token;
  }
}
