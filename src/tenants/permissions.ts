/** What a caller may: programs hold a choice of these as the scopes of their key, people by their role. */

/** A key or a person may hold these. */
export const SCOPES = [
  'conversations:read',
  'conversations:write',
  'conversations:assign',
  'messages:read',
  'messages:send',
  'contacts:read',
  'contacts:write',
  'channels:read',
  'channels:write',
  'costs:read',
  'endpoints:read',
  'endpoints:write',
  'dead-letters:read',
  'dead-letters:write',
  'audit:read',
  'privacy:read',
  'privacy:write',
] as const;
export type Scope = (typeof SCOPES)[number];

/** Only a person may hold these: a key must not be able to make people or other keys. */
export const PEOPLE_SCOPES = [
  'account:read',
  'account:write',
  'users:read',
  'users:write',
  'keys:read',
  'keys:write',
  'support-access:read',
  'support-access:write',
] as const;

export const PERMISSIONS = [...SCOPES, ...PEOPLE_SCOPES] as const;
export type Permission = (typeof PERMISSIONS)[number];

export const BUILT_IN_ROLES = ['owner', 'admin', 'supervisor', 'agent'] as const;
export type BuiltInRole = (typeof BUILT_IN_ROLES)[number];

const AGENT: Permission[] = [
  'conversations:read',
  'conversations:write',
  'messages:read',
  'messages:send',
  'contacts:read',
  'contacts:write',
  'channels:read',
];

const SUPERVISOR: Permission[] = [
  ...AGENT,
  'conversations:assign',
  'users:read',
  'dead-letters:read',
  'costs:read',
];

/** What each role that every tenant has may; a tenant's own roles are rows (`Roles`). */
export const ROLE_PERMISSIONS: Record<BuiltInRole, readonly Permission[]> = {
  agent: AGENT,
  supervisor: SUPERVISOR,
  admin: PERMISSIONS.filter((permission) => permission !== 'account:write'),
  owner: PERMISSIONS,
};

export function isBuiltInRole(role: string): role is BuiltInRole {
  return (BUILT_IN_ROLES as readonly string[]).includes(role);
}
