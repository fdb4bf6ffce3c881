/**
 * `npm test`: installs and builds what is missing, then runs Jest. MONGODB_URI and REDIS_URL, where set, name the
 * servers to test on; otherwise embedded ones are started for the run. Arguments go to Jest: `npm test -- test/store`.
 */
import './lib/node-version.mjs';

import { join } from 'node:path';

import { prepareBrowser } from './lib/browser.mjs';
import { installPackages } from './lib/install.mjs';
import { projectFolder, run, script } from './lib/run.mjs';

const given = process.argv.slice(2);
const paths = given.filter((argument) => !argument.startsWith('-'));
/** Only these tests run the product as built; a run of chosen other ones need not wait for the build. */
const needsBuild = paths.length === 0 || paths.some((path) => /bench|e2e|chaos|simulator/.test(path));

await script(async () => {
  await installPackages();
  let browser = {};
  if (needsBuild) {
    const code = await run(process.execPath, ['scripts/build.mjs']);
    if (code !== 0) return code;
    browser = await prepareBrowser();
  }
  const reporter = join(projectFolder, 'scripts/lib/totals-reporter.mjs');
  const flags = ['--experimental-vm-modules', '--disable-warning=ExperimentalWarning'];
  return run(
    process.execPath,
    // The reporters come last: the option takes every word after it.
    ['node_modules/jest/bin/jest.js', ...given, '--reporters=default', `--reporters=${reporter}`],
    {
      environment: {
        ...browser,
        NODE_OPTIONS: [process.env.NODE_OPTIONS, ...flags].filter(Boolean).join(' '),
      },
    },
  );
});
