/** Redis and the database of a run: embedded ones of its own, which may be killed, or foreign ones behind a proxy. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

import { Redis } from 'ioredis';

import { type Embedded, openEmbedded } from '../../embedded/index.ts';
import { isRunning, type ProcessIdentity } from '../../embedded/process-identity.ts';
import { dropDatabases } from '../support/databases.ts';
import { until } from '../support/until.ts';
import { Proxy } from './proxy.ts';

/** One of the two; exactly one of its handles is there. */
export interface RunServer {
  url: string;
  /** Its process, when it is ours: the supervisor starts it again. */
  process?: { pid(): Promise<number>; kill(): Promise<void> };
  proxy?: Proxy;
}

export interface RunServers {
  redis: RunServer;
  database: RunServer;
  close(): Promise<void>;
}

interface Wishes {
  dataDir: string;
  /** First part of keys and name of the database: foreign servers may hold other things. */
  name: string;
  redisUrl: string | undefined;
  mongodbUri: string | undefined;
  onProgress: (line: string) => void;
}

/** @throws Error when a server can't be had or an address not be used */
export async function openServers(wishes: Wishes): Promise<RunServers> {
  const { dataDir, name, redisUrl, mongodbUri, onProgress } = wishes;
  const closers: (() => Promise<unknown>)[] = [];
  const close = async (): Promise<void> => {
    for (const closer of closers.splice(0).reverse()) await closer();
  };
  try {
    const embedded = await openEmbedded({
      dataDir,
      redis: redisUrl === undefined,
      mongodb: mongodbUri === undefined,
      mongodbKind: process.env.EMBEDDED_MONGODB === 'builtin' ? 'builtin' : 'auto',
      lingerMs: 0,
      onProgress,
    });
    closers.push(() => embedded.close());
    const redis = redisUrl === undefined ? own(embedded, dataDir, 'redis') : await foreign(redisUrl, closers);
    if (redisUrl !== undefined) closers.push(() => removeKeys(redisUrl, name));
    const database =
      mongodbUri === undefined
        ? own(embedded, dataDir, 'mongodb')
        : await foreignDatabase(mongodbUri, name, closers);
    return { redis, database, close };
  } catch (error) {
    await close();
    throw error;
  }
}

function own(embedded: Embedded, dataDir: string, kind: 'redis' | 'mongodb'): RunServer {
  const url = kind === 'redis' ? embedded.redisUrl : embedded.mongodbUri;
  const identity = async (): Promise<ProcessIdentity> => {
    const record = await readFile(join(dataDir, 'embedded', `${kind}.json`), 'utf8');
    return (JSON.parse(record) as { process: ProcessIdentity }).process;
  };
  return {
    url: url ?? '',
    process: {
      pid: async () => (await identity()).pid,
      async kill() {
        const victim = await identity();
        process.kill(victim.pid, 'SIGKILL');
        await until(
          `the supervisor to start ${kind} again`,
          async () => {
            const next = await identity();
            return next.pid !== victim.pid && isRunning(next);
          },
          30_000,
        );
      },
    },
  };
}

async function foreign(url: string, closers: (() => Promise<unknown>)[]): Promise<RunServer> {
  const address = new URL(url);
  if (address.hostname.includes(',') || address.protocol.endsWith('+srv:')) {
    throw new Error('The proxy of a chaos run stands before one server: give an address with one host.');
  }
  const port = Number(address.port) || (address.protocol.startsWith('redis') ? 6379 : 27_017);
  const proxy = new Proxy([{ host: address.hostname.replace(/^\[|\]$/g, ''), port }]);
  address.port = String(await proxy.listen());
  address.hostname = '127.0.0.1';
  closers.push(() => proxy.close());
  return { url: address.toString(), proxy };
}

async function foreignDatabase(
  uri: string,
  name: string,
  closers: (() => Promise<unknown>)[],
): Promise<RunServer> {
  if (!/^mongodb:\/\/([^@/]*@)?[^,/]+(\/|\?|$)/.test(uri)) {
    throw new Error(
      'The proxy of a chaos run stands before one server: give a mongodb:// address with one host.',
    );
  }
  const address = new URL(uri);
  address.pathname = `/${name}`;
  const direct = address.toString();
  closers.push(() => dropDatabases(direct));
  // A replica set names its members itself, and the driver would go round the proxy.
  address.searchParams.delete('replicaSet');
  address.searchParams.set('directConnection', 'true');
  return foreign(address.toString(), closers);
}

async function removeKeys(url: string, name: string): Promise<void> {
  const redis = new Redis(url);
  for await (const keys of redis.scanStream({ match: `*${name}*`, count: 1_000 })) {
    if ((keys as string[]).length > 0) await redis.unlink(...(keys as string[]));
  }
  await redis.quit();
}
