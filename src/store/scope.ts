/**
 * Whose work this is. Every database operation runs inside `withTenant` or `asOperator`; outside it throws.
 * The callback is awaited inside the scope, because Mongoose queries are lazy: they run when they are awaited.
 */
import { AsyncLocalStorage } from 'node:async_hooks';

export type Scope =
  | { kind: 'tenant'; tenantId: string }
  | { kind: 'operator'; /** Why the work crosses tenants; for the reader and the audit. */ reason: string };

const storage = new AsyncLocalStorage<Scope>();

export class ScopeError extends Error {
  override name = 'ScopeError';
}

/** For the installation's reads over all tenants: every index begins with the tenant, and serves only who asks for one. */
export const OF_ANY_TENANT = { tenantId: { $gt: '' } };

export function withTenant<T>(tenantId: string, work: () => Promise<T>): Promise<T> {
  if (tenantId === '') throw new ScopeError('withTenant needs a tenant id.');
  return storage.run({ kind: 'tenant', tenantId }, async () => await work());
}

export function asOperator<T>(reason: string, work: () => Promise<T>): Promise<T> {
  return storage.run({ kind: 'operator', reason }, async () => await work());
}

/** @throws ScopeError when the work runs in nobody's name. */
export function currentScope(): Scope {
  const scope = storage.getStore();
  if (!scope) throw new ScopeError('A database operation ran outside withTenant() and asOperator().');
  return scope;
}

/**
 * For work that reaches across tenants by a tenant given as data (keys, dead letters): whoever is bound to a tenant
 * must name that tenant. @throws ScopeError
 */
export function requireOwn(tenantId: string | undefined): void {
  const scope = storage.getStore();
  if (tenantId === '') throw new ScopeError('A tenant was to be named, and was not.');
  if (scope?.kind === 'tenant' && scope.tenantId !== tenantId) {
    throw new ScopeError("Work bound to a tenant asked for what is another's.");
  }
}
