import { spawn } from 'node:child_process';
import { access, constants, mkdir, mkdtemp, readdir, rename, rm } from 'node:fs/promises';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';

import { makePrivateFolder } from '../files.ts';
import { takeLock } from '../lock.ts';
import { findRedis, findUnpacked, type RedisProgram } from './find.ts';
import type { Step } from './install-plan.ts';
import {
  closureStep,
  downloadStep,
  installStep,
  namesToUnpack,
  offersStep,
  ownAptFolders,
  ownAptState,
  readClosure,
  readOffer,
  unpackStep,
  updateStep,
} from './install-plan.ts';

/** Runs one step and answers its standard output; rejects when it fails. */
export type RunStep = (step: Step) => Promise<string>;

export interface InstallOptions {
  /** Our folder for things that can be fetched again. */
  cache: string;
  searchPath: string;
  onProgress: (line: string) => void;
  /** Replaced in tests. */
  run?: RunStep;
}

const STEP_LIMIT_MS = 15 * 60_000;
const QUEUE_POLL_MS = 500;
const ADVICE =
  'No Redis server (6.2 or newer) is on this machine: install redis-server or valkey-server with your package manager, ' +
  'or set REDIS_URL to one that runs elsewhere.';

/** The folder for downloaded things: the user's cache, or inside DATA_DIR for a user without a writable home. */
export async function openCacheFolder(dataFolder: string): Promise<string> {
  const base = process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache');
  const wished = join(base, 'whatsper');
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
 * @throws Error that says in a sentence what to install, with the reason why it was not done for them
 */
export async function provideRedis(options: InstallOptions): Promise<RedisProgram> {
  const find = async (): Promise<RedisProgram | undefined> =>
    findRedis(options.searchPath, unpackedFolder(options.cache));
  const found = await find();
  if (found !== undefined) return found;
  const lock = await waitForTurn(options);
  try {
    return (await find()) ?? (await install(options));
  } finally {
    await lock.release();
  }
}

async function waitForTurn(options: InstallOptions): Promise<{ release(): Promise<void> }> {
  let told = false;
  for (;;) {
    const outcome = await takeLock(join(options.cache, 'installing'), { details: {} });
    if ('lock' in outcome) return outcome.lock;
    if (!told) options.onProgress('Another process is installing Redis; waiting for it');
    told = true;
    await delay(QUEUE_POLL_MS);
  }
}

async function install(options: InstallOptions): Promise<RedisProgram> {
  const { cache, onProgress, searchPath } = options;
  const run: RunStep = async (step) => {
    onProgress(`Redis is not on this machine: ${step.title}`);
    return (options.run ?? runStep)(step);
  };
  const isPresent = async (name: string): Promise<boolean> => isOnPath(name, searchPath);
  if (!(await isPresent('apt-get')) || !(await isPresent('dpkg-deb'))) throw new Error(ADVICE);
  const rights = await findRights(isPresent, options.run ?? runStep);
  if (rights !== undefined) {
    try {
      await installForAll(rights, run);
      const installed = await findRedis(searchPath, unpackedFolder(cache));
      if (installed !== undefined) return installed;
      onProgress('The installed package holds no usable Redis server; unpacking packages instead');
    } catch (error) {
      onProgress(
        `Installing for the whole machine failed (${reasonOf(error)}); unpacking into ${cache} instead`,
      );
    }
  }
  try {
    await unpackForUser(cache, run);
  } catch (error) {
    throw new Error(`${ADVICE} (Doing it for you failed: ${reasonOf(error)})`, { cause: error });
  }
  const unpacked = await findUnpacked(unpackedFolder(cache));
  if (unpacked === undefined) throw new Error(`${ADVICE} (The unpacked packages do not run here.)`);
  return unpacked;
}

/** The command prefix that installs for all: none for root, sudo where it asks no password; undefined without rights. */
async function findRights(
  isPresent: (name: string) => Promise<boolean>,
  run: RunStep,
): Promise<string[] | undefined> {
  if (process.getuid?.() === 0) return [];
  if (!(await isPresent('sudo'))) return undefined;
  try {
    await run({ title: 'asking sudo', command: 'sudo', args: ['-n', 'true'] });
    return ['sudo', '-n'];
  } catch {
    // sudo would ask for a password, and nobody is there to type it.
    return undefined;
  }
}

async function installForAll(rights: string[], run: RunStep): Promise<void> {
  await withFreshLists(
    async () => run(updateStep(rights, [])),
    async () => {
      const name = readOffer(await run(offersStep([])));
      if (name === undefined) throw new Error('no package is offered');
      await run(installStep(rights, name));
    },
  );
}

async function unpackForUser(cache: string, run: RunStep): Promise<void> {
  const aptFolder = join(cache, 'apt');
  await removeLeftOvers(cache);
  const work = await mkdtemp(join(cache, 'unpacking-'));
  let apt: string[] = [];
  try {
    await withFreshLists(
      async () => {
        apt = ownAptState(aptFolder);
        await Promise.all(ownAptFolders(aptFolder).map((folder) => mkdir(folder, { recursive: true })));
        await run(updateStep([], apt));
      },
      async () => {
        const name = readOffer(await run(offersStep(apt)));
        if (name === undefined) throw new Error('no package is offered');
        const missing = readClosure(await run(closureStep(apt, name)));
        await run(downloadStep(apt, namesToUnpack(name, missing), work));
      },
    );
    const tree = join(work, 'tree');
    await mkdir(tree);
    const archives = (await readdir(work)).filter((name) => name.endsWith('.deb'));
    for (const archive of archives) await run(unpackStep(join(work, archive), tree));
    await rm(unpackedFolder(cache), { recursive: true, force: true });
    await rename(tree, unpackedFolder(cache));
  } finally {
    await rm(work, { recursive: true, force: true });
    await rm(aptFolder, { recursive: true, force: true });
  }
}

/** What an attempt that was killed left behind; only the holder of the installation's lock may look. */
async function removeLeftOvers(cache: string): Promise<void> {
  const leftOvers = (await readdir(cache)).filter((name) => name.startsWith('unpacking-'));
  await Promise.all(leftOvers.map((name) => rm(join(cache, name), { recursive: true, force: true })));
}

/** Tries with the lists that are there; when they are missing or name packages that are gone, once more with new ones. */
async function withFreshLists(update: () => Promise<unknown>, attempt: () => Promise<void>): Promise<void> {
  try {
    await attempt();
  } catch {
    // Whatever it was, new lists are the only thing that can help; the second attempt tells its own reason.
    await update();
    await attempt();
  }
}

function unpackedFolder(cache: string): string {
  return join(cache, 'redis');
}

async function isOnPath(name: string, searchPath: string): Promise<boolean> {
  const tries = searchPath.split(delimiter).map(async (folder) => access(join(folder, name), constants.X_OK));
  return (await Promise.allSettled(tries)).some(({ status }) => status === 'fulfilled');
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** Runs a step's command. Its last line of complaint is the error's message. */
async function runStep(step: Step): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(step.command, step.args, {
      cwd: step.folder,
      env: { ...process.env, ...step.env },
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: STEP_LIMIT_MS,
    });
    const said: string[] = [];
    let complaint = '';
    createInterface({ input: child.stdout }).on('line', (line) => said.push(line));
    createInterface({ input: child.stderr }).on('line', (line) => {
      if (line.trim() !== '' && !line.startsWith('W:')) complaint = line;
    });
    child.once('error', reject);
    child.once('close', (code, signal) => {
      if (code === 0) resolve(said.join('\n'));
      else reject(new Error(`${step.title} failed (${complaint === '' ? `${code ?? signal}` : complaint})`));
    });
  });
}
