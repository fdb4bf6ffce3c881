#!/usr/bin/env node
/** The operator's command, from the build. */
import { existsSync } from 'node:fs';

const cli = new URL('../dist/src/cli.js', import.meta.url);
if (existsSync(cli)) {
  const { main } = await import(cli.href);
  process.exitCode = await main(process.argv.slice(2), process.env);
} else {
  process.stderr.write('whatsper is not built yet: run `npm ci` and `npm run build` first.\n');
  process.exitCode = 1;
}
