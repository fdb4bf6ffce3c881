import type { LookupAddress } from 'node:dns';

import { describe, expect, it } from '@jest/globals';

import {
  allowsLoopback,
  endpointUrl,
  guardedLookup,
  isPublicAddress,
  type Resolve,
} from '../../src/endpoints/address.ts';

describe('addresses of endpoints', () => {
  it.each([
    'https://example.com/hook',
    'https://example.com:8443/a/b?token=x',
    'HTTPS://Example.COM/hook',
    'https://שלום.example.com/',
    'https://8.8.8.8/',
    'https://[2606:4700:4700::1111]/',
  ])('takes %s', (url) => {
    expect(endpointUrl(url, false).protocol).toBe('https:');
  });

  it.each(['http://localhost:8080/x', 'http://127.0.0.1/', 'http://[::1]:9/', 'https://localhost/'])(
    'takes %s on a machine of its own only',
    (url) => {
      expect(endpointUrl(url, true).href).toBe(url);
      expect(() => endpointUrl(url, false)).toThrow("this server's own address");
    },
  );

  it.each([
    ['', 'must be a URL'],
    ['example.com/hook', 'must be a URL'],
    ['https://', 'must be a URL'],
    [`https://example.com/${'x'.repeat(2_100)}`, 'at most 2,048'],
    ['http://example.com/', 'must start with https://'],
    ['ftp://example.com/', 'must start with https://'],
    ['file:///etc/passwd', 'must start with https://'],
    ['gopher://example.com/', 'must start with https://'],
    ['javascript:alert(1)', 'must start with https://'],
    ['https://user:secret@example.com/', 'user name or password'],
    ['https://example.com@10.0.0.1/', 'user name or password'],
    ['https://example.com/#part', 'fragment'],
    ['https://10.1.2.3/', 'public internet'],
    ['https://172.16.0.1/', 'public internet'],
    ['https://192.168.1.1/', 'public internet'],
    ['https://169.254.169.254/latest/meta-data', 'public internet'],
    ['https://100.64.0.1/', 'public internet'],
    ['https://0.0.0.0/', 'public internet'],
    ['https://0xA9FEA9FE/', 'public internet'],
    ['https://2852039166/', 'public internet'],
    ['https://0251.0376.0251.0376/', 'public internet'],
    ['https://10.1/', 'public internet'],
    ['https://224.0.0.1/', 'public internet'],
    ['https://255.255.255.255/', 'public internet'],
    ['https://[fe80::1]/', 'public internet'],
    ['https://[fd00::1]/', 'public internet'],
    ['https://[::]/', 'public internet'],
    ['https://[::ffff:10.0.0.1]/', 'public internet'],
    ['https://[64:ff9b::a9fe:a9fe]/', 'public internet'],
    ['https://[2002:7f00:1::]/', 'public internet'],
    ['https://[2001:0:7f00:1::]/', 'public internet'],
    ['https://localhost./', 'public internet'],
    ['https://app.localhost/', 'public internet'],
    ['https://printer.local/', 'public internet'],
    ['https://metadata.google.internal/', 'public internet'],
    ['https://redis/', 'public internet'],
  ])('refuses %s', (url, why) => {
    expect(() => endpointUrl(url, true)).toThrow(why);
  });

  it.each([
    ['0x7f.1', true],
    ['2130706433', true],
    ['127.0.0.1', false],
    ['[::ffff:127.0.0.1]', false],
  ])('knows %s as this machine (itself allowed: %s)', (host, allowed) => {
    if (allowed) expect(endpointUrl(`http://${host}/`, true).hostname).toBe('127.0.0.1');
    expect(() => endpointUrl(`https://${host}/`, false)).toThrow("this server's own address");
  });

  it('calls its own machine only while it is not reached under a public address', () => {
    expect(allowsLoopback({ BASE_URL: undefined })).toBe(true);
    expect(allowsLoopback({ BASE_URL: 'http://localhost:3000' })).toBe(true);
    expect(allowsLoopback({ BASE_URL: 'http://[::1]:3000' })).toBe(true);
    expect(allowsLoopback({ BASE_URL: 'https://gateway.example.com' })).toBe(false);
  });

  it.each(['1.2.3.4', '2606:4700::1', '2a00:1450:4001::1'])('%s is public', (address) => {
    expect(isPublicAddress(address)).toBe(true);
  });

  it.each(['not an address', '', '::1', '2001:db8::1', '3fff::1'])('%s is not public', (address) => {
    expect(isPublicAddress(address)).toBe(false);
  });
});

describe('looking a name up for a connection', () => {
  const answers =
    (...addresses: string[]): Resolve =>
    (_name, _options, callback) =>
      callback(
        null,
        addresses.map((address): LookupAddress => ({ address, family: address.includes(':') ? 6 : 4 })),
      );
  const look = (resolve: Resolve, all: boolean) =>
    new Promise((done) => {
      guardedLookup(isPublicAddress, resolve)('a.example', { all }, (error, address, family) =>
        done(error ? error.name : { address, family }),
      );
    });

  it('gives the public addresses of a name and leaves the others out', async () => {
    const resolve = answers('10.0.0.1', '1.2.3.4', '::1', '2606:4700::1');
    await expect(look(resolve, true)).resolves.toEqual({
      address: [
        { address: '1.2.3.4', family: 4 },
        { address: '2606:4700::1', family: 6 },
      ],
      family: undefined,
    });
    await expect(look(resolve, false)).resolves.toEqual({ address: '1.2.3.4', family: 4 });
  });

  it('refuses a name that resolves to private addresses only, whatever it resolved to before', async () => {
    await expect(look(answers('127.0.0.1', '169.254.169.254'), true)).resolves.toBe('RefusedAddressError');
    await expect(look(answers(), false)).resolves.toBe('RefusedAddressError');
  });

  it('hands on that a name is unknown', async () => {
    const unknown: Resolve = (_name, _options, callback) =>
      callback(Object.assign(new Error('x'), { name: 'NotFound' }), []);
    await expect(look(unknown, true)).resolves.toBe('NotFound');
  });
});
