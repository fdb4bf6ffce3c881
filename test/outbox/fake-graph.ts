/** The Graph API's answers by nock, which stands for Meta only. Loaded, it stands between us and every socket. */
import nock from 'nock';

import { NUMBER_ID, type Sent, TOKEN, wamidOf } from './world.ts';

export const GRAPH = 'https://graph.facebook.com';
export const SEND_PATH = `/v25.0/${NUMBER_ID}/messages`;

/** Answers the next `times` sends with 200 and wamids of their own; collects the requests' bodies. */
export function graphAccepts(times = 1, contact: Record<string, string> = {}): Sent[] {
  const sent: Sent[] = [];
  nock(GRAPH, { reqheaders: { authorization: `Bearer ${TOKEN}` } })
    .post(SEND_PATH, (body: Record<string, unknown>) => body.status !== 'read')
    .times(times)
    .reply(200, (_uri, body) => {
      const request = body as Sent & Record<string, unknown>;
      sent.push(request);
      return acceptance(wamidOf(request), { input: request.to ?? request.recipient, ...contact });
    });
  return sent;
}

function acceptance(wamid: string, contact: object): object {
  return { messaging_product: 'whatsapp', contacts: [contact], messages: [{ id: wamid }] };
}

/** Answers the next send with an error object of the Graph API. */
export function graphRefuses(code: number, httpStatus = 400): nock.Scope {
  const error = { message: `(#${code}) No`, type: 'OAuthException', code, fbtrace_id: 'Az8or2yhqkZfEZ' };
  return nock(GRAPH).post(SEND_PATH).reply(httpStatus, { error });
}

/** Answers the next send with something that is not the Graph API's word. */
export function graphSays(
  httpStatus: number,
  body: string,
  headers: Record<string, string> = {},
): nock.Scope {
  return nock(GRAPH).post(SEND_PATH).reply(httpStatus, body, headers);
}
