/**
 * The Graph API about accounts, numbers and tokens (Cloud API: phone numbers, registration, subscribed apps, access
 * tokens). Everything here may be asked again: reading changes nothing, and what changes says the same twice.
 *
 * No error of the HTTP client leaves this file: it would carry the token.
 */
import http from 'node:http';
import https from 'node:https';

import axios from 'axios';

import type { Settings } from '../../config/settings.ts';
import { isJson, type Json, part, text } from './payload/json.ts';

const ANSWER_MS = 20_000;
const LONGEST_ANSWER_BYTES = 4_000_000;
const PAGES_AT_MOST = 20;

/** A call that brought nothing. `words` are Meta's, for people; `cause` is a code of the system. */
export type AccountFailure =
  { kind: 'refused'; code: number; httpStatus: number; words: string } | { kind: 'unknown'; cause: string };

export type AccountAnswer<Data> = { kind: 'ok'; data: Data } | AccountFailure;

/** One call; `token` null: the call names itself in its query. */
export interface AccountCall {
  method: 'GET' | 'POST' | 'DELETE';
  path: string;
  token: string | null;
  query?: Record<string, string>;
  body?: Json;
}

export interface AccountClient {
  call(call: AccountCall): Promise<AccountAnswer<Json>>;
  close(): void;
}

/** A client with connections of its own. */
export function openAccountClient(
  settings: Pick<Settings, 'GRAPH_API_URL' | 'GRAPH_API_VERSION'>,
): AccountClient {
  const base = `${settings.GRAPH_API_URL.replace(/(?<!\/)\/+$/, '')}/${settings.GRAPH_API_VERSION}`;
  const options = { keepAlive: true, timeout: 4_000 };
  const agents = { httpAgent: new http.Agent(options), httpsAgent: new https.Agent(options) };
  return {
    async call({ method, path, token, query = {}, body }) {
      try {
        const { data, status } = await axios.request<unknown>({
          ...agents,
          method,
          url: `${base}/${path}`,
          params: query,
          ...(body === undefined ? {} : { data: body }),
          headers: token === null ? {} : { Authorization: `Bearer ${token}` },
          proxy: false,
          maxRedirects: 0,
          maxContentLength: LONGEST_ANSWER_BYTES,
          signal: AbortSignal.timeout(ANSWER_MS),
          validateStatus: () => true,
        });
        return answerOf(data, status);
      } catch (error) {
        const { code, name } = error as { code?: unknown; name?: unknown };
        return { kind: 'unknown', cause: typeof code === 'string' ? code : String(name) };
      }
    },
    close() {
      agents.httpAgent.destroy();
      agents.httpsAgent.destroy();
    },
  };
}

function answerOf(data: unknown, status: number): AccountAnswer<Json> {
  const error = isJson(data) ? part(data, 'error') : {};
  if (typeof error.code === 'number') {
    const details = text(part(error, 'error_data').details);
    const words = [text(error.message), details].filter((one) => one !== undefined).join(': ');
    return { kind: 'refused', code: error.code, httpStatus: status, words };
  }
  if (status < 200 || status >= 300 || !isJson(data)) return { kind: 'unknown', cause: `status ${status}` };
  return { kind: 'ok', data };
}

/** Every page of a list. @throws nothing: the first failure is the answer */
export async function callPages(client: AccountClient, call: AccountCall): Promise<AccountAnswer<Json[]>> {
  const items: Json[] = [];
  let after: string | undefined;
  for (let page = 0; page < PAGES_AT_MOST; page += 1) {
    const query = { limit: '100', ...call.query, ...(after === undefined ? {} : { after }) };
    const answer = await client.call({ ...call, query });
    if (answer.kind !== 'ok') return answer;
    if (Array.isArray(answer.data.data)) items.push(...(answer.data.data as unknown[]).filter(isJson));
    const paging = part(answer.data, 'paging');
    after = text(part(paging, 'cursors').after);
    if (after === undefined || text(paging.next) === undefined) break;
  }
  return { kind: 'ok', data: items };
}
