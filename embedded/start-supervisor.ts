import type { ChildProcess } from 'node:child_process';
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

/** What programs need to run and to reach the network; above all no secret of ours, since these processes live on. */
const PASSED_ON =
  /^(PATH|HOME|USER|LOGNAME|LANG|LC_\w+|TZ|TMPDIR|XDG_\w+|APT_CONFIG|LD_LIBRARY_PATH|EMBEDDED_REDIS_MAXMEMORY|(https?|no|all)_proxy)$/i;

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
  const log = await open(logPath, 'a', 0o600);
  try {
    const child = spawn(command, [...args, '--data', dataFolder], {
      cwd: dirname(path),
      env: environmentOf(process.env),
      detached: true,
      stdio: ['ignore', log.fd, log.fd, 'ipc'],
    });
    await outcomeOf(child, logPath, onProgress);
    // From here on the two are strangers: it must not keep this process alive.
    if (child.connected) child.disconnect();
    child.unref();
  } finally {
    await log.close();
  }
}

/** Resolves when the supervisor listens or left the field to another; rejects when it failed. */
async function outcomeOf(
  child: ChildProcess,
  logPath: string,
  onProgress: (line: string) => void,
): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    child.once('error', reject);
    // Unlike `exit`, this comes after the last message.
    child.once('close', (code, signal) =>
      reject(new Error(`The supervisor of the embedded servers ended (${signal ?? code}); see ${logPath}`)),
    );
    child.on('message', (raw) => {
      const message = messageSchema.parse(raw);
      if ('progress' in message) onProgress(message.progress);
      else if ('failed' in message) reject(new Error(message.failed));
      else resolve();
    });
  });
}

/** The part of an environment that the supervisor and its servers get. */
function environmentOf(environment: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(environment).filter(([name]) => PASSED_ON.test(name)));
}
