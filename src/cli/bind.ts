/** How a command is bound to its work. */
import type { Command } from 'commander';

import type { Context } from '../context.ts';
import type { Output, Terminal } from './output.ts';

/** What a command is given when it runs. */
export interface Call<Options> {
  ctx: Context;
  output: Output;
  terminal: Terminal;
  /** What commander parsed; what the command requires is there. */
  options: Options;
  /** Words after the options. */
  args: string[];
}

/** Binds a command to its work; gives it `--json`. */
export type Bind = <Options>(command: Command, work: (call: Call<Options>) => Promise<void>) => void;
