/** A Graph API of files, as far as looking up, fetching and uploading go; each answer can be another. */
import { createHash, randomBytes } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export const TOKEN = 'EAAG-token-of-the-number';

interface LyingFile {
  bytes: Buffer;
  mime: string;
  /** Instead of the true ones. */
  lookUp?: Record<string, unknown>;
}

export interface Meta {
  url: string;
  /** Address of the next look-ups' answers; by default a working one. */
  linkFor: (id: string) => string;
  /** Answers instead of the server: returns true when it has. */
  instead: (request: IncomingMessage, response: ServerResponse, path: string) => boolean;
  /** `GET /v25.0/…`, `GET /bytes/…` in their order. */
  asked: { method: string; path: string; authorization: string | undefined }[];
  /** Uploaded forms, as they came. */
  forms: Buffer[];
  /** Lays a file there. @returns its id */
  lay(file: LyingFile): string;
  stop(): Promise<void>;
}

export async function startMeta(): Promise<Meta> {
  const files = new Map<string, LyingFile>();
  const server = createServer((request, response) => {
    const url = new URL(request.url ?? '', meta.url);
    const { authorization } = request.headers;
    meta.asked.push({ method: request.method ?? '', path: `${url.pathname}${url.search}`, authorization });
    const parts: Buffer[] = [];
    request.on('data', (part: Buffer) => parts.push(part));
    request.on('end', () => {
      if (meta.instead(request, response, url.pathname)) return;
      if (authorization !== `Bearer ${TOKEN}`) return json(response, 401, refusal(190));
      if (request.method === 'POST') {
        meta.forms.push(Buffer.concat(parts));
        return json(response, 200, { id: '900100200' });
      }
      const id = url.pathname.split('/').at(-1) ?? '';
      const file = files.get(id);
      if (!file) return json(response, 400, refusal(100));
      if (url.pathname.startsWith('/bytes/')) {
        return void response.writeHead(200, { 'content-type': file.mime }).end(file.bytes);
      }
      const sha256 = createHash('sha256').update(file.bytes).digest('hex');
      const found = { url: meta.linkFor(id), mime_type: file.mime, sha256, file_size: file.bytes.length, id };
      return json(response, 200, { messaging_product: 'whatsapp', ...found, ...file.lookUp });
    });
  });
  const meta: Meta = {
    url: '',
    linkFor: (id) => `${meta.url}/bytes/${id}`,
    instead: () => false,
    asked: [],
    forms: [],
    lay(file) {
      const id = `7${BigInt(`0x${randomBytes(6).toString('hex')}`)}`;
      files.set(id, file);
      return id;
    },
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  meta.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return meta;
}

export function refusal(code: number): object {
  return { error: { message: `(#${code}) No`, type: 'OAuthException', code, fbtrace_id: 'A1' } };
}

export function json(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}
