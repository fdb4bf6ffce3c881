/** The HTTP server: the webhook and the live feed go to their own handlers, everything else to Express. */
import { type IncomingMessage, type RequestListener, Server, type ServerResponse } from 'node:http';

import { createFeed, type Feed } from '../agents/feed-stream.ts';
import type { Context } from '../context.ts';
import { Health } from '../ops/health.ts';
import { createApp } from './app.ts';
import { requestClasses } from './prototypes.ts';

/** A request's headers must be there within 10 s, its body (at most 4 MB) within 60 s. */
const HEADERS_WAIT_MS = 10_000;
const REQUEST_WAIT_MS = 60_000;
/** Load balancers keep connections for 60 s; the server must not be the first to close one. */
const KEEP_ALIVE_MS = 75_000;
/** How often the two limits above are looked after. */
const CHECK_MS = 5_000;

const WEBHOOK = /^\/webhooks\/whatsapp(?:\/[^/?]*)?\/?(?:\?|$)/;
const FEED = /^\/v1\/feed(?:\?|$)/;

interface Handlers {
  /** Answers GET and POST of `/webhooks/whatsapp` and `/webhooks/whatsapp/{app}`. */
  webhook: (request: IncomingMessage, response: ServerResponse) => void;
}

/** Builds the server; `listen` as with any `http.Server`. */
export function createServer(ctx: Context, { webhook }: Handlers): GatewayServer {
  const health = new Health(ctx);
  const app = createApp(ctx, health);
  const feed = createFeed(ctx);
  const classes = requestClasses(app);
  const listener: RequestListener = (request, response) => {
    const url = request.url ?? '';
    if (WEBHOOK.test(url) && (request.method === 'POST' || request.method === 'GET'))
      {webhook(request, response);}
    else if (FEED.test(url)) feed.handle(request, response);
    else app(request, response);
  };
  return new GatewayServer({ classes, listener, health, feed });
}

interface Parts {
  classes: ReturnType<typeof requestClasses>;
  listener: RequestListener;
  health: Health;
  feed: Feed;
}

export class GatewayServer extends Server {
  readonly #health: Health;
  readonly #feed: Feed;

  constructor({ classes, listener, health, feed }: Parts) {
    const options = { connectionsCheckingInterval: CHECK_MS, keepAliveTimeout: KEEP_ALIVE_MS };
    super(
      { ...classes, ...options, headersTimeout: HEADERS_WAIT_MS, requestTimeout: REQUEST_WAIT_MS },
      listener,
    );
    this.#health = health;
    this.#feed = feed;
  }

  /** `/readyz` says no from now on, while requests are still answered. */
  drain(): void {
    this.#health.drain();
  }

  /** Takes no more connections, ends the feeds, lets running requests finish, and cuts off what is left at the end. */
  async stop(budgetMs: number): Promise<void> {
    this.drain();
    const closed = new Promise<void>((resolve) => this.close(() => resolve()));
    const timer = setTimeout(() => this.closeAllConnections(), budgetMs);
    await this.#feed.close();
    this.closeIdleConnections();
    await closed;
    clearTimeout(timer);
  }
}
