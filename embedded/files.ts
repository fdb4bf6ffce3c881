import { randomUUID } from 'node:crypto';
import { constants, statSync } from 'node:fs';
import { access, chmod, lstat, mkdir, open, readdir, readFile, rename } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';

import { codeOf } from './errors.ts';

/**
 * Makes the data folder when it is absent and answers its absolute path.
 * @throws Error that says what to do when this user cannot write there.
 */
export async function openDataFolder(dataDir: string): Promise<string> {
  const folder = resolve(dataDir);
  try {
    await mkdir(folder, { recursive: true });
    await access(folder, constants.R_OK | constants.W_OK | constants.X_OK);
  } catch (error) {
    throw new Error(
      `DATA_DIR ${folder} cannot be written (${codeOf(error) ?? 'unknown error'}). ` +
        'Give this user write access to it, or set DATA_DIR to a folder that it owns.',
      { cause: error },
    );
  }
  return folder;
}

/**
 * Makes a folder that only this user can enter; one of ours that is open to others is closed.
 * @throws Error when there is one already that belongs to somebody else.
 */
export async function makePrivateFolder(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const found = await lstat(folder);
  const user = process.getuid?.();
  if (!found.isDirectory() || (found.uid !== user && user !== 0)) {
    throw new Error(`${folder} belongs to another user. Remove it, or run as the user that made it.`);
  }
  if ((found.mode & 0o077) !== 0) await chmod(folder, 0o700);
}

/**
 * What tells a folder from a copy of it, whatever the path by which it is reached. Good for as long as the kernel runs.
 */
export function folderIdentity(folder: string): string {
  const { dev, ino } = statSync(folder);
  return `${dev}:${ino}`;
}

/** Writes a whole file for this user only (0600), durably, so that a reader sees the old text or the new one. */
export async function writePrivateFile(path: string, text: string): Promise<void> {
  const draft = `${path}.${randomUUID()}.new`;
  await writeNewFile(draft, text);
  await rename(draft, path);
  const folder = await open(dirname(path), 'r');
  await folder.sync().finally(() => folder.close());
}

/** Writes a file that must not exist yet (0600) and waits until it is on the disk. */
export async function writeNewFile(path: string, text: string): Promise<void> {
  const file = await open(path, 'wx', 0o600);
  try {
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
}

/** The text of a file; undefined when there is no such file. */
export async function readIfPresent(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined;
    throw error;
  }
}

/** Whether a folder exists and holds anything. */
export async function holdsFiles(folder: string): Promise<boolean> {
  try {
    return (await readdir(folder)).length > 0;
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return false;
    throw error;
  }
}
