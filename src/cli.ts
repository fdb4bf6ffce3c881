/** `whatsper`: everything an operator does. bin/whatsper.js runs it from the build. */
import { readSettings } from '../config/settings.ts';
import { explain } from './cli/explain.ts';
import type { Terminal } from './cli/output.ts';
import { program, type WithContext } from './cli/program.ts';
import { createLogger } from './ops/log.ts';
import { openContext } from './start.ts';

type Environment = Record<string, string | undefined>;

/** Runs one command; `withContext` lets a test give its own servers. @returns its exit code. */
export async function main(
  args: string[],
  environment: Environment,
  terminal: Terminal = processTerminal,
  withContext: WithContext = openedFrom(environment, terminal),
): Promise<number> {
  try {
    await program({ environment, terminal, withContext }).parseAsync(args, { from: 'user' });
    return 0;
  } catch (error) {
    const { message, exitCode } = explain(error);
    if (message !== undefined) terminal.err(message);
    return exitCode;
  }
}

const processTerminal: Terminal = {
  out: (text) => process.stdout.write(`${text}\n`),
  err: (text) => process.stderr.write(`${text}\n`),
  async input() {
    let text = '';
    for await (const chunk of process.stdin.setEncoding('utf8')) text += chunk as string;
    return text;
  },
};

/**
 * Opens servers as the gateway does, or finds those of a running one. Log lines go where errors go: standard output
 * holds the answer alone. Unless LOG_LEVEL asks for more, only what a person must know is logged.
 */
function openedFrom(environment: Environment, terminal: Terminal): WithContext {
  return async (run) => {
    const level = environment.LOG_LEVEL ? readSettings(environment).LOG_LEVEL : 'warn';
    const log = createLogger(level, { write: (line) => terminal.err(line.trimEnd()) });
    const opened = await openContext(environment, { log, onProgress: (line) => terminal.err(line) });
    try {
      await run(opened.ctx);
    } finally {
      await opened.close();
    }
  };
}
