import type { Socket } from 'node:net';

import type { Want } from '../control.ts';
import { readRequests, send } from '../control.ts';
import { messageOf } from '../errors.ts';
import type { Servers } from './servers.ts';

/** Time in which whoever started the supervisor must have asked for something. */
const FIRST_LEASE_MS = 10_000;

export interface Supervisor {
  /** Takes a connection of somebody who may want servers. */
  accept(socket: Socket): void;
  /** Begins to stop the servers now, whoever still holds a lease. */
  stop(): void;
  /** Settles when the servers have stopped: by `stop`, or because nobody held a lease for the linger time. */
  stopped: Promise<void>;
}

/**
 * Counts the leases and stops the servers when there are none any more.
 * @param openServers makes the servers; they tell what happens to them through its argument
 */
export function createSupervisor(openServers: (report: (line: string) => void) => Servers): Supervisor {
  const leases = new Map<Socket, Want>();
  let linger: NodeJS.Timeout | undefined;
  let stopping = false;
  let settle: (ending: Promise<void>) => void;
  const stopped = new Promise<void>((resolve) => (settle = resolve));
  const report = (line: string): void => {
    for (const socket of leases.keys()) send(socket, { progress: line });
  };
  const servers = openServers(report);

  function stop(): void {
    clearTimeout(linger);
    if (!stopping) settle(servers.stop());
    stopping = true;
  }

  function endAfter(milliseconds: number): void {
    clearTimeout(linger);
    linger = setTimeout(stop, milliseconds);
  }

  async function grant(socket: Socket, want: Want): Promise<void> {
    if (stopping) {
      send(socket, { stopping: true });
      return;
    }
    clearTimeout(linger);
    leases.set(socket, want);
    try {
      send(socket, { ready: await servers.provide(want) });
    } catch (error) {
      send(socket, { failed: messageOf(error) });
    }
  }

  function giveBack(socket: Socket): void {
    const want = leases.get(socket);
    if (want === undefined || !leases.delete(socket) || leases.size > 0) return;
    // At once, not by a timer: with a linger of 0 nobody may slip in between.
    if (want.lingerMs === 0) stop();
    else endAfter(want.lingerMs);
  }

  endAfter(FIRST_LEASE_MS);
  return {
    accept(socket) {
      socket.on('error', () => socket.destroy());
      socket.once('close', () => giveBack(socket));
      readRequests(socket, (request) => {
        if ('want' in request) {
          grant(socket, request.want).catch((error: unknown) => socket.destroy(error as Error));
          return;
        }
        const want = leases.get(socket);
        giveBack(socket);
        // Whoever will not linger waits on this connection for the end of the servers; it closes with the process.
        if (want?.lingerMs !== 0 || leases.size > 0) socket.end();
      });
    },
    stop,
    stopped,
  };
}
