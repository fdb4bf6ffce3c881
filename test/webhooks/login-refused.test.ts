/** A MongoDB that refuses the login when a process starts: webhooks are taken, it is told, and all goes on when it is right. */
import { rm } from 'node:fs/promises';
import { connect, createServer, type Server, type Socket } from 'node:net';

import { afterEach, beforeEach, expect, it, jest } from '@jest/globals';

import { encodeReply, MessageReader, parseRequest } from '../../embedded/mongo/wire.ts';
import { type Gateway, startGateway } from '../../src/main.ts';
import { createLogger } from '../../src/ops/log.ts';
import { testEnvironment } from '../support/context.ts';
import { type EmbeddedMongo, startEmbeddedMongo } from '../support/embedded-mongo.ts';
import { until } from '../support/until.ts';
import { change, envelope, signature, textMessage, wire } from '../support/webhook.ts';

jest.setTimeout(60_000);

let mongo: EmbeddedMongo;
let guard: Server;
let sockets: Set<Socket>;
let isRefused: boolean;
let environment: Record<string, string>;
let gateway: Gateway | undefined;

/** Asks for the password in front of a server that has none, and refuses it while `isRefused`. */
function guardConnection(client: Socket): void {
  const upstream = connect(Number(new URL(mongo.uri).port), '127.0.0.1');
  const reader = new MessageReader();
  for (const socket of [client, upstream]) {
    sockets.add(socket);
    socket
      .on('error', () => socket.destroy())
      .on('close', () => [client, upstream].forEach((one) => one.destroy()));
  }
  upstream.pipe(client);
  client.on('data', (bytes) => {
    for (const message of reader.push(bytes)) {
      const request = parseRequest(message);
      if (!('saslStart' in request.command)) upstream.write(message);
      else if (isRefused) {
        client.write(
          encodeReply(request, {
            ok: 0,
            code: 18,
            codeName: 'AuthenticationFailed',
            errmsg: 'Authentication failed.',
          }),
        );
      } else {
        client.write(
          encodeReply(request, { ok: 1, conversationId: 1, done: true, payload: Buffer.alloc(0) }),
        );
      }
    }
  });
}

beforeEach(async () => {
  mongo = await startEmbeddedMongo();
  sockets = new Set();
  guard = createServer(guardConnection);
  await new Promise<void>((resolve) => guard.listen(0, '127.0.0.1', resolve));
  const { port } = guard.address() as { port: number };
  const login = 'authMechanism=PLAIN&authSource=$external&directConnection=true';
  environment = testEnvironment({
    MONGODB_URI: `mongodb://gateway:a-password-that-nobody-logs@127.0.0.1:${port}/gateway?${login}`,
  });
});
afterEach(async () => {
  await gateway?.stop();
  gateway = undefined;
  for (const socket of sockets) socket.destroy();
  await new Promise((resolve) => guard.close(resolve));
  await mongo.stop();
  await rm(environment.DATA_DIR ?? '', { recursive: true, force: true });
});

it('starts, takes webhooks, says what is wrong, and goes on when the login is right', async () => {
  isRefused = true;
  const lines: string[] = [];
  gateway = await startGateway(environment, createLogger('info', { write: (line) => void lines.push(line) }));
  const url = `http://127.0.0.1:${gateway.port}`;
  const body = wire(envelope([change({ messages: [textMessage('wamid.1', 'hello')] })]));
  const headers = { 'X-Hub-Signature-256': signature(body, environment.META_APP_SECRET ?? '') };
  const answer = await fetch(`${url}/webhooks/whatsapp`, {
    method: 'POST',
    body: new Uint8Array(body),
    headers,
  });
  expect(answer.status).toBe(200);
  const said = /MongoDB refuses the user or password of MONGODB_URI/;
  await until('the log says it', () => said.test(lines.join('')));
  const ready = await fetch(`${url}/readyz`);
  expect([ready.status, await ready.text()]).toEqual([200, expect.stringMatching(said)]);
  isRefused = false;
  await gateway.ready;
  await until('it was handled', () => lines.join('').includes('"inbound.handled"'));
  expect(await (await fetch(`${url}/readyz`)).text()).not.toMatch(said);
  expect(lines.join('')).not.toContain('a-password-that-nobody-logs');
});
