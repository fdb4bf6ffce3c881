/**
 * Loaded first by a process of the product where no small disk can be mounted for its spool: while the file named by
 * CHAOS_FULL_DISK exists, the disk under the spool has no room.
 */
import { existsSync } from 'node:fs';
import { createRequire, syncBuiltinESMExports } from 'node:module';
import { dirname, join, sep } from 'node:path';

const files = createRequire(import.meta.url)('node:fs/promises');
const marker = process.env.CHAOS_FULL_DISK ?? '';
const spool = join(dirname(marker), 'spool') + sep;

const noRoom = () => Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' });

const { open } = files;
files.open = async (path, ...rest) => {
  const file = await open(path, ...rest);
  if (!String(path).startsWith(spool)) return file;
  for (const name of ['write', 'writev', 'writeFile', 'appendFile']) {
    const real = file[name].bind(file);
    file[name] = async (...given) => {
      if (existsSync(marker)) throw noRoom();
      return real(...given);
    };
  }
  return file;
};
syncBuiltinESMExports();
