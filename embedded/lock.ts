/**
 * A lock on a folder that outlives no crash and needs nothing but a file system.
 *
 * A claim is a file `claim.<generation>`, made by `link` so that it appears whole and only once. The highest
 * generation holds the lock. Nobody ever removes the highest claim: a dead holder is succeeded by linking the next
 * generation, which one of several rivals wins. A slow rival may still link a generation that was tidied away
 * meanwhile, so each looks once more after linking and gives way to a higher one.
 *
 * A folder may be copied while it is locked; the copy's claim names another folder and counts for nothing.
 * A holder of this machine is alive when its process runs. For a holder elsewhere (another container or machine with
 * the same volume) only its heartbeat can tell: the claim's modification time must stand still while we watch.
 */
import { randomUUID } from 'node:crypto';
import { link, readdir, stat, unlink, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

import { z } from 'zod';

import { codeOf } from './errors.ts';
import { folderIdentity, makePrivateFolder, readIfPresent, writeNewFile, writePrivateFile } from './files.ts';
import { identify, isOfThisKernelRun, isOfThisPlace, isRunning } from './process-identity.ts';

const HEARTBEAT_MS = 1_000;
/** Five heartbeats missed. */
const SILENCE_MS = 5 * HEARTBEAT_MS;
const WATCH_POLL_MS = 250;

const claimSchema = z.object({
  nonce: z.string(),
  holder: z.object({ pid: z.number(), started: z.string(), place: z.string() }),
  /** Identity of the folder that was claimed. */
  folder: z.string(),
  /** What the holder tells those who find its claim, such as the path of its socket. */
  details: z.record(z.string(), z.string()),
  released: z.boolean(),
});

export type Claim = z.infer<typeof claimSchema>;

interface Found {
  generation: number;
  path: string;
  /** Undefined when the file cannot be read as a claim (a disk that lost its tail). */
  claim: Claim | undefined;
}

export interface Lock {
  /** Gives the lock back, so that the next one need not watch for a heartbeat. */
  release(): Promise<void>;
}

export interface LockOptions {
  details: Record<string, string>;
  /** Asks a holder of another container; `unknown` leaves it to the heartbeat. */
  probe?: (claim: Claim) => Promise<'alive' | 'dead' | 'unknown'>;
  /** Called once when the claim was removed or succeeded by another: the holder must stop. */
  onLost?: () => void;
  /** How long a holder elsewhere must be silent to count as dead, in milliseconds. */
  silenceMs?: number;
  /** Called when it takes a while to find out whether a holder elsewhere is alive. */
  onWatch?: () => Promise<void>;
}

/**
 * Takes the lock, or answers the claim of the living process that has it. With the lock comes the claim that it
 * succeeds, so that what a dead holder left can be tidied.
 */
export async function takeLock(
  folder: string,
  options: LockOptions,
): Promise<{ lock: Lock; predecessor: Claim | undefined } | { heldBy: Claim | undefined }> {
  await makePrivateFolder(folder);
  for (;;) {
    const top = await readTop(folder);
    if (top !== undefined && !(await isFree(folder, top, options))) return { heldBy: top.claim };
    const lock = await makeClaim(folder, (top?.generation ?? 0) + 1, options);
    if (lock !== undefined) return { lock, predecessor: top?.claim };
  }
}

/** The claim that stands highest, whether its holder lives or not; undefined when there is none for this folder. */
export async function readClaim(folder: string): Promise<Claim | undefined> {
  const claim = (await readTop(folder))?.claim;
  return claim?.folder === folderIdentity(folder) ? claim : undefined;
}

async function makeClaim(
  folder: string,
  generation: number,
  options: LockOptions,
): Promise<Lock | undefined> {
  const nonce = randomUUID();
  const holder = identify(process.pid);
  if (holder === undefined) throw new Error('This process cannot find itself in the process table.');
  const claim: Claim = {
    nonce,
    holder,
    folder: folderIdentity(folder),
    details: options.details,
    released: false,
  };
  const path = join(folder, `claim.${generation}`);
  const draft = join(folder, `draft.${nonce}`);
  await writeNewFile(draft, JSON.stringify(claim));
  try {
    await link(draft, path);
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return undefined;
    throw new Error(`${folder} is on a file system without hard links; set DATA_DIR to a local disk.`, {
      cause: error,
    });
  } finally {
    await unlink(draft);
  }
  const others = (await listGenerations(folder)).filter((other) => other !== generation);
  if (others.some((other) => other > generation)) {
    await removeIfPresent(path);
    return undefined;
  }
  await Promise.all(others.map((other) => removeIfPresent(join(folder, `claim.${other}`))));
  return holdClaim(folder, generation, claim, options);
}

function holdClaim(folder: string, generation: number, claim: Claim, options: LockOptions): Lock {
  const path = join(folder, `claim.${generation}`);
  let beating: Promise<void> = Promise.resolve();
  const timer = setInterval(() => {
    beating = beating.then(beat);
  }, HEARTBEAT_MS);
  timer.unref();
  async function beat(): Promise<void> {
    const now = new Date();
    try {
      await utimes(path, now, now);
      if (Math.max(...(await listGenerations(folder))) === generation) return;
    } catch {
      // Whatever the reason, a claim that cannot be kept fresh is one that others will take.
    }
    clearInterval(timer);
    options.onLost?.();
  }
  return {
    async release() {
      clearInterval(timer);
      await beating;
      try {
        await writePrivateFile(path, JSON.stringify({ ...claim, released: true }));
      } catch (error) {
        // The whole folder was removed: then nobody is waiting for it either.
        if (codeOf(error) !== 'ENOENT') throw error;
      }
    },
  };
}

async function isFree(folder: string, found: Found, options: LockOptions): Promise<boolean> {
  const { claim } = found;
  if (claim?.released === true) return true;
  if (claim !== undefined && isOfThisKernelRun(claim.holder) && claim.folder !== folderIdentity(folder)) {
    return true;
  }
  if (claim !== undefined && isOfThisPlace(claim.holder)) return !isRunning(claim.holder);
  const probed = claim === undefined ? 'unknown' : await options.probe?.(claim);
  if (probed === 'alive' || probed === 'dead') return probed === 'dead';
  await options.onWatch?.();
  return isSilent(found.path, options.silenceMs ?? SILENCE_MS);
}

/** Clocks of two machines differ, so only whether the time changes counts, never the time itself. */
async function isSilent(path: string, silenceMs: number): Promise<boolean> {
  const first = await modifiedAt(path);
  const until = Date.now() + silenceMs;
  while (Date.now() < until) {
    await delay(WATCH_POLL_MS);
    if ((await modifiedAt(path)) !== first) return false;
  }
  return true;
}

async function modifiedAt(path: string): Promise<number | undefined> {
  try {
    return (await stat(path)).mtimeMs;
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined;
    throw error;
  }
}

async function readTop(folder: string): Promise<Found | undefined> {
  for (;;) {
    const generations = await listGenerations(folder).catch((error: unknown) => {
      if (codeOf(error) === 'ENOENT') return [];
      throw error;
    });
    if (generations.length === 0) return undefined;
    const generation = Math.max(...generations);
    const path = join(folder, `claim.${generation}`);
    const text = await readIfPresent(path);
    // It went away between the two looks: somebody succeeded it, so look again.
    if (text !== undefined) return { generation, path, claim: parseClaim(text) };
  }
}

function parseClaim(text: string): Claim | undefined {
  try {
    return claimSchema.parse(JSON.parse(text));
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof z.ZodError) return undefined;
    throw error;
  }
}

async function listGenerations(folder: string): Promise<number[]> {
  const names = await readdir(folder);
  return names.map((name) => Number(/^claim\.(\d+)$/.exec(name)?.[1])).filter(Number.isInteger);
}

async function removeIfPresent(path: string): Promise<void> {
  try {
    await unlink(path);
  } catch (error) {
    if (codeOf(error) !== 'ENOENT') throw error;
  }
}
