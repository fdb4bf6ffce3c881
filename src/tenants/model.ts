/** Tenants, their channels, and the installation's routes from a number to its owner. */
import {
  type BaseRow,
  fieldsOf,
  operatorCollection,
  tenantCollection,
  type TenantRow,
} from '../store/collection.ts';
import type { Scope } from './permissions.ts';

const ours = fieldsOf('controller');

export interface TenantRecord extends BaseRow {
  name: Buffer;
  ownerEmail: Buffer;
  /** Identifies, never authenticates; 10 digits, never reused. */
  accountNumber: string;
  /** `unproven`: it signed up, and its owner has not followed the link yet. */
  status: 'active' | 'disabled' | 'unproven';
  /** People choose a new password after so many months; absent: never. */
  passwordMonths?: number;
  /** People need a second factor; absent: who wants one adds it. */
  secondFactorForAll?: boolean;
  createdAt: Date;
}

export const Tenants = operatorCollection<TenantRecord>('tenants', {
  retention: 'account',
  fields: {
    name: ours.sealedAccount(),
    ownerEmail: ours.sealedAccount(),
    accountNumber: ours.technical({ type: String, required: true }),
    status: ours.technical({ type: String, required: true }),
    passwordMonths: ours.technical(Number),
    secondFactorForAll: ours.technical(Boolean),
    createdAt: ours.technical({ type: Date, required: true }),
  },
  indexes: [{ keys: { accountNumber: 1 }, options: { unique: true } }],
});

/** What WhatsApp says of a number and its account, in its own words. */
export const HEALTH_FIELDS = [
  'verifiedName',
  /** APPROVED, PENDING_REVIEW, DECLINED, … */
  'nameStatus',
  /** GREEN, YELLOW, RED, UNKNOWN */
  'quality',
  /** TIER_250, TIER_2K, …, UNLIMITED, or a number: people reached outside a window in 24 hours. */
  'messagingLimit',
  /** STANDARD: 80 messages a second; HIGH: 1,000. */
  'throughput',
  /** VERIFIED, NOT_VERIFIED, EXPIRED */
  'codeVerification',
  /** CLOUD_API, ON_PREMISE, NOT_APPLICABLE */
  'platform',
  /** CONNECTED, PENDING, DISCONNECTED, BANNED, … */
  'numberStatus',
  /** `true`: the number also lives in the WhatsApp Business app (coexistence): 20 messages a second. */
  'onBusinessApp',
  /** LIVE, SANDBOX */
  'accountMode',
  /** APPROVED, REJECTED, PENDING */
  'accountReview',
  /** Last word of an `account_update`. */
  'accountStatus',
  /** What WhatsApp forbids the account at the moment, and until when. */
  'restriction',
  /** Of the business portfolio. */
  'businessStatus',
  /** How many numbers the portfolio may have. */
  'maxNumbers',
  /** The business's own username: its state, then its name where told. */
  'username',
  /** ENABLED, DISABLED: whether clients may call. */
  'calling',
  /** Import of earlier conversations: per cent, `done`, or `declined`. */
  'historyImport',
] as const;
export type HealthField = (typeof HEALTH_FIELDS)[number];
export type ChannelHealth = Partial<Record<HealthField, { value: string; at: Date }>>;

/** What the Graph API says of an access token. */
export interface TokenFacts {
  /** SYSTEM_USER, USER, … */
  kind?: string;
  /** Absent: it does not expire. */
  expiresAt?: Date;
  scopes?: string[];
  checkedAt: Date;
  /** Days before the end for which people were told last. */
  warnedDays?: number;
}

/** One point of `channel check`: its code says what was found (onboarding/check-words.ts). */
export interface CheckedPoint {
  point: string;
  state: 'ok' | 'warn' | 'failed' | 'unknown';
  code: string;
  values?: Record<string, string>;
}

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
  /** When the pause ends by itself; absent: when a person mends what was wrong. */
  pausedUntil?: Date;
  /** Until then WhatsApp lets the account begin no conversations: templates fail. */
  templatesHeldUntil?: Date;
  /** When clients are told that their messages were read; absent: never. */
  readReceipts?: 'never' | 'on-open' | 'on-answer';
  /** Whether clients are told that somebody is typing; absent: off. */
  typing?: 'on' | 'off';
  /** Seconds for which a message waits until the one before it was delivered; absent: it does not wait. */
  waitForDelivered?: number;
  /** Most templates in a day (UTC), as they cost money; absent or 0: no cap of its own. */
  templatesPerDay?: number;
  health?: ChannelHealth;
  tokenFacts?: TokenFacts;
  /** When the watch over tokens looked last. */
  tokenLookedAt?: Date;
  /** Of the last `channel check`. */
  lastCheck?: { at: Date; points: CheckedPoint[] };
  /** Where the account's webhooks go, when it is not the address that BASE_URL says. */
  callbackUrl?: string;
  /** When the account's templates are to be read again; kept with each of its numbers. */
  templatesDueAt?: Date;
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
    pausedUntil: ours.technical(Date),
    templatesHeldUntil: ours.technical(Date),
    readReceipts: ours.technical(String),
    typing: ours.technical(String),
    waitForDelivered: ours.technical(Number),
    templatesPerDay: ours.technical(Number),
    health: ours.account(Object),
    tokenFacts: ours.technical(Object),
    tokenLookedAt: ours.technical(Date),
    lastCheck: ours.account(Object),
    callbackUrl: ours.technical(String),
    templatesDueAt: ours.technical(Date),
    createdAt: ours.technical({ type: Date, required: true }),
  },
  indexes: [
    { keys: { phoneNumberId: 1 }, options: { unique: true } },
    { keys: { wabaId: 1 } },
    { keys: { templatesDueAt: 1 }, acrossTenants: true },
  ],
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
  indexes: [{ keys: { wabaId: 1 } }, { keys: { tenantId: 1 } }],
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

/** `wsk_<tenant>_<secret>`: names its tenant, so that nothing is looked up across tenants. */
export interface ApiKeyRow extends TenantRow {
  name: string;
  /** SHA-256 of the secret: 256 random bits need no slow hash. */
  secretHash: string;
  /** Of the secret before a rotation, valid until then. */
  previousHash?: string;
  previousUntil?: Date;
  scopes: Scope[];
  createdAt: Date;
  /** Principal; absent of keys that are older than this field. */
  createdBy?: string;
  /** When the present secret was made, if not with the key. */
  rotatedAt?: Date;
  /** It ends then; absent: never by itself. */
  expiresAt?: Date;
  /** Days before the end for which people were told last. */
  warnedDays?: number;
  /** Moved on at most once a minute. */
  lastUsedAt?: Date;
  revokedAt?: Date;
}

export const ApiKeys = tenantCollection<ApiKeyRow>('apiKeys', {
  retention: 'account',
  fields: {
    name: ours.account({ type: String, required: true }),
    secretHash: ours.technical({ type: String, required: true }),
    previousHash: ours.technical(String),
    previousUntil: ours.technical(Date),
    scopes: ours.technical([String]),
    createdAt: ours.technical({ type: Date, required: true }),
    createdBy: ours.technical(String),
    rotatedAt: ours.technical(Date),
    expiresAt: ours.technical(Date),
    warnedDays: ours.technical(Number),
    lastUsedAt: ours.technical(Date),
    revokedAt: ours.technical(Date),
  },
  indexes: [
    { keys: { secretHash: 1 }, options: { unique: true } },
    { keys: { previousHash: 1 } },
    { keys: { createdBy: 1 } },
    { keys: { expiresAt: 1 } },
  ],
});
