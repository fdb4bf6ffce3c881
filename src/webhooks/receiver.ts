/**
 * The webhook: a plain (req, res) handler, so that it runs on the bare HTTP server as well as in Express.
 * Bytes → size → signature → items → durable → 200. Nothing is parsed before the signature holds, and 200 is said
 * only when every item is in its lane or on the disk.
 */
import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';

import type { Context } from '../context.ts';
import type { Intake } from './intake.ts';
import { isSignedBy } from './signature.ts';
import { splitNotification } from './split.ts';

/** WhatsApp sends up to 3 MB. */
const BODY_LIMIT = 4 * 1024 * 1024;
const PATH = /^\/webhooks\/whatsapp(?:\/([A-Za-z0-9_-]{1,64}))?\/?$/;
/** The app of the bare address. */
export const DEFAULT_APP = 'default';

export type WebhookHandler = (request: IncomingMessage, response: ServerResponse) => void;

/** Handles GET (subscription handshake) and POST (notifications) of `/webhooks/whatsapp` and `/webhooks/whatsapp/{app}`. */
export function createWebhookHandler(ctx: Context, intake: Pick<Intake, 'take'>): WebhookHandler {
  return (request, response) => {
    const started = performance.now();
    answer(ctx, intake, request, response).then(
      (outcome) => ctx.log.info({ ...outcome, ms: elapsed(started) }, 'webhook.handled'),
      (error: unknown) => {
        ctx.log.error({ status: 503, ms: elapsed(started), err: error }, 'webhook.not-taken');
        end(response, 503, 'Not taken; please repeat.');
      },
    );
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
  ctx: Context,
  intake: Pick<Intake, 'take'>,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<Outcome> {
  const method = request.method ?? '';
  const url = new URL(request.url ?? '/', 'http://gateway');
  const match = PATH.exec(url.pathname);
  const app = match?.[1] ?? DEFAULT_APP;
  const secrets = match && app === DEFAULT_APP ? (ctx.settings.META_APP_SECRET ?? []) : undefined;
  if (!secrets) return end(response, 404, 'No such app.', { method, outcome: 'unknown-app' });
  if (method === 'GET') return handshake(ctx, url, response);
  if (method !== 'POST') {
    return end(response.setHeader('Allow', 'GET, POST'), 405, 'Use GET or POST.', {
      method,
      outcome: 'method',
    });
  }
  return notification(ctx, intake, app, secrets, request, response);
}

/** Cloud API, webhooks, verification: the challenge is the whole answer, as plain text; there is no signature. */
function handshake(ctx: Context, url: URL, response: ServerResponse): Outcome {
  const single = (name: string) =>
    url.searchParams.getAll(name).length === 1 ? url.searchParams.get(name) : null;
  const challenge = single('hub.challenge');
  const token = ctx.settings.META_VERIFY_TOKEN;
  const given = single('hub.verify_token');
  const fits = token !== undefined && given !== null && equal(token, given);
  if (!fits || single('hub.mode') !== 'subscribe' || challenge === null) {
    return end(response, 403, 'The verify token does not fit.', {
      method: 'GET',
      outcome: 'handshake-refused',
    });
  }
  return end(response, 200, challenge, { method: 'GET', outcome: 'handshake' });
}

async function notification(
  ctx: Context,
  intake: Pick<Intake, 'take'>,
  app: string,
  secrets: readonly string[],
  request: IncomingMessage,
  response: ServerResponse,
): Promise<Outcome> {
  const body = await readBody(request);
  if (body === 'too-large') {
    response.setHeader('Connection', 'close');
    return end(response, 413, 'More than 4 MB.', { method: 'POST', outcome: 'too-large' });
  }
  if (body === 'cut-off') return { method: 'POST', status: 0, outcome: 'cut-off' };
  const bytes = body.length;
  const header = request.headers['x-hub-signature-256'];
  if (!isSignedBy(secrets, body, typeof header === 'string' ? header : undefined)) {
    return end(response, 401, 'The signature does not fit.', {
      method: 'POST',
      outcome: 'bad-signature',
      bytes,
    });
  }
  const items = splitNotification(body, app).map(({ item, lane }) => ({
    item: { ...item, position: ctx.positions.next() },
    lane: ctx.inbound.laneName(...lane),
  }));
  await intake.take(items);
  return end(response, 200, '', { method: 'POST', outcome: 'taken', items: items.length, bytes });
}

function readBody(request: IncomingMessage): Promise<Buffer | 'too-large' | 'cut-off'> {
  if (Number(request.headers['content-length'] ?? 0) > BODY_LIMIT) {
    request.resume();
    return Promise.resolve('too-large');
  }
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    let length = 0;
    request.on('data', (chunk: Buffer) => {
      length += chunk.length;
      if (length > BODY_LIMIT) {
        chunks.length = 0;
        resolve('too-large');
      } else chunks.push(chunk);
    });
    request.on('end', () => resolve(Buffer.concat(chunks)));
    request.on('close', () => resolve('cut-off')); // after `end` this changes nothing
  });
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
      'X-Content-Type-Options': 'nosniff',
    });
  }
  response.end(body);
  return { ...(outcome as T), status };
}

const elapsed = (started: number) => Math.round((performance.now() - started) * 10) / 10;
