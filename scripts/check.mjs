/** `npm run check`: types, lint (floating promises, raw driver), format, layers and cycles, unused code. */
import { spawnSync } from 'node:child_process';

const STEPS = [
  ['types', ['tsc', '-p', 'tsconfig.json']],
  ['types of the browser parts', ['tsc', '-p', 'tsconfig.web.json']],
  ['lint', ['eslint', '.', '--max-warnings', '0']],
  ['format', ['prettier', '--check', '.', '--log-level', 'warn']],
  [
    'layers and import cycles',
    ['depcruise', 'src', 'workers', 'config', 'embedded', 'simulator', '--config', '.dependency-cruiser.cjs'],
  ],
  ['unused code', ['knip']],
];

let failed = 0;
for (const [name, [command, ...args]] of STEPS) {
  const started = Date.now();
  const { status } = spawnSync('npx', ['--no-install', command, ...args], { stdio: 'inherit' });
  console.log(`${status === 0 ? 'ok  ' : 'FAIL'} ${name} (${((Date.now() - started) / 1000).toFixed(1)} s)`);
  if (status !== 0) failed += 1;
}
process.exit(failed === 0 ? 0 : 1);
