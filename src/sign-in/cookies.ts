/** The cookies of people: of the session, and of a device on which somebody has signed in before. */
import { timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';

import { parseCookie, stringifySetCookie } from 'cookie';

import type { Context } from '../context.ts';
import { newSecret } from '../store/ids.ts';
import { SESSION_COOKIE } from '../tenants/auth.ts';

const DEVICE_COOKIE = '__Host-whatsper-device';
const YEAR_SECONDS = 365 * 24 * 3_600;
const FLAGS = { secure: true, httpOnly: true, sameSite: 'lax', path: '/' } as const;

export function sessionCookie(token: string, endsAt: Date): string {
  return stringifySetCookie({ name: SESSION_COOKIE, value: token, expires: endsAt, ...FLAGS });
}

export function endedSessionCookie(): string {
  return stringifySetCookie({ name: SESSION_COOKIE, value: '', maxAge: 0, ...FLAGS });
}

/** Says nothing of the person and lets nobody in: it only parts their failures from strangers'. */
export async function deviceCookie(ctx: Context, tenantId: string, userId: string): Promise<string> {
  const nonce = newSecret(ctx.random);
  const value = `${tenantId}.${nonce}.${await markOf(ctx, tenantId, userId, nonce)}`;
  return stringifySetCookie({ name: DEVICE_COOKIE, value, maxAge: YEAR_SECONDS, ...FLAGS });
}

/** The nonce of a device on which this person has signed in; undefined on any other. */
export async function knownDevice(
  ctx: Context,
  { headers }: Pick<IncomingMessage, 'headers'>,
  { tenantId, userId }: { tenantId: string; userId: string },
): Promise<string | undefined> {
  const [owner, nonce = '', mark = ''] = (parseCookie(headers.cookie ?? '')[DEVICE_COOKIE] ?? '').split('.');
  if (owner !== tenantId || !/^[A-Za-z0-9]{43}$/.test(nonce)) return undefined;
  const [given, expected] = [Buffer.from(mark), Buffer.from(await markOf(ctx, tenantId, userId, nonce))];
  return given.length === expected.length && timingSafeEqual(given, expected) ? nonce : undefined;
}

function markOf(ctx: Context, tenantId: string, userId: string, nonce: string): Promise<string> {
  return ctx.store.keyring.lookup(tenantId, 'device', userId, nonce);
}
