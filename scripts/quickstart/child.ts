/** One process of the product, from the build: started, waited for until it is ready, stopped. */
import { type ChildProcess, spawn } from 'node:child_process';
import { createWriteStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

/** The build's folder, seen from the build and from the sources. */
const DIST = new URL(import.meta.url.endsWith('.ts') ? '../../dist/' : '../../', import.meta.url);

const READY_WITHIN_MS = 60_000;
const STOP_WITHIN_MS = 15_000;
/** Lines of the log that a failure shows. */
const TOLD_LINES = 12;

export interface Exit {
  code: number | null;
  signal: NodeJS.Signals | null;
}

export interface Child {
  name: string;
  pid: number;
  /** The line in which it said that it is ready. */
  ready: Record<string, unknown>;
  exited: Promise<Exit>;
  /** The end of what it logged. */
  lastLines(): string;
  /** SIGTERM, and SIGKILL when that did not help in time. */
  stop(): Promise<Exit>;
  kill(signal: NodeJS.Signals): void;
}

export interface ChildOptions {
  name: string;
  /** Path within the build. */
  module: string;
  args?: string[];
  environment: Record<string, string | undefined>;
  /** Everything it writes is appended here. */
  logFile: string;
  isReady(line: Record<string, unknown>): boolean;
}

/** Absolute path of a file of the build. */
export function built(path: string): string {
  return fileURLToPath(new URL(path, DIST));
}

/**
 * Starts a module of the build in a process group of its own, so that a Ctrl-C in the terminal reaches only us and
 * the whole can be stopped in order.
 * @throws Error with the end of its log when it ends or stays silent before it is ready
 */
export async function startChild(options: ChildOptions): Promise<Child> {
  const preload = new URL('scripts/quickstart/with-parent.js', DIST).href;
  const child = spawn(
    process.execPath,
    ['--import', preload, built(options.module), ...(options.args ?? [])],
    {
      env: options.environment,
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    },
  );
  const exited = new Promise<Exit>((resolve) =>
    child.once('close', (code, signal) => resolve({ code, signal })),
  );
  const lines: string[] = [];
  const lastLines = (): string => lines.slice(-TOLD_LINES).join('\n');
  try {
    const ready = await untilReady(child, options, lines);
    return {
      name: options.name,
      pid: child.pid ?? 0,
      ready,
      exited,
      lastLines,
      kill: (signal) => void child.kill(signal),
      stop: () => stopChild(child, exited),
    };
  } catch (error) {
    child.kill('SIGKILL');
    const reason = error instanceof Error ? error.message : String(error);
    throw new Error(`${options.name} did not start: ${reason}\n${lastLines()}`, { cause: error });
  }
}

/** Writes the log for as long as the child lives; resolves with the line that says that it is ready. */
function untilReady(
  child: ChildProcess,
  options: ChildOptions,
  lines: string[],
): Promise<Record<string, unknown>> {
  const log = createWriteStream(options.logFile, { flags: 'a', mode: 0o600 });
  return new Promise((resolve, reject) => {
    const timer = setTimeout(
      () => reject(new Error(`it was not ready after ${READY_WITHIN_MS / 1000} s`)),
      READY_WITHIN_MS,
    );
    const onLine = (line: string): void => {
      log.write(`${line}\n`);
      lines.push(line);
      if (lines.length > 10 * TOLD_LINES) lines.splice(0, 5 * TOLD_LINES);
      const parsed = parseLine(line);
      if (parsed === undefined || !options.isReady(parsed)) return;
      clearTimeout(timer);
      resolve(parsed);
    };
    for (const stream of [child.stdout, child.stderr]) {
      if (stream) createInterface({ input: stream }).on('line', onLine);
    }
    log.once('error', reject);
    child.once('error', reject);
    child.once('close', (code, signal) => {
      clearTimeout(timer);
      log.end();
      reject(new Error(`it ended (${signal ?? `exit code ${code}`})`));
    });
  });
}

function parseLine(line: string): Record<string, unknown> | undefined {
  if (!line.startsWith('{')) return undefined;
  try {
    return JSON.parse(line) as Record<string, unknown>;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

async function stopChild(child: ChildProcess, exited: Promise<Exit>): Promise<Exit> {
  child.kill('SIGTERM');
  const timer = setTimeout(() => child.kill('SIGKILL'), STOP_WITHIN_MS);
  try {
    return await exited;
  } finally {
    clearTimeout(timer);
  }
}
