/**
 * `GET /v1/feed` (server-sent events), on the bare HTTP server: key and rights are checked, what the client missed is
 * replayed, then it is told what happens. The key is checked again every few seconds.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';

import { addressClass, withOrigin } from '../audit/origin.ts';
import { recordFeedOpened, recordListening } from '../audit/views.ts';
import type { Context } from '../context.ts';
import { problemFor, sendProblem } from '../http/errors.ts';
import { clientAddress } from '../http/proxies.ts';
import type { RateLimits } from '../http/rate-limits.ts';
import type { Caller } from '../http/route.ts';
import { Reject } from '../ops/errors.ts';
import { newId } from '../store/ids.ts';
import {
  authenticate,
  type Credential,
  credentialOf,
  requireNothingPending,
  requireScopes,
} from '../tenants/auth.ts';
import { FeedClient } from './feed-client.ts';
import { FeedHub } from './feed-hub.ts';
import { OpenFeeds } from './open-feeds.ts';

/** Proxies close what is silent for 30 to 60 s. */
const KEEP_ALIVE_MS = 15_000;
/** A revoked key's stream ends within RECHECK_MS + TICK_MS and the time of one look-up: less than 5 s. */
const RECHECK_MS = 2_500;
const TICK_MS = 500;
/** Clients come back after 1 to 4 s, not all at once. */
const RETRY_FROM_MS = 1_000;
const RETRY_SPREAD_MS = 3_000;

const NEEDED = ['conversations:read', 'messages:read'] as const;

/** What all streams of this process share. */
interface Shared {
  hub: FeedHub;
  open: Map<FeedClient, Open>;
  places: OpenFeeds;
  limits: RateLimits;
}

interface Open {
  credential: Credential;
  checkedAt: number;
  spokeAt: number;
}

export interface Feed {
  /** Handles every request to `/v1/feed`. */
  handle(request: IncomingMessage, response: ServerResponse): void;
  /** Ends all streams. */
  close(): Promise<void>;
}

export function createFeed(ctx: Context, limits: RateLimits): Feed {
  const hub = new FeedHub(ctx);
  const open = new Map<FeedClient, Open>();
  const shared = { hub, open, places: new OpenFeeds(ctx), limits };
  const ticker = setInterval(() => tick(ctx, open), TICK_MS);
  ticker.unref();
  return {
    handle: (request, response) => void serve(ctx, shared, request, response),
    async close() {
      clearInterval(ticker);
      await hub.close();
    },
  };
}

/** One request from its opening to its end, and one line of log. */
async function serve(
  ctx: Context,
  shared: Shared,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const started = performance.now();
  const requestId = newId(ctx, 'req');
  const line = { requestId, method: request.method, route: '/v1/feed' };
  response.setHeader('X-Request-Id', requestId);
  let client: FeedClient | undefined;
  try {
    const from = startOf(request, response);
    const origin = { requestId, address: addressClass(clientAddress(ctx, request)) };
    const admitted = await withOrigin(origin, () => admit(ctx, shared, request, response));
    ({ client } = admitted);
    const credential = credentialOf(request);
    follow(ctx, shared, admitted, { response, line, started, credential });
    await client.replay(ctx, from);
  } catch (error) {
    if (client) {
      ctx.log.warn({ ...line, tenantId: client.tenantId, err: error }, 'feed.replay-failed');
      client.end('unavailable');
      return;
    }
    const answer = problemFor(error, requestId);
    const { status } = answer.problem;
    const fields = { ...line, status, reason: answer.reason, ms: since(started) };
    if (status >= 500) ctx.log.error({ ...fields, err: error }, 'request.handled');
    else ctx.log.info(fields, 'request.handled');
    sendProblem(response.setHeader('Cache-Control', 'no-store'), answer);
  }
}

interface Admitted {
  client: FeedClient;
  /** Gives its place to others. */
  leave: () => void;
}

/**
 * A client with the right to listen, joined to its tenant's events.
 * @throws Reject (401, 403), (429) `rate-limited` or `too-many-feeds`, or when a server is away
 */
async function admit(
  ctx: Context,
  { hub, places, limits }: Shared,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<Admitted> {
  const caller = await limits.guard(clientAddress(ctx, request), () => authenticate(ctx, request));
  requireListener(caller);
  await limits.spend(caller, 'feed');
  const leave = places.take(caller);
  try {
    await recordFeedOpened(ctx, caller);
    const client = new FeedClient(response, caller);
    await hub.join(client);
    return { client, leave };
  } catch (error) {
    leave();
    throw error;
  }
}

interface Opening {
  response: ServerResponse;
  line: Record<string, unknown>;
  started: number;
  credential: Credential;
}

/** Begins the answer and looks after the stream until it ends; the client may have gone meanwhile. */
function follow(ctx: Context, { hub, open }: Shared, { client, leave }: Admitted, opening: Opening): void {
  const { response, line, started, credential } = opening;
  const finish = () => {
    leave();
    hub.leave(client);
    open.delete(client);
    const { tenantId, principal } = client.caller;
    const fields = { ...line, tenantId, principal, outcome: client.endReason, items: client.written };
    ctx.log.info({ ...fields, ms: since(started) }, 'feed.closed');
  };
  if (client.ended) return finish();
  response.on('close', finish);
  open.set(client, { credential, checkedAt: performance.now(), spokeAt: performance.now() });
  writeHead(ctx, response);
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

function writeHead(ctx: Context, response: ServerResponse): void {
  const retry = RETRY_FROM_MS + (ctx.random.bytes(2).readUInt16BE(0) / 0xffff) * RETRY_SPREAD_MS;
  response.writeHead(200, {
    'Content-Type': 'text/event-stream; charset=utf-8',
    'Cache-Control': 'no-store, no-transform',
    'X-Accel-Buffering': 'no',
    'X-Content-Type-Options': 'nosniff',
  });
  response.write(`retry: ${Math.round(retry)}\n\n`);
}

/** Heartbeats, and another look at each key that has not been looked at for a while: once for all its streams. */
function tick(ctx: Context, open: Map<FeedClient, Open>): void {
  const now = performance.now();
  const due = new Map<string, { credential: Credential; clients: FeedClient[] }>();
  for (const [client, state] of open) {
    if (now - state.spokeAt >= KEEP_ALIVE_MS) {
      state.spokeAt = now;
      client.keepAlive();
    }
    if (now - state.checkedAt < RECHECK_MS) continue;
    state.checkedAt = now;
    const { credential } = state;
    const name = credential.headers.authorization ?? credential.headers.cookie ?? '';
    const same = due.get(name);
    if (same) same.clients.push(client);
    else due.set(name, { credential, clients: [client] });
  }
  for (const { credential, clients } of due.values()) void recheck(ctx, clients, credential);
}

/** @throws Reject (403) */
function requireListener(caller: Caller): void {
  if (caller.kind === 'operator') {
    throw new Reject(403, 'read-only', 'Support reads by asking: nobody listens in silence.');
  }
  requireScopes(caller, NEEDED);
  requireNothingPending(caller);
}

/** Ends the streams of a key or session that ended or lost a right; also when nobody can say, since content must not leak. */
async function recheck(ctx: Context, clients: FeedClient[], credential: Credential): Promise<void> {
  try {
    const caller = await authenticate(ctx, credential);
    requireListener(caller);
    await recordListening(ctx, caller);
  } catch (error) {
    for (const client of clients) client.end(error instanceof Reject ? 'key' : 'unavailable');
  }
}

const since = (started: number) => Math.round((performance.now() - started) * 10) / 10;
