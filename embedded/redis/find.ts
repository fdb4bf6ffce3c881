import { execFile } from 'node:child_process';
import { access, constants, readdir } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';

import { codeOf } from '../errors.ts';

const run = promisify(execFile);

const NAMES = ['redis-server', 'valkey-server'];
/** BullMQ works from 5.0 on; 6.2 is the oldest version it recommends, and the oldest still maintained by anybody. */
const OLDEST = [6, 2] as const;
const VERSION_LIMIT_MS = 10_000;

export interface RedisProgram {
  path: string;
  /** Folders of the libraries that were unpacked with it (LD_LIBRARY_PATH). */
  libraryPath?: string;
}

/** The first Redis or Valkey server in these folders that runs and is recent enough. */
export async function findRedis(folders: string[]): Promise<RedisProgram | undefined> {
  for (const path of folders.flatMap((folder) => NAMES.map((name) => join(folder, name)))) {
    if (await isUsable({ path })) return { path };
  }
  return undefined;
}

/** The server in a tree of unpacked Debian packages, with the libraries that came along. */
export async function findUnpacked(root: string): Promise<RedisProgram | undefined> {
  const libraryPath = (await libraryFolders(root)).join(delimiter);
  for (const name of NAMES) {
    const candidate = { path: join(root, 'usr/bin', name), ...(libraryPath === '' ? {} : { libraryPath }) };
    if (await isUsable(candidate)) return candidate;
  }
  return undefined;
}

/** Whether `--version` runs and names a version that will do. */
async function isUsable(program: RedisProgram): Promise<boolean> {
  try {
    await access(program.path, constants.X_OK);
    const env = {
      ...process.env,
      ...(program.libraryPath === undefined ? {} : { LD_LIBRARY_PATH: program.libraryPath }),
    };
    const { stdout } = await run(program.path, ['--version'], { env, timeout: VERSION_LIMIT_MS });
    return isRecent(stdout);
  } catch {
    // Absent, not executable, or lacking a library: each means "not this one".
    return false;
  }
}

/** Reads `Redis server v=7.0.15 sha=…` and `Valkey server v=8.1.1 sha=…`. */
export function isRecent(versionLine: string): boolean {
  const [, major, minor] = /v=(\d+)\.(\d+)/.exec(versionLine) ?? [];
  if (major === undefined || minor === undefined) return false;
  return Number(major) > OLDEST[0] || (Number(major) === OLDEST[0] && Number(minor) >= OLDEST[1]);
}

/** Debian keeps libraries in `usr/lib/<machine>-linux-gnu` (and `lib/…` before the two were merged). */
async function libraryFolders(root: string): Promise<string[]> {
  const found = await Promise.all(
    ['usr/lib', 'lib'].map(async (place) => {
      const names = await readdir(join(root, place)).catch((error: unknown) => {
        if (codeOf(error) === 'ENOENT') return [];
        throw error;
      });
      return names.filter((name) => name.includes('-linux-')).map((name) => join(root, place, name));
    }),
  );
  return found.flat();
}
