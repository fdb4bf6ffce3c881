/**
 * `npm run sbom`: what the product is made of, as CycloneDX (JSON) in dist/sbom.json: the packages that run, from the
 * lock file, with versions, licences and hashes. Made by npm itself; asks no registry.
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';

import { projectFolder } from './lib/run.mjs';

const FILE = `${projectFolder}dist/sbom.json`;
const { status, stdout, stderr } = spawnSync(
  'npm',
  ['sbom', '--sbom-format', 'cyclonedx', '--omit', 'dev', '--package-lock-only'],
  { cwd: projectFolder, encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 },
);
if (status !== 0) {
  console.error(`npm sbom failed:\n${stderr}`);
  process.exit(1);
}
const { components = [] } = JSON.parse(stdout);
mkdirSync(`${projectFolder}dist`, { recursive: true });
writeFileSync(FILE, stdout);
console.log(`${components.length} packages in dist/sbom.json`);
