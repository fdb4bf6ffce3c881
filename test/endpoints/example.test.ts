/** The verifier that our guide hands out: accepts what we sign, refuses everything else. */
import { randomBytes } from 'node:crypto';

import { describe, expect, it } from '@jest/globals';
import { Webhook } from 'standardwebhooks';

type Verify = (
  secret: string,
  headers: Record<string, string | undefined>,
  body: string,
  now?: number,
) => object;
const example = '../../docs/examples/verify-event.mjs';
const { verifyEvent } = (await import(example)) as { verifyEvent: Verify };

const secret = `whsec_${randomBytes(24).toString('base64')}`;
const body = JSON.stringify({ type: 'message.received', data: { text: 'שלום / 🙂' } });
const now = Date.UTC(2026, 10, 22, 12);
const headers = (at = now) => ({
  'webhook-id': 'msg_1',
  'webhook-timestamp': String(Math.floor(at / 1000)),
  'webhook-signature': new Webhook(secret).sign('msg_1', new Date(at), body),
});

describe('docs/examples/verify-event.mjs', () => {
  it('returns the event that we signed, also beside another signature', () => {
    expect(verifyEvent(secret, headers(), body, now)).toEqual(JSON.parse(body));
    const two = { ...headers(), 'webhook-signature': `v1,AAAA ${headers()['webhook-signature']}` };
    expect(verifyEvent(secret, two, body, now)).toEqual(JSON.parse(body));
  });

  it.each([
    ['another body', headers(), `${body} `],
    ['another id', { ...headers(), 'webhook-id': 'msg_2' }, body],
    ['another time', { ...headers(), 'webhook-timestamp': String(now / 1000 + 1) }, body],
    ['an old event', headers(now - 6 * 60_000), body],
    ['one from the future', headers(now + 6 * 60_000), body],
    ['a cut signature', { ...headers(), 'webhook-signature': 'v1,AAAA' }, body],
    ['no signature', { ...headers(), 'webhook-signature': undefined }, body],
    ['no time', { ...headers(), 'webhook-timestamp': 'soon' }, body],
  ])('refuses %s', (_name, given, text) => {
    expect(() => verifyEvent(secret, given, text, now)).toThrow();
  });
});
