/** A TCP proxy of ours between the product and a server that is not ours to kill: it cuts, holds back and delays. */
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';

export interface Upstream {
  host: string;
  port: number;
}

/** `cut`: connections break and none is made. `held`: nothing passes. A number: each piece comes so many ms late. */
type Mode = 'open' | 'cut' | 'held' | number;

export class Proxy {
  readonly #server = createServer((socket) => void this.#serve(socket));
  readonly #sockets = new Set<Socket>();
  readonly #upstreams: (Upstream | undefined)[];
  #mode: Mode = 'open';
  readonly #heldBack: (() => void)[] = [];
  #turn = 0;

  /** Several upstreams are taken in turn; one that is away (undefined) or refuses is left out. */
  constructor(upstreams: (Upstream | undefined)[]) {
    this.#upstreams = upstreams;
  }

  /** @returns its port on 127.0.0.1 */
  async listen(): Promise<number> {
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
    return (this.#server.address() as AddressInfo).port;
  }

  /** Says where an upstream is now. */
  move(index: number, upstream: Upstream | undefined): void {
    this.#upstreams[index] = upstream;
  }

  set(mode: Mode): void {
    this.#mode = mode;
    if (mode === 'cut') for (const socket of this.#sockets) socket.destroy();
    for (const goOn of this.#heldBack.splice(0)) goOn();
  }

  async close(): Promise<void> {
    this.set('cut');
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async #serve(client: Socket): Promise<void> {
    this.#own(client);
    if (this.#mode === 'cut') return void client.destroy();
    const server = await this.#reach();
    if (!server || client.destroyed) {
      client.destroy();
      server?.destroy();
      return;
    }
    client.once('close', () => server.destroy());
    server.once('close', () => client.destroy());
    await Promise.all([this.#pump(client, server), this.#pump(server, client)]);
  }

  async #reach(): Promise<Socket | undefined> {
    for (let tried = 0; tried < this.#upstreams.length; tried += 1) {
      const upstream = this.#upstreams[(this.#turn += 1) % this.#upstreams.length];
      if (!upstream) continue;
      const socket = connect(upstream);
      this.#own(socket);
      const connected = await Promise.race([
        once(socket, 'connect').then(() => true),
        once(socket, 'close').then(() => false),
      ]).catch(() => false);
      if (connected) return socket;
    }
    return undefined;
  }

  #own(socket: Socket): void {
    this.#sockets.add(socket);
    socket.setNoDelay(true);
    socket.on('error', () => undefined); // `close` follows, and says all that a proxy needs to know
    socket.once('close', () => this.#sockets.delete(socket));
  }

  async #pump(from: Socket, to: Socket): Promise<void> {
    try {
      for await (const piece of from) {
        await this.#pass();
        if (!to.write(piece as Buffer)) await Promise.race([once(to, 'drain'), once(to, 'close')]);
      }
      to.end();
    } catch {
      to.destroy(); // the other side broke off: so does this one
    }
  }

  async #pass(): Promise<void> {
    while (this.#mode === 'held') await new Promise<void>((resolve) => this.#heldBack.push(resolve));
    if (typeof this.#mode === 'number') await delay(this.#mode);
  }
}
