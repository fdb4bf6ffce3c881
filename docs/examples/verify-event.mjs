/** Verifies an event of WHATSPER (Standard Webhooks) with Node alone. Give it the raw body, before any parser. */
import { createHmac, timingSafeEqual } from 'node:crypto';

const TOLERANCE_SECONDS = 5 * 60;

/**
 * @param {string} secret `whsec_…`, shown once by `whatsper endpoint add`
 * @param {Record<string, string | undefined>} headers in lower case
 * @param {string} body as received
 * @returns {object} the event; throws when it is not ours or too old
 */
export function verifyEvent(secret, headers, body, now = Date.now()) {
  const { 'webhook-id': id, 'webhook-timestamp': time, 'webhook-signature': signatures } = headers;
  if (!id || !time || !signatures) throw new Error('A header of the signature is missing.');
  if (!(Math.abs(now / 1000 - Number(time)) <= TOLERANCE_SECONDS)) {
    throw new Error('The event is too old or from the future.');
  }
  const key = Buffer.from(secret.replace(/^whsec_/, ''), 'base64');
  const expected = createHmac('sha256', key).update(`${id}.${time}.${body}`).digest();
  const fits = signatures.split(' ').some((signature) => {
    const given = Buffer.from(signature.replace(/^v1,/, ''), 'base64');
    return given.length === expected.length && timingSafeEqual(given, expected);
  });
  if (!fits) throw new Error('The signature does not fit.');
  return JSON.parse(body);
}
