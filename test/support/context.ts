/** A gateway's context on the real servers of this run, with a database and a key prefix of its own. */
import { randomBytes } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { readSettings } from '../../config/settings.ts';
import { AuditIntake } from '../../src/audit/intake.ts';
import { collections } from '../../src/collections.ts';
import type { Context } from '../../src/context.ts';
import { ItemLanes } from '../../src/lanes/item-lanes.ts';
import { LaneQueue } from '../../src/lanes/queue.ts';
import { systemClock, systemRandom } from '../../src/ops/clock.ts';
import { createLogger } from '../../src/ops/log.ts';
import { openBlobs } from '../../src/store/blobs.ts';
import { Positions } from '../../src/store/ids.ts';
import { MasterKey } from '../../src/store/master-key.ts';
import { openRedis } from '../../src/store/redis.ts';
import { Store } from '../../src/store/store.ts';

/** Environment of a process or context that uses this run's servers and nothing else of the machine. */
export function testEnvironment(overrides: Record<string, string> = {}): Record<string, string> {
  const name = `test_${randomBytes(6).toString('hex')}`;
  const mongo = new URL(required('MONGODB_URI'));
  mongo.pathname = `/${name}`;
  return {
    MONGODB_URI: mongo.toString(),
    REDIS_URL: required('REDIS_URL'),
    REDIS_PREFIX: name,
    DATA_DIR: join(tmpdir(), `whatsper-${name}`),
    MASTER_KEY: randomBytes(32).toString('base64'),
    META_APP_SECRET: 'app-secret-of-the-tests',
    META_VERIFY_TOKEN: 'verify-token-of-the-tests',
    LOG_LEVEL: 'silent',
    CANARY: 'off',
    MAIL_OUTBOX: 'on',
    RATE_REFUSALS: '1000000',
    HOST: '127.0.0.1',
    PORT: '0',
    ...overrides,
  };
}

function required(name: string): string {
  const value = process.env[name];
  if (!value) throw new Error(`${name} is not set; the global set-up of the tests sets it.`);
  return value;
}

export interface TestContext extends Context {
  environment: Record<string, string>;
  /** Closes everything and removes the database and the keys. */
  close(): Promise<void>;
}

export async function testContext(
  overrides: Partial<Pick<Context, 'clock' | 'random' | 'log'>> & {
    environment?: Record<string, string>;
  } = {},
): Promise<TestContext> {
  const environment = testEnvironment(overrides.environment);
  const settings = readSettings(environment);
  const log = overrides.log ?? createLogger(settings.LOG_LEVEL);
  const clock = overrides.clock ?? systemClock;
  const random = overrides.random ?? systemRandom;
  const master = new MasterKey(
    (settings.MASTER_KEY ?? []).map((key) => Buffer.from(key, 'base64')),
    random,
  );
  const store = await Store.open({ uri: settings.MONGODB_URI ?? '', master, clock, random, collections });
  const prefix = settings.REDIS_PREFIX;
  const url = settings.REDIS_URL ?? '';
  const queueRedis = openRedis({ url, log, clock, part: 'queue', mode: 'wait' });
  const liveRedis = openRedis({ url, log, clock, part: 'live', mode: 'wait' });
  const inbound = new ItemLanes({ redis: queueRedis, prefix, log, clock, random, master, queues: 1 });
  const lanes = {
    outbox: new LaneQueue({ redis: queueRedis, prefix, name: 'outbox', log, clock }),
    endpoints: new LaneQueue({ redis: queueRedis, prefix, name: 'endpoints', log, clock }),
    media: new LaneQueue({ redis: queueRedis, prefix, name: 'media', log, clock }),
    mail: new LaneQueue({ redis: queueRedis, prefix, name: 'mail', log, clock }),
  };
  const audit = new AuditIntake({ redis: queueRedis, prefix, log, clock, random, master });
  const blobs = await openBlobs(settings);
  return {
    environment,
    settings,
    log,
    clock,
    random,
    positions: new Positions(clock),
    master,
    store,
    prefix,
    queueRedis,
    liveRedis,
    inbound,
    lanes,
    audit,
    blobs,
    async close() {
      await Promise.all([inbound, audit, ...Object.values(lanes)].map((queue) => queue.close()));
      blobs.close();
      await store.drop();
      await store.close();
      const keys = await queueRedis.keys(`*${prefix}*`);
      if (keys.length > 0) await queueRedis.del(...keys);
      await Promise.all([queueRedis.quit(), liveRedis.quit()]);
      await rm(settings.DATA_DIR, { recursive: true, force: true });
    },
  };
}
