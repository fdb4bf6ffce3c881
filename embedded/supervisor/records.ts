import { renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { z } from 'zod';

import { folderIdentity, readIfPresent } from '../files.ts';
import type { ProcessIdentity } from '../process-identity.ts';

const recordSchema = z.object({
  /** Identity of the folder for which it was written: the note in a copy speaks of somebody else's process. */
  folder: z.string(),
  port: z.number().int(),
  process: z.object({ pid: z.number(), started: z.string(), place: z.string() }),
});

/**
 * The note about one server that its supervisor leaves on the disk, so that a successor finds the same port and the
 * process that nobody stopped.
 */
export interface ServerRecord {
  /** What was written last; undefined when nothing was, or nothing that can be relied on. */
  read(): Promise<{ port: number; process: ProcessIdentity } | undefined>;
  /**
   * Done before the caller gives up its turn: between the start of a process and its record nothing else may happen,
   * else a supervisor killed there would leave a server that nobody can prove to be ours.
   */
  write(port: number, process: ProcessIdentity): void;
}

/** The record of the server of this name in the supervisor's folder. */
export function serverRecord(folder: string, name: string): ServerRecord {
  const path = join(folder, `${name}.json`);
  return {
    async read() {
      const text = await readIfPresent(path);
      try {
        const record = text === undefined ? undefined : recordSchema.parse(JSON.parse(text));
        return record?.folder === folderIdentity(folder) ? record : undefined;
      } catch (error) {
        if (!(error instanceof SyntaxError) && !(error instanceof z.ZodError)) throw error;
        return undefined;
      }
    },
    write(port, process) {
      writeFileSync(`${path}.new`, JSON.stringify({ folder: folderIdentity(folder), port, process }), {
        mode: 0o600,
      });
      renameSync(`${path}.new`, path);
    },
  };
}
