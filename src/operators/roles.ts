/** What staff may at most: a grant gives a part of what the role allows, for reading only, and nothing without a grant. */
import type { Permission } from '../tenants/permissions.ts';

export const OPERATOR_ROLES = ['support', 'billing', 'privacy', 'trust', 'admin'] as const;
export type OperatorRole = (typeof OPERATOR_ROLES)[number];

/** What a grant may give at all: nothing that changes anything, and neither keys nor access itself. */
export const GRANTABLE = [
  'conversations:read',
  'messages:read',
  'contacts:read',
  'channels:read',
  'costs:read',
  'endpoints:read',
  'dead-letters:read',
  'account:read',
  'users:read',
  'audit:read',
] as const satisfies readonly Permission[];
export type Grantable = (typeof GRANTABLE)[number];

export const ROLE_MAY: Record<OperatorRole, readonly Grantable[]> = {
  support: [
    'conversations:read',
    'messages:read',
    'contacts:read',
    'channels:read',
    'endpoints:read',
    'dead-letters:read',
    'users:read',
  ],
  billing: ['account:read', 'channels:read', 'costs:read'],
  privacy: [
    'conversations:read',
    'messages:read',
    'contacts:read',
    'account:read',
    'users:read',
    'audit:read',
  ],
  trust: ['conversations:read', 'messages:read', 'channels:read', 'account:read', 'audit:read'],
  // Looks after staff accounts and the installation; whoever approves does not look.
  admin: ['channels:read', 'endpoints:read'],
};

export const REASON_CODES = [
  'customer-asked',
  'fault',
  'security',
  'privacy-request',
  'abuse',
  'billing',
  'legal',
  'emergency',
] as const;
export type ReasonCode = (typeof REASON_CODES)[number];
