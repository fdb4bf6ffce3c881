/** Runs one command of the project, quietly or shown, and says what failed. */
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

export const projectFolder = fileURLToPath(new URL('../../', import.meta.url));

/** Stopped by a signal of the user (Ctrl-C): not a failure to explain. */
export class Interrupted extends Error {}

/**
 * Runs `command` in the project's folder. With `quiet` its output is kept back and shown only when it fails.
 * @returns its exit code (0 with `quiet`). @throws when it can't be started, or with `quiet` fails.
 */
export async function run(command, args, { quiet = false, environment = {} } = {}) {
  const child = spawn(command, args, {
    cwd: projectFolder,
    stdio: quiet ? ['ignore', 'pipe', 'pipe'] : 'inherit',
    env: { ...process.env, ...environment },
    shell: process.platform === 'win32' && command === 'npm',
  });
  const output = [];
  child.stdout?.on('data', (chunk) => output.push(chunk));
  child.stderr?.on('data', (chunk) => output.push(chunk));
  const { code, signal } = await ended(child, command);
  if (signal === 'SIGINT' || signal === 'SIGTERM') {
    throw new Interrupted(`${command} was stopped by ${signal}`);
  }
  if (quiet && code !== 0) {
    throw new Error(
      `${[command, ...args].join(' ')} failed (${signal ?? `exit code ${code}`}):\n${ends(output)}`,
    );
  }
  return code ?? 1;
}

function ended(child, command) {
  return new Promise((resolve, reject) => {
    child.once('error', (error) => reject(new Error(`${command} could not be started: ${error.message}`)));
    child.once('close', (code, signal) => resolve({ code, signal }));
  });
}

/** The first and the last lines: tools tell what failed at one of the two ends. */
function ends(output) {
  const lines = Buffer.concat(output).toString('utf8').trimEnd().split('\n');
  return (lines.length > 60 ? [...lines.slice(0, 15), '…', ...lines.slice(-40)] : lines).join('\n');
}

/** One line of progress with the seconds since `started` (milliseconds since 1970). */
export function progress(text, started) {
  const seconds = started === undefined ? '' : ` (${((Date.now() - started) / 1000).toFixed(1)} s)`;
  console.error(`• ${text}${seconds}`);
}

/** Runs a script's `main`, turning what it throws into one message and exit code 1. */
export async function script(main) {
  try {
    process.exitCode = await main();
  } catch (error) {
    if (error instanceof Interrupted) {
      process.exitCode = 130;
    } // what a shell says of a program ended by Ctrl-C
    else {
      console.error(`\n${error instanceof Error ? error.message : String(error)}`);
      process.exitCode = 1;
    }
  }
}
