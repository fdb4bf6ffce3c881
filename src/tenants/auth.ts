/** Who calls the REST interface, and what they may. */
import type { IncomingMessage } from 'node:http';

import { parseCookie } from 'cookie';

import type { Context } from '../context.ts';
import type { Caller } from '../http/route.ts';
import { authenticateOperator, isOperatorToken, TENANT_HEADER } from '../operators/access.ts';
import { Reject } from '../ops/errors.ts';
import { authenticateKey } from './keys.ts';
import type { Permission } from './permissions.ts';
import { authenticateSession } from './sessions.ts';

/** `__Host-`: of this host only, over HTTPS only (browsers take `localhost` for that too), for every path. */
export const SESSION_COOKIE = '__Host-whatsper-session';

type Asking = Pick<IncomingMessage, 'headers' | 'method'>;

/** What is left of a request when it is looked at again later: who asks, for reading. */
export interface Credential {
  headers: { authorization?: string; cookie?: string; [TENANT_HEADER]?: string };
  method: 'GET';
}

export function credentialOf({ headers: given }: Asking): Credential {
  const { authorization, cookie, [TENANT_HEADER]: tenant } = given;
  const headers = {
    ...(authorization === undefined ? {} : { authorization }),
    ...(cookie === undefined ? {} : { cookie }),
    ...(typeof tenant === 'string' ? { [TENANT_HEADER]: tenant } : {}),
  };
  return { headers, method: 'GET' };
}

/**
 * The caller named by the `Authorization` header, else by the session cookie. With a cookie, a request that changes
 * something must come from a page of ours: its Origin is ours, and it carries the session's CSRF token.
 * @throws Reject (401) that says the same for a missing, malformed, unknown and ended key or session; (403) `foreign-page`
 */
export async function authenticate(ctx: Context, request: Asking): Promise<Caller> {
  const { authorization, cookie } = request.headers;
  const bearer = /^Bearer +(\S+) *$/i.exec(authorization ?? '')?.[1];
  const token = authorization === undefined ? parseCookie(cookie ?? '')[SESSION_COOKIE] : undefined;
  if (token !== undefined) {
    const person = await authenticateSession(ctx, token);
    if (!person) throw new Reject(401, 'unauthorized', 'Your session has ended: sign in again.');
    requireOwnPage(ctx, request, person);
    return person;
  }
  if (bearer !== undefined && isOperatorToken(bearer)) return operatorWith(ctx, request, bearer);
  const key = bearer === undefined ? null : await authenticateKey(ctx, bearer);
  if (!key) throw noKey();
  const { tenantId, keyId, name, scopes } = key;
  return { tenantId, kind: 'key', id: keyId, name, scopes, principal: `key:${keyId}`, pending: [] };
}

const noKey = () => new Reject(401, 'unauthorized', 'Send a valid API key: Authorization: Bearer wsk_…');

/** @throws Reject (401); (403) `no-grant` unless the tenant of the header is open to them now */
async function operatorWith(ctx: Context, { headers, method = '' }: Asking, token: string): Promise<Caller> {
  const named = headers[TENANT_HEADER];
  const tenant = typeof named === 'string' ? named : undefined;
  const operator = await authenticateOperator(ctx, token, { tenant, method });
  if (!operator) throw noKey();
  return operator;
}

function requireOwnPage(ctx: Context, request: Asking, { session }: Caller): void {
  if (request.method === 'GET' || request.method === 'HEAD') return;
  requireOwnOrigin(ctx, request);
  if (request.headers['x-csrf-token'] === session?.csrfToken) return;
  throw new Reject(403, 'foreign-page', 'Send the X-CSRF-Token that GET /v1/me gives.');
}

/** @throws Reject (403) `foreign-page` when a browser says that another site's page asks, or does not say whose */
export function requireOwnOrigin(ctx: Context, { headers }: Asking): void {
  const { origin, host = '' } = headers;
  const base = ctx.settings.BASE_URL;
  const own = base === undefined ? [`http://${host}`, `https://${host}`] : [new URL(base).origin];
  if (origin !== undefined && own.includes(origin)) return;
  throw new Reject(
    403,
    'foreign-page',
    'Only pages of this address may ask for this: the Origin is another.',
  );
}

/** @throws Reject (403) `steps-pending` that names what the person must do first */
export function requireNothingPending({ pending }: Caller): void {
  if (pending.length === 0) return;
  throw new Reject(403, 'steps-pending', `First: ${pending.join(', ')}. The console leads there.`);
}

/** @throws Reject (403) that names the missing scopes. */
export function requireScopes(caller: Caller, needed: readonly Permission[]): void {
  const missing = needed.filter((scope) => !caller.scopes.includes(scope));
  if (missing.length === 0) return;
  const holder = { key: 'The API key', person: 'Your role', operator: 'Your access' }[caller.kind];
  throw new Reject(403, 'insufficient-scope', `${holder} lacks the scope ${missing.join(' and ')}.`);
}
