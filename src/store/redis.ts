/**
 * Redis connections, to one server or to a Redis Cluster. Nothing is re-sent by itself: an unknown outcome is the
 * caller's to handle.
 */
import { Cluster, Redis } from 'ioredis';

import { redisNodes } from '../../config/schema.ts';
import type { Clock } from '../ops/clock.ts';
import { type Logger, SafeError } from '../ops/log.ts';

/** One server, or a Redis Cluster: there the keys of one command, script or pipeline share a hash tag. */
export type RedisClient = Redis | Cluster;

interface OpenOptions {
  /** Of a cluster: one or several of its nodes, comma-separated. */
  url: string;
  cluster?: boolean;
  log: Logger;
  clock: Clock;
  /** Which part of the product holds it, for the log. */
  part: string;
  /** `fail-fast` for who must answer now (receiver, requests), `wait` for workers that outlive an outage. */
  mode: 'fail-fast' | 'wait';
}

/** A connection that reconnects for ever; its errors are logged, at most one line each 10 s. */
export function openRedis({ url, cluster = false, log, clock, part, mode }: OpenOptions): RedisClient {
  const failFast = mode === 'fail-fast';
  const options = {
    maxRetriesPerRequest: failFast ? 0 : null,
    autoResendUnfulfilledCommands: !failFast,
    commandTimeout: failFast ? 5_000 : undefined,
    // Read by BullMQ: a queue that asks for the version while Redis is away would fail for ever.
    skipVersionCheck: failFast,
  };
  const redis = cluster
    ? openCluster(redisNodes(url), options, failFast)
    : new Redis(url, { ...options, enableOfflineQueue: !failFast, retryStrategy });
  let quietUntil = 0;
  redis.on('error', (error: Error) => {
    if (clock.now() < quietUntil) return;
    quietUntil = clock.now() + 10_000;
    log.warn({ part, err: causeOf(error) }, 'redis.unreachable');
  });
  return redis;
}

const retryStrategy = (times: number) => Math.min(50 * times, 1_000);

/** How often the client asks which node has what; besides it is told by the nodes when it asks the wrong one. */
const SLOTS_EVERY_MS = 5_000;

interface NodeOptions {
  maxRetriesPerRequest: number | null;
  autoResendUnfulfilledCommands: boolean;
  commandTimeout: number | undefined;
  skipVersionCheck: boolean;
}

function openCluster(urls: string[], options: NodeOptions, failFast: boolean): Cluster {
  const { username, password, protocol } = new URL(urls[0] ?? '');
  const isEncrypted = protocol === 'rediss:';
  return new Cluster(urls, {
    redisOptions: {
      ...options,
      ...(username === '' ? {} : { username: decodeURIComponent(username) }),
      ...(password === '' ? {} : { password: decodeURIComponent(password) }),
      ...(isEncrypted ? { tls: {} } : {}),
    },
    // A certificate is for a name; the default would look the name up and connect to the address.
    ...(isEncrypted ? { dnsLookup: (address, callback) => callback(null, address) } : {}),
    enableOfflineQueue: !failFast,
    clusterRetryStrategy: retryStrategy,
    slotsRefreshInterval: SLOTS_EVERY_MS,
    // After a lost connection the outcome is unknown; "moved", "ask" and "down" say that nothing was done.
    ...(failFast ? { retryDelayOnFailover: 0, retryDelayOnClusterDown: 0 } : {}),
  });
}

/** A cluster whose nodes all refused says only that; the last one's reason is what helps. */
function causeOf(error: Error): Error {
  const { lastNodeError } = error as { lastNodeError?: unknown };
  return lastNodeError instanceof Error ? lastNodeError : error;
}

/** The servers behind a connection: itself, or the masters of the cluster. */
function serversOf(redis: RedisClient): Redis[] {
  return redis.isCluster ? (redis as Cluster).nodes('master') : [redis as Redis];
}

/** Resolves when every server answers, and the cluster has one for every key. @throws when not */
export async function pingAll(redis: RedisClient): Promise<void> {
  const servers = serversOf(redis);
  if (redis.isCluster) {
    const info = String(await redis.cluster('INFO'));
    // A lost node is unknown to the client at once, to the other nodes after their time-out.
    const masters = Number(/^cluster_size:(\d+)/m.exec(info)?.[1] ?? 0);
    const isWhole = info.includes('cluster_state:ok') && servers.length >= masters;
    if (!isWhole) throw new Error('Redis did not answer: a node of the cluster is away.');
  }
  await Promise.all(servers.map((server) => server.ping()));
}

/** Used part of the memory limit, of the server where it is largest; 0 when there is none or no answer. */
export async function memoryUse(redis: RedisClient): Promise<number> {
  const uses = await Promise.all(
    serversOf(redis).map(async (server) => {
      const info = await server.info('memory').catch(() => '');
      const field = (name: string) => Number(new RegExp(`^${name}:(\\d+)`, 'm').exec(info)?.[1] ?? 0);
      const limit = field('maxmemory');
      return limit === 0 ? 0 : field('used_memory') / limit;
    }),
  );
  return Math.max(0, ...uses);
}

/** Longest wait for a server at the start of a command: 10 s. */
const BRIEF_MS = 10_000;
/** What Redis answers to a login that will never do. */
const REFUSED = /^(WRONGPASS|NOAUTH|NOPERM|ERR invalid password|ERR invalid username-password)/;

interface WhenReadyOptions {
  patience: 'brief' | 'endless';
  /** Nobody waits any more. */
  signal: AbortSignal;
}

/** Waits until the connection is ready. @throws an error that names the setting to look at. */
export async function whenReady(
  redis: RedisClient,
  setting: string,
  { patience, signal }: WhenReadyOptions,
): Promise<void> {
  if (redis.status === 'ready') return;
  await new Promise<void>((resolve, reject) => {
    const away = `Redis does not answer; is ${setting} right and the server running?`;
    const timer = patience === 'brief' ? setTimeout(() => finish(new SafeError(away)), BRIEF_MS) : undefined;
    const onReady = () => finish();
    const onAbort = () => finish(new SafeError(away));
    const onError = (error: Error) => {
      if (!REFUSED.test(causeOf(error).message)) return;
      finish(
        new SafeError(`Redis refuses the user or password of ${setting}, or its rights do not suffice.`),
      );
    };
    function finish(error?: Error) {
      clearTimeout(timer);
      redis.off('ready', onReady).off('error', onError);
      signal.removeEventListener('abort', onAbort);
      if (error) reject(error);
      else resolve();
    }
    redis.on('ready', onReady).on('error', onError);
    signal.addEventListener('abort', onAbort);
    if (signal.aborted) onAbort();
  });
}

/** A Redis that throws keys away loses messages; that must be told, whoever set it up. */
export async function checkEviction(redis: RedisClient, log: Logger): Promise<void> {
  const infos = await Promise.all(serversOf(redis).map((server) => server.info('memory').catch(() => '')));
  const policies = infos.flatMap((info) => /^maxmemory_policy:(\S+)/m.exec(info)?.[1] ?? []);
  if (policies.some((policy) => policy !== 'noeviction')) {
    const reason = 'maxmemory-policy is not noeviction: this Redis may throw messages away';
    log.error({ part: 'queue', reason }, 'alert.redis-evicts');
  }
}
