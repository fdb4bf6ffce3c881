/**
 * Where an endpoint may be. A tenant names the address, our server calls it: so only public addresses are called,
 * checked again at each connection, when the name has been resolved (a name may change its address in between).
 * An installation on a developer's own machine may also call that machine.
 */
import { lookup, type LookupAddress } from 'node:dns';
import { BlockList, isIP, type LookupFunction } from 'node:net';

import type { Settings } from '../../config/settings.ts';
import { Reject } from '../ops/errors.ts';

/**
 * IANA's special-purpose registry whole, also the few blocks of it that are routed (AS112, AMT, 6to4 relays), and
 * multicast; and the one address with a global number under which a cloud (Azure) serves its machines' secrets.
 */
const NOT_PUBLIC_IPV4: [string, number][] = [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.31.196.0', 24],
  ['192.52.193.0', 24],
  ['192.88.99.0', 24],
  ['192.168.0.0', 16],
  ['192.175.48.0', 24],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 4],
  ['240.0.0.0', 4],
  ['168.63.129.16', 32],
];

/** Within 2000::/3, the only global unicast block of IPv6: protocol assignments, documentation, AS112, and tunnels that hold an IPv4 address. */
const NOT_PUBLIC_IPV6: [string, number][] = [
  ['2001::', 23],
  ['2001:db8::', 32],
  ['2002::', 16],
  ['2620:4f:8000::', 48],
  ['3fff::', 20],
];

const refused = new BlockList();
for (const [network, prefix] of NOT_PUBLIC_IPV4) refused.addSubnet(network, prefix, 'ipv4');
for (const [network, prefix] of NOT_PUBLIC_IPV6) refused.addSubnet(network, prefix, 'ipv6');
const globalIpv6 = new BlockList();
globalIpv6.addSubnet('2000::', 3, 'ipv6');
const loopback = new BlockList();
loopback.addSubnet('127.0.0.0', 8, 'ipv4');
loopback.addAddress('::1', 'ipv6');

/** True for addresses of the open internet. */
export function isPublicAddress(address: string): boolean {
  if (isIP(address) === 4) return !refused.check(address, 'ipv4');
  return isIP(address) === 6 && globalIpv6.check(address, 'ipv6') && !refused.check(address, 'ipv6');
}

export function isLoopbackAddress(address: string): boolean {
  const version = isIP(address);
  return version !== 0 && loopback.check(address, version === 4 ? 'ipv4' : 'ipv6');
}

/** Host of a URL without the brackets of IPv6. */
export function hostOf(url: URL): string {
  return url.hostname.replace(/^\[|\]$/g, '');
}

export function isLoopbackHost(host: string): boolean {
  return host === 'localhost' || isLoopbackAddress(host);
}

/** An installation that is reached under a public address never calls itself. */
export function allowsLoopback({ BASE_URL }: Pick<Settings, 'BASE_URL'>): boolean {
  return BASE_URL === undefined || isLoopbackHost(hostOf(new URL(BASE_URL)));
}

/**
 * The address of an endpoint as it will be called. WHATWG parsing has made octal, decimal and hexadecimal hosts plain.
 * @throws Reject (422) that says what is wrong with it.
 */
export function endpointUrl(text: string, mayLoopback: boolean): URL {
  if (text.length > 2_048 || !URL.canParse(text)) throw unusable('must be a URL of at most 2,048 characters');
  const url = new URL(text);
  const host = hostOf(url);
  const isLoopback = isLoopbackHost(host);
  if (isLoopback && !mayLoopback) {
    throw unusable("must not be this server's own address while BASE_URL is a public one");
  }
  if (url.protocol !== 'https:' && !(isLoopback && url.protocol === 'http:')) {
    throw unusable('must start with https:// (http:// is for this machine only)');
  }
  if (url.username !== '' || url.password !== '') {
    throw unusable('must not contain a user name or password; events are signed instead');
  }
  if (url.hash !== '') throw unusable('must not contain a fragment (#…)');
  const isName = isIP(host) === 0;
  if (!isLoopback && (isName ? !isPublicName(host) : !isPublicAddress(host))) {
    throw unusable('must be an address of the public internet');
  }
  return url;
}

/** A name with a dot that is not of a private kind; what it resolves to is checked at each connection. */
function isPublicName(host: string): boolean {
  const name = host.replace(/\.$/, '');
  return name.includes('.') && !/\.(localhost|local|internal|home\.arpa)$/i.test(name);
}

function unusable(message: string): Reject {
  return new Reject(422, 'invalid-request', `url ${message}.`, { errors: [{ path: 'url', message }] });
}

/** The name resolves to no address that may be called. */
export class RefusedAddressError extends Error {
  override name = 'RefusedAddressError';
}

export type Resolve = (
  hostname: string,
  options: { all: true; family?: number | undefined; hints?: number | undefined },
  callback: (error: NodeJS.ErrnoException | null, addresses: LookupAddress[]) => void,
) => void;

/** A `lookup` for connections that gives only addresses that may be called. */
export function guardedLookup(may: (address: string) => boolean, resolve: Resolve = lookup): LookupFunction {
  return (hostname, options, callback) => {
    const family = typeof options.family === 'number' ? options.family : undefined;
    resolve(hostname, { all: true, family, hints: options.hints }, (error, addresses) => {
      if (error) return callback(error, []);
      const allowed = addresses.filter(({ address }) => may(address));
      const [first] = allowed;
      if (!first) return callback(new RefusedAddressError('No address of this name may be called.'), []);
      if (options.all) return callback(null, allowed);
      return callback(null, first.address, first.family);
    });
  };
}
