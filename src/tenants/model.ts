/** Tenants, their channels, and the installation's routes from a number to its owner. */
import {
  type BaseRow,
  fieldsOf,
  operatorCollection,
  tenantCollection,
  type TenantRow,
} from '../store/collection.ts';

const ours = fieldsOf('controller');

export interface TenantRecord extends BaseRow {
  name: Buffer;
  ownerEmail: Buffer;
  /** Identifies, never authenticates; 10 digits, never reused. */
  accountNumber: string;
  status: 'active' | 'disabled';
  createdAt: Date;
}

export const Tenants = operatorCollection<TenantRecord>('tenants', {
  retention: 'account',
  fields: {
    name: ours.sealedAccount(),
    ownerEmail: ours.sealedAccount(),
    accountNumber: ours.technical({ type: String, required: true }),
    status: ours.technical({ type: String, required: true }),
    createdAt: ours.technical({ type: Date, required: true }),
  },
  indexes: [{ keys: { accountNumber: 1 }, options: { unique: true } }],
});

export interface ChannelRow extends TenantRow {
  phoneNumberId: string;
  wabaId: string;
  displayNumber: string;
  name: string;
  /** Graph API token. */
  token: Buffer;
  status: 'active' | 'paused';
  /** Why it is paused: a Graph error code or an operator's word. */
  pausedReason?: string;
  createdAt: Date;
}

export const Channels = tenantCollection<ChannelRow>('channels', {
  retention: 'account',
  fields: {
    phoneNumberId: ours.technical({ type: String, required: true }),
    wabaId: ours.technical({ type: String, required: true }),
    displayNumber: ours.account({ type: String, required: true }),
    name: ours.account(String),
    token: ours.sealedAccount(),
    status: ours.technical({ type: String, required: true }),
    pausedReason: ours.technical(String),
    createdAt: ours.technical({ type: Date, required: true }),
  },
  indexes: [{ keys: { phoneNumberId: 1 }, options: { unique: true } }],
});

/** `_id` is the phone_number_id: unique over all tenants, so a number has one owner. */
export interface RouteRow extends BaseRow {
  tenantId: string;
  channelId: string;
  wabaId: string;
  /** The Meta app whose secret must have signed: `default`, or the {app} of its webhook address. */
  app: string;
  createdAt: Date;
}

export const Routes = operatorCollection<RouteRow>('routes', {
  retention: 'installation',
  fields: {
    tenantId: ours.technical({ type: String, required: true }),
    channelId: ours.technical({ type: String, required: true }),
    wabaId: ours.technical({ type: String, required: true }),
    app: ours.technical({ type: String, required: true }),
    createdAt: ours.technical({ type: Date, required: true }),
  },
});

/** `_id` is `<phone_number_id>/<tenant id>`. Outlives route and channel: whether a number changed hands (holders.ts). */
export interface NumberHolderRow extends BaseRow {
  phoneNumberId: string;
  tenantId: string;
  since: Date;
}

export const NumberHolders = operatorCollection<NumberHolderRow>('numberHolders', {
  retention: 'installation',
  fields: {
    phoneNumberId: ours.technical({ type: String, required: true }),
    tenantId: ours.technical({ type: String, required: true }),
    since: ours.technical({ type: Date, required: true }),
  },
  indexes: [{ keys: { phoneNumberId: 1 } }],
});

export const SCOPES = [
  'conversations:read',
  'conversations:write',
  'messages:read',
  'messages:send',
  'contacts:read',
  'contacts:write',
  'channels:read',
  'channels:write',
  'endpoints:read',
  'endpoints:write',
  'dead-letters:read',
  'dead-letters:write',
] as const;
export type Scope = (typeof SCOPES)[number];

/** `wsk_<tenant>_<secret>`: names its tenant, so that nothing is looked up across tenants. */
export interface ApiKeyRow extends TenantRow {
  name: string;
  /** SHA-256 of the secret: 256 random bits need no slow hash. */
  secretHash: string;
  scopes: Scope[];
  createdAt: Date;
  revokedAt?: Date;
}

export const ApiKeys = tenantCollection<ApiKeyRow>('apiKeys', {
  retention: 'account',
  fields: {
    name: ours.account({ type: String, required: true }),
    secretHash: ours.technical({ type: String, required: true }),
    scopes: ours.technical([String]),
    createdAt: ours.technical({ type: Date, required: true }),
    revokedAt: ours.technical(Date),
  },
  indexes: [{ keys: { secretHash: 1 }, options: { unique: true } }],
});
