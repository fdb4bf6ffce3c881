import { access, constants } from 'node:fs/promises';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

import { makePrivateFolder } from '../files.ts';
import type { Lock } from '../lock.ts';
import { takeLock } from '../lock.ts';
import { findRedis, findUnpacked, type RedisProgram } from './find.ts';
import type { Machine } from './install.ts';
import { installRedis, unpackedRoot } from './install.ts';
import { runStep } from './run-step.ts';

/** Folders where packages put servers and tools although a user's PATH may not name them. */
const USUAL_FOLDERS = ['/usr/bin', '/usr/local/bin', '/usr/sbin', '/opt/homebrew/bin'];
const QUEUE_POLL_MS = 500;

/** This machine, as the search for a Redis server sees it. */
export async function thisMachine(dataFolder: string, onProgress: (line: string) => void): Promise<Machine> {
  const named = (process.env.PATH ?? '').split(delimiter).filter((folder) => folder !== '');
  return {
    folders: [...new Set([...named, ...USUAL_FOLDERS])],
    cache: await openCacheFolder(dataFolder, process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache')),
    root: process.getuid?.() === 0,
    execute: runStep,
    onProgress,
  };
}

/** The folder for downloaded things: the user's cache, or inside DATA_DIR for a user without a writable home. */
export async function openCacheFolder(dataFolder: string, userCache: string): Promise<string> {
  const wished = join(userCache, 'whatsper');
  try {
    await makePrivateFolder(wished);
    await access(wished, constants.R_OK | constants.W_OK | constants.X_OK);
    return wished;
  } catch {
    // Services often run as users without a home; the data folder is writable for certain.
    const own = join(dataFolder, '.cache');
    await makePrivateFolder(own);
    return own;
  }
}

/**
 * Finds a Redis server, or brings one onto the machine: one process at a time, others wait for it and use the same.
 * @throws Error that says in a sentence what to install
 */
export async function provideRedis(machine: Machine): Promise<RedisProgram> {
  const found = await find(machine);
  if (found !== undefined) return found;
  const lock = await waitForTurn(machine);
  try {
    return (await find(machine)) ?? (await installRedis(machine));
  } finally {
    await lock.release();
  }
}

async function find(machine: Machine): Promise<RedisProgram | undefined> {
  return (await findRedis(machine.folders)) ?? (await findUnpacked(unpackedRoot(machine.cache)));
}

async function waitForTurn(machine: Machine): Promise<Lock> {
  for (let told = false; ; told = true) {
    const outcome = await takeLock(join(machine.cache, 'installing'), { details: {} });
    if ('lock' in outcome) return outcome.lock;
    if (!told) machine.onProgress('Another process is getting a Redis server; waiting for it');
    await delay(QUEUE_POLL_MS);
  }
}
