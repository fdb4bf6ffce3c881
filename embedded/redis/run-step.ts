import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';

import type { Step } from './install-plan.ts';

/** Runs one step and answers its standard output, telling each line of it as it comes; rejects when it fails. */
export type RunStep = (step: Step, onLine: (line: string) => void) => Promise<string>;

const STEP_LIMIT_MS = 15 * 60_000;

/** Runs a step's command for real. The last line of its complaints is the error's message. */
export async function runStep(
  step: Step,
  onLine: (line: string) => void,
  limitMs = STEP_LIMIT_MS,
): Promise<string> {
  return new Promise((resolve, reject) => {
    const limit = AbortSignal.timeout(limitMs);
    const child = spawn(step.command, step.args, {
      cwd: step.folder,
      env: { ...process.env, ...step.env },
      stdio: ['ignore', 'pipe', 'pipe'],
      signal: limit, // a `timeout` would keep this process alive for as long when the command does not exist
    });
    const said: string[] = [];
    let complaint: string | undefined;
    createInterface({ input: child.stdout }).on('line', (line) => {
      said.push(line);
      onLine(line);
    });
    createInterface({ input: child.stderr }).on('line', (line) => {
      // apt warns of many things that do not matter.
      if (line.trim() !== '' && !line.startsWith('W:')) complaint = line;
    });
    child.on('error', (error) => {
      reject(limit.aborted ? new Error(`${step.title} failed (it took too long)`) : error);
    });
    child.once('close', (code, signal) => {
      if (code === 0) resolve(said.join('\n'));
      else reject(new Error(`${step.title} failed (${complaint ?? signal ?? `code ${code}`})`));
    });
  });
}
