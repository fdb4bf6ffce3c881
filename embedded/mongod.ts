import { access, constants } from 'node:fs/promises';
import { delimiter, join } from 'node:path';

import { z } from 'zod';

import { holdsFiles, makePrivateFolder } from './files.ts';
import { moduleCommand } from './module-command.ts';
import type { Server } from './supervisor/server-process.ts';

/** Which server speaks MongoDB's protocol: the real one, or the one that comes with this program. */
export type MongodbKind = 'mongod' | 'builtin';

/** The line by which our own server tells that it answers. */
const readySchema = z.object({ ready: z.literal(true), port: z.number() });

/** Folders of the two kinds of data inside DATA_DIR: neither can read the other's. */
const FOLDERS: Record<MongodbKind, string> = { mongod: 'mongod', builtin: 'mongo' };

/**
 * Decides which server runs. `auto` takes a mongod that is in PATH, but stays with the data that is there: a
 * database must not look empty because a program was installed or removed.
 * @throws Error when the data needs a mongod that is not there any more
 */
export async function chooseMongodb(
  dataFolder: string,
  wish: 'auto' | 'builtin',
  searchPath: string,
): Promise<{ kind: MongodbKind; mongod: string | undefined; note?: string }> {
  if (wish === 'builtin') return { kind: 'builtin', mongod: undefined };
  const mongod = await findOnPath('mongod', searchPath);
  const [ofMongod, ofBuiltin] = await Promise.all([
    holdsFiles(join(dataFolder, FOLDERS.mongod)),
    holdsFiles(join(dataFolder, FOLDERS.builtin)),
  ]);
  if (ofMongod && mongod === undefined) {
    throw new Error(
      `${join(dataFolder, FOLDERS.mongod)} holds the data of a mongod, which is not in PATH any more: install it again, ` +
        'or set EMBEDDED_MONGODB=builtin to begin with an empty database of the built-in server.',
    );
  }
  if (mongod !== undefined && ofBuiltin && !ofMongod) {
    const note =
      'A mongod is on this machine, but the data here is of the built-in server: going on with that one';
    return { kind: 'builtin', mongod: undefined, note };
  }
  return mongod === undefined ? { kind: 'builtin', mongod } : { kind: 'mongod', mongod };
}

/** A private mongod on loopback with its data in DATA_DIR. */
export async function mongodServer(mongod: string, dataFolder: string): Promise<Server> {
  const folder = join(dataFolder, FOLDERS.mongod);
  await makePrivateFolder(folder);
  return {
    name: 'MongoDB',
    command: (port) => ({
      command: mongod,
      args: ['--dbpath', folder, '--bind_ip', '127.0.0.1', '--port', String(port), '--nounixsocket'],
    }),
    // mongod says so on its own output, which no stranger on the port can do. Since 4.4 the line is JSON.
    ready: async ({ line }) => {
      await line((text) => /waiting for connections/i.test(text));
    },
    url: (port) => `mongodb://127.0.0.1:${port}`,
  };
}

/** Our own server, which ends by itself when the supervisor does. */
export async function builtinMongodbServer(dataFolder: string): Promise<Server> {
  const folder = join(dataFolder, FOLDERS.builtin);
  await makePrivateFolder(folder);
  const { command, args } = moduleCommand(import.meta.url, './mongo/main');
  return {
    name: 'MongoDB',
    command: (port) => ({
      command,
      args: [...args, '--data', folder, '--port', String(port), '--parent-pipe'],
    }),
    ready: async ({ line, port }) => {
      const told = readySchema.parse(JSON.parse(await line((text) => text.startsWith('{"ready":'))));
      if (told.port !== port) throw new Error(`it listens on port ${told.port}`);
    },
    url: (port) => `mongodb://127.0.0.1:${port}`,
  };
}

async function findOnPath(name: string, searchPath: string): Promise<string | undefined> {
  for (const folder of searchPath.split(delimiter)) {
    const path = join(folder, name);
    try {
      await access(path, constants.X_OK);
      return path;
    } catch {
      // Not in this folder.
    }
  }
  return undefined;
}
