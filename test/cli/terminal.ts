import { main } from '../../src/cli.ts';
import type { Terminal } from '../../src/cli/output.ts';
import type { Context } from '../../src/context.ts';

export interface Ran {
  exitCode: number;
  out: string;
  err: string;
}

/** Runs `whatsper` in this process, on the servers of a test's context. */
export async function run(ctx: Context, args: string[], input = ''): Promise<Ran> {
  return captured((terminal) => main(args, {}, terminal, (work) => work(ctx)), input);
}

/** Runs `whatsper` in this process, on the servers that the environment names. */
export async function runIn(environment: Record<string, string>, args: string[]): Promise<Ran> {
  return captured((terminal) => main(args, environment, terminal), '');
}

async function captured(command: (terminal: Terminal) => Promise<number>, input: string): Promise<Ran> {
  const out: string[] = [];
  const err: string[] = [];
  const exitCode = await command({
    out: (text) => void out.push(text),
    err: (text) => void err.push(text),
    input: async () => input,
  });
  return { exitCode, out: out.join('\n'), err: err.join('\n') };
}
