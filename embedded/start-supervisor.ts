import { spawn } from 'node:child_process';
import { open } from 'node:fs/promises';
import { dirname, join } from 'node:path';

import { z } from 'zod';

import { supervisorFolder } from './control.ts';
import { makePrivateFolder } from './files.ts';
import { moduleCommand } from './module-command.ts';

const messageSchema = z.union([
  z.strictObject({ listening: z.literal(true) }),
  z.strictObject({ held: z.literal(true) }),
  z.strictObject({ failed: z.string() }),
  z.strictObject({ progress: z.string() }),
]);

/**
 * Starts a supervisor in a session of its own, so that neither the end of this process nor Ctrl-C in its terminal
 * reaches it. Resolves when it listens, and also when another one holds the lock already.
 * @throws Error when it could not start
 */
export async function startSupervisor(dataFolder: string, onProgress: (line: string) => void): Promise<void> {
  const { command, args, path } = moduleCommand(import.meta.url, './supervisor/main');
  const folder = supervisorFolder(dataFolder);
  await makePrivateFolder(folder);
  // It says nothing there but the reason of a crash.
  const logPath = join(folder, 'supervisor.log');
  const log = await open(logPath, 'w', 0o600);
  try {
    const child = spawn(command, [...args, '--data', dataFolder], {
      cwd: dirname(path),
      detached: true,
      stdio: ['ignore', log.fd, log.fd, 'ipc'],
    });
    await new Promise<void>((resolve, reject) => {
      child.once('error', reject);
      child.once('exit', (code, signal) =>
        reject(new Error(`The supervisor of the embedded servers ended (${signal ?? code}); see ${logPath}`)),
      );
      child.on('message', (raw) => {
        const message = messageSchema.parse(raw);
        if ('progress' in message) onProgress(message.progress);
        else if ('failed' in message) reject(new Error(message.failed));
        else resolve();
      });
    });
    child.unref();
  } finally {
    await log.close();
  }
}
