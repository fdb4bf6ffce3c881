/** `npm run bench`, once everything is installed and built (scripts/bench.mjs sees to that). */
import { runBench } from './bench.ts';
import { HELP, readOptions } from './options.ts';

const words = process.argv.slice(2);
if (words.includes('--help')) {
  console.log(HELP);
} else {
  try {
    const options = readOptions(words, process.env);
    process.exitCode = await runBench(options);
  } catch (error) {
    console.error(`\n${error instanceof Error ? error.message : String(error)}`);
    process.exitCode = 1;
  }
}
