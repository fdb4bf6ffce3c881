/** T-SSRF: a tenant names an address, our server calls it. One test for each way round that is known. */
import type { LookupAddress } from 'node:dns';

import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { z } from 'zod';

import { endpointUrl, guardedLookup, isPublicAddress, type Resolve } from '../../src/endpoints/address.ts';
import { Sender } from '../../src/endpoints/sender.ts';
import { routes } from '../../src/http/routes.ts';
import { openMediaClient } from '../../src/whatsapp/media.ts';
import { openReceiver, type Receiver, status } from './receiver.ts';

/** IANA special-purpose address registries (IPv4, IPv6) and multicast: first and last address of each block. */
const SPECIAL = [
  ['0.0.0.0', '0.255.255.255'],
  ['10.0.0.0', '10.255.255.255'],
  ['100.64.0.0', '100.127.255.255'],
  ['127.0.0.0', '127.255.255.255'],
  ['169.254.0.0', '169.254.255.255'],
  ['172.16.0.0', '172.31.255.255'],
  ['192.0.0.0', '192.0.0.255'],
  ['192.0.2.0', '192.0.2.255'],
  ['192.31.196.0', '192.31.196.255'],
  ['192.52.193.0', '192.52.193.255'],
  ['192.88.99.0', '192.88.99.255'],
  ['192.168.0.0', '192.168.255.255'],
  ['192.175.48.0', '192.175.48.255'],
  ['198.18.0.0', '198.19.255.255'],
  ['198.51.100.0', '198.51.100.255'],
  ['203.0.113.0', '203.0.113.255'],
  ['224.0.0.0', '239.255.255.255'],
  ['240.0.0.0', '255.255.255.255'],
  ['::', '::1'],
  ['::ffff:0.0.0.0', '::ffff:255.255.255.255'],
  ['64:ff9b::', '64:ff9b::ffff:ffff'],
  ['64:ff9b:1::', '64:ff9b:1:ffff:ffff:ffff:ffff:ffff'],
  ['100::', '100::ffff:ffff:ffff:ffff'],
  ['100:0:0:1::', '100::1:ffff:ffff:ffff:ffff'],
  ['2001::', '2001:1ff:ffff:ffff:ffff:ffff:ffff:ffff'],
  ['2001:db8::', '2001:db8:ffff:ffff:ffff:ffff:ffff:ffff'],
  ['2002::', '2002:ffff:ffff:ffff:ffff:ffff:ffff:ffff'],
  ['2620:4f:8000::', '2620:4f:8000:ffff:ffff:ffff:ffff:ffff'],
  ['3fff::', '3fff:fff:ffff:ffff:ffff:ffff:ffff:ffff'],
  ['5f00::', '5f00:ffff:ffff:ffff:ffff:ffff:ffff:ffff'],
  ['fc00::', 'fdff:ffff:ffff:ffff:ffff:ffff:ffff:ffff'],
  ['fe80::', 'febf:ffff:ffff:ffff:ffff:ffff:ffff:ffff'],
  ['ff00::', 'ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff'],
];

/** Where clouds serve the secrets of the machine that asks. */
const METADATA = ['169.254.169.254', '169.254.170.2', '168.63.129.16', '100.100.100.200', '192.0.0.192'];

const SECRET = 'v1,signature-that-only-the-endpoint-may-see';

const answering =
  (...addresses: string[]): Resolve =>
  (_name, _options, callback) =>
    callback(
      null,
      addresses.map((address): LookupAddress => ({ address, family: address.includes(':') ? 6 : 4 })),
    );

const refusalOf = (url: string): string => {
  try {
    return `taken: ${endpointUrl(url, false).href}`;
  } catch (error) {
    return (error as Error).message;
  }
};

describe('addresses that tenants name', () => {
  let receiver: Receiver;
  const senders: Sender[] = [];
  const sender = (resolve?: Resolve, mayLoopback = true) => {
    const made = new Sender({ mayLoopback, deadlineMs: 2_000, ...(resolve ? { resolve } : {}) });
    senders.push(made);
    return made;
  };
  beforeEach(async () => {
    receiver = await openReceiver();
  });
  afterEach(async () => {
    for (const made of senders.splice(0)) made.close();
    await receiver.close();
  });
  const post = (by: Sender, url: string) => by.post(new URL(url), { 'webhook-signature': SECRET }, '{}');
  const REFUSED = { status: 0, error: 'refused-address' };

  it.each(SPECIAL)(
    'T-SSRF: whole address table: %s to %s is refused, saved and connected',
    async (first, last) => {
      for (const address of [first, last]) {
        expect(isPublicAddress(address)).toBe(false);
        const host = address.includes(':') ? `[${address}]` : address;
        expect(refusalOf(`https://${host}/`)).toMatch(/public internet|own address/);
        const by = sender(answering(address), false);
        expect(await post(by, 'https://name.example/')).toEqual(REFUSED);
        expect(await post(by, `https://${host}/`)).toEqual(REFUSED);
      }
    },
  );

  it.each(METADATA)('T-SSRF: metadata address %s is refused', async (address) => {
    expect(refusalOf(`https://${address}/latest/meta-data/`)).toContain('public internet');
    expect(await post(sender(answering(address)), 'https://metadata.example/')).toEqual(REFUSED);
  });

  it.each([
    ['decimal', 'https://2130706433/'],
    ['decimal', 'https://2852039166/'],
    ['octal', 'https://0177.0.0.1/'],
    ['octal', 'https://0251.0376.0251.0376/'],
    ['hex', 'https://0x7f000001/'],
    ['hex', 'https://0xA9.0xFE.0xA9.0xFE/'],
    ['short', 'https://127.1/'],
    ['percent-encoded', 'https://%31%32%37.0.0.1/'],
    ['full-width', 'https://１２７．０．０．１/'],
    ['circled', 'https://①②⑦.⓪.⓪.①/'],
  ])('T-SSRF: IPv4 in other ways of writing: %s: %s is refused', (_form, url) => {
    expect(refusalOf(url)).toMatch(/public internet|own address/);
  });

  it.each(['https://localhost./', 'https://LOCALHOST./', 'https://a.localhost./', 'https://127.0.0.1./'])(
    'T-SSRF: localhost. and trailing dot: %s is refused',
    (url) => {
      expect(refusalOf(url)).toMatch(/public internet|own address/);
    },
  );

  it.each([
    'https://ⓛocalhost/',
    'https://LOCALHOST/',
    'https://ｌｏｃａｌｈｏｓｔ/',
    'https://metadata。internal/',
  ])('T-SSRF: IDN: %s is what it becomes, and refused', (url) => {
    expect(refusalOf(url)).toMatch(/public internet|own address/);
  });

  it.each([
    'https://example.com@127.0.0.1/',
    'https://user:password@example.com/',
    'https://:password@example.com/',
    'https://example.com%40127.0.0.1/',
  ])('T-SSRF: userinfo @: %s is refused', (url) => {
    expect(refusalOf(url)).toMatch(/own address|user name or password|must be a URL/);
  });

  it('T-SSRF: userinfo @ behind a backslash: the address that is kept is the one that was judged', () => {
    const { host, href } = endpointUrl('https://example.com\\@127.0.0.1/', false);
    expect([host, new URL(href).host]).toEqual(['example.com', 'example.com']);
  });

  it('T-SSRF: mixed-case scheme means the same', () => {
    expect(refusalOf('HtTpS://10.0.0.1/')).toContain('public internet');
    expect(refusalOf('hTTp://example.com/')).toContain('https://');
    expect(refusalOf('HTTPS://example.com/')).toBe('taken: https://example.com/');
  });

  it.each([
    'file:///etc/passwd',
    'FILE://localhost/etc/passwd',
    'gopher://127.0.0.1:6379/_FLUSHALL',
    'ftp://example.com/',
    'dict://127.0.0.1:11211/',
    'data:text/plain,x',
    'unix:///var/run/docker.sock',
    'ws://example.com/',
  ])('T-SSRF: file:, gopher: and others: %s is refused', async (url) => {
    expect(refusalOf(url)).toMatch(/https:\/\/|must be a URL|own address/);
    expect(() => endpointUrl(url, true)).toThrow(/https:\/\/|must be a URL/);
    expect(await post(sender(), url)).toEqual(REFUSED);
  });

  it('T-SSRF: redirect to a metadata address is not followed; T-SSRF: secrets are not sent across redirects', async () => {
    const other = await openReceiver();
    for (const code of [301, 302, 303, 307, 308]) {
      for (const location of [other.url, 'http://169.254.169.254/latest/meta-data/', '//169.254.169.254/']) {
        receiver.reply = status(code, { location, refresh: `0; url=${location}` });
        expect(await post(sender(), receiver.url)).toEqual({ status: code });
      }
    }
    expect(other.received).toEqual([]);
    expect(other.connections()).toBe(0);
    await other.close();
  });

  it('T-SSRF: DNS rebinding: first public, then 127.0.0.1, is refused at connect', async () => {
    const answers = ['93.184.216.34', '127.0.0.1'];
    const rebinding: Resolve = (name, options, callback) =>
      answering(answers.shift() ?? '127.0.0.1')(name, options, callback);
    const look = guardedLookup(isPublicAddress, rebinding);
    const looked = () =>
      new Promise((resolve) =>
        look('rebind.example', { all: true }, (error, found) => resolve(error?.name ?? found)),
      );
    expect(await looked()).toEqual([{ address: '93.184.216.34', family: 4 }]);
    expect(await looked()).toBe('RefusedAddressError');
    // The socket gets its address from the same look-up; there is no other one between the check and the connection.
    expect(await post(sender(rebinding), `https://rebind.example:${receiver.port}/`)).toEqual(REFUSED);
    expect(receiver.connections()).toBe(0);
  });

  it('T-SSRF: DNS rebinding: answers that mix public and private addresses give only the public ones', async () => {
    const look = guardedLookup(isPublicAddress, answering('127.0.0.1', '::1', '8.8.8.8', 'fd00::1'));
    const found = await new Promise((resolve) =>
      look('mixed.example', { all: true }, (_error, all) => resolve(all)),
    );
    expect(found).toEqual([{ address: '8.8.8.8', family: 4 }]);
  });

  it('T-SSRF: proxy environment is not asked', async () => {
    const proxy = await openReceiver();
    const names = ['HTTP_PROXY', 'HTTPS_PROXY', 'ALL_PROXY', 'NODE_USE_ENV_PROXY'];
    const all = names.flatMap((name) => [name, name.toLowerCase()]);
    for (const name of all) process.env[name] = `http://127.0.0.1:${proxy.port}`;
    try {
      expect(await post(sender(), receiver.url)).toEqual({ status: 204 });
    } finally {
      for (const name of all) delete process.env[name];
    }
    expect(proxy.connections()).toBe(0);
    await proxy.close();
  });

  it('T-SSRF: response too large or too slow is cut off', async () => {
    let written = 0;
    receiver.reply = (response) => {
      response.writeHead(200);
      const more = () => {
        if (response.destroyed) return;
        written += 32 * 1024;
        response.write(Buffer.alloc(32 * 1024), () => setImmediate(more));
      };
      more();
    };
    expect(await post(sender(), receiver.url)).toEqual({ status: 200 });
    expect(written).toBeLessThan(64 * 1024 * 1024);
    receiver.reply = () => undefined;
    const hasty = new Sender({ mayLoopback: true, deadlineMs: 100 });
    senders.push(hasty);
    expect(await post(hasty, receiver.url)).toEqual({ status: 0, error: 'timeout' });
  });

  it('T-SSRF: media link: no address of numbers, no other protocol, and no name that leads to a private address', async () => {
    const settings = { GRAPH_API_URL: 'https://graph.example', GRAPH_API_VERSION: 'v1', MEDIA_HOSTS: [] };
    const media = openMediaClient(settings, guardedLookup(isPublicAddress, answering('10.1.2.3', '::1')));
    const open = (url: string) => media.open({ url, signal: AbortSignal.timeout(2_000) });
    for (const url of [
      'http://169.254.169.254/latest/meta-data/',
      `http://127.0.0.1:${receiver.port}/`,
      `http://2130706433:${receiver.port}/`,
      `http://[::ffff:127.0.0.1]:${receiver.port}/`,
      `http://user:password@name.example:${receiver.port}/`,
      'file:///etc/passwd',
      'gopher://name.example/',
    ]) {
      expect([url, (await open(url)).kind]).toEqual([url, 'not-allowed']);
    }
    for (const host of ['name.example', 'localhost', 'localhost.']) {
      expect((await open(`http://${host}:${receiver.port}/`)).kind).not.toBe('bytes');
    }
    media.close();
    expect(receiver.connections()).toBe(0);
  });

  it('T-SSRF: no other addresses: what else a body may name as one is kept, and never called', () => {
    const fields = routes.flatMap(({ body }) =>
      [
        ...JSON.stringify(body ? z.toJSONSchema(body, { unrepresentable: 'any', io: 'input' }) : {}).matchAll(
          /"(\w*(?:url|uri|link|callback|webhook)\w*)":\{/gi,
        ),
      ].map(([, field]) => field ?? ''),
    );
    // A new one needs the guard, and a test here, before it stands in this list.
    const known = ['link', 'privacyPolicyUrl', 'url', 'cta_url', 'display_url', 'preview_url', 'urls'];
    const others = ['biz_opaque_callback_data', 'callbackId', 'add_security_recommendation'];
    expect([...new Set(fields)].filter((field) => ![...known, ...others].includes(field))).toEqual([]);
  });

  it('T-SSRF: error text reveals nothing: one word of ours, whatever was there', async () => {
    receiver.reply = (response) => {
      response.writeHead(500, { 'x-secret': 'inner' }).end('root:x:0:0');
    };
    expect(await post(sender(), receiver.url)).toEqual({ status: 500 });
    expect(await post(sender(answering('10.1.2.3')), 'https://inner.example/')).toEqual(REFUSED);
    for (const url of ['https://10.1.2.3/', 'https://169.254.169.254/']) {
      expect(refusalOf(url)).not.toMatch(/10\.1|169\.254|private|metadata/);
    }
  });
});
