/** Ports for a stack whose parts must know each other's addresses before they start. */
import type { AddressInfo } from 'node:net';
import { createServer, type Server } from 'node:net';

/**
 * One free loopback port per wish, all different. A wish that is taken, or 0, gets one from the system. They are held
 * together until all are known; between here and the use somebody else may take one, which its user then reports.
 */
export async function freePorts(wishes: number[]): Promise<number[]> {
  const servers: Server[] = [];
  try {
    for (const wish of wishes) servers.push(await hold(wish));
    return servers.map((server) => (server.address() as AddressInfo).port);
  } finally {
    await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  }
}

async function hold(wish: number): Promise<Server> {
  try {
    return await listen(wish);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== 'EADDRINUSE' && code !== 'EACCES') throw error;
    return listen(0);
  }
}

function listen(port: number): Promise<Server> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(port, '127.0.0.1', () => resolve(server));
  });
}
