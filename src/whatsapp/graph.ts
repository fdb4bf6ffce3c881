/**
 * The Graph API, as far as sending goes (Cloud API: messages). It has no idempotency key, so what matters of a call
 * that brought no answer is whether anything left: `not-sent` is said only when the connection never became ready,
 * everything else without the Graph API's own word is `unknown`.
 *
 * No error of the HTTP client leaves this file: it would carry the token and the message.
 */
import http from 'node:http';
import https from 'node:https';
import type { Socket } from 'node:net';

import axios, { type AxiosResponse } from 'axios';
import { z } from 'zod';

import type { Settings } from '../../config/settings.ts';

/**
 * Longest wait for an answer, connecting included: 20 s. Longer than the lane's lock, which is renewed as long as the
 * process lives; shorter than the 30 s for which the lane waits before it goes past a message of unknown outcome, so
 * that a slow answer is still in time.
 */
export const GRAPH_TIMEOUT_MS = 20_000;

/** A message waits behind it, and nothing depends on it. */
const READ_TIMEOUT_MS = 5_000;

/** Idle connections serve a burst and go: one that Meta closes while we write would make an outcome unknown. */
const IDLE_CONNECTION_MS = 4_000;
const LONGEST_ANSWER_BYTES = 1_000_000;

export interface SendRequest {
  phoneNumberId: string;
  token: string;
  /** Body of POST /{phone-number-id}/messages. */
  body: Record<string, unknown>;
}

interface ReadRequest {
  phoneNumberId: string;
  token: string;
  wamid: string;
  /** Shown until our answer, at most 25 s (Cloud API: typing indicators). */
  typing: boolean;
}

export type SendOutcome =
  /** The Graph API took the message. */
  | { kind: 'accepted'; wamid: string; contact: { waId?: string; userId?: string } }
  /** It said no, in its own words. */
  | { kind: 'refused'; code: number; httpStatus: number }
  /** Nothing left this process. `cause` is a code of the system or of TLS. */
  | { kind: 'not-sent'; cause: string }
  /** It may have been sent. */
  | { kind: 'unknown'; cause: string };

type ReadOutcome =
  | { kind: 'done' }
  | { kind: 'refused'; code: number; httpStatus: number }
  | { kind: 'unknown'; cause: string };

export interface Graph {
  sendMessage(request: SendRequest): Promise<SendOutcome>;
  /** Marks a client's message, and in a chat of two all before it, as read (Cloud API: mark messages as read). */
  markRead(request: ReadRequest): Promise<ReadOutcome>;
  close(): void;
}

const refusal = z.object({ error: z.object({ code: z.number().int() }) });
const acceptance = z.object({
  messages: z.tuple([z.object({ id: z.string().min(1) })], z.unknown()),
  contacts: z.array(z.object({ wa_id: z.string().optional(), user_id: z.string().optional() })).optional(),
});

/** A client with connections of its own. @param timeoutMs for tests */
export function openGraph(
  settings: Pick<Settings, 'GRAPH_API_URL' | 'GRAPH_API_VERSION'>,
  timeoutMs = GRAPH_TIMEOUT_MS,
): Graph {
  const base = `${settings.GRAPH_API_URL.replace(/(?<!\/)\/+$/, '')}/${settings.GRAPH_API_VERSION}`;
  const options = { keepAlive: true, timeout: IDLE_CONNECTION_MS };
  const httpAgent = new http.Agent(options);
  const httpsAgent = new https.Agent(options);
  const post = (
    { phoneNumberId, token, body }: SendRequest,
    progress: Progress,
    limitMs: number,
  ): Promise<AxiosResponse<unknown>> =>
    axios.post<unknown>(`${base}/${encodeURIComponent(phoneNumberId)}/messages`, body, {
      headers: { Authorization: `Bearer ${token}` },
      httpAgent,
      httpsAgent,
      transport: watchedTransport(base.startsWith('https:'), progress),
      proxy: false,
      maxRedirects: 0,
      maxContentLength: LONGEST_ANSWER_BYTES,
      signal: AbortSignal.timeout(limitMs),
      validateStatus: () => true,
    });
  return {
    async sendMessage(request) {
      const progress = { connected: false, ready: false };
      try {
        return outcomeOf(await post(request, progress, timeoutMs));
      } catch (error) {
        return outcomeOfFailure(error, progress);
      }
    },
    async markRead({ phoneNumberId, token, wamid, typing }) {
      const body = {
        messaging_product: 'whatsapp',
        status: 'read',
        message_id: wamid,
        ...(typing ? { typing_indicator: { type: 'text' } } : {}),
      };
      const progress = { connected: false, ready: false };
      try {
        const limitMs = Math.min(timeoutMs, READ_TIMEOUT_MS);
        return readOutcomeOf(await post({ phoneNumberId, token, body }, progress, limitMs));
      } catch (error) {
        return { kind: 'unknown', cause: causeOf(error) };
      }
    },
    close() {
      httpAgent.destroy();
      httpsAgent.destroy();
    },
  };
}

interface Progress {
  /** TCP connection made. */
  connected: boolean;
  /** Nothing stands between us and the first byte of the request: TLS, where used, is established too. */
  ready: boolean;
}

/** Node's own transport, with an eye on how far the connection came. */
function watchedTransport(secure: boolean, progress: Progress) {
  return {
    request(options: https.RequestOptions, onResponse: (response: http.IncomingMessage) => void) {
      const request = (secure ? https : http).request(options, onResponse);
      request.once('socket', (socket: Socket & { secureConnecting?: boolean }) => {
        progress.connected = !socket.connecting;
        progress.ready = !socket.connecting && socket.secureConnecting !== true;
        socket.once('connect', () => {
          progress.connected = true;
          progress.ready ||= !secure;
        });
        socket.once('secureConnect', () => {
          progress.ready = true;
        });
      });
      return request;
    },
  };
}

function outcomeOf(answer: AxiosResponse<unknown>): SendOutcome {
  const { status, data } = answer;
  if (status >= 300 && status < 400) return { kind: 'unknown', cause: `redirect ${status}` };
  const refused = refusal.safeParse(data);
  if (refused.success) return { kind: 'refused', code: refused.data.error.code, httpStatus: status };
  const accepted = acceptance.safeParse(data);
  if (status >= 400 || !accepted.success) {
    return { kind: 'unknown', cause: `status ${status} without its word` };
  }
  const [{ id: wamid }] = accepted.data.messages;
  const { wa_id: waId, user_id: userId } = accepted.data.contacts?.[0] ?? {};
  return { kind: 'accepted', wamid, contact: { ...(waId ? { waId } : {}), ...(userId ? { userId } : {}) } };
}

function readOutcomeOf({ status, data }: AxiosResponse<unknown>): ReadOutcome {
  const refused = refusal.safeParse(data);
  if (refused.success) return { kind: 'refused', code: refused.data.error.code, httpStatus: status };
  return status === 200 ? { kind: 'done' } : { kind: 'unknown', cause: `status ${status} without its word` };
}

/**
 * A reset before the connection is known to stand proves nothing; one during the TLS handshake does: the request is
 * written after it.
 */
function outcomeOfFailure(error: unknown, { connected, ready }: Progress): SendOutcome {
  const cause = causeOf(error);
  const nothingLeft = !ready && (cause !== 'ECONNRESET' || connected);
  return { kind: nothingLeft ? 'not-sent' : 'unknown', cause };
}

function causeOf(error: unknown): string {
  const code = error instanceof Error ? (error as { code?: unknown }).code : undefined;
  return typeof code === 'string' ? code : 'no code';
}
