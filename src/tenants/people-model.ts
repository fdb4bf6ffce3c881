/**
 * People of a tenant, the roles it made, their sessions, and links that work once. What is said of a person is sealed
 * under the person's own key, so that it can be erased without their messages.
 */
import { fieldsOf, tenantCollection, type TenantRow } from '../store/collection.ts';
import type { Permission } from './permissions.ts';

const held = fieldsOf('processor');

/** Sealed in `UserRow.profile`. */
export interface Profile {
  firstName: string;
  lastName: string;
  /** As the person wrote it; names are compared by `nameKey` (names.ts). */
  username: string;
  email: string;
  /** E.164, with `+`. */
  phone: string;
}

/** Sealed in `UserRow.credentials`. */
export interface Credentials {
  /** Encoded Argon2id hash with its parameters; absent until the invitation was followed. */
  password?: string;
  passwordSetAt?: string;
  /** Base32 secret of the authenticator app, once it was confirmed with a code. */
  totp?: string;
  /** Step of the last code that was taken: a code works once. */
  totpStep?: number;
  /** SHA-256 of recovery codes that were not used yet. */
  recoveryCodes?: string[];
  passkeys?: Passkey[];
}

export interface Passkey {
  id: string;
  /** Base64url of the COSE key. */
  publicKey: string;
  counter: number;
  transports: string[];
  name: string;
  createdAt: string;
}

export interface UserRow extends TenantRow {
  /** A built-in role's name, or the id of a role of the tenant. */
  role: string;
  status: 'invited' | 'active' | 'disabled';
  /** `Profile` */
  profile: Buffer;
  /** `Credentials` */
  credentials?: Buffer;
  /** When the person showed that the address is theirs. */
  emailProvenAt?: Date;
  /** Version of the policy that the person accepted last, the hash of its text, when and where. */
  accepted?: { version: string; hash: string; at: Date; surface: string };
  /** Where the data about the person came from: principal, way, time. */
  origin: { by: string; how: 'sign-up' | 'invitation' | 'operator'; at: Date };
  /** A new password is asked for at the next sign-in. */
  mustChangePassword?: boolean;
  /** The owner of a tenant that the operator made has still to say who they and the business are. */
  incomplete?: boolean;
  /** Of the mails that the person gets; English by default. */
  language?: 'en' | 'he';
  createdAt: Date;
  disabledAt?: Date;
}

export const Users = tenantCollection<UserRow>('users', {
  retention: 'account',
  fields: {
    role: held.technical({ type: String, required: true }),
    status: held.technical({ type: String, required: true }),
    profile: held.sealedAccount(),
    credentials: held.sealedTechnical(),
    emailProvenAt: held.technical(Date),
    accepted: held.technical(Object),
    origin: held.technical(Object),
    mustChangePassword: held.technical(Boolean),
    incomplete: held.technical(Boolean),
    language: held.technical(String),
    createdAt: held.technical({ type: Date, required: true }),
    disabledAt: held.technical(Date),
  },
  indexes: [{ keys: { role: 1 } }],
});

/** Who was disabled or deleted within the last minute, by the id of the user (accounts/departures.ts). */
export interface DepartureRow extends TenantRow {
  kind: 'disabled' | 'deleted';
  /** Principal that did it. */
  by: string;
  at: Date;
}

export const Departures = tenantCollection<DepartureRow>('departures', {
  retention: 'account',
  fields: {
    kind: held.technical({ type: String, required: true }),
    by: held.technical({ type: String, required: true }),
    at: held.technical({ type: Date, required: true }),
  },
});

/**
 * Look-up of people by user name or e-mail: `_id` is `<kind>_<keyed digest of the folded name>` (keyring.lookup, under
 * the tenant's key), so that one name is one person of the tenant and nothing tells of another tenant's.
 */
export interface UserNameRow extends TenantRow {
  kind: 'username' | 'email';
  userId: string;
}

export const UserNames = tenantCollection<UserNameRow>('userNames', {
  retention: 'account',
  derived: true,
  fields: {
    kind: held.technical({ type: String, required: true }),
    userId: held.technical({ type: String, required: true }),
  },
  indexes: [{ keys: { userId: 1 } }],
});

/** A role that a tenant composed. */
export interface RoleRow extends TenantRow {
  name: string;
  permissions: Permission[];
  createdAt: Date;
}

export const Roles = tenantCollection<RoleRow>('roles', {
  retention: 'account',
  fields: {
    name: held.account({ type: String, required: true }),
    permissions: held.technical([String]),
    createdAt: held.technical({ type: Date, required: true }),
  },
});

/** `wss_<tenant>_<secret>` in a cookie names its tenant, as a key does. */
export interface SessionRow extends TenantRow {
  userId: string;
  /** SHA-256 of the secret: 256 random bits need no slow hash. */
  secretHash: string;
  /** True after a second factor. */
  strong: boolean;
  createdAt: Date;
  /** Moved on at most once a minute. */
  seenAt: Date;
  /** It ends then, however busy it is. */
  endsAt: Date;
  endedAt?: Date;
  /** Why it ended: `signed-out`, `ended-by-user`, `disabled`, `password-changed`, … */
  endedBy?: string;
  /** `Device`, sealed under the person's key. */
  device: Buffer;
}

/** What a person sees of a session in the list of their own. */
export interface Device {
  userAgent: string;
  address: string;
}

export const Sessions = tenantCollection<SessionRow>('sessions', {
  retention: 'account',
  fields: {
    userId: held.technical({ type: String, required: true }),
    secretHash: held.technical({ type: String, required: true }),
    strong: held.technical({ type: Boolean, required: true }),
    createdAt: held.technical({ type: Date, required: true }),
    seenAt: held.technical({ type: Date, required: true }),
    endsAt: held.technical({ type: Date, required: true }),
    endedAt: held.technical(Date),
    endedBy: held.technical(String),
    device: held.sealedAccount(),
  },
  indexes: [{ keys: { secretHash: 1 }, options: { unique: true } }, { keys: { userId: 1 } }],
});

/** A link that was mailed and works once: `wsl_<tenant>_<secret>` in the address' fragment. */
export interface OneTimeLinkRow extends TenantRow {
  purpose: 'invitation' | 'password-reset' | 'prove-email' | 'hand-over';
  userId: string;
  secretHash: string;
  createdAt: Date;
  endsAt: Date;
  usedAt?: Date;
  /** What it is bound to, as a keyed digest: the address or password of then. Another one voids it. */
  boundTo: string;
}

export const OneTimeLinks = tenantCollection<OneTimeLinkRow>('oneTimeLinks', {
  retention: 'account',
  fields: {
    purpose: held.technical({ type: String, required: true }),
    userId: held.technical({ type: String, required: true }),
    secretHash: held.technical({ type: String, required: true }),
    createdAt: held.technical({ type: Date, required: true }),
    endsAt: held.technical({ type: Date, required: true }),
    usedAt: held.technical(Date),
    boundTo: held.technical({ type: String, required: true }),
  },
  indexes: [{ keys: { secretHash: 1 }, options: { unique: true } }, { keys: { userId: 1 } }],
});
