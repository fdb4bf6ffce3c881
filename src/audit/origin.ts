/** Where a request came from, for the audit entries that its work writes. Kept beside the work, so that nobody hands it on by hand. */
import { AsyncLocalStorage } from 'node:async_hooks';
import { BlockList, isIPv4, isIPv6 } from 'node:net';

/** What of an address is kept: its kind, never the address. */
export type AddressClass = 'none' | 'private-v4' | 'private-v6' | 'public-v4' | 'public-v6';

export interface Origin {
  requestId?: string;
  address: AddressClass;
}

const storage = new AsyncLocalStorage<Origin>();

export function withOrigin<T>(origin: Origin, work: () => Promise<T>): Promise<T> {
  return storage.run(origin, async () => await work());
}

/** Of the running work; that of timers, workers and commands has no address. */
export function currentOrigin(): Origin {
  return storage.getStore() ?? { address: 'none' };
}

/** Addresses that no packet from the internet carries: RFC 1918, loopback, link-local, carriers' NAT, unique local. */
const PRIVATE = new BlockList();
for (const [net, bits] of [
  ['10.0.0.0', 8],
  ['172.16.0.0', 12],
  ['192.168.0.0', 16],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['100.64.0.0', 10],
] as const) {
  PRIVATE.addSubnet(net, bits, 'ipv4');
}
for (const [net, bits] of [
  ['::1', 128],
  ['fc00::', 7],
  ['fe80::', 10],
] as const) {
  PRIVATE.addSubnet(net, bits, 'ipv6');
}

/** The class of a socket's address; IPv4 in IPv6 form counts as IPv4. */
export function addressClass(address: string | undefined): AddressClass {
  if (address === undefined) return 'none';
  const [plain = ''] = address.replace(/^::ffff:(?=\d+\.)/i, '').split('%');
  if (isIPv4(plain)) return PRIVATE.check(plain, 'ipv4') ? 'private-v4' : 'public-v4';
  if (isIPv6(plain)) return PRIVATE.check(plain, 'ipv6') ? 'private-v6' : 'public-v6';
  return 'none';
}
