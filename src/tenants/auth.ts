/** Who calls the REST interface, and what they may. */
import type { Context } from '../context.ts';
import type { Caller } from '../http/route.ts';
import { Reject } from '../ops/errors.ts';
import { authenticateKey } from './keys.ts';
import type { Scope } from './model.ts';

/**
 * The caller named by an `Authorization` header.
 * @throws Reject (401) that says the same for a missing, malformed, unknown and revoked key.
 */
export async function authenticate(ctx: Context, authorization: string | undefined): Promise<Caller> {
  const bearer = /^Bearer +(\S+) *$/i.exec(authorization ?? '')?.[1];
  const key = bearer === undefined ? null : await authenticateKey(ctx, bearer);
  if (!key) {
    throw new Reject(401, 'unauthorized', 'Send a valid API key: Authorization: Bearer wsk_…');
  }
  return { ...key, principal: `key:${key.keyId}` };
}

/** @throws Reject (403) that names the missing scopes. */
export function requireScopes(caller: Caller, needed: readonly Scope[]): void {
  const missing = needed.filter((scope) => !caller.scopes.includes(scope));
  if (missing.length === 0) return;
  throw new Reject(403, 'insufficient-scope', `The API key lacks the scope ${missing.join(' and ')}.`);
}
