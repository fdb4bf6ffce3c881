/**
 * Reads what is new in streams of several tenants.
 * - One server: one blocking read on a connection of its own; events come at once.
 * - Redis Cluster: the streams lie in different slots, and no command may span those. Each is asked every 200 ms, on
 *   the context's connection: an event comes up to that much later, and a process with a thousand tenants present
 *   asks 5,000 times a second. REDIS_LIVE_URL with a server of its own for the feed has neither.
 */
import { setTimeout as pause } from 'node:timers/promises';

import { type Cluster, Redis } from 'ioredis';

import type { Context } from '../context.ts';

/** How long a read waits for events, and so at most the time until a new tenant's stream is read too. */
const BLOCK_MS = 250;
/** A read that does not come back by then is taken for a lost connection. */
const READ_WAIT_MS = 5_000;
const READ_COUNT = 500;
const ASK_EVERY_MS = 200;

interface Stream {
  key: string;
  /** Id of the last entry read. */
  position: string;
}

/** New entries of a stream: its key, and id and fields of each. */
type News = [key: string, items: [id: string, fields: string[]][]];

export interface FeedReader {
  /** What came after the positions; waits a moment for it. @throws when Redis does not answer */
  read(streams: Stream[]): Promise<News[]>;
  /** After a failed read: a connection that hangs is given up. */
  startOver(): void;
  close(): void;
}

/** `onLost` is called when a connection is lost: events may have been missed. */
export function openFeedReader(ctx: Context, onLost: () => void): FeedReader {
  const { liveRedis } = ctx;
  return liveRedis.isCluster
    ? askingReader(liveRedis as Cluster, onLost)
    : blockingReader(liveRedis as Redis, `${ctx.prefix}:feed`, onLost);
}

function blockingReader({ options }: Redis, connectionName: string, onLost: () => void): FeedReader {
  const redis = new Redis({
    ...options,
    replyMapping: 'legacy',
    connectionName,
    maxRetriesPerRequest: null,
    enableOfflineQueue: true,
    autoResendUnfulfilledCommands: false,
    commandTimeout: READ_WAIT_MS,
    lazyConnect: true,
    retryStrategy: (times: number) => Math.min(50 * times, 1_000),
  });
  redis.on('error', () => undefined); // the context's connection to the same server logs its outages
  redis.on('close', onLost);
  return {
    async read(streams) {
      const keys = streams.map(({ key }) => key);
      const positions = streams.map(({ position }) => position);
      const found = await redis.xread(
        ...(['COUNT', READ_COUNT, 'BLOCK', BLOCK_MS, 'STREAMS'] as const),
        ...keys,
        ...positions,
      );
      return found ?? [];
    },
    startOver: () => {
      if (redis.status === 'ready') redis.disconnect(true);
    },
    close: () => redis.disconnect(),
  };
}

function askingReader(cluster: Cluster, onLost: () => void): FeedReader {
  const closing = new AbortController();
  cluster.on('-node', onLost);
  return {
    async read(streams) {
      await pause(ASK_EVERY_MS, undefined, { signal: closing.signal });
      const found = await Promise.all(
        streams.map(({ key, position }) => cluster.xread('COUNT', READ_COUNT, 'STREAMS', key, position)),
      );
      return found.flatMap((news) => news ?? []);
    },
    startOver: () => undefined,
    close: () => {
      closing.abort();
      cluster.off('-node', onLost);
    },
  };
}
