import type { ChildProcessWithoutNullStreams } from 'node:child_process';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdir, readFile, readlink } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';

import { Redis } from 'ioredis';

import type { Embedded, EmbeddedOptions } from '../../embedded/index.ts';
import { openEmbedded } from '../../embedded/index.ts';
import { moduleCommand } from '../../embedded/module-command.ts';

export interface Opener {
  pid: number;
  redisUrl: string;
  mongodbUri: string;
  /** Everything it was told while it waited and since. */
  progress: string[];
  close(): Promise<void>;
  kill(): Promise<void>;
}

const running = new Set<ChildProcessWithoutNullStreams>();

const opened = new Set<Embedded>();

/** Opens embedded servers in this process, for tests in which no process has to die. */
export async function openHere(
  options: Partial<EmbeddedOptions> & { dataDir: string },
): Promise<{ redisUrl: string; mongodbUri: string; progress: string[]; close(): Promise<void> }> {
  const progress: string[] = [];
  const servers = await openEmbedded({
    redis: true,
    mongodb: false,
    mongodbKind: 'auto',
    lingerMs: 0,
    onProgress: (line) => progress.push(line),
    ...options,
  });
  opened.add(servers);
  return {
    redisUrl: servers.redisUrl ?? '',
    mongodbUri: servers.mongodbUri ?? '',
    progress,
    async close() {
      opened.delete(servers);
      await servers.close();
    },
  };
}

/** Starts a process that opens embedded servers; rejects with its message when it cannot. */
export async function startOpener(
  options: Partial<EmbeddedOptions> & { dataDir: string },
  environment: Record<string, string> = {},
): Promise<Opener> {
  const { command, args } = sourceCommand(new URL('./opener.ts', import.meta.url));
  const wanted = { redis: true, mongodb: false, mongodbKind: 'auto', lingerMs: 0, ...options };
  const env = { ...process.env, NODE_OPTIONS: '', ...environment };
  const child = spawn(command, [...args, JSON.stringify(wanted)], { env, stdio: 'pipe' });
  running.add(child);
  const ended = once(child, 'close').then(() => running.delete(child));
  const progress: string[] = [];
  let complaint = '';
  child.stderr.on('data', (chunk: Buffer) => (complaint += chunk.toString()));
  const addresses = await new Promise<{ redisUrl: string; mongodbUri: string }>((resolve, reject) => {
    createInterface({ input: child.stdout }).on('line', (line) => {
      const message = JSON.parse(line) as { progress: string; ready: never; failed: string };
      if (message.progress !== undefined) progress.push(message.progress);
      else if (message.ready !== undefined) resolve(message.ready);
      else reject(new Error(message.failed));
    });
    child.once('close', () => reject(new Error(`The opener ended: ${complaint}`)));
  });
  return {
    pid: child.pid ?? 0,
    ...addresses,
    progress,
    async close() {
      child.stdin.write('close\n');
      await ended;
    },
    async kill() {
      child.kill('SIGKILL');
      await ended;
    },
  };
}

/** The command line that runs a program of the tests, which exists as source only. */
export function sourceCommand(program: URL): { command: string; args: string[] } {
  return moduleCommand(import.meta.url, program.href.replace(/\.ts$/, ''));
}

/** Ends every opener that a test left; their servers follow. */
export async function endOpeners(): Promise<void> {
  await Promise.all([...opened].map(async (servers) => servers.close()));
  opened.clear();
  await Promise.all(
    [...running].map(async (child) => {
      child.kill('SIGKILL');
      await once(child, 'close');
    }),
  );
}

/** Runs one command on a Redis and answers what it said. */
export async function askRedis(url: string, ...command: [string, ...string[]]): Promise<string> {
  const redis = new Redis(url, { retryStrategy: () => null });
  redis.on('error', () => undefined);
  try {
    return String(await redis.call(...command));
  } finally {
    redis.disconnect();
  }
}

/** Waits until a look finds something, looking often; fails with what was waited for. */
export async function waitFor<Found>(
  what: string,
  look: () => Promise<Found | undefined | false>,
): Promise<Found> {
  const until = Date.now() + 60_000;
  while (Date.now() < until) {
    const found = await look();
    if (found !== undefined && found !== false) return found;
    await delay(20);
  }
  throw new Error(`Waited in vain for ${what}`);
}

/** Pids of the running programs of this name that stand in this folder (Redis hides its command line) or name it. */
export async function processesOn(folder: string, program: string): Promise<number[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const found = await Promise.all(
    pids.map(async (pid) => {
      const line = await readFile(join('/proc', pid, 'cmdline'), 'utf8').catch(() => '');
      const stands = await readlink(join('/proc', pid, 'cwd')).catch(() => '');
      return line.includes(program) && (line.includes(folder) || stands.startsWith(folder))
        ? [Number(pid)]
        : [];
    }),
  );
  return found.flat();
}

/** Pid and port of the server that the supervisor of this data folder noted last. */
export async function readNote(
  dataDir: string,
  name: 'redis' | 'mongodb',
): Promise<{ pid: number; port: number }> {
  const note = JSON.parse(await readFile(join(dataDir, 'embedded', `${name}.json`), 'utf8')) as {
    port: number;
    process: { pid: number };
  };
  return { pid: note.process.pid, port: note.port };
}
