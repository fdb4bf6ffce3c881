/**
 * `npm run quickstart`: needs only Node on a fresh clone. Installs, builds, then runs the quickstart of the build
 * (scripts/quickstart/main.ts) in this process, so that a Ctrl-C reaches it first.
 */
import './lib/node-version.mjs';

import { installPackages } from './lib/install.mjs';
import { run, script } from './lib/run.mjs';

await script(async () => {
  await installPackages();
  return run(process.execPath, ['scripts/build.mjs']);
});
if (process.exitCode === 0) await import(new URL('../dist/scripts/quickstart/main.js', import.meta.url));
