import http from 'node:http';
import https from 'node:https';

/** How one POST ended: an HTTP status, or none and the reason. */
export interface PostOutcome {
  status: number | null;
  error?: string;
}

/** Keep-alive connections to the gateway. */
export interface Connections {
  http: http.Agent;
  https: https.Agent;
  close(): void;
}

/** @param maximum sockets open at once per address */
export function makeConnections(maximum: number): Connections {
  const options = { keepAlive: true, maxSockets: maximum };
  const agents = { http: new http.Agent(options), https: new https.Agent(options) };
  return {
    ...agents,
    close() {
      agents.http.destroy();
      agents.https.destroy();
    },
  };
}

interface PostRequest {
  url: URL;
  body: Buffer;
  headers: Record<string, string>;
  timeoutMs: number;
  connections: Connections;
  signal: AbortSignal;
}

/** Posts bytes unchanged. Follows no redirect and never rejects: whatever happens is an outcome. */
export function postBytes({
  url,
  body,
  headers,
  timeoutMs,
  connections,
  signal,
}: PostRequest): Promise<PostOutcome> {
  const secure = url.protocol === 'https:';
  return new Promise((resolve) => {
    const request = (secure ? https : http).request(url, {
      method: 'POST',
      headers: { ...headers, 'content-length': String(body.length) },
      agent: secure ? connections.https : connections.http,
      signal,
    });
    const timer = setTimeout(() => {
      request.destroy(new Error(`no answer within ${timeoutMs} ms`));
    }, timeoutMs);
    const finish = (outcome: PostOutcome): void => {
      clearTimeout(timer);
      resolve(outcome);
    };
    const fail = (error: NodeJS.ErrnoException): void => {
      finish({ status: null, error: error.code ?? error.message });
    };
    request.on('error', fail);
    request.on('response', (response) => {
      response.on('error', fail);
      response.on('end', () => finish({ status: response.statusCode ?? null }));
      response.resume();
    });
    request.end(body);
  });
}
