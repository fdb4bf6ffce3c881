import type { AddressInfo } from 'node:net';
import { createServer, type Socket } from 'node:net';

import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';

import type { Resolve } from '../../src/endpoints/address.ts';
import { Sender } from '../../src/endpoints/sender.ts';
import { openReceiver, type Receiver, status } from './receiver.ts';

describe('one POST to an endpoint', () => {
  let receiver: Receiver;
  let sender: Sender;
  beforeEach(async () => {
    receiver = await openReceiver();
    sender = new Sender({ mayLoopback: true, deadlineMs: 300 });
  });
  afterEach(async () => {
    sender.close();
    await receiver.close();
  });
  const post = (url = receiver.url) =>
    sender.post(new URL(url), { 'content-type': 'application/json' }, '{"a":"ש"}');

  it('sends the bytes once and says the status', async () => {
    await expect(post()).resolves.toEqual({ status: 204 });
    expect(receiver.received).toMatchObject([
      { method: 'POST', path: '/hooks/events?of=whatsper', body: '{"a":"ש"}' },
    ]);
    expect(receiver.received[0]?.headers).toMatchObject({ 'content-length': '10' });
  });

  it('uses a connection again', async () => {
    for (let count = 0; count < 3; count += 1) await post();
    expect(receiver.connections()).toBe(1);
  });

  it('uses a new connection when the idle one was closed by the other side just then', async () => {
    await expect(post()).resolves.toEqual({ status: 204 });
    receiver.reply = (response) => {
      receiver.reply = status(201);
      response.socket?.resetAndDestroy();
    };
    await expect(post()).resolves.toEqual({ status: 201 });
    expect(receiver.connections()).toBe(2);
  });

  it('does not follow a redirect', async () => {
    receiver.reply = status(302, { location: receiver.url });
    await expect(post()).resolves.toEqual({ status: 302 });
    expect(receiver.received).toHaveLength(1);
  });

  it('does not ask a proxy of the environment', async () => {
    process.env.HTTP_PROXY = 'http://127.0.0.1:1';
    process.env.http_proxy = 'http://127.0.0.1:1';
    try {
      await expect(post()).resolves.toEqual({ status: 204 });
    } finally {
      delete process.env.HTTP_PROXY;
      delete process.env.http_proxy;
    }
  });

  it('says what Retry-After asks for', async () => {
    receiver.reply = status(429, { 'retry-after': '120' });
    await expect(post()).resolves.toEqual({ status: 429, retryAfter: '120' });
  });

  it('gives up on an endpoint that does not answer in time', async () => {
    receiver.reply = () => undefined;
    await expect(post()).resolves.toEqual({ status: 0, error: 'timeout' });
  });

  it('takes the status of an answer whose body never ends, and cuts it', async () => {
    receiver.reply = (response) => {
      response.writeHead(200);
      response.write('begun');
    };
    await expect(post()).resolves.toEqual({ status: 200 });
  });

  it('cuts an answer that is too long', async () => {
    let cut: () => void = () => undefined;
    const wasCut = new Promise<void>((resolve) => (cut = resolve));
    receiver.reply = (response) => {
      response.writeHead(200);
      response.on('close', cut);
      const more = () => {
        if (response.destroyed) return;
        response.write(Buffer.alloc(32 * 1024), () => setImmediate(more));
      };
      more();
    };
    await expect(post()).resolves.toEqual({ status: 200 });
    await wasCut;
  });

  it('says that nobody listens', async () => {
    const { url } = receiver;
    await receiver.close();
    await expect(post(url)).resolves.toEqual({ status: 0, error: 'no-connection' });
  });

  it('says that a server speaks no TLS', async () => {
    await expect(post(`https://127.0.0.1:${receiver.port}/`)).resolves.toEqual({ status: 0, error: 'tls' });
  });

  it('says that an answer is no HTTP', async () => {
    const sockets: Socket[] = [];
    const server = createServer((socket) => {
      sockets.push(socket);
      socket.on('error', () => undefined);
      socket.end('hello\r\n\r\n');
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    await expect(post(`http://127.0.0.1:${port}/`)).resolves.toEqual({ status: 0, error: 'no-connection' });
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
  });

  describe('of a tenant that aims at what is not its own', () => {
    const aimed = (resolve: Resolve) => new Sender({ mayLoopback: true, deadlineMs: 300, resolve });
    const resolvesTo =
      (...addresses: string[]): Resolve =>
      (_name, _options, callback) =>
        callback(
          null,
          addresses.map((address) => ({ address, family: 4 })),
        );

    it('refuses a public name that resolves to this machine when it connects', async () => {
      const rebound = aimed(resolvesTo('127.0.0.1'));
      const url = new URL(`https://rebind.example:${receiver.port}/`);
      await expect(rebound.post(url, {}, '{}')).resolves.toEqual({ status: 0, error: 'refused-address' });
      expect(receiver.connections()).toBe(0);
      rebound.close();
    });

    it('refuses "localhost" when it resolves to another machine', async () => {
      const rebound = aimed(resolvesTo('10.0.0.1'));
      const url = new URL(`http://localhost:${receiver.port}/`);
      await expect(rebound.post(url, {}, '{}')).resolves.toEqual({ status: 0, error: 'refused-address' });
      rebound.close();
    });

    it.each([
      'https://10.0.0.1/',
      'https://169.254.169.254/',
      'https://[fe80::1]/',
      'https://[::ffff:a00:1]/',
    ])('refuses %s without connecting', async (url) => {
      await expect(post(url)).resolves.toEqual({ status: 0, error: 'refused-address' });
    });

    it('refuses http except to this machine', async () => {
      await expect(post('http://example.com/')).resolves.toEqual({ status: 0, error: 'refused-address' });
    });

    it('refuses this machine where the installation is a public one', async () => {
      const guarded = new Sender({ mayLoopback: false });
      await expect(guarded.post(new URL(receiver.url), {}, '{}')).resolves.toEqual({
        status: 0,
        error: 'refused-address',
      });
      guarded.close();
      expect(receiver.connections()).toBe(0);
    });

    it('says that a name is unknown', async () => {
      const lost = aimed((_name, _options, callback) =>
        callback(Object.assign(new Error('x'), { code: 'ENOTFOUND' }), []),
      );
      await expect(lost.post(new URL('https://gone.example/'), {}, '{}')).resolves.toEqual({
        status: 0,
        error: 'name-not-found',
      });
      lost.close();
    });
  });
});
