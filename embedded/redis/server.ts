import { randomBytes } from 'node:crypto';
import { realpath } from 'node:fs/promises';
import { join } from 'node:path';

import { Redis } from 'ioredis';

import { makePrivateFolder, readIfPresent, writePrivateFile } from '../files.ts';
import { identify, stopProcess } from '../process-identity.ts';
import type { Server, StartingServer } from '../supervisor/server-process.ts';
import { STOP_GRACE_MS } from '../supervisor/server-process.ts';
import type { RedisProgram } from './find.ts';

const POLL_MS = 20;
const ANSWER_LIMIT_MS = 2_000;

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
    dismiss: async (port) => dismiss(port, password, configPath),
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
    'maxmemory-policy noeviction',
    'daemonize no',
    'supervised no',
    '',
  ].join('\n');
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
 * Asks until the child itself answers: a stranger who holds the port does not know the password, and even a twin of
 * ours would tell another pid.
 */
async function waitUntilReady(starting: StartingServer, password: string): Promise<void> {
  const redis = new Redis({
    port: starting.port,
    host: '127.0.0.1',
    password,
    retryStrategy: () => POLL_MS,
    maxRetriesPerRequest: null,
  });
  // Refused and re-tried connections are what waiting looks like; the end of the child ends the wait.
  redis.on('error', () => undefined);
  starting.signal.addEventListener('abort', () => redis.disconnect(), { once: true });
  await redis.ping();
  const pid = fieldOf(await redis.info('server'), 'process_id');
  if (pid !== String(starting.pid)) throw new Error('another server answers on its port');
}

/** Stops a server on this port if it takes our password and runs with our configuration: then it is ours. */
async function dismiss(port: number, password: string, configPath: string): Promise<void> {
  const redis = new Redis({
    port,
    host: '127.0.0.1',
    password,
    retryStrategy: () => null,
    connectTimeout: ANSWER_LIMIT_MS,
    commandTimeout: ANSWER_LIMIT_MS,
    enableReadyCheck: false,
  });
  redis.on('error', () => undefined);
  let about: string;
  try {
    about = await redis.info('server');
  } catch {
    // Nobody there, or somebody who does not know us: nothing to stop.
    return;
  } finally {
    redis.disconnect();
  }
  const pid = Number(fieldOf(about, 'process_id'));
  const found = identify(pid);
  if (found !== undefined && fieldOf(about, 'config_file') === configPath)
    {await stopProcess(found, STOP_GRACE_MS);}
}

function fieldOf(information: string, name: string): string | undefined {
  return new RegExp(`^${name}:(.*?)\\r?$`, 'm').exec(information)?.[1];
}
