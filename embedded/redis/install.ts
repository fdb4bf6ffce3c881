import { access, constants, mkdir, mkdtemp, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';

import { messageOf } from '../errors.ts';
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
import type { RunStep } from './run-step.ts';

/** The machine on which a Redis server is wanted. */
export interface Machine {
  /** Folders in which programs are looked for. */
  folders: string[];
  /** Our folder for things that can be fetched again; packages are unpacked there. */
  cache: string;
  /** Whether this process may change the machine without asking. */
  root: boolean;
  execute: RunStep;
  onProgress: (line: string) => void;
}

type Run = (step: Step) => Promise<string>;

const ADVICE =
  'No Redis server (6.2 or newer) is on this machine: install redis-server or valkey-server with its package manager, ' +
  'or set REDIS_URL to one that runs elsewhere.';

/**
 * Brings a Redis server onto a Debian machine: for all users where this one may do that, else for this user.
 * The caller sees to it that only one process does so at a time.
 * @throws Error that says in a sentence what to install, with the reason why it was not done for them
 */
export async function installRedis(machine: Machine): Promise<RedisProgram> {
  const { onProgress } = machine;
  if (!(await isPresent('apt-get', machine)) || !(await isPresent('dpkg-deb', machine))) {
    throw new Error(ADVICE);
  }
  onProgress('No Redis server is on this machine; getting one');
  const run: Run = async (step) => {
    onProgress(`Redis: ${step.title}`);
    return machine.execute(step, (line) => {
      // What apt does that may take a while.
      if (/^(Get:|Setting up )/.test(line)) onProgress(`Redis: ${line}`);
    });
  };
  const rights = await findRights(machine);
  const installed = rights === undefined ? undefined : await tryForAll(rights, run, machine);
  return installed ?? installForUser(run, machine);
}

/** The command prefix that installs for all: none for root, sudo where it asks no password; undefined without rights. */
async function findRights(machine: Machine): Promise<string[] | undefined> {
  if (machine.root) return [];
  if (!(await isPresent('sudo', machine))) return undefined;
  try {
    await machine.execute({ title: 'asking sudo', command: 'sudo', args: ['-n', 'true'] }, () => undefined);
    return ['sudo', '-n'];
  } catch {
    // sudo would ask for a password, and nobody is there to type it.
    return undefined;
  }
}

/** Installs for all users; what went wrong is told, since there is another way. */
async function tryForAll(rights: string[], run: Run, machine: Machine): Promise<RedisProgram | undefined> {
  try {
    await withFreshLists(
      async () => run(updateStep(rights, [])),
      async () => {
        const name = await findOffer([], run);
        await run(installStep(rights, name));
      },
    );
    const installed = await findRedis(machine.folders);
    if (installed === undefined) throw new Error('the package holds no usable server');
    return installed;
  } catch (error) {
    machine.onProgress(
      `Installing for all users did not work: ${messageOf(error)}. Unpacking for this user instead`,
    );
    return undefined;
  }
}

async function installForUser(run: Run, machine: Machine): Promise<RedisProgram> {
  const root = unpackedRoot(machine.cache);
  try {
    await unpackInto(root, run, machine.cache);
    const unpacked = await findUnpacked(root);
    if (unpacked === undefined) throw new Error('the unpacked packages do not run here');
    return unpacked;
  } catch (error) {
    throw new Error(`${ADVICE} (Doing it for you did not work: ${messageOf(error)}.)`, { cause: error });
  }
}

/** Root of the small Debian tree into which packages are unpacked. */
export function unpackedRoot(cache: string): string {
  return join(cache, 'redis');
}

async function unpackInto(root: string, run: Run, cache: string): Promise<void> {
  await removeLeftOvers(cache);
  const work = await mkdtemp(join(cache, 'unpacking-'));
  try {
    const aptFolder = join(work, 'apt');
    const archives = join(work, 'archives');
    const tree = join(work, 'tree');
    for (const folder of [...ownAptFolders(aptFolder), archives, tree]) {
      await mkdir(folder, { recursive: true });
    }
    let apt: string[] = [];
    await withFreshLists(
      async () => {
        apt = ownAptState(aptFolder);
        return run(updateStep([], apt));
      },
      async () => {
        const name = await findOffer(apt, run);
        const missing = readClosure(await run(closureStep(apt, name)));
        await run(downloadStep(apt, namesToUnpack(name, missing), archives));
      },
    );
    for (const archive of await readdir(archives)) await run(unpackStep(join(archives, archive), tree));
    await rm(root, { recursive: true, force: true });
    // Only now, whole, does it get its name: a half-unpacked tree is never found.
    await rename(tree, root);
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

/** What an attempt that was killed left behind. */
async function removeLeftOvers(cache: string): Promise<void> {
  const leftOvers = (await readdir(cache)).filter((name) => name.startsWith('unpacking-'));
  for (const name of leftOvers) await rm(join(cache, name), { recursive: true, force: true });
}

async function findOffer(apt: string[], run: Run): Promise<string> {
  const name = readOffer(await run(offersStep(apt)));
  if (name === undefined) throw new Error('the lists of packages offer none');
  return name;
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

async function isPresent(name: string, machine: Machine): Promise<boolean> {
  const looks = machine.folders.map(async (folder) => access(join(folder, name), constants.X_OK));
  return (await Promise.allSettled(looks)).some(({ status }) => status === 'fulfilled');
}
