/**
 * P5 at the socket: what is known of a request that brought no answer. Real connections: no library that stands in
 * for the network may be loaded here, since it would also stand in for the moment in which a connection is made.
 */
import { once } from 'node:events';
import http from 'node:http';
import net, { type AddressInfo } from 'node:net';

import { afterEach, describe, expect, it } from '@jest/globals';

import { type Graph, openGraph, type SendOutcome } from '../../src/whatsapp/graph.ts';

const closers: (() => void)[] = [];
afterEach(() => {
  for (const close of closers.splice(0)) close();
});

async function tcpServer(onConnection: (socket: net.Socket) => void): Promise<number> {
  const sockets = new Set<net.Socket>();
  const server = net.createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => socket.destroy());
    onConnection(socket);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  closers.push(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return (server.address() as AddressInfo).port;
}

async function httpServer(handler: http.RequestListener): Promise<{ port: number; server: http.Server }> {
  const server = http.createServer(handler).listen(0, '127.0.0.1');
  await once(server, 'listening');
  closers.push(() => {
    server.closeAllConnections();
    server.close();
  });
  return { port: (server.address() as AddressInfo).port, server };
}

function graphAt(url: string, timeoutMs = 5_000): Graph {
  const graph = openGraph({ GRAPH_API_URL: url, GRAPH_API_VERSION: 'v25.0' }, timeoutMs);
  closers.push(() => graph.close());
  return graph;
}

const request = { phoneNumberId: '1065', token: 'secret-token', body: { text: { body: 'Shalom' } } };
const send = (url: string, timeoutMs?: number): Promise<SendOutcome> =>
  graphAt(url, timeoutMs).sendMessage(request);

describe('nothing was sent', () => {
  it('when the port is closed', async () => {
    const port = await tcpServer(() => undefined);
    for (const close of closers.splice(0)) close();
    expect(await send(`http://127.0.0.1:${port}`)).toEqual({ kind: 'not-sent', cause: 'ECONNREFUSED' });
  });

  it('when the name is not known', async () => {
    const outcome = await send('https://graph.invalid');
    expect(outcome.kind).toBe('not-sent');
    expect((outcome as { cause: string }).cause).toMatch(/^(ENOTFOUND|EAI_AGAIN)$/);
  });

  it('when the connection is reset during the TLS handshake', async () => {
    const port = await tcpServer((socket) => socket.once('data', () => socket.resetAndDestroy()));
    expect(await send(`https://127.0.0.1:${port}`)).toEqual({ kind: 'not-sent', cause: 'ECONNRESET' });
  });

  it('when the TLS handshake brings no answer in time', async () => {
    const port = await tcpServer((socket) => socket.resume());
    expect(await send(`https://127.0.0.1:${port}`, 300)).toEqual({ kind: 'not-sent', cause: 'ERR_CANCELED' });
  });

  it('when the other side does not speak TLS', async () => {
    const port = await tcpServer((socket) =>
      socket.once('data', () => socket.end('HTTP/1.1 400 No\r\n\r\n')),
    );
    expect((await send(`https://127.0.0.1:${port}`)).kind).toBe('not-sent');
  });
});

describe('it may have been sent', () => {
  it('when no answer comes in time', async () => {
    const { port } = await httpServer((incoming) => incoming.resume());
    expect(await send(`http://127.0.0.1:${port}`, 300)).toEqual({ kind: 'unknown', cause: 'ERR_CANCELED' });
  });

  it('when the answer trickles for longer than the time', async () => {
    const { port } = await httpServer((incoming, response) => {
      incoming.resume();
      response.write('{');
      const timer = setInterval(() => response.write(' '), 20);
      response.on('close', () => clearInterval(timer));
    });
    expect((await send(`http://127.0.0.1:${port}`, 300)).kind).toBe('unknown');
  });

  it('when the connection is reset after it was made', async () => {
    const port = await tcpServer((socket) => socket.once('data', () => socket.resetAndDestroy()));
    expect(await send(`http://127.0.0.1:${port}`)).toEqual({ kind: 'unknown', cause: 'ECONNRESET' });
  });

  it('when the answer breaks off', async () => {
    const { port } = await httpServer((incoming, response) => {
      incoming.resume();
      response.writeHead(200, { 'content-length': '1000' });
      response.write('{"messages"', () => response.destroy());
    });
    expect((await send(`http://127.0.0.1:${port}`)).kind).toBe('unknown');
  });

  it('when the answer is longer than any answer of the Graph API', async () => {
    const { port } = await httpServer((incoming, response) => {
      incoming.resume();
      response.end(JSON.stringify({ messages: [{ id: 'x'.repeat(2_000_000) }] }));
    });
    expect((await send(`http://127.0.0.1:${port}`)).kind).toBe('unknown');
  });
});

describe('the connection', () => {
  it('is kept for the next message, and a reset on it is no proof that nothing was sent', async () => {
    let calls = 0;
    let connections = 0;
    const { port, server } = await httpServer((incoming, response) => {
      calls += 1;
      incoming.resume();
      incoming.once('end', () => {
        if (calls === 2) incoming.socket.resetAndDestroy();
        else response.end(JSON.stringify({ messages: [{ id: 'wamid.1' }] }));
      });
    });
    server.on('connection', () => (connections += 1));
    const graph = graphAt(`http://127.0.0.1:${port}`);
    expect((await graph.sendMessage(request)).kind).toBe('accepted');
    expect(await graph.sendMessage(request)).toEqual({ kind: 'unknown', cause: 'ECONNRESET' });
    expect(connections).toBe(1);
  });

  it('follows no redirect: the token goes to no other host', async () => {
    let visits = 0;
    const elsewhere = await httpServer((_incoming, response) => {
      visits += 1;
      response.end();
    });
    const { port } = await httpServer((incoming, response) => {
      incoming.resume();
      response.writeHead(308, { location: `http://127.0.0.1:${elsewhere.port}/` }).end();
    });
    expect(await send(`http://127.0.0.1:${port}`)).toEqual({ kind: 'unknown', cause: 'redirect 308' });
    expect(visits).toBe(0);
  });
});
