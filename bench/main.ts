/** `npm run bench`, once everything is installed and built (scripts/bench.mjs sees to that). */
import { runBench } from './bench.ts';
import { HELP, readOptions } from './options.ts';

const words = process.argv.slice(2);
/** What an interruption leaves under way must not keep the process; the programs it started end with it. */
process.exit(await run());

async function run(): Promise<number> {
  if (words.includes('--help')) {
    console.log(HELP);
    return 0;
  }
  try {
    return await runBench(readOptions(words, process.env));
  } catch (error) {
    console.error(`\n${error instanceof Error ? error.message : String(error)}`);
    return 1;
  }
}
