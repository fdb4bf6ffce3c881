/** As much of S3 as a blob store asks for: put, get a range, delete, list. Refuses what is not signed. */
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface S3Double {
  url: string;
  /** Paths of what lies there. */
  names(): string[];
  /** With which Object Lock it was stored. */
  lockOf(name: string): { mode: string; until: string } | undefined;
  stop(): Promise<void>;
}

export async function startS3(): Promise<S3Double> {
  const objects = new Map<string, Buffer>();
  const locks = new Map<string, { mode: string; until: string }>();
  const server = createServer((request, response) => {
    const path = new URL(request.url ?? '', 'http://s3').pathname;
    const parts: Buffer[] = [];
    request.on('data', (part: Buffer) => parts.push(part));
    request.on('error', () => undefined); // a body that broke off is not stored
    request.on('end', () => {
      if (!request.headers.authorization?.startsWith('AWS4-HMAC-SHA256 Credential=test-id/')) {
        return refuse(response, 403, 'AccessDenied');
      }
      if (request.method === 'PUT') {
        objects.set(path, Buffer.concat(parts));
        const { 'x-amz-object-lock-mode': mode, 'x-amz-object-lock-retain-until-date': until } =
          request.headers;
        if (mode !== undefined) locks.set(path, { mode: String(mode), until: String(until) });
        return void response.writeHead(200, { etag: '"one"' }).end();
      }
      if (request.method === 'DELETE') {
        objects.delete(path);
        return void response.writeHead(204).end();
      }
      if (new URL(request.url ?? '', 'http://s3').searchParams.get('list-type') === '2') {
        return list(response, [...objects.keys()], path);
      }
      const bytes = objects.get(path);
      if (!bytes) return refuse(response, 404, 'NoSuchKey');
      if (request.headers.range === undefined) return void response.writeHead(200).end(bytes);
      const [, from, to] = /^bytes=(\d+)-(\d+)$/.exec(request.headers.range ?? '') ?? [];
      const part = bytes.subarray(Number(from), Number(to) + 1);
      const range = `bytes ${from}-${Number(from) + part.length - 1}/${bytes.length}`;
      response.writeHead(206, { 'content-range': range, 'content-length': part.length }).end(part);
    });
  });
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    names: () => [...objects.keys()],
    lockOf: (name) => locks.get(name),
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** Two names a page, to see that all pages are asked for. */
function list(response: ServerResponse, paths: string[], bucket: string): void {
  const root = bucket.replace(/\/?$/, '/');
  const url = new URL(response.req.url ?? '', 'http://s3');
  const prefix = url.searchParams.get('prefix') ?? '';
  const from = Number(url.searchParams.get('continuation-token') ?? 0);
  const keys = paths.map((path) => path.slice(root.length)).filter((key) => key.startsWith(prefix));
  const contents = keys
    .slice(from, from + 2)
    .map(
      (key) => `<Contents><Key>${key}</Key><LastModified>2026-11-01T00:00:00.000Z</LastModified></Contents>`,
    );
  const isCut = from + 2 < keys.length;
  const next = isCut ? `<NextContinuationToken>${from + 2}</NextContinuationToken>` : '';
  const result = `<IsTruncated>${isCut}</IsTruncated>${next}${contents.join('')}`;
  response
    .writeHead(200, { 'content-type': 'application/xml' })
    .end(`<?xml version="1.0" encoding="UTF-8"?><ListBucketResult>${result}</ListBucketResult>`);
}

function refuse(response: ServerResponse, status: number, code: string): void {
  response
    .writeHead(status, { 'content-type': 'application/xml' })
    .end(`<?xml version="1.0" encoding="UTF-8"?><Error><Code>${code}</Code><Message>No.</Message></Error>`);
}
