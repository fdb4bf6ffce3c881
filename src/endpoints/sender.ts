/**
 * One POST to a tenant's endpoint: straight to the address (no proxy of the environment), no redirects, public
 * addresses only, within a deadline that covers everything from the name look-up to the end of the answer. The
 * answer's body is read only so far that the connection can be used again, and not kept.
 */
import http, { type IncomingMessage } from 'node:http';
import https from 'node:https';

import {
  guardedLookup,
  hostOf,
  isLoopbackAddress,
  isLoopbackHost,
  isPublicAddress,
  RefusedAddressError,
  type Resolve,
} from './address.ts';

/** Whole try; the worker renews its hold on the lane meanwhile. */
const DEADLINE_MS = 15_000;
/** Of the answer, then the connection is cut. */
const ANSWER_LIMIT = 64 * 1024;
/** Longest life of a connection that nobody uses. */
const IDLE_MS = 10_000;

export interface Answer {
  /** HTTP status; 0: no answer. */
  status: number;
  /** Why there was no answer, one word. */
  error?: 'timeout' | 'refused-address' | 'name-not-found' | 'tls' | 'no-connection';
  retryAfter?: string;
}

interface Options {
  /** Endpoints on this machine may be called. */
  mayLoopback: boolean;
  deadlineMs?: number;
  resolve?: Resolve;
}

interface Agents {
  'http:': http.Agent;
  'https:': https.Agent;
}

export class Sender {
  readonly #mayLoopback: boolean;
  readonly #deadlineMs: number;
  readonly #public: Agents;
  readonly #loopback: Agents;

  constructor({ mayLoopback, deadlineMs = DEADLINE_MS, resolve }: Options) {
    this.#mayLoopback = mayLoopback;
    this.#deadlineMs = deadlineMs;
    this.#public = agentsFor(isPublicAddress, resolve);
    this.#loopback = agentsFor(isLoopbackAddress, resolve);
  }

  /** Posts once. Never throws: no answer is an answer of status 0. */
  async post(url: URL, headers: Record<string, string>, body: string): Promise<Answer> {
    const host = hostOf(url);
    const isLoopback = isLoopbackHost(host);
    const mayHttp = isLoopback && url.protocol === 'http:';
    if (url.protocol !== 'https:' && !mayHttp) return noAnswer('refused-address');
    if (isLoopback && !this.#mayLoopback) return noAnswer('refused-address');
    // A literal address is connected to without a look-up, so it is judged here.
    if (!isLoopback && isLiteral(host) && !isPublicAddress(host)) return noAnswer('refused-address');
    const agent = (isLoopback ? this.#loopback : this.#public)[url.protocol as keyof Agents];
    const signal = AbortSignal.timeout(this.#deadlineMs);
    const first = await once(url, { agent, headers, signal }, body);
    // An idle connection may be closed by the other side just when it is used again: that says nothing of the endpoint.
    const last =
      first === 'idle-connection-closed' ? await once(url, { agent, headers, signal }, body) : first;
    return last === 'idle-connection-closed' ? noAnswer('no-connection') : last;
  }

  close(): void {
    for (const agents of [this.#public, this.#loopback]) {
      agents['http:'].destroy();
      agents['https:'].destroy();
    }
  }
}

function agentsFor(may: (address: string) => boolean, resolve?: Resolve): Agents {
  const options = { keepAlive: true, timeout: IDLE_MS, lookup: guardedLookup(may, resolve) };
  return { 'http:': new http.Agent(options), 'https:': new https.Agent(options) };
}

interface PostOptions {
  agent: http.Agent;
  headers: Record<string, string>;
  signal: AbortSignal;
}

function once(url: URL, options: PostOptions, body: string): Promise<Answer | 'idle-connection-closed'> {
  return new Promise((resolve) => {
    const { request: open } = url.protocol === 'https:' ? https : http;
    const length = String(Buffer.byteLength(body));
    const request = open(url, {
      ...options,
      method: 'POST',
      headers: { ...options.headers, 'content-length': length },
    });
    let answer: Answer | undefined;
    request.on('response', (response) => {
      const { statusCode: status = 0, headers } = response;
      const retryAfter = headers['retry-after'];
      answer = { status, ...(retryAfter === undefined ? {} : { retryAfter }) };
      drain(response, () => resolve(answer as Answer));
    });
    request.on('error', (error: NodeJS.ErrnoException) => {
      if (answer) return resolve(answer); // cut while its body was read: the status counts
      const isStale = request.reusedSocket && (error.code === 'ECONNRESET' || error.code === 'EPIPE');
      resolve(isStale && !options.signal.aborted ? 'idle-connection-closed' : noAnswer(wordFor(error)));
    });
    request.end(body);
  });
}

/** Reads the rest of the answer away; what is too long or too slow is cut. */
function drain(response: IncomingMessage, ended: () => void): void {
  let bytes = 0;
  response.on('data', (chunk: Buffer) => {
    bytes += chunk.length;
    if (bytes > ANSWER_LIMIT) response.destroy();
  });
  response.on('error', () => undefined); // `close` follows
  response.on('close', ended);
}

function isLiteral(host: string): boolean {
  return /^[\d.]+$|:/.test(host);
}

function noAnswer(error: NonNullable<Answer['error']>): Answer {
  return { status: 0, error };
}

function wordFor(error: NodeJS.ErrnoException): NonNullable<Answer['error']> {
  const { code = '' } = error;
  if (error.name === 'AbortError' || error.name === 'TimeoutError') return 'timeout';
  if (error instanceof RefusedAddressError) return 'refused-address';
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN') return 'name-not-found';
  if (/^(ERR_TLS|ERR_SSL|EPROTO|CERT_|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO)/.test(code)) return 'tls';
  return 'no-connection';
}
