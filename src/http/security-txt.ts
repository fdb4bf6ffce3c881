/** Where who found a weakness writes to (RFC 9116), and what they can count on; the whole policy is SECURITY.md. */
import type { RequestHandler } from 'express';

import type { Context } from '../context.ts';
import { requestState } from './request-log.ts';

export const SECURITY_TXT_PATH = '/.well-known/security.txt';

/** Less than a year ahead, as the RFC asks, and moved by the clock, so that it never runs out while we run. */
const GOOD_FOR_MS = 180 * 24 * 3_600_000;

/** The text: contact, expiry, answer times. */
export function securityTxt({ settings, clock }: Pick<Context, 'settings' | 'clock'>): string {
  const { SECURITY_CONTACT, BASE_URL } = settings;
  const day = new Date(clock.now() + GOOD_FOR_MS).toISOString().slice(0, 10);
  const lines = [
    '# We acknowledge a report within 2 working days, say what we make of it within 5, and fix by severity:',
    '# critical within 7 days, high 30, others 90. Test with accounts and data of your own only; who keeps to that',
    '# has nothing to fear from us. Please do not publish before the fix, or before 90 days have passed.',
    `Contact: ${SECURITY_CONTACT}`,
    `Expires: ${day}T00:00:00Z`,
    'Preferred-Languages: en, he',
    ...(BASE_URL === undefined ? [] : [`Canonical: ${new URL(SECURITY_TXT_PATH, BASE_URL).href}`]),
  ];
  return `${lines.join('\n')}\n`;
}

export function serveSecurityTxt(ctx: Context): RequestHandler {
  return (_request, response) => {
    requestState(response).route = SECURITY_TXT_PATH;
    response.type('text/plain; charset=utf-8').send(securityTxt(ctx));
  };
}
