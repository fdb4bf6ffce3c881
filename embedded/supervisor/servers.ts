import { join } from 'node:path';

import type { Addresses, Want } from '../control.ts';
import type { MongodbKind } from '../mongod.ts';
import { builtinMongodbServer, chooseMongodb, mongodServer } from '../mongod.ts';
import { provideRedis, thisMachine } from '../redis/provide.ts';
import { redisServer } from '../redis/server.ts';
import type { KeptServer } from './keep-running.ts';
import { keepRunning } from './keep-running.ts';
import { serverRecord } from './records.ts';

interface KeptMongodb extends KeptServer {
  kind: MongodbKind;
}

/** The servers of one data folder, each started when it is first wanted. */
export interface Servers {
  /** Starts what is wanted and does not run yet; answers the addresses of what was wanted. */
  provide(want: Want): Promise<Addresses>;
  /** Stops all of them: Redis first, since what works on its queues writes into the database. */
  stop(): Promise<void>;
}

/**
 * @param folder the supervisor's own folder, for its notes about the servers
 * @param report told in sentences what happens
 */
export function createServers(dataFolder: string, folder: string, report: (line: string) => void): Servers {
  const searchPath = process.env.PATH ?? '';

  const redis = onlyOnce(async () => {
    const program = await provideRedis(await thisMachine(dataFolder, report));
    const server = await redisServer(program, join(dataFolder, 'redis'));
    return keepRunning(server, serverRecord(folder, 'redis'), report);
  });

  const mongodb = onlyOnce(async (wish: 'auto' | 'builtin'): Promise<KeptMongodb> => {
    const { kind, mongod, note } = await chooseMongodb(dataFolder, wish, searchPath);
    if (note !== undefined) report(note);
    const server = await (mongod === undefined
      ? builtinMongodbServer(dataFolder)
      : mongodServer(mongod, dataFolder));
    return { kind, ...(await keepRunning(server, serverRecord(folder, 'mongodb'), report)) };
  });

  return {
    async provide(want) {
      const [redisServer, mongodbServer] = await Promise.all([
        want.redis ? redis.get() : undefined,
        want.mongodb === 'none' ? undefined : mongodb.get(want.mongodb),
      ]);
      if (want.mongodb === 'builtin' && mongodbServer?.kind === 'mongod') {
        throw new Error(
          'EMBEDDED_MONGODB=builtin is asked for, but another process of this DATA_DIR runs on a mongod: stop that first.',
        );
      }
      return {
        ...(redisServer === undefined ? {} : { redisUrl: redisServer.url }),
        ...(mongodbServer === undefined ? {} : { mongodbUri: mongodbServer.url }),
      };
    },
    async stop() {
      await redis.stop();
      await mongodb.stop();
    },
  };
}

/** Makes a server when it is first asked for; after a failure the next one to ask tries again. */
function onlyOnce<Arguments extends unknown[], Kept extends KeptServer>(
  start: (...wish: Arguments) => Promise<Kept>,
): { get(...wish: Arguments): Promise<Kept>; stop(): Promise<void> } {
  let kept: Promise<Kept> | undefined;
  return {
    async get(...wish) {
      kept ??= start(...wish);
      try {
        return await kept;
      } catch (error) {
        kept = undefined;
        throw error;
      }
    },
    async stop() {
      const started = await kept?.catch(() => undefined);
      await started?.stop();
    },
  };
}
