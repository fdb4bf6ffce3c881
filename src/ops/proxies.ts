/**
 * The proxies that the operator trusts, and the address of who asks. Everybody may write `X-Forwarded-For`, so it is
 * read only when the socket's other end is a trusted proxy, from the right (what our own proxy wrote) to the left: the
 * first address that is no trusted proxy is who asked. What stands further left is the asker's own word.
 */
import type { IncomingMessage } from 'node:http';
import { BlockList, isIP, isIPv6 } from 'node:net';

import type { Settings } from '../../config/settings.ts';

/** What of a request tells where it comes from. */
export type Addressed = Pick<IncomingMessage, 'headers'> & {
  socket: { remoteAddress?: string | undefined };
};

/** Made once for each list of addresses. */
const known = new WeakMap<readonly string[], BlockList>();

/** True when TRUSTED_PROXIES names the address. */
export function isTrustedProxy(
  { TRUSTED_PROXIES: named }: Pick<Settings, 'TRUSTED_PROXIES'>,
  address: string,
): boolean {
  if (named === undefined) return false;
  const list = known.get(named) ?? listOf(named);
  known.set(named, list);
  const plain = plainAddress(address);
  return isIP(plain) !== 0 && list.check(plain, isIPv6(plain) ? 'ipv6' : 'ipv4');
}

/** The address of who asks, for limits, waits and the audit log; empty when the socket is gone. */
export function clientAddress(
  { settings }: { settings: Pick<Settings, 'TRUSTED_PROXIES'> },
  { headers, socket }: Addressed,
): string {
  let address = plainAddress(socket.remoteAddress ?? '');
  const said = String(headers['x-forwarded-for'] ?? '').split(',');
  while (said.length > 0 && isTrustedProxy(settings, address)) {
    const before = plainAddress(said.pop() ?? '');
    if (isIP(before) === 0) return address; // no address: the last one that is sure
    address = before;
  }
  return address;
}

/** Without port and brackets, and an IPv4 address as itself, also where it is written in IPv6. */
function plainAddress(written: string): string {
  const trimmed = written.trim();
  const bare =
    /^\[(?<inner>[^\]]+)\](?::\d+)?$/.exec(trimmed)?.groups?.inner ??
    /^(?<inner>[\d.]+):\d+$/.exec(trimmed)?.groups?.inner ??
    trimmed;
  return bare.replace(/^::ffff:(?=\d+\.)/i, '');
}

/** @param addresses single ones and networks: `10.0.0.0/8` */
function listOf(addresses: readonly string[]): BlockList {
  const list = new BlockList();
  for (const address of addresses) {
    const [network = '', bits] = address.split('/');
    const family = isIPv6(network) ? 'ipv6' : 'ipv4';
    if (bits === undefined) list.addAddress(network, family);
    else list.addSubnet(network, Number(bits), family);
  }
  return list;
}
