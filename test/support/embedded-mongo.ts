import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

export interface EmbeddedMongo {
  readonly uri: string;
  readonly pid: number;
  readonly dataDir: string;
  /** Ends the process at once or by a signal of choice, and waits for its end. The data stays. */
  kill(signal?: NodeJS.Signals): Promise<void>;
  /** Ends the process in peace; removes the data folder if it was made here. */
  stop(): Promise<void>;
}

export interface EmbeddedMongoOptions {
  /** Kept after `stop`; a temporary one is made and removed if it is not given. */
  readonly dataDir?: string;
  /** Milliseconds between two removals of expired documents. */
  readonly expiryInterval?: number;
  /** Options of Node.js. */
  readonly node?: readonly string[];
}

const MAIN = fileURLToPath(new URL('../../embedded/mongo/main.ts', import.meta.url));

/** Starts the embedded MongoDB-compatible server in a process of its own, on a free port. */
export async function startEmbeddedMongo(options: EmbeddedMongoOptions = {}): Promise<EmbeddedMongo> {
  const dataDir = options.dataDir ?? (await mkdtemp(join(tmpdir(), 'embedded-mongo-')));
  const interval =
    options.expiryInterval === undefined ? [] : ['--expiry-interval', String(options.expiryInterval)];
  const child = spawn(
    process.execPath,
    [
      ...(options.node ?? []),
      '--import',
      'tsx',
      MAIN,
      '--data',
      dataDir,
      '--port',
      '0',
      '--parent-pipe',
      ...interval,
    ],
    {
      stdio: ['pipe', 'pipe', 'inherit'],
      env: { ...process.env, NODE_OPTIONS: '' },
    },
  );
  const ended = once(child, 'exit');
  const port = await readyPort(child);
  const kill = async (signal: NodeJS.Signals = 'SIGKILL'): Promise<void> => {
    if (child.exitCode === null && child.signalCode === null) child.kill(signal);
    await ended;
  };
  return {
    uri: `mongodb://127.0.0.1:${port}`,
    pid: child.pid as number,
    dataDir,
    kill,
    stop: async () => {
      await kill('SIGTERM');
      if (options.dataDir === undefined) await rm(dataDir, { recursive: true, force: true });
    },
  };
}

async function readyPort(child: ChildProcess): Promise<number> {
  if (!child.stdout) throw new Error('The embedded server was started without a standard output');
  for await (const line of createInterface({ input: child.stdout })) {
    const { ready, port } = JSON.parse(line) as { ready: boolean; port: number };
    if (ready) return port;
  }
  throw new Error('The embedded MongoDB server ended before it was ready: see its messages above');
}
