import { type Command } from './command.ts';
import { SESSION_COMMANDS } from './commands-session.ts';
import { READ_COMMANDS } from './commands-read.ts';
import { SCHEMA_COMMANDS } from './commands-schema.ts';
import { WRITE_COMMANDS } from './commands-write.ts';

/** Every command the server knows, by name. */
export const COMMANDS: ReadonlyMap<string, Command> = new Map(
  Object.entries({ ...SESSION_COMMANDS, ...READ_COMMANDS, ...WRITE_COMMANDS, ...SCHEMA_COMMANDS }),
);
