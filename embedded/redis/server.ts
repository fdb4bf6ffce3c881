import { randomBytes } from 'node:crypto';
import { realpath } from 'node:fs/promises';
import { totalmem } from 'node:os';
import { join } from 'node:path';

import { Redis } from 'ioredis';

import { makePrivateFolder, readIfPresent, writePrivateFile } from '../files.ts';
import type { Server, StartingServer } from '../supervisor/server-process.ts';
import type { RedisProgram } from './find.ts';

const ANSWER_LIMIT_MS = 10_000;
const MEGABYTE = 1024 * 1024;

/**
 * A private Redis (or Valkey) for queues: on loopback, behind a random password, every write on the disk before it is
 * answered, and never throwing anything away when memory is short.
 * @param folder holds its configuration, password and data; made when absent
 */
export async function redisServer(program: RedisProgram, folder: string): Promise<Server> {
  await makePrivateFolder(folder);
  const password = await openPassword(folder);
  const configPath = join(await realpath(folder), 'redis.conf');
  await writePrivateFile(configPath, configuration(folder, password));
  return {
    name: 'Redis',
    command: (port) => ({
      command: program.path,
      // The port is not part of the file, so that a restart on another one need not write it again.
      args: [configPath, '--port', String(port)],
      ...(program.libraryPath === undefined ? {} : { env: { LD_LIBRARY_PATH: program.libraryPath } }),
    }),
    ready: async (starting) => waitUntilReady(starting, password),
    url: (port) => `redis://:${password}@127.0.0.1:${port}`,
  };
}

/** The text of `redis.conf`. */
function configuration(folder: string, password: string): string {
  return [
    'bind 127.0.0.1',
    'protected-mode yes',
    `requirepass ${password}`,
    `dir ${quoted(folder)}`,
    'appendonly yes',
    'appendfsync always',
    // The append-only file is complete in itself; a snapshot beside it would only cost time.
    'save ""',
    // Above three quarters of it webhooks go to the disk, so that what works the queues has room left.
    `maxmemory ${memoryLimit()}`,
    'maxmemory-policy noeviction',
    'daemonize no',
    'supervised no',
    '',
  ].join('\n');
}

/**
 * EMBEDDED_REDIS_MAXMEMORY, else a quarter of what the machine, or the container, has: 64 MB at least, 2 GB at most.
 * Queues hold what is not handled yet, so this is hours of webhooks.
 */
function memoryLimit(): string {
  const { EMBEDDED_REDIS_MAXMEMORY: wished } = process.env;
  if (wished !== undefined && /^\d+[kmg]?b?$/i.test(wished)) return wished;
  const limit = process.constrainedMemory();
  const memory = limit > 0 ? Math.min(limit, totalmem()) : totalmem();
  const megabytes = Math.floor(memory / 4 / MEGABYTE);
  return `${Math.max(64, Math.min(2_048, megabytes))}mb`;
}

/** A path as redis.conf reads it: double quotes, with a backslash before what would end or bend them. */
function quoted(path: string): string {
  return `"${path.replaceAll(/["\\]/g, '\\$&').replaceAll('\n', '\\n')}"`;
}

/** Kept over restarts, so that addresses given out stay valid. */
async function openPassword(folder: string): Promise<string> {
  const path = join(folder, 'password');
  const known = await readIfPresent(path);
  if (known !== undefined && /^[\w-]{40,}$/.test(known)) return known;
  const made = randomBytes(32).toString('base64url');
  await writePrivateFile(path, made);
  return made;
}

/**
 * Waits for the server's own word that it listens and has read its data, then asks it. The word comes first: the
 * password must not be told to a stranger who took the port before our server could.
 */
async function waitUntilReady(starting: StartingServer, password: string): Promise<void> {
  await starting.line((line) => line.includes('Ready to accept connections'));
  const redis = new Redis({
    port: starting.port,
    host: '127.0.0.1',
    password,
    retryStrategy: () => null,
    commandTimeout: ANSWER_LIMIT_MS,
  });
  // What goes wrong with the connection is what its commands answer.
  redis.on('error', () => undefined);
  try {
    await redis.ping();
    const pid = /^process_id:(\d+)/m.exec(await redis.info('server'))?.[1];
    if (pid !== String(starting.pid)) throw new Error('another server answers on its port');
  } finally {
    redis.disconnect();
  }
}
