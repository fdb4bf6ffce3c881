/** Row 135: plain HTTP to an API is refused, not redirected. */
import { describe, expect, it } from '@jest/globals';

import { requireHttps } from '../../src/http/transport.ts';

type Case = [
  name: string,
  settings: Parameters<typeof requireHttps>[0],
  from: string,
  spoken: string | undefined,
  refused: boolean,
];

const HTTPS = 'https://gateway.example.com';
const PROXIES = ['10.0.0.0/8', '192.0.2.7', 'fd00::/8'];
const CASES: Case[] = [
  [
    'without an https address nothing is asked',
    { BASE_URL: 'http://localhost:3000', TRUSTED_PROXIES: undefined },
    '127.0.0.1',
    'http',
    false,
  ],
  [
    'what says http is refused, whoever says it',
    { BASE_URL: HTTPS, TRUSTED_PROXIES: undefined },
    '203.0.113.9',
    'http',
    true,
  ],
  [
    'of several words the first counts: the client’s',
    { BASE_URL: HTTPS, TRUSTED_PROXIES: undefined },
    '10.1.2.3',
    'HTTP, https',
    true,
  ],
  ['who says https is taken', { BASE_URL: HTTPS, TRUSTED_PROXIES: undefined }, '203.0.113.9', 'https', false],
  [
    'without proxies that are known, silence is taken',
    { BASE_URL: HTTPS, TRUSTED_PROXIES: undefined },
    '10.1.2.3',
    undefined,
    false,
  ],
  [
    'a trusted proxy that says https',
    { BASE_URL: HTTPS, TRUSTED_PROXIES: PROXIES },
    '10.1.2.3',
    'https',
    false,
  ],
  [
    'the same by its IPv4 address in IPv6',
    { BASE_URL: HTTPS, TRUSTED_PROXIES: PROXIES },
    '::ffff:192.0.2.7',
    'https',
    false,
  ],
  ['the same by IPv6', { BASE_URL: HTTPS, TRUSTED_PROXIES: PROXIES }, 'fd00::1', 'https', false],
  ['a trusted proxy that says http', { BASE_URL: HTTPS, TRUSTED_PROXIES: PROXIES }, '10.1.2.3', 'http', true],
  [
    'a trusted proxy that says nothing',
    { BASE_URL: HTTPS, TRUSTED_PROXIES: PROXIES },
    '10.1.2.3',
    undefined,
    true,
  ],
  [
    'what never left this machine',
    { BASE_URL: HTTPS, TRUSTED_PROXIES: PROXIES },
    '127.0.0.1',
    undefined,
    false,
  ],
  [
    'a proxy of this machine that is not known',
    { BASE_URL: HTTPS, TRUSTED_PROXIES: PROXIES },
    '127.0.0.1',
    'https',
    true,
  ],
  [
    'somebody else who says https',
    { BASE_URL: HTTPS, TRUSTED_PROXIES: PROXIES },
    '203.0.113.9',
    'https',
    true,
  ],
];

describe('row 135: over plain HTTP', () => {
  it.each(CASES)('%s', (_name, settings, remoteAddress, spoken, refused) => {
    const headers = spoken === undefined ? {} : { 'x-forwarded-proto': spoken };
    const check = (url: string) => () => requireHttps(settings)({ url, headers, socket: { remoteAddress } });
    if (refused) expect(check('/v1/me')).toThrow(/https/);
    else expect(check('/v1/me')).not.toThrow();
    expect(check('/readyz')).not.toThrow();
  });
});
