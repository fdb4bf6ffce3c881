/**
 * Media of the Graph API (Cloud API: media): looking up where a file lies, fetching it, uploading one. The access
 * token goes to the Graph API and to the hosts of MEDIA_HOSTS only, never along a redirect, and to names only that
 * resolve to public addresses.
 *
 * No error of the HTTP client leaves this file: it would carry the token.
 */
import { randomBytes } from 'node:crypto';
import http from 'node:http';
import https from 'node:https';
import { isIP, type LookupFunction } from 'node:net';
import { Readable } from 'node:stream';

import axios, { type AxiosRequestConfig, type AxiosResponse } from 'axios';
import { z } from 'zod';

import type { Settings } from '../../config/settings.ts';
import { id, text } from './payload/json.ts';
import { digestOf } from './payload/message.ts';

const ANSWER_MS = 20_000;
/** Longest fetch or upload of a file: 100 MB at 3 Mbit/s. */
const TRANSFER_MS = 300_000;
const IDLE_CONNECTION_MS = 4_000;
const MOST_REDIRECTS = 3;
const LONGEST_ANSWER_BYTES = 1_000_000;

/** Why a call brought nothing. `cause` is a code of the system, or a word of ours. */
export type MediaFailure =
  { kind: 'refused'; code: number; httpStatus: number } | { kind: 'unknown'; cause: string };

export interface MediaPlace {
  kind: 'found';
  url: string;
  mime: string | undefined;
  /** Hexadecimal. */
  sha256: string | undefined;
  size: number | undefined;
}

export type MediaBytes =
  | { kind: 'bytes'; content: Readable }
  /** The address has run out: it lives for five minutes. */
  | { kind: 'gone' }
  /** The token may not go there. */
  | { kind: 'not-allowed'; host: string }
  | { kind: 'unknown'; cause: string };

export interface MediaClient {
  lookUp(asked: {
    token: string;
    phoneNumberId: string;
    mediaId: string;
  }): Promise<MediaPlace | MediaFailure>;
  /** Whoever gets `content` reads it to its end or destroys it. */
  download(asked: { url: string; token: string; signal: AbortSignal }): Promise<MediaBytes>;
  /** A file at a public address, without our token; at most three redirects, each to a public address. As `download`. */
  open(asked: { url: string; signal: AbortSignal }): Promise<MediaBytes>;
  upload(upload: Upload): Promise<{ kind: 'uploaded'; id: string } | MediaFailure>;
  close(): void;
}

interface Upload {
  token: string;
  phoneNumberId: string;
  mime: string;
  content: AsyncIterable<Uint8Array>;
  /** Bytes of the content. */
  size: number;
}

const refusal = z.object({ error: z.object({ code: z.number().int() }) });
const place = z.object({
  url: z.string().min(1),
  mime_type: z.unknown().optional(),
  sha256: z.unknown().optional(),
  file_size: z.unknown().optional(),
});
const uploaded = z.object({ id: z.union([z.string().min(1), z.number().int()]) });

type Addresses = Pick<Settings, 'GRAPH_API_URL' | 'GRAPH_API_VERSION' | 'MEDIA_HOSTS'>;

/** A client with connections of its own. @param publicOnly gives public addresses only, for hosts of others */
export function openMediaClient(settings: Addresses, publicOnly: LookupFunction): MediaClient {
  const base = `${settings.GRAPH_API_URL.replace(/(?<!\/)\/+$/, '')}/${settings.GRAPH_API_VERSION}`;
  const options = { keepAlive: true, timeout: IDLE_CONNECTION_MS };
  const graph = { httpAgent: new http.Agent(options), httpsAgent: new https.Agent(options) };
  const others = {
    httpAgent: new http.Agent({ ...options, lookup: publicOnly }),
    httpsAgent: new https.Agent({ ...options, lookup: publicOnly }),
  };
  const common: AxiosRequestConfig = {
    proxy: false,
    maxRedirects: 0,
    maxContentLength: LONGEST_ANSWER_BYTES,
    validateStatus: () => true,
  };
  const bearer = (token: string) => ({ Authorization: `Bearer ${token}` });

  return {
    lookUp: ({ token, phoneNumberId, mediaId }) =>
      answered(async () => {
        const answer = await axios.get<unknown>(`${base}/${encodeURIComponent(mediaId)}`, {
          ...common,
          ...graph,
          params: { phone_number_id: phoneNumberId },
          headers: bearer(token),
          signal: AbortSignal.timeout(ANSWER_MS),
        });
        return failureIn(answer) ?? placeIn(answer.data) ?? unknownAnswer(answer);
      }),
    async download({ url, token, signal }) {
      const to = URL.canParse(url) ? new URL(url) : undefined;
      const isGraph = to?.origin === new URL(base).origin;
      if (!to || !(isGraph || isAllowed(to, settings.MEDIA_HOSTS))) {
        return { kind: 'not-allowed', host: to?.host ?? '' };
      }
      return answered(async () => {
        const answer = await axios.get<Readable>(to.toString(), {
          ...common,
          ...(isGraph ? graph : others),
          maxContentLength: Infinity,
          decompress: false,
          responseType: 'stream',
          headers: bearer(token),
          signal: AbortSignal.any([signal, AbortSignal.timeout(TRANSFER_MS)]),
        });
        if (answer.status === 200) return { kind: 'bytes' as const, content: answer.data };
        answer.data.destroy();
        return answer.status === 404 ? { kind: 'gone' as const } : unknownAnswer(answer);
      });
    },
    open: ({ url, signal }) =>
      answered(async () => {
        const until = AbortSignal.any([signal, AbortSignal.timeout(TRANSFER_MS)]);
        let to: string = url;
        for (let redirects = 0; redirects <= MOST_REDIRECTS; redirects += 1) {
          const address = URL.canParse(to) ? new URL(to) : undefined;
          if (!address || !isNamed(address)) return { kind: 'not-allowed', host: address?.host ?? '' };
          const answer = await axios.get<Readable>(address.toString(), {
            ...common,
            ...others,
            maxContentLength: Infinity,
            decompress: false,
            responseType: 'stream',
            signal: until,
          });
          if (answer.status === 200) return { kind: 'bytes' as const, content: answer.data };
          answer.data.destroy();
          const next: unknown = answer.headers.location;
          const isRedirect = answer.status >= 300 && answer.status < 400 && typeof next === 'string';
          if (!isRedirect) {
            return answer.status === 404 || answer.status === 410
              ? { kind: 'gone' as const }
              : unknownAnswer(answer);
          }
          to = URL.canParse(next, address.href) ? new URL(next, address.href).toString() : '';
        }
        return { kind: 'unknown' as const, cause: 'redirects' };
      }),
    upload: ({ token, phoneNumberId, ...file }) =>
      answered(async () => {
        const form = formOf(file);
        const answer = await axios.post<unknown>(
          `${base}/${encodeURIComponent(phoneNumberId)}/media`,
          form.body,
          {
            ...common,
            ...graph,
            maxBodyLength: Infinity,
            headers: { ...bearer(token), ...form.headers },
            signal: AbortSignal.timeout(TRANSFER_MS),
          },
        );
        const given = uploaded.safeParse(answer.data);
        if (answer.status < 300 && given.success) {
          return { kind: 'uploaded' as const, id: String(given.data.id) };
        }
        return failureIn(answer) ?? unknownAnswer(answer);
      }),
    close() {
      graph.httpAgent.destroy();
      graph.httpsAgent.destroy();
      others.httpAgent.destroy();
      others.httpsAgent.destroy();
    },
  };
}

/** By a name that is looked up: what it resolves to is checked at the connection, a bare address would not be. */
function isNamed({ protocol, hostname, username, password }: URL): boolean {
  const isWeb = protocol === 'https:' || protocol === 'http:';
  const isLiteral = isIP(hostname.replace(/^\[|\]$/g, '')) !== 0;
  return isWeb && !isLiteral && username === '' && password === '';
}

/** A host of the list by its name, over TLS, at the usual port, without a login in the address. */
function isAllowed(url: URL, hosts: string[]): boolean {
  const { protocol, host, username, password } = url;
  return protocol === 'https:' && hosts.includes(host) && username === '' && password === '';
}

async function answered<Outcome>(
  call: () => Promise<Outcome>,
): Promise<Outcome | { kind: 'unknown'; cause: string }> {
  try {
    return await call();
  } catch (error) {
    const { code, name } = error as { code?: unknown; name?: unknown };
    return { kind: 'unknown', cause: typeof code === 'string' ? code : String(name) };
  }
}

function failureIn({ data, status }: AxiosResponse<unknown>): MediaFailure | undefined {
  const refused = refusal.safeParse(data);
  if (refused.success) return { kind: 'refused', code: refused.data.error.code, httpStatus: status };
  return undefined;
}

function unknownAnswer({ status }: AxiosResponse<unknown>): { kind: 'unknown'; cause: string } {
  return { kind: 'unknown', cause: status >= 300 && status < 400 ? 'redirect' : `status-${status}` };
}

function placeIn(data: unknown): MediaPlace | undefined {
  const found = place.safeParse(data);
  if (!found.success) return undefined;
  const { url, mime_type, sha256, file_size } = found.data;
  const size = Number(id(file_size));
  return {
    kind: 'found',
    url,
    mime: text(mime_type),
    sha256: digestOf(sha256),
    size: Number.isSafeInteger(size) && size >= 0 ? size : undefined,
  };
}

/** A form with the file in it, written as it is read. The file's own name is nobody's business here. */
function formOf({ mime, content, size }: Pick<Upload, 'mime' | 'content' | 'size'>) {
  const boundary = `----whatsper-${randomBytes(16).toString('hex')}`;
  const field = (name: string, value: string) =>
    `--${boundary}\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`;
  const head = Buffer.from(
    `${field('messaging_product', 'whatsapp')}${field('type', mime)}--${boundary}\r\n` +
      `Content-Disposition: form-data; name="file"; filename="file"\r\nContent-Type: ${mime}\r\n\r\n`,
  );
  const tail = Buffer.from(`\r\n--${boundary}--\r\n`);
  async function* whole() {
    yield head;
    yield* content;
    yield tail;
  }
  return {
    body: Readable.from(whole(), { objectMode: false }),
    headers: {
      'Content-Type': `multipart/form-data; boundary=${boundary}`,
      'Content-Length': String(head.length + size + tail.length),
    },
  };
}
