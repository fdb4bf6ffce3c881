/** `npm run bench`: installs and builds what is missing, then measures (bench/main.ts). */
import './lib/node-version.mjs';

import { installPackages } from './lib/install.mjs';
import { run, script } from './lib/run.mjs';

await script(async () => {
  await installPackages();
  const code = await run(process.execPath, ['scripts/build.mjs']);
  if (code !== 0) return code;
  return run(process.execPath, ['--import', 'tsx', 'bench/main.ts', ...process.argv.slice(2)]);
});
