/**
 * Every refusal and failure as a problem document (RFC 9457). The status follows from the error's type, here and
 * nowhere else; what we did not foresee is ours: 500 with the request's id, and no word of what went wrong.
 */
import type { ServerResponse } from 'node:http';

import { Reject, Retry } from '../ops/errors.ts';
import { isRefusedLogin } from '../store/errors.ts';

/** Stable address of a kind of problem; its last part is the word that code may rely on. */
const PROBLEM_BASE = 'https://whatsper.dev/problems/';
/** When a neighbour is away and nobody knows for how long. */
const RETRY_AFTER_SECONDS = 5;

export interface Problem {
  type: string;
  title: string;
  status: number;
  detail: string;
  errors?: { path: string; message: string }[];
}

export interface ProblemAnswer {
  problem: Problem;
  headers: Record<string, string>;
  /** For the log: the problem's word. */
  reason: string;
}

/** The answer to a failed request. */
export function problemFor(error: unknown, requestId: string): ProblemAnswer {
  if (error instanceof Reject) {
    const known = answer(error.status, error.problem, error.message, error.errors);
    return error.afterMs === undefined ? known : later(known, error.afterMs);
  }
  if (error instanceof Retry) return unavailable(error.afterMs);
  if (isUnreachable(error) || isRefusedLogin(error)) return unavailable();
  const refused = refusedByParser(error);
  if (refused) return refused;
  return answer(
    500,
    'internal-error',
    `Something went wrong on our side. Please tell the operator the request id ${requestId}.`,
  );
}

/** Writes a problem document; when the answer had already begun, the connection is cut so that nobody takes it for whole. */
export function sendProblem(response: ServerResponse, { problem, headers }: ProblemAnswer): void {
  if (response.headersSent) {
    response.destroy();
    return;
  }
  response.writeHead(problem.status, { 'Content-Type': 'application/problem+json', ...headers });
  response.end(JSON.stringify(problem));
}

function answer(status: number, word: string, detail: string, errors?: Problem['errors']): ProblemAnswer {
  const title = word.charAt(0).toUpperCase() + word.slice(1).replaceAll('-', ' ');
  return {
    problem: { type: `${PROBLEM_BASE}${word}`, title, status, detail, ...(errors ? { errors } : {}) },
    headers: headersOf(status),
    reason: word,
  };
}

function headersOf(status: number): Record<string, string> {
  if (status === 401) return { 'WWW-Authenticate': 'Bearer realm="whatsper"' };
  if (status === 503) return { 'Retry-After': String(RETRY_AFTER_SECONDS) };
  return {};
}

function unavailable(afterMs = RETRY_AFTER_SECONDS * 1000): ProblemAnswer {
  const known = answer(503, 'unavailable', 'A server that this needs does not answer now. Please try again.');
  return later(known, afterMs);
}

function later(known: ProblemAnswer, afterMs: number): ProblemAnswer {
  const seconds = String(Math.max(1, Math.ceil(afterMs / 1000)));
  return { ...known, headers: { ...known.headers, 'Retry-After': seconds } };
}

/** What Express' body and path parsers refuse; their own messages quote the body, ours don't. */
const PARSER_REFUSALS: Record<string, [status: number, word: string, detail: string]> = {
  'entity.too.large': [413, 'too-large', 'The body is larger than 1 MB.'],
  'entity.parse.failed': [400, 'malformed-json', 'The body is not valid JSON.'],
  'encoding.unsupported': [415, 'unsupported-media-type', 'Use no content encoding, or gzip, deflate or br.'],
  'charset.unsupported': [415, 'unsupported-media-type', 'Send JSON in UTF-8.'],
};

function refusedByParser(error: unknown): ProblemAnswer | undefined {
  if (typeof error !== 'object' || error === null) return undefined;
  const { type, status } = error as { type?: unknown; status?: unknown };
  const known = typeof type === 'string' ? PARSER_REFUSALS[type] : undefined;
  if (known) return answer(...known);
  if (typeof status !== 'number' || status < 400 || status > 499) return undefined;
  return answer(status, 'bad-request', 'The request could not be read.');
}

/** Server codes of MongoDB that mean "not now": no primary, shutting down, interrupted (manual, error codes). */
const MONGO_NOT_NOW = new Set([91, 189, 262, 10_107, 11_600, 11_602, 13_435, 13_436]);
const MONGO_AWAY =
  /^(Mongo(Network|ServerSelection|NotConnected|TopologyClosed|PoolCleared|OperationTimeout)|MongooseServerSelection)/;
const REDIS_AWAY =
  /^(Connection is closed|Stream isn't writeable|Command timed out|Reached the max retries|Redis did not answer|Cluster is|Cluster isn't|Failed to refresh slots|Too many Cluster redirections)/;
const REDIS_NOT_NOW = /^(LOADING|READONLY|MASTERDOWN|CLUSTERDOWN|TRYAGAIN|BUSY|OOM|MISCONF)\b/;
const SOCKET_CODES = new Set(['ECONNREFUSED', 'ECONNRESET', 'ETIMEDOUT', 'EPIPE', 'ENOTFOUND', 'EAI_AGAIN']);

/** True when MongoDB or Redis does not answer, or answers "not now". */
export function isUnreachable(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const { code } = error as { code?: unknown };
  if (typeof code === 'string' && SOCKET_CODES.has(code)) return true;
  if (MONGO_AWAY.test(error.name)) return true;
  if (error.name.startsWith('Mongo')) return typeof code === 'number' && MONGO_NOT_NOW.has(code);
  if (error.name === 'MaxRetriesPerRequestError' || REDIS_AWAY.test(error.message)) return true;
  return error.name === 'ReplyError' && REDIS_NOT_NOW.test(error.message);
}
