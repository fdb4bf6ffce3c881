/**
 * Staff of the installation and their access to what is a tenant's. A staff account alone opens nothing: each look needs
 * a grant of that tenant.
 *
 *   asked ──approve──▶ active ──▶ ended          given, break-glass: active at once
 *     │                  └─ its time is over: expired
 *     ├─ refuse ▶ refused
 *     └─ nobody decided within 7 days: expired
 *
 * `expired` is not stored: it follows from the clock.
 */
import {
  type BaseRow,
  fieldsOf,
  operatorCollection,
  tenantCollection,
  type TenantRow,
} from '../store/collection.ts';
import type { Grantable, OperatorRole, ReasonCode } from './roles.ts';

const ours = fieldsOf('controller');

export interface DueReview {
  grantId: string;
  tenantId: string;
  dueAt: Date;
}

/** `wso_<id>_<secret>` is a token; its secret is kept as a digest. */
export interface OperatorRow extends BaseRow {
  name: Buffer;
  email: Buffer;
  role: OperatorRole;
  status: 'active' | 'disabled';
  /** Day of the signed duty of confidentiality; without one the account stays disabled. */
  confidentialitySignedAt?: Date;
  tokenHash?: string;
  createdAt: Date;
  disabledAt?: Date;
  /** Moved on at most once a minute. */
  lastUsedAt?: Date;
  /** Break-glass access of this person that somebody must look at. */
  reviewsDue?: DueReview[];
}

export const Operators = operatorCollection<OperatorRow>('operators', {
  retention: 'installation',
  fields: {
    name: ours.sealedAccount(),
    email: ours.sealedAccount(),
    role: ours.technical({ type: String, required: true }),
    status: ours.technical({ type: String, required: true }),
    confidentialitySignedAt: ours.technical(Date),
    tokenHash: ours.technical(String),
    createdAt: ours.technical({ type: Date, required: true }),
    disabledAt: ours.technical(Date),
    lastUsedAt: ours.technical(Date),
    reviewsDue: ours.technical([Object]),
  },
  indexes: [{ keys: { 'reviewsDue.dueAt': 1 } }],
});

export interface GrantRow extends TenantRow {
  kind: 'asked' | 'given' | 'break-glass';
  state: 'asked' | 'active' | 'refused' | 'ended';
  /** Absent: anyone of support. */
  operatorId?: string;
  reasonCode: ReasonCode;
  /** In words, sealed. */
  reason: Buffer;
  permissions: Grantable[];
  hours: number;
  createdAt: Date;
  /** Principal. */
  createdBy: string;
  /** Who agreed or refused, and when. */
  decidedBy?: string;
  decidedAt?: Date;
  from?: Date;
  until?: Date;
  endedAt?: Date;
  endedBy?: string;
  reviewDueAt?: Date;
  reviewedAt?: Date;
  reviewedBy?: string;
  /** What the review found, sealed. */
  finding?: Buffer;
}

export const AccessGrants = tenantCollection<GrantRow>('accessGrants', {
  retention: 'audit-24-months',
  fields: {
    kind: ours.technical({ type: String, required: true }),
    state: ours.technical({ type: String, required: true }),
    operatorId: ours.technical(String),
    reasonCode: ours.technical({ type: String, required: true }),
    reason: ours.sealedAccount(),
    permissions: ours.technical([String]),
    hours: ours.technical({ type: Number, required: true }),
    createdAt: ours.technical({ type: Date, required: true }),
    createdBy: ours.technical({ type: String, required: true }),
    decidedBy: ours.technical(String),
    decidedAt: ours.technical(Date),
    from: ours.technical(Date),
    until: ours.technical(Date),
    endedAt: ours.technical(Date),
    endedBy: ours.technical(String),
    reviewDueAt: ours.technical(Date),
    reviewedAt: ours.technical(Date),
    reviewedBy: ours.technical(String),
    finding: ours.sealedAccount(),
  },
  indexes: [{ keys: { state: 1, until: 1 } }],
});
