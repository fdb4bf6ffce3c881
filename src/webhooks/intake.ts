/**
 * Takes items durably: into their lanes, or into the spool while Redis is away, nearly full, or its outcome unknown.
 * What comes while a write is in flight goes together with the next. Once something is spooled, everything goes there
 * until the spool is drained into the lanes, so that the order of receipt holds.
 */
import type { Redis } from 'ioredis';

import { GroupCommit } from '../lanes/group-commit.ts';
import type { ItemLanes, Placed } from '../lanes/item-lanes.ts';
import type { Logger } from '../ops/log.ts';
import type { MasterKey } from '../store/master-key.ts';
import type { Spool } from './spool.ts';

/** Requests whose items share a write. */
const GROUP_LIMIT = 500;
/** Items that leave the spool in one write. */
const DRAIN_GROUP = 200;
const DRAIN_EVERY_MS = 1_000;
const ORPHANS_EVERY_MS = 30_000;
const MEMORY_EVERY_MS = 1_000;
/** A full Redis stops the workers too, so the receiver leaves them room. */
const MEMORY_LIMIT = 0.75;
const PLACE = { collection: 'spool', id: '', field: 'items' };

export interface Intake {
  /** Returns when the items are durable. @throws when neither Redis nor the disk took them */
  take(items: Placed[]): Promise<void>;
  /** Items can be taken directly: nothing waits in the spool. */
  spooled(): { segments: number; bytes: number };
  close(): Promise<void>;
}

interface IntakeOptions {
  lanes: ItemLanes;
  spool: Spool;
  redis: Redis;
  master: MasterKey;
  log: Logger;
}

/** Starts taking, and draining what this and dead processes spooled. */
export function openIntake(options: IntakeOptions): Intake {
  const { spool, redis, log } = options;
  const state = { full: false, closed: false, draining: Promise.resolve() };
  const commit = new GroupCommit<Placed[], void>((groups) => write(options, state, groups), GROUP_LIMIT);
  const drain = (work: () => Promise<number>) => {
    state.draining = state.draining.then(async () => {
      if (state.closed || state.full) return;
      try {
        const count = await work();
        if (count > 0) log.info({ items: count }, 'spool.drained');
      } catch (error) {
        log.debug({ err: error }, 'spool.not-drained');
      }
    });
  };
  const take = (records: Buffer[]) => drainInto(options, records);
  const timers = [
    setInterval(() => !spool.isEmpty && drain(() => spool.drain(take)), DRAIN_EVERY_MS),
    setInterval(() => drain(() => spool.drainOrphans(take)), ORPHANS_EVERY_MS),
    setInterval(
      () => void memoryUse(redis).then((use) => (state.full = use >= MEMORY_LIMIT)),
      MEMORY_EVERY_MS,
    ),
  ];
  drain(() => spool.drainOrphans(take));
  return {
    take: (items) => (items.length === 0 ? Promise.resolve() : commit.add(items)),
    spooled: () => spool.size(),
    async close() {
      state.closed = true;
      timers.forEach(clearInterval);
      await state.draining;
      await spool.close();
    },
  };
}

async function write(
  { lanes, spool, master, log }: IntakeOptions,
  state: { full: boolean },
  groups: Placed[][],
): Promise<void[]> {
  const items = groups.flat();
  if (spool.isEmpty && !state.full) {
    try {
      await lanes.append(items);
      return groups.map(() => undefined);
    } catch (error) {
      log.warn({ items: items.length, err: error }, 'intake.spooling');
    }
  }
  await spool.append(items.map((item) => master.seal('transit', PLACE, Buffer.from(JSON.stringify(item)))));
  return groups.map(() => undefined);
}

async function drainInto({ lanes, master }: IntakeOptions, records: Buffer[]): Promise<void> {
  const items = records.map(
    (record) => JSON.parse(master.unseal('transit', PLACE, record).toString()) as Placed,
  );
  for (let at = 0; at < items.length; at += DRAIN_GROUP) {
    await lanes.append(items.slice(at, at + DRAIN_GROUP));
  }
}

/** Used part of Redis' memory limit; 0 when it has none or does not answer. */
async function memoryUse(redis: Redis): Promise<number> {
  const info = await redis.info('memory').catch(() => '');
  const field = (name: string) => Number(new RegExp(`^${name}:(\\d+)`, 'm').exec(info)?.[1] ?? 0);
  const limit = field('maxmemory');
  return limit === 0 ? 0 : field('used_memory') / limit;
}
