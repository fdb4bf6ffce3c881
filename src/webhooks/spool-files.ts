/** The files of a spool: what waits in them, and what was set aside. */
import { open, readdir, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';

import { codeOf } from '../../embedded/errors.ts';

/** Ends of names of files that are kept for a person, or for another key. */
export const KEPT = { torn: '.torn', damaged: '.damaged', otherKey: '.other-key' } as const;

export interface Segment {
  path: string;
  bytes: number;
  /** Records that are in their lanes. */
  done: number;
}

export interface SpoolSize {
  segments: number;
  bytes: number;
  /** Milliseconds since 1970; null when nothing waits. */
  oldestAt: number | null;
}

export async function segmentsBelow(folder: string): Promise<Segment[]> {
  const names = await readdir(folder, { recursive: true });
  return Promise.all(
    names
      .filter((name) => name.endsWith('.segment'))
      .map(async (name) => {
        const path = join(folder, name);
        return { path, bytes: (await stat(path)).size, done: 0 };
      }),
  );
}

export function sizeOf(segments: { path: string; bytes: number }[]): SpoolSize {
  const times = segments.map(({ path }) => Number(basename(path).slice(0, 15)));
  return {
    segments: segments.length,
    bytes: segments.reduce((sum, { bytes }) => sum + bytes, 0),
    oldestAt: times.length === 0 ? null : Math.min(...times),
  };
}

/**
 * What all processes with this DATA_DIR have in their spools, from the disk: for the operator's command.
 * @returns also how many files were set aside for a look
 */
export async function readSpools(root: string): Promise<SpoolSize & { keptFiles: number }> {
  try {
    const names = await readdir(root, { recursive: true });
    const paths = names.filter((name) => name.endsWith('.segment')).map((name) => join(root, name));
    const segments = await Promise.all(
      paths.map(async (path) => ({ path, bytes: (await stat(path).catch(() => ({ size: 0 }))).size })),
    );
    const isKept = (name: string) => Object.values(KEPT).some((end) => name.endsWith(end));
    return {
      ...sizeOf(segments),
      keptFiles: names.filter((name) => !name.includes('/') && isKept(name)).length,
    };
  } catch (error) {
    if (codeOf(error) !== 'ENOENT') throw error;
    return { ...sizeOf([]), keptFiles: 0 };
  }
}

/** A new name in a folder is on the disk only when the folder was synced too. */
export async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r');
  await folder.sync().finally(() => folder.close());
}

export async function isThere(path: string): Promise<boolean> {
  try {
    await stat(path);
    return true;
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return false;
    throw error;
  }
}
