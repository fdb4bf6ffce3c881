/** The HTTP server: the webhook and the live feed go to their own handlers, everything else to Express. */
import {
  createServer as createNodeServer,
  type IncomingMessage,
  type RequestListener,
  type Server,
  type ServerResponse,
} from 'node:http';
import type { AddressInfo, Socket } from 'node:net';

import { createFeed } from '../agents/feed-stream.ts';
import type { Context } from '../context.ts';
import { Health } from '../ops/health.ts';
import { RateLimits } from '../ops/rate-limits.ts';
import { createApp } from './app.ts';
import { problemFor, sendProblem } from './errors.ts';
import { type RequestClasses, requestClasses } from './prototypes.ts';
import { requireHttps } from './transport.ts';

/** A request's headers must be there within 10 s, its body (at most 4 MB) within 60 s. */
const HEADERS_WAIT_MS = 10_000;
const REQUEST_WAIT_MS = 60_000;
/** Load balancers keep connections for 60 s; the server must not be the first to close one. */
const KEEP_ALIVE_MS = 75_000;
/** How often the two limits above are looked after. */
const CHECK_MS = 5_000;

/** While stopping: how soon a connection is closed after its last answer. */
const SWEEP_MS = 50;

const WEBHOOK = /^\/webhooks\/whatsapp(?:\/[^/?]*)?\/?(?:\?|$)/;
const FEED = /^\/v1\/feed(?:\?|$)/;

interface Handlers {
  /** Answers GET and POST of `/webhooks/whatsapp` and `/webhooks/whatsapp/{app}`. */
  webhook: (request: IncomingMessage, response: ServerResponse) => void;
  /** Default: ready while Redis answers. */
  health?: Health;
}

export interface GatewayServer {
  /** @returns the port, for 0 the one the system gave. @throws when the port is taken */
  listen(port: number, host?: string): Promise<number>;
  /** Takes no more connections, ends the feeds, lets running requests finish, and cuts off what is left at the end. */
  close(budgetMs: number): Promise<void>;
}

export function createServer(ctx: Context, { webhook, health = new Health(ctx) }: Handlers): GatewayServer {
  const limits = new RateLimits(ctx);
  const app = createApp(ctx, health, limits);
  const feed = createFeed(ctx, limits);
  const check = requireHttps(ctx.settings);
  const server = createHttpServer(requestClasses(app), (request, response) => {
    const url = request.url ?? '';
    try {
      check(request);
    } catch (error) {
      sendProblem(response, problemFor(error, ''));
      return;
    }
    if (WEBHOOK.test(url) && (request.method === 'POST' || request.method === 'GET')) {
      webhook(request, response);
    } else if (FEED.test(url)) feed.handle(request, response);
    else app(request, response);
  });
  const unused = unusedConnections(server);
  return {
    listen: (port, host) => listen(server, port, host),
    async close(budgetMs) {
      health.drain();
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      // A connection that was busy when the server closed stays open after its answer, unless someone closes it.
      const sweep = () => {
        server.closeIdleConnections();
        for (const socket of unused) socket.destroy();
      };
      const sweeper = setInterval(sweep, SWEEP_MS);
      const timer = setTimeout(() => server.closeAllConnections(), budgetMs);
      await feed.close();
      await closed;
      clearInterval(sweeper);
      clearTimeout(timer);
    },
  };
}

function createHttpServer(classes: RequestClasses, listener: RequestListener): Server {
  return createNodeServer(
    {
      ...classes,
      headersTimeout: HEADERS_WAIT_MS,
      requestTimeout: REQUEST_WAIT_MS,
      keepAliveTimeout: KEEP_ALIVE_MS,
      connectionsCheckingInterval: CHECK_MS,
    },
    listener,
  );
}

/** Connections that have asked for nothing yet. Browsers open them ahead, and Node counts them among the busy ones. */
function unusedConnections(server: Server): Set<Socket> {
  const unused = new Set<Socket>();
  // One function for all: thousands of feeds hold their sockets for hours.
  const forget = function (this: Socket) {
    unused.delete(this);
  };
  server.on('connection', (socket) => {
    unused.add(socket);
    socket.on('close', forget);
  });
  server.on('request', (request) => unused.delete(request.socket));
  return unused;
}

function listen(server: Server, port: number, host: string | undefined): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen({ port, ...(host === undefined ? {} : { host }) }, () => {
      server.off('error', reject);
      resolve((server.address() as AddressInfo).port);
    });
  });
}
