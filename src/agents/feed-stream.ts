/**
 * `GET /v1/feed` (server-sent events), on the bare HTTP server: key and rights are checked, what the client missed is
 * replayed, then it is told what happens. The key is checked again every few seconds.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';

import { addressClass, withOrigin } from '../audit/origin.ts';
import { recordFeedOpened } from '../audit/views.ts';
import type { Context } from '../context.ts';
import { problemFor, sendProblem } from '../http/errors.ts';
import { Reject } from '../ops/errors.ts';
import { clientAddress } from '../ops/proxies.ts';
import type { RateLimits } from '../ops/rate-limits.ts';
import { newId } from '../store/ids.ts';
import { credentialOf, requireOwnOrigin } from '../tenants/auth.ts';
import { FeedClient } from './feed-client.ts';
import { FeedHub } from './feed-hub.ts';
import { Listeners, TICK_MS } from './feed-listeners.ts';
import { OpenFeeds } from './open-feeds.ts';

/** Clients come back after 1 to 4 s, not all at once. */
const RETRY_FROM_MS = 1_000;
const RETRY_SPREAD_MS = 3_000;

/** Of every line that is logged here. */
const ABOUT = { method: 'GET', route: '/v1/feed' };

export interface Feed {
  /** Handles every request to `/v1/feed`. */
  handle(request: IncomingMessage, response: ServerResponse): void;
  /** Ends all streams. */
  close(): Promise<void>;
}

/** What all streams of this process share. */
interface Shared {
  hub: FeedHub;
  listeners: Listeners;
  places: OpenFeeds;
  limits: RateLimits;
}

export function createFeed(ctx: Context, limits: RateLimits): Feed {
  const hub = new FeedHub(ctx);
  const listeners = new Listeners(ctx);
  const shared = { hub, listeners, places: new OpenFeeds(ctx), limits };
  const ticker = setInterval(() => listeners.tick(), TICK_MS);
  ticker.unref();
  return {
    handle: (request, response) => void serve(ctx, shared, request, response),
    async close() {
      clearInterval(ticker);
      await hub.close();
    },
  };
}

/** What is logged of a request from its opening to its end. */
interface Line {
  requestId: string;
  started: number;
}

/** One request from its opening to its end, and one line of log. */
async function serve(
  ctx: Context,
  shared: Shared,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const line = { requestId: newId(ctx, 'req'), started: performance.now() };
  let client: FeedClient | undefined;
  try {
    const from = startOf(request, response);
    const origin = { requestId: line.requestId, address: addressClass(clientAddress(ctx, request)) };
    const admitted = await withOrigin(origin, () => admit(ctx, shared, request, response));
    client = admitted.client;
    follow(ctx, admitted, response, line);
    await client.replay(ctx, from, admitted.now);
  } catch (error) {
    const { requestId } = line;
    if (client) {
      ctx.log.warn({ ...ABOUT, requestId, tenantId: client.tenantId, err: error }, 'feed.replay-failed');
      client.end('unavailable');
      return;
    }
    refuse(ctx, request, response, line, error);
  }
}

interface Admitted {
  client: FeedClient;
  /** Id after which live events begin. */
  now: string;
  /** Gives its place to others. */
  leave: () => void;
}

/**
 * A client with the right to listen, joined to its tenant's events.
 * @throws Reject (401, 403), (429) `rate-limited` or `too-many-feeds`, or when a server is away
 */
async function admit(
  ctx: Context,
  { hub, listeners, places, limits }: Shared,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<Admitted> {
  const asking = () => listeners.admit(credentialOf(request));
  const { listener, caller } = await limits.guard(clientAddress(ctx, request), asking);
  // A browser that another site's page makes ask says so; it sends no Origin from a page of ours.
  if (caller.session && request.headers.origin !== undefined) requireOwnOrigin(ctx, request);
  await limits.spend(caller, 'feed');
  const giveBack = places.take(caller);
  const client = new FeedClient(response, caller);
  const leave = () => {
    giveBack();
    hub.leave(client);
    listeners.leave(listener, client);
  };
  try {
    await recordFeedOpened(ctx, caller);
    const now = await hub.join(client);
    listeners.join(listener, client);
    return { client, now, leave };
  } catch (error) {
    leave();
    throw error;
  }
}

/** Begins the answer and looks after the stream until it ends; the client may have gone meanwhile. */
function follow(
  ctx: Context,
  { client, leave }: Admitted,
  response: ServerResponse,
  { requestId, started }: Line,
): void {
  const finish = () => {
    leave();
    const { tenantId, principal } = client.caller;
    const fields = { tenantId, principal, outcome: client.endReason, items: client.written };
    ctx.log.info({ ...ABOUT, requestId, ...fields, ms: since(started) }, 'feed.closed');
  };
  if (client.ended) return finish();
  response.on('close', finish);
  writeHead(ctx, response, requestId);
  forget(response.req);
}

function refuse(
  ctx: Context,
  { method }: IncomingMessage,
  response: ServerResponse,
  { requestId, started }: Line,
  error: unknown,
): void {
  const answer = problemFor(error, requestId);
  const { status } = answer.problem;
  const fields = { ...ABOUT, method, requestId, status, reason: answer.reason, ms: since(started) };
  if (status >= 500) ctx.log.error({ ...fields, err: error }, 'request.handled');
  else ctx.log.info(fields, 'request.handled');
  response.setHeader('X-Request-Id', requestId);
  sendProblem(response.setHeader('Cache-Control', 'no-store'), answer);
}

/** A stream may stay open for hours: its headers, with the key among them, are not kept as long. */
function forget(request: IncomingMessage): void {
  request.headers = {};
  request.rawHeaders = [];
}

/** Where the client wants to go on: its `Last-Event-ID`, else its cursor. @throws Reject (405, 422) */
function startOf(request: IncomingMessage, response: ServerResponse): string | undefined {
  if (request.method !== 'GET') {
    response.setHeader('Allow', 'GET');
    throw new Reject(405, 'method-not-allowed', 'Use GET.');
  }
  const { searchParams } = new URL(request.url ?? '/', 'http://gateway');
  const names = [...searchParams.keys()];
  if (names.length > 1 || names.some((name) => name !== 'cursor')) {
    const errors = names
      .filter((name) => name !== 'cursor')
      .map((path) => ({ path, message: 'Unknown field.' }));
    throw new Reject(422, 'invalid-request', 'The feed takes one query parameter, cursor, once.', { errors });
  }
  const header = request.headers['last-event-id'];
  const id = typeof header === 'string' && header !== '' ? header : (searchParams.get('cursor') ?? undefined);
  if (id === undefined || /^\d{1,16}-\d{1,16}$/.test(id)) return id;
  throw new Reject(422, 'bad-cursor', 'Go on from a feedCursor of a list, or from the id of an event.');
}

function writeHead(ctx: Context, response: ServerResponse, requestId: string): void {
  const retry = RETRY_FROM_MS + (ctx.random.bytes(2).readUInt16BE(0) / 0xffff) * RETRY_SPREAD_MS;
  response.writeHead(200, {
    'Content-Type': 'text/event-stream; charset=utf-8',
    'Cache-Control': 'no-store, no-transform',
    'X-Accel-Buffering': 'no',
    'X-Content-Type-Options': 'nosniff',
    'X-Request-Id': requestId,
  });
  response.flushHeaders(); // by itself it is written as one flat string: of a text that is joined, Node keeps every part
  response.write(`retry: ${Math.round(retry)}\n\n`);
}

const since = (started: number) => Math.round((performance.now() - started) * 10) / 10;
