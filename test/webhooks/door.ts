/** A receiver on a real HTTP server whose items go into a list; sockets to send it what no client would. */
import { createServer } from 'node:http';
import { type AddressInfo, connect } from 'node:net';

import type { Context } from '../../src/context.ts';
import type { Placed } from '../../src/lanes/item-lanes.ts';
import { BODY_LIMITS, type BodyLimits } from '../../src/webhooks/body.ts';
import { createWebhookHandler } from '../../src/webhooks/receiver.ts';
import { signature } from '../support/webhook.ts';

export const SECRET = 'app-secret-of-the-tests';

export interface Door {
  port: number;
  /** What was taken since the last look. */
  taken(): Placed[];
  /** Posts with the right signature, or these headers. */
  post(body: Buffer, headers?: Record<string, string>): Promise<number>;
  /** Sends bytes as they are, piece by piece. @returns the status of the answer, or null for a connection just closed */
  raw(pieces: (string | Buffer)[]): Promise<number | null>;
  close(): Promise<void>;
}

export async function openDoor(ctx: Context, limits: Partial<BodyLimits> = {}): Promise<Door> {
  let items: Placed[] = [];
  const intake = {
    take: (some: Placed[]) => {
      items.push(...some);
      return Promise.resolve();
    },
  };
  const handler = createWebhookHandler(ctx, intake, { limits: { ...BODY_LIMITS, ...limits } });
  const server = createServer({ headersTimeout: 1_000, connectionsCheckingInterval: 100 }, handler);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    port,
    taken: () => items.splice(0),
    async post(body, headers = { 'X-Hub-Signature-256': signature(body, SECRET) }) {
      const url = `http://127.0.0.1:${port}/webhooks/whatsapp`;
      const response = await fetch(url, { method: 'POST', body: new Uint8Array(body), headers });
      await response.arrayBuffer();
      return response.status;
    },
    raw: (pieces) => raw(port, pieces),
    async close() {
      items = [];
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** The head of a signed POST; further headers end with a line break each. */
export function head(body: Buffer, headers: string): string {
  return `POST /webhooks/whatsapp HTTP/1.1\r\nHost: x\r\nX-Hub-Signature-256: ${signature(body, SECRET)}\r\n${headers}\r\n`;
}

async function raw(port: number, pieces: (string | Buffer)[]): Promise<number | null> {
  const socket = connect(port, '127.0.0.1');
  let answer = '';
  const status = new Promise<number | null>((resolve) => {
    const found = () => {
      const code = /^HTTP\/1\.1 (\d{3})/.exec(answer)?.[1];
      resolve(code === undefined ? null : Number(code));
    };
    socket.on('data', (data) => {
      answer += data.toString('latin1');
      if (answer.includes('\r\n\r\n')) found();
    });
    socket.on('error', found);
    socket.on('close', found);
  });
  for (const piece of pieces) {
    await new Promise<void>((resolve) => socket.write(piece, () => resolve()));
  }
  const code = await status;
  socket.destroy();
  return code;
}
