/** The operator's command, run in processes of its own while a stack is up. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

import { built } from './child.ts';

const runFile = promisify(execFile);

export class Commands {
  readonly #ending = new AbortController();
  readonly #running = new Set<Promise<unknown>>();

  constructor(private readonly environment: Record<string, string | undefined>) {}

  /** Runs `whatsper … --json`. @throws Error with what it said when it fails, or when the stack stops */
  async run<T>(args: string[]): Promise<T> {
    const command = runFile(process.execPath, [built('../bin/whatsper.js'), ...args, '--json'], {
      env: this.environment,
      signal: this.#ending.signal,
    });
    this.#running.add(command);
    try {
      return JSON.parse((await command).stdout) as T;
    } catch (error) {
      const { stderr = '', message = '' } = error as { stderr?: string; message?: string };
      throw new Error(`whatsper ${args.slice(0, 2).join(' ')} failed: ${stderr.trim() || message}`, {
        cause: error,
      });
    } finally {
      this.#running.delete(command);
    }
  }

  /** Ends what runs and lets nothing more start: a late command would start the embedded servers again. */
  async end(): Promise<void> {
    this.#ending.abort();
    await Promise.allSettled(this.#running);
  }
}
