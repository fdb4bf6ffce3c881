/** Opens what every process of the gateway stands on: settings, servers, keys, queues. */
import { readSettings, type Settings } from '../config/settings.ts';
import { openEmbedded } from '../embedded/index.ts';
import { AuditIntake } from './audit/intake.ts';
import { collections } from './collections.ts';
import { connectServers, type Patience } from './connect.ts';
import type { Context } from './context.ts';
import { ItemLanes } from './lanes/item-lanes.ts';
import { LaneQueue } from './lanes/queue.ts';
import { systemClock, systemRandom } from './ops/clock.ts';
import { createLogger, type Logger } from './ops/log.ts';
import { openBlobs } from './store/blobs.ts';
import { Positions } from './store/ids.ts';
import { masterKeyProvider } from './store/key-providers.ts';
import { MasterKey } from './store/master-key.ts';
import { openRedis } from './store/redis.ts';
import { SealError } from './store/seal.ts';
import { Store } from './store/store.ts';

export interface OpenContext {
  ctx: Context;
  /** Redis for queues; a worker needs a connection of its own that waits out an outage. */
  redisUrl: string;
  redisCluster: boolean;
  close(): Promise<void>;
}

/** A context whose servers may still be away. */
export interface BuiltContext extends OpenContext {
  /** None of the servers is another's: they were started, or found running, here. */
  isEmbedded: boolean;
  /** Waits for the servers. @throws what no waiting mends; with brief patience also when one does not answer */
  connect(patience: Patience): Promise<void>;
}

interface Options {
  log?: Logger;
  /** Told what is being installed or started, for a person who waits. */
  onProgress?: (line: string) => void;
}

/** A context with its servers. @throws SettingsError, or an error that says which server is away and what to set. */
export async function openContext(
  environment: Record<string, string | undefined>,
  options: Options = {},
): Promise<OpenContext> {
  const built = await buildContext(environment, options);
  try {
    await built.connect('brief');
    return built;
  } catch (error) {
    await built.close();
    throw error;
  }
}

/** A context that has asked no server of others for anything yet; embedded ones are started. @throws SettingsError */
export async function buildContext(
  environment: Record<string, string | undefined>,
  options: Options = {},
): Promise<BuiltContext> {
  const settings = readSettings(environment);
  const log = options.log ?? createLogger(settings.LOG_LEVEL);
  const closing = new AbortController();
  const closers: (() => Promise<unknown>)[] = [];
  let connecting: Promise<void> = Promise.resolve();
  const close = async () => {
    closing.abort();
    await connecting.catch(() => undefined); // who waits for it is told
    for (const closer of closers.splice(0).reverse()) await closer();
  };
  try {
    const servers = await openServers(settings, options.onProgress);
    closers.push(() => servers.close());
    const keys = masterKeyProvider(settings, log);
    const master = new MasterKey(await keys.load(), systemRandom);
    const ctx = await build({ settings, log, master, servers, closers });
    return {
      ctx,
      redisUrl: servers.redisUrl,
      redisCluster: servers.redisCluster,
      isEmbedded: !settings.REDIS_URL && !settings.MONGODB_URI,
      connect(patience) {
        connecting = connectServers(ctx, patience, closing.signal).catch(async (error: unknown) => {
          throw error instanceof SealError ? await keys.refused() : error;
        });
        return connecting;
      },
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

interface Servers {
  redisUrl: string;
  redisCluster: boolean;
  mongodbUri: string;
  close(): Promise<void>;
}

async function openServers(settings: Settings, onProgress?: (line: string) => void): Promise<Servers> {
  const { REDIS_URL, MONGODB_URI } = settings;
  const redisCluster = settings.REDIS_CLUSTER === 'on';
  if (REDIS_URL && MONGODB_URI) {
    return { redisUrl: REDIS_URL, redisCluster, mongodbUri: MONGODB_URI, close: () => Promise.resolve() };
  }
  const embedded = await openEmbedded({
    dataDir: settings.DATA_DIR,
    redis: !REDIS_URL,
    mongodb: !MONGODB_URI,
    mongodbKind: settings.EMBEDDED_MONGODB,
    ...(onProgress ? { onProgress } : {}),
  });
  const redisUrl = REDIS_URL ?? embedded.redisUrl ?? '';
  const mongodbUri = MONGODB_URI ?? embedded.mongodbUri ?? '';
  return { redisUrl, redisCluster, mongodbUri, close: () => embedded.close() };
}

interface Parts extends Pick<Context, 'settings' | 'log' | 'master'> {
  servers: Servers;
  closers: (() => Promise<unknown>)[];
}

async function build({ settings, log, master, servers, closers }: Parts): Promise<Context> {
  const clock = systemClock;
  const random = systemRandom;
  const store = new Store({
    uri: servers.mongodbUri,
    keysUri: settings.KEYS_MONGODB_URI,
    master,
    clock,
    random,
    collections,
  });
  closers.push(() => store.close());
  const { redisUrl, redisCluster: cluster } = servers;
  const queueRedis = openRedis({ url: redisUrl, cluster, log, clock, part: 'queue', mode: 'fail-fast' });
  closers.push(() => Promise.resolve(queueRedis.disconnect()));
  const liveRedis = openRedis({
    // A Redis of its own for what may be lost is one server; it need not be a cluster.
    ...(settings.REDIS_LIVE_URL ? { url: settings.REDIS_LIVE_URL } : { url: redisUrl, cluster }),
    log,
    clock,
    part: 'live',
    mode: 'fail-fast',
  });
  closers.push(() => Promise.resolve(liveRedis.disconnect()));
  const prefix = settings.REDIS_PREFIX;
  const inbound = new ItemLanes({
    redis: queueRedis,
    prefix,
    log,
    clock,
    random,
    master,
    queues: settings.INBOUND_QUEUES,
  });
  const lanes = {
    outbox: new LaneQueue({ redis: queueRedis, prefix, name: 'outbox', log, clock }),
    endpoints: new LaneQueue({ redis: queueRedis, prefix, name: 'endpoints', log, clock }),
    media: new LaneQueue({ redis: queueRedis, prefix, name: 'media', log, clock }),
    mail: new LaneQueue({ redis: queueRedis, prefix, name: 'mail', log, clock }),
  };
  const audit = new AuditIntake({ redis: queueRedis, prefix, log, clock, random, master });
  closers.push(() => Promise.all([inbound, audit, ...Object.values(lanes)].map((queue) => queue.close())));
  const blobs = await openBlobs(settings);
  closers.push(() => Promise.resolve(blobs.close()));
  return {
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
  };
}
