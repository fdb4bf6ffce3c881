import { type Command } from './command.ts';
import { MODIFY_COMMANDS } from './modify.ts';
import { READ_COMMANDS } from './read.ts';
import { SCHEMA_COMMANDS } from './schema.ts';
import { SESSION_COMMANDS } from './session.ts';
import { WRITE_COMMANDS } from './write.ts';

/** Every command the server knows, by name. */
export const COMMANDS: ReadonlyMap<string, Command> = new Map(
  Object.entries({
    ...SESSION_COMMANDS,
    ...READ_COMMANDS,
    ...WRITE_COMMANDS,
    ...MODIFY_COMMANDS,
    ...SCHEMA_COMMANDS,
  }),
);
