/** The server around Express: who answers what, headers, stopping; and that the prepared prototypes change no answer. */
import { once } from 'node:events';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer as createNodeServer, type Server } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import express, { type Express } from 'express';

import { currentTerms } from '../../src/accounts/legal-texts.ts';
import { mountConsole } from '../../src/http/console.ts';
import { requestClasses } from '../../src/http/prototypes.ts';
import { securityTxt } from '../../src/http/security-txt.ts';
import { createServer } from '../../src/http/server.ts';
import { type TestContext, testContext } from '../support/context.ts';
import { openGateway, type TestGateway } from '../support/fixtures.ts';
import { until } from '../support/until.ts';

let ctx: TestContext;
let gateway: TestGateway;
beforeAll(async () => {
  ctx = await testContext();
  gateway = await openGateway(ctx);
});
afterAll(async () => {
  await gateway.close();
  await ctx.close();
});

/** The whole answer to raw bytes, as they come over the wire. */
async function raw(port: number, request: string): Promise<string> {
  const socket = connect(port, '127.0.0.1');
  socket.setEncoding('utf8');
  let answer = '';
  socket.on('data', (chunk: string) => (answer += chunk));
  socket.write(request);
  await once(socket, 'close');
  return answer;
}

async function listening(server: Server): Promise<number> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

/** An application that uses what Express adds to requests and responses. */
function sampleApp(): Express {
  const app = express();
  const inner = express.Router();
  inner.get(
    '/who',
    (request, response) => void response.json({ base: request.baseUrl, same: request.app === app }),
  );
  app.set('trust proxy', true);
  app.use('/inner', inner);
  app.use(express.json({ limit: 100 }));
  app.get('/json', (request, response) => void response.json({ query: request.query, ip: request.ip }));
  app.get(
    '/proxy',
    (request, response) => void response.json([request.protocol, request.hostname, request.secure]),
  );
  app.get('/away', (_request, response) => void response.redirect('/json'));
  app.get('/cookie', (_request, response) => void response.cookie('a', 'b').status(201).send('<p>ok</p>'));
  app.get('/error', () => {
    throw new Error('broken');
  });
  app.post(
    '/echo',
    (request, response) => void response.json({ body: request.body as unknown, type: request.is('json') }),
  );
  app.use((error: { status?: number }, _request: unknown, response: express.Response, next: unknown) => {
    void next;
    response.status(error.status ?? 500).json({ failed: true });
  });
  return app;
}

const plain = (line: string, headers = '', body = '') =>
  `${line} HTTP/1.1\r\nHost: gateway\r\nConnection: close\r\n${headers}\r\n${body}`;
const withBody = (body: string) =>
  `Content-Type: application/json\r\nContent-Length: ${Buffer.byteLength(body)}\r\n`;

describe('prepared prototypes', () => {
  it('answer byte for byte like plain Express, without changing a prototype', async () => {
    const usual = createNodeServer(sampleApp());
    const app = sampleApp();
    const prototypes = new Set<boolean>();
    const prepared = createNodeServer(requestClasses(app), (request, response) => {
      const before = [Object.getPrototypeOf(request), Object.getPrototypeOf(response)] as unknown[];
      app(request, response);
      prototypes.add(
        before[0] === Object.getPrototypeOf(request) && before[1] === Object.getPrototypeOf(response),
      );
    });
    const ports = [await listening(usual), await listening(prepared)];
    const small = '{"a":"\u05e9"}';
    const large = JSON.stringify('x'.repeat(200));
    for (const request of [
      plain('GET /json?a=1&b=2'),
      plain('HEAD /json'),
      plain('GET /proxy', 'X-Forwarded-Proto: https\r\nX-Forwarded-Host: other\r\n'),
      plain('GET /away'),
      plain('GET /cookie'),
      plain('GET /inner/who'),
      plain('GET /nothing'),
      plain('GET /error'),
      plain('OPTIONS /json'),
      plain('POST /echo', withBody(small), small),
      plain('POST /echo', withBody(large), large),
      plain('POST /echo', withBody('{'), '{'),
    ]) {
      const [expected, seen] = await Promise.all(ports.map((port) => raw(port, request)));
      const undated = (answer = '') => answer.replace(/Date: .*\r\n/, '');
      expect(undated(seen)).toBe(undated(expected));
      expect(seen).toMatch(/^HTTP\/1\.1 \d{3} /);
    }
    expect([...prototypes]).toEqual([true]);
    usual.close();
    prepared.close();
  });
});

describe('addresses', () => {
  it.each([
    ['POST', '/webhooks/whatsapp'],
    ['GET', '/webhooks/whatsapp?hub.mode=subscribe'],
    ['POST', '/webhooks/whatsapp/second-app'],
  ])('%s %s goes to the webhook, before Express', async (method, path) => {
    const answer = await gateway.ask(method, path);
    expect(answer.text).toBe('webhook');
    expect(answer.headers.get('content-security-policy')).toBeNull();
  });

  it.each(['/webhooks/whatsapp/a/b', '/webhooks/whatsappx', '/v1/feedback'])('%s does not', async (path) => {
    expect((await gateway.ask('GET', path)).status).toBe(404);
  });

  it('/healthz says that the process lives', async () => {
    expect((await gateway.ask('GET', '/healthz')).body).toEqual({ status: 'alive' });
  });

  it('/readyz says that its servers answer', async () => {
    expect((await gateway.ask('GET', '/readyz')).body).toEqual({ status: 'ready' });
  });
});

describe('headers', () => {
  it.each(['/v1/me', '/docs', '/', '/healthz', '/nothing'])(
    '%s carries the policy and tells nothing of us',
    async (path) => {
      const { headers } = await gateway.ask('GET', path);
      const policy = headers.get('content-security-policy') ?? '';
      for (const part of [
        "script-src 'self'",
        "connect-src 'self'",
        "img-src 'self' data: blob:",
        "frame-ancestors 'none'",
      ]) {
        expect(policy).toContain(part);
      }
      expect(policy).not.toContain('unsafe');
      expect(headers.get('x-content-type-options')).toBe('nosniff');
      expect(headers.get('x-powered-by')).toBeNull();
      expect(headers.get('x-request-id')).toMatch(/^req_/);
    },
  );
});

/** What every answer of Express carries, word for word: a change here is a change of what browsers allow. */
const HEADERS = {
  'content-security-policy':
    "default-src 'self';script-src 'self';style-src 'self';connect-src 'self';img-src 'self' data: blob:;media-src 'self' blob:;object-src 'none';base-uri 'none';form-action 'self';frame-ancestors 'none'",
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'origin-agent-cluster': '?1',
  'permissions-policy': 'camera=(), display-capture=(), geolocation=(), microphone=(), payment=(), usb=()',
  'referrer-policy': 'no-referrer',
  'strict-transport-security': 'max-age=31536000; includeSubDomains',
  'x-content-type-options': 'nosniff',
  'x-dns-prefetch-control': 'off',
  'x-download-options': 'noopen',
  'x-frame-options': 'DENY',
  'x-permitted-cross-domain-policies': 'none',
  'x-xss-protection': '0',
};

describe('headers of safety', () => {
  it.each(['/v1/me', '/', '/nothing', '/.well-known/security.txt'])('%s: all of them', async (path) => {
    const { headers } = await gateway.ask('GET', path);
    const usual =
      /^(content-(type|length)|date|connection|transfer-encoding|keep-alive|x-request-id|cache-control|vary|www-authenticate|etag|last-modified|accept-ranges)$/;
    const seen = Object.fromEntries([...headers].filter(([name]) => !usual.test(name)));
    expect(seen).toEqual(HEADERS);
  });
});

describe('row 146: security.txt', () => {
  it('says whom to write to, until when that holds, and what to count on', async () => {
    const { status, headers, text } = await gateway.ask('GET', '/.well-known/security.txt');
    expect([status, headers.get('content-type')]).toEqual([200, 'text/plain; charset=utf-8']);
    expect(text).toMatch(/^Contact: mailto:team@texterchat\.com$/m);
    expect(text).toMatch(/within 2 working days/);
    const expires = Date.parse(/^Expires: (.+)$/m.exec(text)?.[1] ?? '');
    const ahead = expires - ctx.clock.now();
    expect(ahead).toBeGreaterThan(170 * 24 * 3_600_000);
    expect(ahead).toBeLessThan(365 * 24 * 3_600_000);
  });

  it('moves with the clock, and names its own address where there is one', () => {
    const settings = { ...ctx.settings, BASE_URL: 'https://gateway.example.com' };
    const later = securityTxt({ settings, clock: { now: () => Date.UTC(2040, 0, 1) } });
    expect(later).toContain('Expires: 2040-06-29T00:00:00Z');
    expect(later).toContain('Canonical: https://gateway.example.com/.well-known/security.txt');
  });
});

describe('the terms of service', () => {
  it('are a page that a business can read before it accepts them, in both languages', async () => {
    const about = await gateway.ask<{ termsUrl: string }>('GET', '/v1/about');
    const { status, text } = await gateway.ask('GET', new URL(about.body.termsUrl).pathname);
    expect(status).toBe(200);
    const { version, text: words } = currentTerms(ctx.settings);
    expect(text).toContain(`Version ${version}`);
    expect(text).toContain(words.he.split('\n')[0]);
  });
});

describe('row 3: the privacy policy', () => {
  it('is a page without scripts, in both languages, where mail and the sign-in page link to', async () => {
    const about = await gateway.ask<{ policyUrl: string }>('GET', '/v1/about');
    const { pathname } = new URL(about.body.policyUrl);
    const { status, headers, text } = await gateway.ask('GET', pathname);
    expect([status, headers.get('content-type')]).toEqual([200, 'text/html; charset=utf-8']);
    const { body } = await gateway.ask<{ version: string }>('GET', '/v1/policy');
    expect(text).toContain(`Version ${body.version}`);
    expect(text).toContain('<article lang="he" dir="rtl">');
    expect(text).not.toContain('<script');
  });
});

describe('the console', () => {
  it('is served with files that keep, and a page that does not; or says how to build it', async () => {
    const folder = `${await mkdtemp(join(tmpdir(), 'console-'))}/`;
    const app = express();
    app.use((_request, response, next) => {
      response.locals.state = {};
      next();
    });
    mountConsole(app, folder);
    const server = createNodeServer(app);
    const port = await listening(server);
    const before = await fetch(`http://127.0.0.1:${port}/`);
    expect(before.status).toBe(503);
    expect(await before.text()).toContain('npm run build');
    await mkdir(`${folder}assets`);
    await writeFile(`${folder}index.html`, '<!doctype html>');
    await writeFile(`${folder}assets/app-abc123.js`, '');
    const page = await fetch(`http://127.0.0.1:${port}/`);
    expect([page.status, page.headers.get('cache-control')]).toEqual([200, 'no-cache']);
    const script = await fetch(`http://127.0.0.1:${port}/assets/app-abc123.js`);
    expect(script.headers.get('cache-control')).toBe('public, max-age=31536000, immutable');
    server.closeAllConnections();
    server.close();
    await rm(folder, { recursive: true });
  });
});

describe('stopping', () => {
  it('closes idle and unused connections at once, and cuts off the rest when the budget is spent', async () => {
    let asked = false;
    const server = createServer(ctx, { webhook: () => (asked = true) });
    const port = await server.listen(0, '127.0.0.1');
    const idle = connect(port, '127.0.0.1');
    idle.write('GET /healthz HTTP/1.1\r\nHost: gateway\r\n\r\n');
    await once(idle, 'data');
    const unused = connect(port, '127.0.0.1');
    await once(unused, 'connect');
    const hanging = connect(port, '127.0.0.1');
    hanging.write('POST /webhooks/whatsapp HTTP/1.1\r\nHost: gateway\r\nContent-Length: 0\r\n\r\n');
    let cut = false;
    hanging.on('close', () => (cut = true)).on('error', () => undefined);
    await until('the request is there', () => asked);
    const closed = server.close(1_000);
    await Promise.all([once(idle, 'close'), once(unused, 'close')]);
    expect(cut).toBe(false);
    await closed;
    await until('the hanging request is cut off', () => cut);
  });

  it('refuses a port that is taken', async () => {
    const port = Number(new URL(gateway.url).port);
    const server = createServer(ctx, { webhook: () => undefined });
    await expect(server.listen(port, '127.0.0.1')).rejects.toThrow('EADDRINUSE');
    await server.close(100);
  });
});
