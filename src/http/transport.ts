/**
 * HTTPS only, where the public address is one: a request that came over plain HTTP is refused, never led to HTTPS,
 * since its key or content has already been readable on its way.
 *
 * The gateway stands behind a proxy that ends TLS, and knows by `X-Forwarded-Proto` what the client spoke. A word
 * that says `http` is believed from everybody: it can only refuse. With TRUSTED_PROXIES only what comes from those
 * addresses, and says `https`, is taken at all, so that nobody goes round the proxy.
 */
import type { IncomingMessage } from 'node:http';

import type { Settings } from '../../config/settings.ts';
import { Reject } from '../ops/errors.ts';
import { isTrustedProxy } from '../ops/proxies.ts';

/** Probes of the platform come without TLS and hold nothing. */
const PROBES = /^\/(?:healthz|readyz)(?:\?|$)/;

type Asking = Pick<IncomingMessage, 'headers' | 'url'> & { socket: { remoteAddress?: string | undefined } };

/** A check of each request. @throws Reject (403) `https-required` */
export function requireHttps({
  BASE_URL,
  TRUSTED_PROXIES,
}: Pick<Settings, 'BASE_URL' | 'TRUSTED_PROXIES'>): (request: Asking) => void {
  if (!BASE_URL?.startsWith('https:')) return () => undefined;
  return ({ headers, url = '', socket: { remoteAddress = '' } }) => {
    if (PROBES.test(url) || isOwn(headers, remoteAddress)) return;
    const spoken =
      String(headers['x-forwarded-proto'] ?? '')
        .split(',')[0]
        ?.trim()
        .toLowerCase() ?? '';
    const isSafe =
      TRUSTED_PROXIES === undefined
        ? spoken !== 'http'
        : spoken === 'https' && isTrustedProxy({ TRUSTED_PROXIES }, remoteAddress);
    if (isSafe) return;
    throw new Reject(
      403,
      'https-required',
      'Ask over https. What was sent over http could be read on its way: change the key if one was sent.',
    );
  };
}

/** From this machine, and handed on by nobody: our own canary, the operator's curl. It has been on no wire. */
function isOwn(headers: Asking['headers'], remoteAddress: string): boolean {
  const handedOn = ['x-forwarded-proto', 'x-forwarded-for', 'forwarded', 'via'].some(
    (name) => name in headers,
  );
  return !handedOn && /^(?:::ffff:)?127\.|^::1$/i.test(remoteAddress);
}
