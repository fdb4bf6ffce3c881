/**
 * The disk under the spool, as one that can be full: a small one of its own where mounting is allowed (root on Linux),
 * else the product's file functions say so (full-disk.mjs).
 */
import { execFile } from 'node:child_process';
import { mkdir, open, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** Room for what an outage of 20 s spools. */
const SIZE_MB = 32;

export interface SpoolDisk {
  kind: 'small disk' | 'file functions';
  /** What the product's processes need to see it. */
  environment: Record<string, string>;
  fill(): Promise<void>;
  /** Gives the room back. */
  empty(): Promise<void>;
  close(): Promise<void>;
}

export async function openSpoolDisk(dataDir: string): Promise<SpoolDisk> {
  const folder = join(dataDir, 'spool');
  await mkdir(folder, { recursive: true, mode: 0o700 });
  try {
    await run('mount', ['-t', 'tmpfs', '-o', `size=${SIZE_MB}m,mode=700`, 'tmpfs', folder]);
    return smallDisk(folder, join(folder, 'filler'));
  } catch {
    return fileFunctions(join(dataDir, 'full'));
  }
}

function smallDisk(folder: string, filler: string): SpoolDisk {
  const empty = () => rm(filler, { force: true });
  return {
    kind: 'small disk',
    environment: {},
    empty,
    async fill() {
      const file = await open(filler, 'w', 0o600);
      try {
        const piece = Buffer.alloc(64 * 1024);
        // The last bytes, too: a few kilobytes would take another record.
        for (let size = piece.length; size > 0;) {
          const taken = await file.write(piece, 0, size).catch(noRoom);
          if (taken.bytesWritten < size) size = Math.floor(size / 2);
        }
      } finally {
        await file.close();
      }
    },
    async close() {
      await empty();
      await run('umount', [folder]);
    },
  };
}

function noRoom(error: NodeJS.ErrnoException): { bytesWritten: number } {
  if (error.code === 'ENOSPC') return { bytesWritten: 0 };
  throw error;
}

function fileFunctions(marker: string): SpoolDisk {
  const empty = () => rm(marker, { force: true });
  return {
    kind: 'file functions',
    environment: {
      CHAOS_FULL_DISK: marker,
      NODE_OPTIONS: `--import=${new URL('./full-disk.mjs', import.meta.url).href}`,
    },
    fill: () => writeFile(marker, ''),
    empty,
    close: empty,
  };
}
