import { connect, type Socket } from 'node:net';

import type { Addresses, Want } from './control.ts';
import { readReplies, send } from './control.ts';
import { codeOf } from './errors.ts';

/** A supervisor that does not let go within this time is not waited for. */
const RELEASE_LIMIT_MS = 30_000;

export interface Lease {
  addresses: Addresses;
  /** Resolves when the connection is gone: because it was released, or because the supervisor died. */
  closed: Promise<void>;
  release(): Promise<void>;
}

/**
 * Asks the supervisor behind this socket for servers and waits until they answer.
 * @returns undefined when nobody listens there, or the supervisor ends: look again who holds the lock
 * @throws Error when the supervisor could not start the servers
 */
export async function askForLease(
  path: string,
  want: Want,
  onProgress: (line: string) => void,
): Promise<Lease | undefined> {
  const socket = await open(path);
  if (socket === undefined) return undefined;
  const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()));
  socket.on('error', () => socket.destroy());
  const addresses = new Promise<Addresses>((resolve, reject) => {
    readReplies(socket, (reply) => {
      if ('progress' in reply) onProgress(reply.progress);
      else if ('ready' in reply) resolve(reply.ready);
      else if ('failed' in reply) reject(new Error(reply.failed));
    });
  });
  send(socket, { want });
  try {
    const given = await Promise.race([addresses, closed.then(() => undefined)]);
    if (given === undefined) return undefined;
    // A program that has nothing else to do may end without giving its lease back first.
    socket.unref();
    return { addresses: given, closed, release: () => release(socket, closed) };
  } catch (error) {
    await release(socket, closed);
    throw error;
  }
}

async function release(socket: Socket, closed: Promise<void>): Promise<void> {
  socket.ref();
  send(socket, { release: true });
  const limit = setTimeout(() => socket.destroy(), RELEASE_LIMIT_MS);
  await closed;
  clearTimeout(limit);
}

async function open(path: string): Promise<Socket | undefined> {
  return new Promise((resolve, reject) => {
    const socket = connect(path);
    socket.once('connect', () => resolve(socket));
    socket.once('error', (error) => {
      if (['ENOENT', 'ECONNREFUSED'].includes(codeOf(error) ?? '')) resolve(undefined);
      else reject(error);
    });
  });
}
