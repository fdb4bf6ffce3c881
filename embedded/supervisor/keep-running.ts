import { setTimeout as delay } from 'node:timers/promises';

import { messageOf } from '../errors.ts';
import { findFreePort } from '../ports.ts';
import { stopProcess } from '../process-identity.ts';
import type { ServerRecord } from './records.ts';
import type { RunningServer, Server } from './server-process.ts';
import { startServer, STOP_GRACE_MS } from './server-process.ts';

/** Ports tried before giving up when others take them between our look and the server's bind. */
const PORT_ATTEMPTS = 5;
const FIRST_PAUSE_MS = 50;
const LONGEST_PAUSE_MS = 5_000;
/** A server that lived this long and dies has a new trouble, not the old one. */
const STEADY_MS = 60_000;
/** Deaths and failed starts in a row that are told; it goes on trying for ever. */
const PATIENCE = 5;

export interface KeptServer {
  url: string;
  stop(): Promise<void>;
}

/**
 * Starts a server and starts it again on the same port whenever it ends, until it is stopped. A process of an earlier
 * supervisor that still runs is stopped first: two servers on one data folder would destroy it.
 * @param report told, in a sentence, what happened to the server
 * @throws Error when the first start fails
 */
export async function keepRunning(
  server: Server,
  record: ServerRecord,
  report: (line: string) => void,
): Promise<KeptServer> {
  const stopping = new AbortController();
  const known = await record.read();
  if (known !== undefined) await stopProcess(known.process, STOP_GRACE_MS);
  const first = await startOnSomePort(server, known?.port, record, stopping.signal);
  let current: RunningServer | undefined = first;

  /** Tells of the first troubles in a row one by one, then once that they go on. */
  function tell(trouble: string, count: number): void {
    if (count < PATIENCE) report(`${trouble}; starting it again on port ${first.port}`);
    if (count === PATIENCE) report(`${trouble}, for the ${count}th time; trying on without a word`);
  }

  async function watch(): Promise<void> {
    let troubles = 0;
    while (current !== undefined) {
      const how = await current.ended;
      if (stopping.signal.aborted) return;
      troubles = Date.now() - current.startedAt >= STEADY_MS ? 1 : troubles + 1;
      tell(`${server.name} stopped unexpectedly (${how})`, troubles);
      current = undefined;
      while (current === undefined && !stopping.signal.aborted) {
        try {
          await delay(pauseBefore(troubles), undefined, { signal: stopping.signal });
          current = await startServer(server, first.port, record, stopping.signal);
          // Whoever asked us to stop meanwhile could not see it yet.
          if (stopping.signal.aborted) await current.stop();
        } catch (error) {
          if (stopping.signal.aborted) return;
          troubles += 1;
          tell(messageOf(error), troubles);
        }
      }
    }
  }

  const watching = watch();
  return {
    url: server.url(first.port),
    async stop() {
      stopping.abort();
      await current?.stop();
      await watching;
    },
  };
}

/** Short at first, since a crash is rare and users wait; longer when it happens again and again. */
function pauseBefore(attempt: number): number {
  return Math.min(FIRST_PAUSE_MS * 2 ** (attempt - 1), LONGEST_PAUSE_MS);
}

async function startOnSomePort(
  server: Server,
  known: number | undefined,
  record: ServerRecord,
  signal: AbortSignal,
): Promise<RunningServer> {
  for (let attempt = 1; ; attempt += 1) {
    const port = attempt === 1 && known !== undefined ? known : await findFreePort();
    try {
      return await startServer(server, port, record, signal);
    } catch (error) {
      if (attempt === PORT_ATTEMPTS || !isAboutThePort(error)) throw error;
    }
  }
}

/** Redis, mongod and our own server each say it in the system's words. */
function isAboutThePort(error: unknown): boolean {
  return /address already in use|EADDRINUSE|another server answers/i.test(messageOf(error));
}
