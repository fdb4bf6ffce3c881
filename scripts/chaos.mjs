/**
 * `npm run chaos`: installs and builds what is missing, then runs test/chaos/main.ts; arguments go there.
 * Standard output holds the one JSON document of the run, so all progress goes to standard error.
 */
import './lib/node-version.mjs';

import { installPackages } from './lib/install.mjs';
import { Interrupted, run } from './lib/run.mjs';

/** The run could not be made: 1 would say that a promise was broken. */
const NOT_RUN = 2;

try {
  await installPackages();
  await run(process.execPath, ['scripts/build.mjs'], { quiet: true });
  process.exitCode = await run(process.execPath, [
    '--import',
    'tsx',
    'test/chaos/main.ts',
    ...process.argv.slice(2),
  ]);
} catch (error) {
  if (!(error instanceof Interrupted)) console.error(error instanceof Error ? error.message : String(error));
  process.exitCode = NOT_RUN;
}
