/**
 * `npm run check`: types, lint (floating promises, raw driver), format, layers and cycles, unused code. Lint takes as
 * long as the others together, so it runs beside them.
 */
import { spawn } from 'node:child_process';

const LINT = ['lint', ['eslint', '.', '--max-warnings', '0']];
const OTHERS = [
  ['types', ['tsc', '-p', 'tsconfig.json']],
  ['types of the browser parts', ['tsc', '-p', 'tsconfig.web.json']],
  ['format', ['prettier', '--check', '.', '--log-level', 'warn']],
  [
    'layers and import cycles',
    ['depcruise', 'src', 'workers', 'config', 'embedded', 'simulator', '--config', '.dependency-cruiser.cjs'],
  ],
  ['unused code', ['knip']],
];

/** Runs a step, shows what it says when it has ended. @returns true when it found nothing */
async function isFine([name, [command, ...args]]) {
  const started = Date.now();
  const child = spawn('npx', ['--no-install', command, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  const said = [];
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (piece) => said.push(piece));
  const status = await new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  process.stdout.write(Buffer.concat(said));
  console.log(`${status === 0 ? 'ok  ' : 'FAIL'} ${name} (${((Date.now() - started) / 1000).toFixed(1)} s)`);
  return status === 0;
}

async function others() {
  let fine = true;
  for (const step of OTHERS) fine = (await isFine(step)) && fine;
  return fine;
}

const results = await Promise.all([isFine(LINT), others()]);
process.exitCode = results.every(Boolean) ? 0 : 1;
