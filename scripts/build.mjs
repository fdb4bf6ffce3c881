/**
 * `npm run build`: the product into dist/ (same folders as the sources), the console into dist/console, the
 * simulator's phone into dist/simulator/phone. A step whose inputs have not changed since it last succeeded is left
 * out; the compiler and the browser parts run side by side.
 */
import './lib/node-version.mjs';

import { copyFileSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, extname, join } from 'node:path';

import { filesOf, fingerprint } from './lib/fingerprint.mjs';
import { installPackages } from './lib/install.mjs';
import { progress, projectFolder, run, script } from './lib/run.mjs';

const COMPILED = ['src', 'workers', 'config', 'embedded', 'simulator', 'scripts'];
const SETTINGS = [
  'package-lock.json',
  'tsconfig.json',
  'tsconfig.build.json',
  'tsconfig.web.json',
  'scripts/build.mjs',
];
const exists = (file) => existsSync(join(projectFolder, file));
const isTypeScript = (file) => /(?<!\.d)\.tsx?$/.test(file);
const inBrowser = (file) => file.startsWith('simulator/phone/');

const product = {
  name: 'product',
  results: (inputs) => inputs.map((file) => `dist/${file.replace(/\.tsx?$/, '.js')}`),
  inputs: () => filesOf(COMPILED).filter((file) => !inBrowser(file) && (isTypeScript(file) || isAsset(file))),
  async make(inputs) {
    // The compiler's memory of what it wrote is wrong once a result was deleted.
    if (!this.results(inputs).every(exists)) {
      rmSync(join(projectFolder, 'dist/.tsbuildinfo'), { force: true });
    }
    // Types are the business of `npm run check`: looking at them takes several times as long as compiling.
    const compile = ['node_modules/typescript/bin/tsc', '-p', 'tsconfig.build.json', '--noCheck'];
    await run(process.execPath, compile, { quiet: true });
    removeStale(inputs);
    inputs.filter(isAsset).forEach(copyAsset);
  },
};

const browserPart = (name, folder, result) => ({
  name,
  results: () => [result],
  inputs: () => filesOf([folder]),
  make: () =>
    run(
      process.execPath,
      [
        'node_modules/vite/bin/vite.js',
        'build',
        '--config',
        `${folder}/vite.config.ts`,
        '--logLevel',
        'warn',
      ],
      {
        quiet: true,
      },
    ),
});

/** Files that the product reads at run time (Lua scripts and the like): copied as they are. */
function isAsset(file) {
  return !file.startsWith('scripts/') && ['.lua', '.json', '.html', '.css', '.js'].includes(extname(file));
}

function copyAsset(file) {
  const target = join(projectFolder, 'dist', file);
  mkdirSync(dirname(target), { recursive: true });
  copyFileSync(join(projectFolder, file), target);
}

/** What was compiled from a source that is gone. */
function removeStale(inputs) {
  const sources = new Set(inputs.map((file) => file.replace(/\.tsx?$/, '')));
  for (const file of filesOf(COMPILED.map((folder) => `dist/${folder}`))) {
    const compiled = /^dist\/(.*)\.js(\.map)?$/.exec(file)?.[1];
    if (compiled && !inBrowser(compiled) && !sources.has(compiled)) rmSync(join(projectFolder, file));
  }
}

/** Makes a part, unless its inputs are those it was last made from. */
async function make(step) {
  const inputs = step.inputs();
  const stamp = join(projectFolder, 'dist', '.stamps', step.name);
  const wanted = fingerprint([...inputs, ...filesOf(SETTINGS)]);
  const made = existsSync(stamp) && step.results(inputs).every(exists) ? readFileSync(stamp, 'utf8') : '';
  if (made === wanted) return;
  const started = Date.now();
  progress(`building the ${step.name} …`);
  rmSync(stamp, { force: true });
  await step.make(inputs);
  mkdirSync(dirname(stamp), { recursive: true });
  writeFileSync(stamp, wanted);
  progress(`${step.name} built`, started);
}

await script(async () => {
  await installPackages();
  const browserParts = async () => {
    await make(browserPart('console', 'console', 'dist/console/index.html'));
    await make(browserPart('phone', 'simulator/phone', 'dist/simulator/phone/index.html'));
  };
  const outcomes = await Promise.allSettled([make(product), browserParts()]);
  const failed = outcomes.find((outcome) => outcome.status === 'rejected');
  if (failed) throw failed.reason;
  return 0;
});
