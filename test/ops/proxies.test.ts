/** Whose address counts, behind proxies: what a proxy of ours wrote, never what the asker wrote. */
import { describe, expect, it } from '@jest/globals';

import { clientAddress } from '../../src/ops/proxies.ts';

const PROXIES = ['10.0.0.0/8', '192.0.2.7', 'fd00::/8'];

type Case = [name: string, proxies: string[] | undefined, peer: string, said: string | undefined, is: string];

const CASES: Case[] = [
  ['without trusted proxies the header is never read', undefined, '10.1.1.1', '203.0.113.5', '10.1.1.1'],
  ['from a stranger the header is never read', PROXIES, '198.51.100.9', '203.0.113.5', '198.51.100.9'],
  ['a neighbour of a trusted address is a stranger', PROXIES, '192.0.2.8', '203.0.113.5', '192.0.2.8'],
  ['a trusted proxy says who asked', PROXIES, '10.1.1.1', '203.0.113.5', '203.0.113.5'],
  ['what the asker wrote before is not believed', PROXIES, '10.1.1.1', '1.1.1.1, 203.0.113.5', '203.0.113.5'],
  [
    'an asker who writes a trusted address first stays who they are',
    PROXIES,
    '10.1.1.1',
    '10.9.9.9,203.0.113.5',
    '203.0.113.5',
  ],
  [
    'proxies behind one another are passed from right to left',
    PROXIES,
    '10.1.1.1',
    '203.0.113.5, 192.0.2.7, fd00::2',
    '203.0.113.5',
  ],
  [
    'a stranger between them ends the way',
    PROXIES,
    '10.1.1.1',
    '203.0.113.5, 198.51.100.9, 10.2.2.2',
    '198.51.100.9',
  ],
  ['only trusted ones: the first of them', PROXIES, '10.1.1.1', '10.3.3.3, 10.2.2.2', '10.3.3.3'],
  ['no word at all: the proxy itself', PROXIES, '10.1.1.1', undefined, '10.1.1.1'],
  ['an empty word: the proxy itself', PROXIES, '10.1.1.1', ' , ', '10.1.1.1'],
  ['no address: the last that is sure', PROXIES, '10.1.1.1', '203.0.113.5, unknown', '10.1.1.1'],
  ['a name is no address', PROXIES, '10.1.1.1', 'localhost', '10.1.1.1'],
  ['IPv4 in IPv6 is IPv4', PROXIES, '::ffff:10.1.1.1', '::ffff:203.0.113.5', '203.0.113.5'],
  ['ports and brackets are left out', PROXIES, 'fd00::1', '203.0.113.5:4711', '203.0.113.5'],
  ['the same in IPv6', PROXIES, 'fd00::1', '[2001:db8::5]:4711', '2001:db8::5'],
];

describe('the address of who asks', () => {
  it.each(CASES)('%s', (_name, proxies, peer, said, is) => {
    const headers = said === undefined ? {} : { 'x-forwarded-for': said };
    const settings = { TRUSTED_PROXIES: proxies };
    expect(clientAddress({ settings }, { headers, socket: { remoteAddress: peer } })).toBe(is);
  });

  it('is empty once the socket is gone', () => {
    const settings = { TRUSTED_PROXIES: PROXIES };
    const headers = { 'x-forwarded-for': '203.0.113.5' };
    expect(clientAddress({ settings }, { headers, socket: {} })).toBe('');
  });

  it('takes no long time for a long word', () => {
    const headers = { 'x-forwarded-for': Array(1_500).fill('10.0.0.1').join(',') };
    const settings = { TRUSTED_PROXIES: PROXIES };
    expect(clientAddress({ settings }, { headers, socket: { remoteAddress: '10.0.0.2' } })).toBe('10.0.0.1');
  });
});
