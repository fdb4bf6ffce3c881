/** One Redis and one MongoDB for all sides: embedded ones in a folder of their own, or the database of MONGODB_URI. */
import { Redis } from 'ioredis';
import mongoose from 'mongoose';

import { openEmbedded } from '../embedded/index.ts';
import { listenerOn, processesNamed } from './usage.ts';

export interface Servers {
  redisUrl: string;
  redis: Redis;
  /** Processes of each server; those of a database elsewhere are not known. */
  pids: { redis: number[]; readonly database: number[] };
  versions: { redis: string; database: string };
  /** Address of a database of that name. */
  databaseUri(name: string): string;
  /** Documents of a collection, asked for without Mongoose. */
  rows(database: string, collection: string): mongoose.mongo.Collection<Row>;
  dropDatabase(name: string): Promise<void>;
  /** Stops what was started. */
  close(): Promise<void>;
}

/** Any document whose id is text. */
export type Row = Record<string, unknown> & { _id: string };

export async function openServers(dataDir: string, mongodbUri: string | undefined): Promise<Servers> {
  const embedded = await openEmbedded({
    dataDir,
    redis: true,
    mongodb: mongodbUri === undefined,
    mongodbKind: 'builtin',
    lingerMs: 0,
  });
  const redisUrl = embedded.redisUrl ?? '';
  const base = mongodbUri ?? embedded.mongodbUri ?? '';
  const redis = new Redis(redisUrl);
  const client = await new mongoose.mongo.MongoClient(base).connect();
  const close = async () => {
    await client.close();
    redis.disconnect();
    await embedded.close();
  };
  const info = await redis.info('server');
  return {
    redisUrl,
    redis,
    pids: {
      redis: [Number(/^process_id:(\d+)/m.exec(info)?.[1])],
      /** Asked each time: a server with a process for each connection has others a moment later. */
      get database() {
        return databasePids(base);
      },
    },
    versions: {
      redis: `${/^redis_version:(\S+)/m.exec(info)?.[1] ?? 'unknown'}, appendfsync always`,
      database: await databaseVersion(client, mongodbUri === undefined),
    },
    databaseUri: (name) => withName(base, name),
    rows: (database, collection) => client.db(database).collection<Row>(collection),
    dropDatabase: async (name) => void (await client.db(name).dropDatabase()),
    close,
  };
}

/** Mongo addresses may name several hosts, which no URL does. */
function withName(uri: string, name: string): string {
  const [, server = '', options = ''] = /^([a-z+]+:\/\/[^/?]+)(?:\/[^?]*)?(\?.*)?$/.exec(uri) ?? [];
  return `${server}/${name}${options}`;
}

/** DocumentDB is a gateway and a PostgreSQL that does its work. */
function databasePids(uri: string): number[] {
  const [, host = '', port = '27017'] = /^[a-z+]+:\/\/(?:[^@/]*@)?([^:/?,]+)(?::(\d+))?/.exec(uri) ?? [];
  if (!['127.0.0.1', 'localhost', '[::1]'].includes(host)) return [];
  const listener = listenerOn(Number(port));
  return [
    ...new Set([
      ...(listener === undefined ? [] : [listener]),
      ...processesNamed(/^(postgres|documentdb|pg_documentdb)/),
    ]),
  ];
}

async function databaseVersion(client: mongoose.mongo.MongoClient, isEmbedded: boolean): Promise<string> {
  if (isEmbedded) return 'embedded';
  const { version } = (await client.db('admin').command({ buildInfo: 1 })) as { version: string };
  const isDocumentDb = processesNamed(/^postgres/).length > 0;
  return `${isDocumentDb ? 'DocumentDB, answers as MongoDB' : 'MongoDB'} ${version}`;
}
