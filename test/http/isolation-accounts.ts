/** How the routes of accounts, users and roles are attacked. */
import type { Context } from '../../src/context.ts';
import { newId } from '../../src/store/ids.ts';
import { withTenant } from '../../src/store/scope.ts';
import { type RoleRow, Roles } from '../../src/tenants/people-model.ts';
import type { Attack } from './isolation-matrix.ts';

const token = (tenantId: string) => `wsl_${tenantId}_${'A'.repeat(43)}`;
const profile = { firstName: 'Of', lastName: 'Another', username: 'of.another', phone: '+972501234567' };
const email = 'of.another@stranger.example';
const eea = { established: false, servesThere: false, otherwiseSubject: false };
const company = { isCompany: false };

export const ACCOUNT_ATTACKS: Record<string, Attack> = {
  'post /v1/sign-up': {
    body: () => ({ ...profile, email, business: 'Another', company, eea, acceptTerms: true }),
    expected: 403,
  },
  'post /v1/invitations/look': { body: ({ tenantId }) => ({ token: token(tenantId) }), expected: 410 },
  'post /v1/invitations/accept': {
    body: ({ tenantId }) => ({ token: token(tenantId), password: 'of a stranger', policyVersion: '1' }),
    expected: 410,
  },
  'post /v1/invitations/decline': { body: ({ tenantId }) => ({ token: token(tenantId) }), expected: 410 },
  'post /v1/prove-email': { body: ({ tenantId }) => ({ token: token(tenantId) }), expected: 410 },
  'get /v1/policy': { expected: 200 },
  'post /v1/policy/accept': { body: () => ({ version: 'none' }), expected: 409 },
  'post /v1/policy/decline': { body: () => ({ version: 'none' }), expected: 409 },
  'get /v1/account': { expected: 200 },
  'put /v1/account': { body: ({ userId }) => ({ emergencyUserId: userId }), expected: 422 },
  'post /v1/account/complete': {
    body: ({ userId }) => ({
      ...profile,
      account: {
        company,
        eea,
        contactPerson: { name: 'Of Another', email, phone: '+972501234567' },
        emergencyUserId: userId,
      },
    }),
    expected: 409,
  },
  'get /v1/sign-in-rules': { expected: 200 },
  'put /v1/sign-in-rules': { body: () => ({ passwordMonths: 0 }), expected: 200 },
  'get /v1/account/hand-over': { expected: 200 },
  'post /v1/account/hand-over': { body: ({ userId }) => ({ to: userId }), expected: 404 },
  'post /v1/account/hand-over/accept': { expected: 409 },
  'delete /v1/account/hand-over': { expected: 409 },
  'get /v1/users': { expected: 200 },
  'get /v1/users/{id}': { id: ({ userId }) => userId, expected: 404 },
  'post /v1/users': { body: ({ roleId }) => ({ ...profile, email, role: roleId }), expected: 422 },
  'patch /v1/users/{id}': {
    id: ({ userId }) => userId,
    body: () => ({ firstName: 'Renamed' }),
    expected: 404,
  },
  'post /v1/users/{id}/invite': { id: ({ userId }) => userId, expected: 404 },
  'post /v1/users/{id}/disable': { id: ({ userId }) => userId, expected: 404 },
  'post /v1/users/{id}/enable': { id: ({ userId }) => userId, expected: 404 },
  'delete /v1/users/{id}': { id: ({ userId }) => userId, expected: 404 },
  'get /v1/roles': { expected: 200 },
  'post /v1/roles': { body: () => ({ name: 'Of a stranger', permissions: ['all'] }), expected: 422 },
  'put /v1/roles/{id}': {
    id: ({ roleId }) => roleId,
    body: () => ({ name: 'Of a stranger', permissions: ['messages:read'] }),
    expected: 404,
  },
  'delete /v1/roles/{id}': { id: ({ roleId }) => roleId, expected: 404 },
};

/** A role that a business composed. */
export async function roleOf(ctx: Context, tenantId: string, name: string): Promise<string> {
  const _id = newId(ctx, 'rol');
  const row: RoleRow = { _id, tenantId, name, permissions: ['messages:read'], createdAt: new Date() };
  await withTenant(tenantId, () => ctx.store.model(Roles).insertMany([row]));
  return _id;
}
