/** The two ends of a message: the endpoint of a business, and the feed of an agent. */
import { get, type IncomingMessage } from 'node:http';
import { type AddressInfo, createServer, type Socket } from 'node:net';

import { markIn } from './messages.ts';

type OnMark = (number: number) => void;

export interface Endpoint {
  url: string;
  /** Who is told of the messages that arrive from now on. */
  listener: OnMark;
  close(): void;
}

const OK = 'HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n';

/** Answers every POST with 200; on bare sockets, since it shares the processors with what is measured. */
export async function openEndpoint(): Promise<Endpoint> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    let text = '';
    socket.setNoDelay(true);
    socket.setEncoding('latin1');
    socket.on('data', (chunk: string) => {
      text += chunk;
      for (let end = endOfRequest(text); end !== undefined; end = endOfRequest(text)) {
        const number = markIn(text.slice(0, end));
        text = text.slice(end);
        socket.write(OK);
        if (number !== undefined) endpoint.listener(number);
      }
    });
    socket.on('error', () => undefined); // `close` follows
    socket.on('close', () => sockets.delete(socket));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const endpoint: Endpoint = {
    url: `http://127.0.0.1:${port}/`,
    listener: () => undefined,
    close() {
      server.close();
      for (const socket of sockets) socket.destroy();
    },
  };
  return endpoint;
}

/** Where the first request of the text ends; undefined while it is not whole. */
function endOfRequest(text: string): number | undefined {
  const head = text.indexOf('\r\n\r\n');
  if (head === -1) return undefined;
  const length = /\r\ncontent-length: *(\d+)/i.exec(text.slice(0, head))?.[1] ?? '0';
  const end = head + 4 + Number(length);
  return text.length >= end ? end : undefined;
}

export interface FeedAddress {
  port: number;
  path: string;
  headers: Record<string, string>;
}

export interface FeedReader {
  /** Events that told of a loss: `reset`. */
  resets: number;
  /** True when the server ended it. */
  broken: boolean;
  close(): void;
}

/** Reads a feed as a console does. @throws Error when it is refused */
export async function openFeed({ port, path, headers }: FeedAddress, onMark: OnMark): Promise<FeedReader> {
  const answer = await new Promise<IncomingMessage>((resolve, reject) => {
    get({ host: '127.0.0.1', port, path, headers, agent: false }, resolve).once('error', reject);
  });
  if (answer.statusCode !== 200) throw new Error(`The feed answered ${answer.statusCode}.`);
  let rest = '';
  let closing = false;
  const reader: FeedReader = {
    resets: 0,
    broken: false,
    close() {
      closing = true;
      answer.destroy();
    },
  };
  answer.setEncoding('latin1');
  answer.on('data', (chunk: string) => {
    const events = (rest + chunk).split('\n\n');
    rest = events.pop() ?? '';
    for (const event of events) {
      if (/^event: reset$/m.test(event)) reader.resets += 1;
      const number = markIn(event);
      if (number !== undefined) onMark(number);
    }
  });
  answer.on('error', () => undefined); // `close` follows
  answer.on('close', () => {
    reader.broken = !closing;
  });
  return reader;
}
