/** A digest of files, so that a build step runs only when what it reads has changed. */
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';

import { projectFolder } from './run.mjs';

/** Every file under the given files and folders (relative to the project), sorted; what is missing has none. */
export function filesOf(paths) {
  return paths.flatMap(filesUnder).sort();
}

function filesUnder(path) {
  const stat = statSync(join(projectFolder, path), { throwIfNoEntry: false });
  if (!stat) return [];
  if (stat.isFile()) return [path];
  return readdirSync(join(projectFolder, path)).flatMap((name) =>
    name === 'node_modules' ? [] : filesUnder(`${path}/${name}`),
  );
}

/** SHA-256 over the names and contents of the files. */
export function fingerprint(files) {
  const digest = createHash('sha256').update(process.versions.node);
  for (const file of files) {
    const content = readFileSync(join(projectFolder, file));
    digest.update(`\0${file}\0${content.length}\0`).update(content);
  }
  return digest.digest('hex');
}
