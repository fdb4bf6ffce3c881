/** What the gateway's functions need, passed as an argument. Built in main.ts and in tests; holds no state of its own. */
import type { Settings } from '../config/settings.ts';
import type { AuditIntake } from './audit/intake.ts';
import type { ItemLanes } from './lanes/item-lanes.ts';
import type { LaneQueue } from './lanes/queue.ts';
import type { Clock, Random } from './ops/clock.ts';
import type { Logger } from './ops/log.ts';
import type { BlobStore } from './store/blob-store.ts';
import type { Positions } from './store/ids.ts';
import type { MasterKey } from './store/master-key.ts';
import type { RedisClient } from './store/redis.ts';
import type { Store } from './store/store.ts';

export interface Context {
  settings: Settings;
  log: Logger;
  clock: Clock;
  random: Random;
  positions: Positions;
  master: MasterKey;
  store: Store;
  /** First part of every Redis key. */
  prefix: string;
  /** Queues and lanes: must not lose anything. */
  queueRedis: RedisClient;
  /** Lanes whose items are received notifications. */
  inbound: ItemLanes;
  /** Lanes whose items are rows: `wake()` after the row is written. */
  lanes: { outbox: LaneQueue; endpoints: LaneQueue; media: LaneQueue; mail: LaneQueue };
  /** Takes entries of the audit log: `audit()` of src/audit. */
  audit: AuditIntake;
  /** Sealed files. */
  blobs: BlobStore;
  /** Feeds, presence, rate limits: may lose all. */
  liveRedis: RedisClient;
}
