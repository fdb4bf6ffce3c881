/**
 * Where the installation's keys come from. One interface, so that a key management service fits behind it: such a
 * provider asks the service to open the keys that the operator keeps wrapped, and gives them as the others do.
 */
import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { chmod, link, mkdir, open, readdir, readFile, rename, unlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';

import type { Settings } from '../../config/settings.ts';
import { type Logger, SafeError } from '../ops/log.ts';
import { SealError } from './seal.ts';

export interface MasterKeyProvider {
  /**
   * Keys of 32 bytes, at least one: the first seals what is new, the others open what is older.
   * @throws an error that says what to set or restore
   */
  load(): Promise<Buffer[]>;
  /**
   * Asked when the database turned out to be made with another key than `load` gave. A key that `load` made itself is
   * put aside, so that it is not taken for the lost one; webhooks that came meanwhile may be spooled under it.
   * @returns what to tell: what is wrong, and what to restore
   */
  refused(): Promise<SealError>;
}

/** The provider that the settings name: MASTER_KEY, MASTER_KEY_FILE, else a key made in DATA_DIR. */
export function masterKeyProvider(
  { MASTER_KEY, MASTER_KEY_FILE, DATA_DIR }: Pick<Settings, 'MASTER_KEY' | 'MASTER_KEY_FILE' | 'DATA_DIR'>,
  log: Logger,
): MasterKeyProvider {
  if (MASTER_KEY) return environmentKeys(MASTER_KEY);
  if (MASTER_KEY_FILE !== undefined) return fileKeys(MASTER_KEY_FILE);
  return madeKey(join(DATA_DIR, 'master.key'), log);
}

/** @param keys base64, as in MASTER_KEY */
export function environmentKeys(keys: readonly string[]): MasterKeyProvider {
  return {
    load: async () => Promise.resolve(keys.map((key) => decoded(key, 'MASTER_KEY'))),
    refused: async () => Promise.resolve(anotherKey('MASTER_KEY')),
  };
}

/** A file with one key in base64 a line, newest first, as container platforms mount secrets. */
export function fileKeys(path: string): MasterKeyProvider {
  return {
    async load() {
      const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
        throw new SafeError(
          `The file of MASTER_KEY_FILE can't be read (${error.code ?? 'unknown'}). Without its key nothing stored can be read: restore it from its copy.`,
        );
      });
      const lines = text.split(/[\s,]+/).filter((line) => line !== '');
      if (lines.length === 0) throw new SafeError('The file of MASTER_KEY_FILE is empty: one key a line.');
      return lines.map((line) => decoded(line, 'MASTER_KEY_FILE'));
    },
    refused: async () => Promise.resolve(anotherKey('The key of MASTER_KEY_FILE')),
  };
}

/** The key of a machine that has its database beside it: made once, readable by its owner only. */
function madeKey(path: string, log: Logger): MasterKeyProvider {
  let made: string | undefined;
  return {
    async load() {
      await mkdir(dirname(path), { recursive: true });
      const aside = (await readdir(dirname(path))).find((name) => name.startsWith(ASIDE));
      // Whoever starts again and again makes no further one.
      if (aside !== undefined && !existsSync(path)) throw missingKey(aside);
      const isNew = await makeKey(path);
      if (isNew) {
        made = await readFile(path, 'utf8');
        log.warn(
          {
            part: 'master-key',
            outcome: 'made in DATA_DIR/master.key; keep a copy: without it nothing stored can be read',
          },
          'master-key.made',
        );
      }
      await chmod(path, 0o600);
      return fileKeys(path).load();
    },
    async refused() {
      const there = await readFile(path, 'utf8').catch(() => undefined);
      if (made === undefined || there !== made) return anotherKey('The key in DATA_DIR/master.key');
      const aside = ASIDE + randomBytes(4).toString('hex');
      await rename(path, join(dirname(path), aside));
      return missingKey(aside);
    },
  };
}

/** Beginning of the name of a key that was made in place of a lost one. */
const ASIDE = 'master.key.made-';

function missingKey(aside: string): SealError {
  return new SealError(
    `DATA_DIR/master.key is missing, and this database was made with its key. Put its copy back: without it nothing stored can be read. The key that was made in its place is DATA_DIR/${aside}: add its line below if webhooks were taken meanwhile.`,
  );
}

function anotherKey(what: string): SealError {
  return new SealError(
    `${what} is not the key that this database was made with. Put the right one back: without it nothing stored can be read.`,
  );
}

function decoded(key: string, from: string): Buffer {
  const bytes = Buffer.from(key, 'base64');
  if (bytes.length === 32) return bytes;
  throw new SafeError(`${from} must hold keys of 32 bytes in base64; restore it from its copy.`);
}

/**
 * Makes the key file unless there is one. It appears whole and only once, whoever starts at the same moment and
 * whatever dies in between. @returns false when it was there.
 */
async function makeKey(path: string): Promise<boolean> {
  const draft = `${path}.${randomBytes(6).toString('hex')}`;
  const file = await open(draft, 'wx', 0o600);
  try {
    await file.writeFile(`${randomBytes(32).toString('base64')}\n`);
    await file.sync();
    await link(draft, path);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  } finally {
    await file.close();
    await unlink(draft);
  }
}
