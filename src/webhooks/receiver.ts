/**
 * The webhook: a plain (req, res) handler, so that it runs on the bare HTTP server as well as in Express.
 * Bytes → size → signature → items → durable → 200. Nothing is parsed before the signature holds, and 200 is said
 * only when every item is in its lane or on the disk.
 *
 * A compressed body is taken as the bytes that came: WhatsApp compresses nothing, the signature covers what is on the
 * wire, and nothing is ever inflated here.
 */
import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';

import type { Context } from '../context.ts';
import { CANARY_AGENT } from '../ops/metrics.ts';
import { type AppDirectory, DEFAULT_APP, type KnownApp, settingsApp } from '../tenants/apps.ts';
import { BODY_LIMITS, type BodyLimits, type BodyProblem, BodyRoom } from './body.ts';
import type { Intake } from './intake.ts';
import { itemsInSteps, itemsOf, LARGE } from './items.ts';
import { claimedDigest, isSignedBy } from './signature.ts';

const PATH = /^\/webhooks\/whatsapp(?:\/([A-Za-z0-9_-]{1,64}))?\/?$/;
/** How long we go on reading, and forgetting, what we refused, so that the sender sees the answer. */
const LINGER_MS = 2_000;
const RETRY_AFTER_SECONDS = 5;

export type WebhookHandler = (request: IncomingMessage, response: ServerResponse) => void;

interface Options {
  /** Default: the app of the bare address alone, from the settings. */
  apps?: AppDirectory;
  limits?: BodyLimits;
}

interface Receiver {
  ctx: Context;
  intake: Pick<Intake, 'take'>;
  apps: AppDirectory;
  room: BodyRoom;
}

/** Handles GET (subscription handshake) and POST (notifications) of `/webhooks/whatsapp` and `/webhooks/whatsapp/{app}`. */
export function createWebhookHandler(
  ctx: Context,
  intake: Pick<Intake, 'take'>,
  { apps = onlySettings(ctx), limits = BODY_LIMITS }: Options = {},
): WebhookHandler {
  const receiver = { ctx, intake, apps, room: new BodyRoom(limits) };
  return (request, response) => {
    const started = performance.now();
    answer(receiver, request, response).then(
      (outcome) =>
        ctx.log.info({ ...outcome, ...ofCanary(request, outcome), ms: elapsed(started) }, 'webhook.handled'),
      (error: unknown) => {
        ctx.log.error({ status: 503, ms: elapsed(started), err: error }, 'webhook.not-taken');
        end(response.setHeader('Retry-After', RETRY_AFTER_SECONDS), 503, 'Not taken; please repeat.');
      },
    );
  };
}

/** The installation looking at itself is in no rate; only who has the secret can say so. */
function ofCanary({ headers }: IncomingMessage, { outcome }: Outcome): { kind?: 'canary' } {
  return outcome === 'taken' && headers['user-agent'] === CANARY_AGENT ? { kind: 'canary' } : {};
}

function onlySettings({ settings }: Context): AppDirectory {
  return {
    find: (app) => Promise.resolve(app === DEFAULT_APP ? settingsApp(settings) : 'unknown'),
  };
}

interface Outcome {
  method: string;
  status: number;
  outcome: string;
  items?: number;
  bytes?: number;
}

async function answer(
  receiver: Receiver,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<Outcome> {
  const method = request.method ?? '';
  const url = request.url ?? '';
  const mark = url.indexOf('?');
  const match = PATH.exec(mark === -1 ? url : url.slice(0, mark));
  if (!match) return refuse(request, response, 404, 'No such address.', 'no-such-address');
  const name = match[1] ?? DEFAULT_APP;
  const app = await receiver.apps.find(name);
  if (app === 'unread') {
    response.setHeader('Retry-After', RETRY_AFTER_SECONDS);
    return refuse(request, response, 503, 'Apps are not known yet; please repeat.', 'apps-unread');
  }
  if (app === 'unknown') return refuse(request, response, 404, 'No such app.', 'unknown-app');
  if (method === 'GET') {
    return handshake(app, new URLSearchParams(mark === -1 ? '' : url.slice(mark + 1)), response);
  }
  if (method === 'POST') return notification(receiver, { name, secrets: app.secrets }, request, response);
  response.setHeader('Allow', 'GET, POST');
  return refuse(request, response, 405, 'Use GET or POST.', 'method');
}

/** Cloud API, webhooks, verification: the challenge is the whole answer, as plain text; there is no signature. */
function handshake({ verifyTokens }: KnownApp, query: URLSearchParams, response: ServerResponse): Outcome {
  const single = (name: string) => (query.getAll(name).length === 1 ? query.get(name) : null);
  const challenge = single('hub.challenge');
  const given = single('hub.verify_token');
  const fits = given !== null && verifyTokens.filter((token) => equal(token, given)).length > 0;
  if (!fits || single('hub.mode') !== 'subscribe' || challenge === null) {
    return end(response, 403, 'The verify token does not fit.', {
      method: 'GET',
      outcome: 'handshake-refused',
    });
  }
  return end(response, 200, challenge, { method: 'GET', outcome: 'handshake' });
}

const PROBLEMS: Record<Exclude<BodyProblem, 'cut-off'>, [status: number, detail: string]> = {
  'too-large': [413, 'More than 4 MB.'],
  'too-slow': [408, 'The body came too slowly.'],
  'no-room': [503, 'Too much at once; please repeat.'],
};

async function notification(
  { ctx, intake, room }: Receiver,
  { name, secrets }: Pick<KnownApp, 'secrets'> & { name: string },
  request: IncomingMessage,
  response: ServerResponse,
): Promise<Outcome> {
  const digest = claimedDigest(request.headers['x-hub-signature-256']);
  // Nobody who has the secret sends this; its body is not even read.
  if (!digest) return refuse(request, response, 401, 'The signature does not fit.', 'no-signature');
  const { body: reading, release } = room.hold(request);
  try {
    const body = await reading;
    if (body === 'cut-off') return { method: 'POST', status: 0, outcome: 'cut-off' };
    if (typeof body === 'string') {
      if (body === 'no-room') response.setHeader('Retry-After', 1);
      return refuse(request, response, ...PROBLEMS[body], body);
    }
    const bytes = body.length;
    if (bytes === 0 || !isSignedBy(secrets, body, digest)) {
      return end(response, 401, 'The signature does not fit.', {
        method: 'POST',
        outcome: 'bad-signature',
        bytes,
      });
    }
    const items = bytes > LARGE ? await itemsInSteps(ctx, body, name) : itemsOf(ctx, body, name);
    await intake.take(items);
    return end(response, 200, '', { method: 'POST', outcome: 'taken', items: items.length, bytes });
  } finally {
    release();
  }
}

/** Answers without having read the body. The connection ends: what is left of the body would be the next request. */
function refuse(
  request: IncomingMessage,
  response: ServerResponse,
  status: number,
  detail: string,
  outcome: string,
): Outcome {
  const method = request.method ?? '';
  if (request.complete) return end(response, status, detail, { method, outcome });
  response.setHeader('Connection', 'close');
  request.resume();
  const timer = setTimeout(() => request.destroy(), LINGER_MS).unref();
  request.once('close', () => clearTimeout(timer));
  return end(response, status, detail, { method, outcome });
}

/** Constant time for any lengths. */
function equal(left: string, right: string): boolean {
  const digest = (value: string) => createHash('sha256').update(value).digest();
  return timingSafeEqual(digest(left), digest(right));
}

function end<T extends object>(
  response: ServerResponse,
  status: number,
  body: string,
  outcome?: T,
): T & { status: number } {
  if (!response.headersSent) {
    response.writeHead(status, {
      'Content-Type': 'text/plain; charset=utf-8',
      'Content-Length': Buffer.byteLength(body),
      'X-Content-Type-Options': 'nosniff',
    });
  }
  response.end(body);
  return { ...(outcome as T), status };
}

const elapsed = (started: number) => Math.round((performance.now() - started) * 10) / 10;
