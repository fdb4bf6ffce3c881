/**
 * The process that holds a data folder's lock and runs its Redis and MongoDB, so that they outlive the crash of any one
 * process that uses them, and end soon after the last.
 */
import { randomBytes } from 'node:crypto';
import { rm } from 'node:fs/promises';
import type { Server, Socket } from 'node:net';
import { connect, createServer } from 'node:net';
import { dirname } from 'node:path';
import { parseArgs } from 'node:util';

import { PROTOCOL, socketFolders, socketPath, supervisorFolder } from '../control.ts';
import { codeOf, messageOf } from '../errors.ts';
import { makePrivateFolder } from '../files.ts';
import type { Claim } from '../lock.ts';
import { takeLock } from '../lock.ts';
import { isOfThisKernelRun } from '../process-identity.ts';
import { createServers } from './servers.ts';
import { createSupervisor } from './supervisor.ts';

const { data: dataFolder } = parseArgs({ options: { data: { type: 'string' } } }).values;
if (dataFolder === undefined) throw new Error('The supervisor needs --data <folder>.');

try {
  await supervise(dataFolder);
  // Also ends the connections that are left: their owners wait for exactly this.
  process.exit(0);
} catch (error) {
  await tellStarter({ failed: messageOf(error) });
  console.error(error);
  process.exit(1);
}

async function supervise(folder: string): Promise<void> {
  const { server, path } = await listen(folder);
  const early: Socket[] = [];
  // The claim can be read before we know that it counts: whoever connects by then has to wait.
  const collect = (socket: Socket): void => void early.push(socket);
  server.on('connection', collect);
  const ending = new AbortController();
  const endNow = (): void => ending.abort();
  const outcome = await takeLock(supervisorFolder(folder), {
    details: { socket: path, protocol: PROTOCOL },
    probe: askHolder,
    onLost: endNow,
    onWatch: () =>
      tellStarter({ progress: 'Looking whether another machine or container uses this DATA_DIR' }),
  });
  if ('heldBy' in outcome) {
    await closeSocket(server, path);
    await tellStarter({ held: true });
    return;
  }
  await removeSocketOf(outcome.predecessor, folder);
  const supervisor = createSupervisor((report) => createServers(folder, supervisorFolder(folder), report));
  server.off('connection', collect).on('connection', (socket) => supervisor.accept(socket));
  for (const socket of early) supervisor.accept(socket);
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.on(signal, endNow);
  ending.signal.addEventListener('abort', () => supervisor.stop());
  await tellStarter({ listening: true });
  await supervisor.stopped;
  await outcome.lock.release();
  await closeSocket(server, path);
}

/** Listens on a name of its own before the lock is asked for: whoever reads the claim can connect at once. */
async function listen(folder: string): Promise<{ server: Server; path: string }> {
  const failures: string[] = [];
  for (const place of socketFolders(folder)) {
    const path = socketPath(place, randomBytes(4).toString('hex'));
    try {
      await makePrivateFolder(place);
      const server = createServer();
      await new Promise<void>((resolve, reject) => {
        server.once('error', reject);
        server.listen(path, resolve);
      });
      return { server, path };
    } catch (error) {
      failures.push(messageOf(error));
    }
  }
  throw new Error(`No socket can be made for this DATA_DIR: ${failures.join('; ')}`);
}

async function closeSocket(server: Server, path: string): Promise<void> {
  server.close();
  // Node removes the name itself, but only once the last connection is gone.
  await rm(path, { force: true });
}

/** A supervisor that was killed leaves its socket's name behind. */
async function removeSocketOf(predecessor: Claim | undefined, folder: string): Promise<void> {
  const path = predecessor?.details.socket;
  if (path !== undefined && socketFolders(folder).includes(dirname(path))) await rm(path, { force: true });
}

/** A refused connection proves a dead holder only where sockets of that holder could be reached at all. */
async function askHolder(claim: Claim): Promise<'alive' | 'dead' | 'unknown'> {
  const path = claim.details.socket;
  if (path === undefined || !isOfThisKernelRun(claim.holder)) return 'unknown';
  return new Promise((resolve) => {
    const socket = connect(path);
    socket.once('connect', () => {
      socket.destroy();
      resolve('alive');
    });
    socket.once('error', (error) => resolve(codeOf(error) === 'ECONNREFUSED' ? 'dead' : 'unknown'));
  });
}

/** Speaks to the process that started this one; it may be gone already. */
async function tellStarter(
  message: { held: true } | { listening: true } | { failed: string } | { progress: string },
): Promise<void> {
  if (!process.connected) return;
  await new Promise<void>((resolve) => process.send?.(message, undefined, {}, () => resolve()));
}
