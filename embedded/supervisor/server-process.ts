import type { ChildProcessWithoutNullStreams } from 'node:child_process';
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';

import { messageOf } from '../errors.ts';
import { identify } from '../process-identity.ts';
import type { ServerRecord } from './records.ts';

/** A server process that was just started, as `ready` sees it. */
export interface StartingServer {
  pid: number;
  port: number;
  /** Resolves with the first line of its standard output that `matches`. */
  line: (matches: (line: string) => boolean) => Promise<string>;
}

/** One kind of server that the supervisor can run. */
export interface Server {
  /** How people call it in messages: `Redis`, `MongoDB`. */
  name: string;
  command(port: number): { command: string; args: string[]; env?: Record<string, string> };
  /** Resolves when the server answers and is proven to be this very process, not another on the same port. */
  ready(starting: StartingServer): Promise<void>;
  url(port: number): string;
}

export interface RunningServer {
  port: number;
  startedAt: number;
  /** Resolves, with how it ended, when the process is gone. */
  ended: Promise<string>;
  /** Asks it to end (by SIGTERM each of them writes what it holds) and kills it after the grace time. */
  stop(): Promise<void>;
}

/** Time for a server to write what it holds before it is killed. */
export const STOP_GRACE_MS = 10_000;
/** Reading back a large append-only file may take minutes. */
const STACK_FRAME = /^\s+at /;
const READY_LIMIT_MS = 10 * 60_000;
/** Enough for the message of a Node program that fails, which ends in many lines about it. */
const LINES_TOLD = 12;

/**
 * Starts a server on this port and waits until it answers.
 * @throws Error with the server's own last lines when it ends before that, or when `signal` is aborted.
 */
export async function startServer(
  server: Server,
  port: number,
  record: ServerRecord,
  signal: AbortSignal,
): Promise<RunningServer> {
  signal.throwIfAborted();
  const { command, args, env } = server.command(port);
  // Its standard input closes when we die: a server of our own ends by that, the others do not read it.
  const child = spawn(command, args, { env: { ...process.env, ...env }, stdio: 'pipe' });
  const ended = whenEnded(child);
  const output = followOutput(child);
  const settled = new AbortController();
  const impatient = AbortSignal.any([signal, settled.signal, AbortSignal.timeout(READY_LIMIT_MS)]);
  try {
    const identity = child.pid === undefined ? undefined : identify(child.pid);
    if (identity !== undefined) record.write(port, identity);
    await Promise.race([
      server.ready({ pid: child.pid ?? 0, port, line: output.line }),
      ended.then((how) => Promise.reject(new Error(how))),
      whenAborted(impatient).then(() => Promise.reject(new Error('it was stopped before it answered'))),
    ]);
  } catch (error) {
    await stopChild(child, ended);
    throw new Error(
      [`${server.name} did not start: ${messageOf(error)}.`, ...output.lastLines()].join(' | '),
      {
        cause: error,
      },
    );
  } finally {
    settled.abort();
    output.forget();
  }
  return { port, startedAt: Date.now(), ended, stop: () => stopChild(child, ended) };
}

async function stopChild(child: ChildProcessWithoutNullStreams, ended: Promise<string>): Promise<void> {
  const done = new AbortController();
  child.kill('SIGTERM');
  const killing = delay(STOP_GRACE_MS, undefined, { signal: done.signal }).then(
    () => child.kill('SIGKILL'),
    () => false,
  );
  await ended;
  done.abort();
  await killing;
}

async function whenEnded(child: ChildProcessWithoutNullStreams): Promise<string> {
  return new Promise((resolve) => {
    child.once('error', (error) => resolve(`it cannot be run (${error.message})`));
    child.once('exit', (code, signal) =>
      resolve(signal === null ? `it ended with code ${code}` : `it ended by ${signal}`),
    );
  });
}

async function whenAborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}

/**
 * Reads what a server says until it is ready; afterwards the output is drained and dropped, since a database may
 * write content into its log.
 */
function followOutput(child: ChildProcessWithoutNullStreams): {
  line: StartingServer['line'];
  lastLines: () => string[];
  forget: () => void;
} {
  const readers = [child.stdout, child.stderr].map((input) => createInterface({ input }));
  const lines: string[] = [];
  for (const reader of readers) {
    reader.on('line', (line) => {
      if (line.trim() !== '' && !STACK_FRAME.test(line)) lines.push(line);
    });
  }
  // A server that ended has closed its input; that is told by its end already.
  child.stdin.on('error', () => undefined);
  return {
    line: async (matches) =>
      new Promise((resolve) => {
        const early = lines.find(matches);
        if (early !== undefined) resolve(early);
        readers[0]?.on('line', (line) => {
          if (matches(line)) resolve(line);
        });
      }),
    lastLines: () => lines.slice(-LINES_TOLD),
    forget: () => {
      for (const reader of readers) reader.removeAllListeners('line');
      lines.length = 0;
    },
  };
}
