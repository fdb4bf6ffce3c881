import { describe, expect, it } from '@jest/globals';

import { type ApiOptions, ApiProblem, createApi, Unreachable } from '../../console/api/client.ts';

interface Call {
  path: string;
  init: RequestInit | undefined;
}

function apiAnswering(answer: () => Promise<Response>, options: Partial<ApiOptions> = {}) {
  const calls: Call[] = [];
  let unauthorized = 0;
  const api = createApi({
    key: 'wsk_t_secret',
    fetch: (path, init) => {
      calls.push({ path: typeof path === 'string' ? path : '', init });
      return answer();
    },
    onUnauthorized: () => (unauthorized += 1),
    ...options,
  });
  return { api, calls, unauthorizedCount: () => unauthorized };
}

const problem = (
  status: number,
  body: object | string,
  headers: Record<string, string> = {},
): Promise<Response> =>
  Promise.resolve(
    new Response(typeof body === 'string' ? body : JSON.stringify(body), {
      status,
      headers,
      statusText: 'Oh dear',
    }),
  );
const failureOf = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => new Error('it did not fail'),
    (error: unknown) => error,
  );

describe('the API client', () => {
  it('sends the key in a header, never in the address, and the body as JSON', async () => {
    const { api, calls } = apiAnswering(() => Promise.resolve(Response.json({ id: 'm1' })));
    const answer = await api.request('/v1/x', { method: 'POST', body: { a: 1 }, idempotencyKey: 'k' });
    expect(answer).toEqual({ id: 'm1' });
    expect(calls[0]?.path).toBe('/v1/x');
    expect(calls[0]?.init).toMatchObject({
      method: 'POST',
      body: '{"a":1}',
      headers: {
        authorization: 'Bearer wsk_t_secret',
        'idempotency-key': 'k',
        'content-type': 'application/json',
      },
    });
  });

  it('tells when the person must do something first, and of no other refusal', async () => {
    let told = 0;
    const of = (kind: string) =>
      apiAnswering(() => problem(403, { type: `https://whatsper.dev/problems/${kind}` }), {
        onPending: () => (told += 1),
      });
    const refused = of('forbidden');
    await expect(refused.api.request('/v1/x')).rejects.toThrow(ApiProblem);
    expect(told).toBe(0);
    const pending = of('steps-pending');
    await expect(pending.api.open('/v1/feed', {}, AbortSignal.timeout(1_000))).rejects.toThrow(ApiProblem);
    expect([told, pending.unauthorizedCount()]).toEqual([1, 0]);
  });

  it('reads problem documents', async () => {
    const document = {
      type: 'https://whatsper.dev/problems/window-closed',
      title: 'Closed',
      status: 409,
      detail: 'Why',
    };
    const { api } = apiAnswering(() => problem(409, document));
    const error = await failureOf(api.request('/v1/x'));
    expect(error).toBeInstanceOf(ApiProblem);
    expect(error).toMatchObject({
      status: 409,
      kind: 'window-closed',
      title: 'Closed',
      detail: 'Why',
      temporary: false,
    });
  });

  it('makes do with an error page that is no problem document', async () => {
    const { api } = apiAnswering(() => problem(502, '<html>bad gateway</html>', { 'retry-after': '7' }));
    const error = await failureOf(api.request('/v1/x'));
    expect(error).toMatchObject({
      status: 502,
      title: 'Oh dear',
      detail: '',
      temporary: true,
      retryAfterMs: 7_000,
    });
  });

  it('tells of a refused key', async () => {
    const { api, unauthorizedCount } = apiAnswering(() => problem(401, {}));
    await failureOf(api.request('/v1/x'));
    await failureOf(api.open('/v1/feed', {}, new AbortController().signal));
    expect(unauthorizedCount()).toBe(2);
  });

  it.each([
    ['no connection', () => Promise.reject(new TypeError('fetch failed'))],
    ['a page in the place of JSON', () => Promise.resolve(new Response('<html>log in to the Wi-Fi</html>'))],
  ])('counts as unreachable: %s', async (_, answer) => {
    const { api } = apiAnswering(answer);
    expect(await failureOf(api.request('/v1/x'))).toBeInstanceOf(Unreachable);
  });

  it('gives up on a server that does not answer', async () => {
    const api = createApi({
      key: 'k',
      timeoutMs: 5,
      onUnauthorized: () => undefined,
      fetch: (_, init) =>
        new Promise((_resolve, reject) =>
          init?.signal?.addEventListener('abort', () => reject(new Error('aborted'))),
        ),
    });
    expect(await failureOf(api.request('/v1/x'))).toBeInstanceOf(Unreachable);
  });

  it('lets the abort of the caller through as such', async () => {
    const leaving = new AbortController();
    const { api } = apiAnswering(() => {
      leaving.abort();
      return Promise.reject(new Error('aborted'));
    });
    expect(await failureOf(api.request('/v1/x', { signal: leaving.signal }))).toBe(leaving.signal.reason);
  });

  it('learns the time of the server', async () => {
    const times: number[] = [];
    const date = 'Sun, 22 Nov 2026 08:00:00 GMT';
    const { api } = apiAnswering(() => Promise.resolve(Response.json({}, { headers: { date } })), {
      onServerTime: (time) => times.push(time),
    });
    await api.request('/v1/x');
    expect(times).toEqual([Date.UTC(2026, 10, 22, 8)]);
  });
});
