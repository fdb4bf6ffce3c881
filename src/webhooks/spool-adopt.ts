/** Taking over what dead processes left in the spool, and files of another key that may be ours now. */
import { readdir, rename, rm, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';

import { codeOf } from '../../embedded/errors.ts';
import { takeLock } from '../../embedded/lock.ts';
import type { Logger } from '../ops/log.ts';
import { KEPT, type Segment, segmentsBelow } from './spool-files.ts';

const FOLDER = /^[0-9a-f]{16}$/;

interface Adopting {
  /** DATA_DIR/spool. */
  root: string;
  log: Logger;
  /** The folder of the process that adopts; what it takes goes into it. */
  home: string;
  /** Whether the file of this name was read already, and is sealed by a key that this process has not. */
  isNotOurs: (name: string) => boolean;
}

/** Moves what nobody holds into this process's folder. @returns the segments that came */
export async function adoptLeft(adopting: Adopting): Promise<Segment[]> {
  const entries = await readdir(adopting.root, { withFileTypes: true });
  const own = basename(adopting.home);
  const names = entries.filter(
    (entry) => entry.isDirectory() && FOLDER.test(entry.name) && entry.name !== own,
  );
  const folders = await Promise.all(names.map(({ name }) => adoptFolder(adopting, name)));
  const otherKey = entries.filter(
    ({ name }) => name.endsWith(KEPT.otherKey) && !adopting.isNotOurs(basename(name, KEPT.otherKey)),
  );
  const files = await Promise.all(otherKey.map(({ name }) => adoptFile(adopting, name)));
  return [...folders, ...files].flat();
}

/** Renaming decides between several that find the same folder. */
async function adoptFolder({ root, log, home }: Adopting, name: string): Promise<Segment[]> {
  const folder = join(root, name);
  try {
    const taken = await takeLock(folder, { details: {} });
    if (!('lock' in taken)) return [];
    const adopted = join(home, name);
    await rename(folder, adopted);
    const segments = await segmentsBelow(adopted);
    if (segments.length === 0) await rm(adopted, { recursive: true, force: true });
    await taken.lock.release();
    return segments;
  } catch (error) {
    if (codeOf(error) !== 'ENOENT') log.warn({ part: 'spool', err: error }, 'spool.not-adopted');
    return [];
  }
}

async function adoptFile({ root, log, home }: Adopting, name: string): Promise<Segment[]> {
  const path = join(home, `${basename(name, KEPT.otherKey)}.segment`);
  try {
    await rename(join(root, name), path);
    return [{ path, bytes: (await stat(path)).size, done: 0 }];
  } catch (error) {
    if (codeOf(error) !== 'ENOENT') log.warn({ part: 'spool', err: error }, 'spool.not-adopted');
    return [];
  }
}
