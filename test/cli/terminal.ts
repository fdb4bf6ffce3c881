import { main } from '../../src/cli.ts';
import type { Context } from '../../src/context.ts';

export interface Ran {
  exitCode: number;
  out: string;
  err: string;
}

/** Runs `whatsper` in this process, on the servers of a test's context. */
export async function run(ctx: Context, args: string[], input = ''): Promise<Ran> {
  const out: string[] = [];
  const err: string[] = [];
  const terminal = {
    out: (text: string) => void out.push(text),
    err: (text: string) => void err.push(text),
    input: async () => input,
  };
  const exitCode = await main(args, {}, terminal, (work) => work(ctx));
  return { exitCode, out: out.join('\n'), err: err.join('\n') };
}
