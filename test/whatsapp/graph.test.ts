/** The Graph API's own words. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import nock from 'nock';

import { type Graph, openGraph } from '../../src/whatsapp/graph.ts';

const HOST = 'https://graph.example';
let graph: Graph;

beforeAll(() => {
  nock.disableNetConnect();
  graph = openGraph({ GRAPH_API_URL: `${HOST}/`, GRAPH_API_VERSION: 'v25.0' });
});
afterAll(() => {
  graph.close();
  nock.restore();
});

function answer(status: number, body: unknown): void {
  nock(HOST, { reqheaders: { authorization: 'Bearer T', 'content-type': /json/ } })
    .post('/v25.0/1065/messages', { type: 'text' })
    .reply(status, body as nock.Body);
}
const send = () => graph.sendMessage({ phoneNumberId: '1065', token: 'T', body: { type: 'text' } });

describe('an answer', () => {
  it.each([
    ['phone', { wa_id: '972501', input: '+972501' }, { waId: '972501' }],
    ['BSUID', { user_id: 'IL.1', input: 'IL.1' }, { userId: 'IL.1' }],
    ['empty wa_id', { wa_id: '', user_id: 'IL.1' }, { userId: 'IL.1' }],
  ])('of acceptance gives wamid and %s', async (_name, contact, known) => {
    answer(200, { messaging_product: 'whatsapp', contacts: [contact], messages: [{ id: 'wamid.1' }] });
    expect(await send()).toEqual({ kind: 'accepted', wamid: 'wamid.1', contact: known });
  });

  it('of acceptance needs no contacts', async () => {
    answer(200, { messages: [{ id: 'wamid.1', message_status: 'accepted' }] });
    expect(await send()).toEqual({ kind: 'accepted', wamid: 'wamid.1', contact: {} });
  });

  it.each([400, 401, 403, 429, 500, 503])('with an error object is a refusal (HTTP %i)', async (status) => {
    answer(status, { error: { message: 'No', type: 'OAuthException', code: 131056, fbtrace_id: 'x' } });
    expect(await send()).toEqual({ kind: 'refused', code: 131056, httpStatus: status });
  });

  it.each([
    [200, 'not JSON'],
    [200, {}],
    [200, { messages: [{}] }],
    [204, ''],
    [400, { error: 'No' }],
    [400, { error: { code: '190' } }],
    [500, '<html>'],
    [502, { messages: [{ id: 'wamid.1' }] }],
    [304, ''],
  ])('HTTP %i with %j says nothing', async (status, body) => {
    answer(status, body);
    expect((await send()).kind).toBe('unknown');
  });
});
