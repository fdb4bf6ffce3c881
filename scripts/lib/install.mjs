/**
 * Installs the packages of package-lock.json when what is in node_modules is not that. npm's own record of what it
 * installed (node_modules/.package-lock.json, written last) is compared, so an interrupted install is seen too.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { progress, projectFolder, run } from './run.mjs';

/** Installs when needed; a second call costs some milliseconds. */
export async function installPackages() {
  if (installed()) return;
  const started = Date.now();
  progress('installing packages (a minute or two the first time) …');
  await run('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error'], { quiet: true });
  progress('packages installed', started);
}

function installed() {
  const wanted = packagesIn('package-lock.json');
  const found = packagesIn('node_modules/.package-lock.json');
  if (!wanted) {
    throw new Error(
      'package-lock.json is missing or damaged: restore it with "git checkout package-lock.json".',
    );
  }
  return (
    found !== undefined &&
    Object.entries(wanted).every(
      ([path, entry]) => path === '' || isOptional(entry) || isSame(entry, found[path]),
    )
  );
}

function packagesIn(file) {
  try {
    return JSON.parse(readFileSync(join(projectFolder, file), 'utf8')).packages;
  } catch (error) {
    if (error.code === 'ENOENT' || error instanceof SyntaxError) return undefined;
    throw error;
  }
}

/** Packages of other platforms: npm leaves them out without a word. */
function isOptional(entry) {
  return entry.optional === true || entry.devOptional === true || entry.link === true;
}

function isSame(wanted, found) {
  return found !== undefined && found.version === wanted.version && found.integrity === wanted.integrity;
}
