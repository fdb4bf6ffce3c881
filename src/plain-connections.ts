/**
 * Connections that anybody on the way could read. An installation with an https address is one that others use: for it
 * the start tells which of its servers it speaks to without TLS beyond a private network. It is told and not refused,
 * since a name alone does not say where it leads: a tunnel or a network of the machines' own may protect it.
 */
import { isIP } from 'node:net';

import type { Settings } from '../config/settings.ts';
import { addressClass } from './audit/origin.ts';

type Servers = Pick<
  Settings,
  'BASE_URL' | 'MONGODB_URI' | 'KEYS_MONGODB_URI' | 'REDIS_URL' | 'REDIS_LIVE_URL' | 'SMTP_URL'
>;

/** Ends of names that no public DNS gives, as container platforms and home networks use them. */
const PRIVATE_ENDS = /(?:^|\.)(?:localhost|local|internal|lan|home\.arpa|svc|test)$/i;

/** Names of settings whose server is outside of a private network and spoken to without TLS. */
export function plainConnections(settings: Servers): string[] {
  if (!settings.BASE_URL?.startsWith('https:')) return [];
  const mongodb = ['MONGODB_URI', 'KEYS_MONGODB_URI'] as const;
  const others = ['REDIS_URL', 'REDIS_LIVE_URL', 'SMTP_URL'] as const;
  const isPlain = (url: string) => /^redis:/.test(url) || /^smtp:\/\/[^@]*$/.test(url); // a mail login asks for TLS
  return [
    ...mongodb.filter((name) => isPlainMongodb(settings[name])),
    ...others.filter((name) =>
      (settings[name] ?? '').split(',').some((url) => isPlain(url) && isOutside(hostOf(url))),
    ),
  ];
}

/** `mongodb+srv` means TLS unless it says otherwise. */
function isPlainMongodb(uri: string | undefined): boolean {
  if (uri === undefined) return false;
  const says = /[?&](?:tls|ssl)=(?<word>true|false)/.exec(uri)?.groups?.word;
  if (says === 'true' || (uri.startsWith('mongodb+srv:') && says !== 'false')) return false;
  const hosts = /^mongodb(?:\+srv)?:\/\/(?:[^/@]*@)?(?<hosts>[^/?]+)/.exec(uri)?.groups?.hosts ?? '';
  return hosts.split(',').some((host) => isOutside(host.replace(/:\d+$/, '')));
}

function hostOf(url: string): string {
  return URL.canParse(url) ? new URL(url).hostname : '';
}

/** A name without a dot is one of the own network. */
function isOutside(host: string): boolean {
  const plain = host.replace(/^\[|\]$/g, '');
  if (isIP(plain) !== 0) return addressClass(plain).startsWith('public');
  return plain.includes('.') && !PRIVATE_ENDS.test(plain.replace(/\.$/, ''));
}
