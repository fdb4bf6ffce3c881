/**
 * One place that talks HTTP. It adds the key, reads RFC 9457 problem documents, and separates the
 * three failures that the screens treat differently: the key is refused, the server says no
 * (`ApiProblem`), the server cannot be reached (`Unreachable`).
 */

/** The server answered with an error. `detail` is meant for people. */
export class ApiProblem extends Error {
  readonly status: number;
  /** The last part of the problem's type, e.g. `window-closed`. */
  readonly kind: string;
  readonly title: string;
  readonly detail: string;
  /** How long the server asks us to wait, in milliseconds. */
  readonly retryAfterMs: number | null;

  constructor(status: number, problem: ProblemDocument, retryAfterMs: number | null) {
    super(`${status} ${problem.title}`);
    this.name = 'ApiProblem';
    this.status = status;
    this.kind = problem.type.split('/').at(-1) ?? '';
    this.title = problem.title;
    this.detail = problem.detail;
    this.retryAfterMs = retryAfterMs;
  }

  /** True when the same request may succeed later without a change of it. */
  get temporary(): boolean {
    return this.status >= 500 || this.status === 408 || this.status === 425 || this.status === 429;
  }
}

/** No answer: the network, a time-out, or a body that is not ours (a proxy's error page). */
export class Unreachable extends Error {
  constructor(cause: unknown) {
    super('The server cannot be reached', { cause });
    this.name = 'Unreachable';
  }
}

interface ProblemDocument {
  type: string;
  title: string;
  detail: string;
}

export interface ApiOptions {
  /** The API key, `wsk_<tenant>_<secret>`; of a person, who has a session cookie, the session's CSRF token. */
  key: string;
  fetch: typeof fetch;
  /** Called on every 401, so that the console goes back to the sign-in. */
  onUnauthorized: () => void;
  /** Called when the person must do something first, since the business or the operator asks for it from now on. */
  onPending?: () => void;
  /** Given the server's time (ms) from the `Date` header of an answer. */
  onServerTime?: (milliseconds: number) => void;
  /** After which an unanswered request counts as unreachable, ms. */
  timeoutMs?: number;
}

export interface RequestOptions {
  method?: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  body?: unknown;
  idempotencyKey?: string;
  signal?: AbortSignal;
}

export interface Api {
  /** A JSON request. Throws `ApiProblem` or `Unreachable`; an abort by the caller's signal passes through. */
  request<Answer>(path: string, options?: RequestOptions): Promise<Answer>;
  /** Opens the live feed; the caller reads the body. Same errors as `request`; no time-out. */
  open(path: string, headers: Record<string, string>, signal: AbortSignal): Promise<Response>;
}

const DEFAULT_TIMEOUT_MS = 20_000;

/** The API of one signed-in key. */
export function createApi(options: ApiOptions): Api {
  async function call(path: string, init: RequestInit): Promise<Response> {
    let response: Response;
    try {
      response = await options.fetch(path, init);
    } catch (error) {
      throw new Unreachable(error);
    }
    noteServerTime(response, options.onServerTime);
    if (response.ok) return response;
    if (response.status === 401) options.onUnauthorized();
    const problem = await problemOf(response);
    if (problem.kind === 'steps-pending') options.onPending?.();
    throw problem;
  }

  return {
    async request<Answer>(path: string, request: RequestOptions = {}): Promise<Answer> {
      const timeout = AbortSignal.timeout(options.timeoutMs ?? DEFAULT_TIMEOUT_MS);
      const signal = request.signal === undefined ? timeout : AbortSignal.any([timeout, request.signal]);
      try {
        const response = await call(path, { ...requestInit(options.key, request), signal });
        return await answerOf<Answer>(response);
      } catch (error) {
        request.signal?.throwIfAborted();
        throw error;
      }
    },
    async open(path, headers, signal) {
      return call(path, {
        headers: { ...headers, ...credential(options.key), accept: 'text/event-stream' },
        signal,
      });
    },
  };
}

/** The browser sends the cookie of a session by itself. */
function credential(key: string): Record<string, string> {
  if (key.startsWith('wsk_')) return { authorization: `Bearer ${key}` };
  return key === '' ? {} : { 'x-csrf-token': key };
}

function requestInit(key: string, request: RequestOptions): RequestInit {
  const headers: Record<string, string> = { ...credential(key), accept: 'application/json' };
  if (request.body !== undefined) headers['content-type'] = 'application/json';
  if (request.idempotencyKey !== undefined) headers['idempotency-key'] = request.idempotencyKey;
  return {
    method: request.method ?? 'GET',
    headers,
    ...(request.body === undefined ? {} : { body: JSON.stringify(request.body) }),
  };
}

async function answerOf<Answer>(response: Response): Promise<Answer> {
  try {
    return (await response.json()) as Answer;
  } catch (error) {
    throw new Unreachable(error);
  }
}

async function problemOf(response: Response): Promise<ApiProblem> {
  const fallback = {
    type: 'about:blank',
    title: response.statusText || `HTTP ${response.status}`,
    detail: '',
  };
  const retryAfterMs = parseRetryAfter(response.headers.get('retry-after'));
  const text = await response.text().catch(() => '');
  return new ApiProblem(response.status, { ...fallback, ...readProblem(text) }, retryAfterMs);
}

function readProblem(text: string): Partial<ProblemDocument> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return {}; // not a problem document: a proxy's page; the status line speaks for it
  }
  if (typeof value !== 'object' || value === null) return {};
  const strings = Object.entries(value).filter(
    ([name, field]) => PROBLEM_FIELDS.has(name) && typeof field === 'string',
  );
  return Object.fromEntries(strings);
}

const PROBLEM_FIELDS = new Set(['type', 'title', 'detail']);

/** `Retry-After` in its seconds form; the date form is not used by our server. */
function parseRetryAfter(header: string | null): number | null {
  if (header === null || !/^\d{1,6}$/.test(header)) return null;
  return Number(header) * 1000;
}

function noteServerTime(response: Response, note: ((milliseconds: number) => void) | undefined): void {
  const time = Date.parse(response.headers.get('date') ?? '');
  if (!Number.isNaN(time)) note?.(time);
}
