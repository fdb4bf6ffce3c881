/**
 * Adds to package-lock.json what npm left out: native packages of other systems. npm drops them from the lock when
 * the registry at hand does not carry them, and `npm ci` then refuses the lock everywhere, on those systems and ours.
 * System and processor follow from the package's name, as the tools that publish them name it. Run it after a change
 * of the dependencies: node scripts/complete-lockfile.mjs
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { projectFolder } from './lib/run.mjs';

const SYSTEMS = [
  'android',
  'darwin',
  'freebsd',
  'linux',
  'netbsd',
  'openbsd',
  'openharmony',
  'sunos',
  'win32',
  'aix',
];
const PROCESSORS = [
  'arm',
  'arm64',
  'ia32',
  'loong64',
  'mips64el',
  'ppc64',
  'riscv64',
  's390x',
  'wasm32',
  'x64',
];
const LIBRARIES = { gnu: 'glibc', musl: 'musl' };

const path = join(projectFolder, 'package-lock.json');
const lock = JSON.parse(readFileSync(path, 'utf8'));
const missing = Object.entries(lock.packages).flatMap(([owner, entry]) =>
  Object.entries(entry.optionalDependencies ?? {})
    .filter(([name]) => !isLocked(owner, name))
    .map(([name, version]) => [`node_modules/${name}`, describe(name, version, entry)]),
);
const packages = Object.entries({ ...lock.packages, ...Object.fromEntries(missing) });
lock.packages = Object.fromEntries(packages.sort(([left], [right]) => left.localeCompare(right, 'en')));
if (missing.length > 0) writeFileSync(path, `${JSON.stringify(lock, undefined, 2)}\n`);
console.log(`${missing.length} packages of other systems added to package-lock.json`);

/** Where Node would look for it from its owner: beside it, then further out. */
function isLocked(owner, name) {
  const folders = owner.split('/node_modules/');
  return (
    folders.some((_, index) => {
      const folder = folders.slice(0, folders.length - index).join('/node_modules/');
      return `${folder}/node_modules/${name}` in lock.packages;
    }) || `node_modules/${name}` in lock.packages
  );
}

function describe(name, version, owner) {
  if (!/^\d+\.\d+\.\d+/.test(version)) {
    throw new Error(`${name} is wanted as "${version}", not as one version.`);
  }
  const words = name.split(/[/.-]/);
  const system = SYSTEMS.find((word) => words.includes(word));
  const processor =
    PROCESSORS.find((word) => words.includes(word)) ??
    (words.some((word) => /^arm/.test(word)) ? 'arm' : undefined);
  if (system === undefined && processor !== 'wasm32') throw new Error(`${name} names no system.`);
  const library = Object.keys(LIBRARIES).find((word) => words.some((part) => part.startsWith(word)));
  return {
    version,
    ...(processor === undefined ? {} : { cpu: [processor] }),
    ...(owner.dev ? { dev: true } : {}),
    ...(system === 'linux' && library ? { libc: [LIBRARIES[library]] } : {}),
    optional: true,
    ...(system === undefined ? {} : { os: [system] }),
  };
}
