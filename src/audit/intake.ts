/**
 * Takes audit entries durably: into a lane of Redis per chain, sealed as inbound items are. Durable in its lane an
 * entry counts as audited; the appender (appender.ts) gives it its place in the chain. Entries of parallel requests
 * go in one write.
 */
import { GroupCommit } from '../lanes/group-commit.ts';
import type { LaneItem } from '../lanes/item.ts';
import { ItemLanes, type Placed } from '../lanes/item-lanes.ts';
import type { Clock, Random } from '../ops/clock.ts';
import { inTime } from '../ops/in-time.ts';
import type { Logger } from '../ops/log.ts';
import type { MasterKey } from '../store/master-key.ts';
import type { RedisClient } from '../store/redis.ts';
import type { AuditRecord } from './model.ts';
import { RecentViews } from './recent-views.ts';

/** Entries that share a write. */
const TOGETHER = 250;
/** Redis answers in a millisecond; an act does not wait longer for its entry. */
const WAIT_MS = 3_000;

interface Options {
  redis: RedisClient;
  prefix: string;
  log: Logger;
  clock: Clock;
  random: Random;
  master: MasterKey;
}

export class AuditIntake {
  readonly lanes: ItemLanes;
  /** Looks at content that this process wrote down a moment ago. */
  readonly views: RecentViews;
  readonly #commit: GroupCommit<Placed, undefined>;

  constructor(options: Options) {
    this.views = new RecentViews(options.clock);
    this.lanes = new ItemLanes({ ...options, name: 'audit', queues: 1 });
    this.#commit = new GroupCommit(async (items) => {
      await inTime(this.lanes.append(items), WAIT_MS);
      return items.map(() => undefined);
    }, TOGETHER);
  }

  /** Resolves when the entry is durable. @throws when Redis did not confirm; it may be in, and a repeat is harmless */
  async take(record: AuditRecord, position: number): Promise<void> {
    await this.#commit.add({ item: itemOf(record, position), lane: record.tenantId });
  }

  async close(): Promise<void> {
    await this.lanes.close();
  }
}

function itemOf(record: AuditRecord, position: number): LaneItem {
  const nothing = { wabaId: null, field: null, phoneNumberId: null };
  return { kind: 'audit', app: record.tenantId, ...nothing, position, body: { record } };
}
