/** What is on record of a tenant as a customer, and the account numbers that were ever given. */
import {
  type BaseRow,
  fieldsOf,
  operatorCollection,
  tenantCollection,
  type TenantRow,
} from '../store/collection.ts';

const ours = fieldsOf('controller');

/** Sealed under the tenant's key. */
export interface AccountData {
  company?: { isCompany: boolean; number?: string | undefined } | undefined;
  /** Gets the operational notices. */
  contactPerson?: { name: string; email: string; phone: string } | undefined;
  /** To whom people are referred who ask about their data. */
  privacyContact?: { name: string; email: string } | undefined;
  /** The business's own policy for its clients. */
  privacyPolicyUrl?: string | undefined;
  eea?: EeaAnswers | undefined;
}

/** Three questions; a `true` needs a recorded decision of the operator. */
export interface EeaAnswers {
  established: boolean;
  servesThere: boolean;
  otherwiseSubject: boolean;
}

/** What was agreed. Without one that is active, nothing is sent. */
export interface Terms {
  number: string;
  version: string;
  /** Of the text that was accepted (legal-texts.ts); absent where the operator recorded terms of their own. */
  hash?: string;
  from: Date;
  until?: Date;
  /** Who recorded it: a principal, or `operator`. */
  by: string;
}

export interface Decision {
  allowed: boolean;
  by: string;
  at: Date;
}

export interface HandOver {
  from: string;
  to: string;
  offeredAt: Date;
  endsAt: Date;
}

/** `_id` is the tenant's. A tenant without a row was made by the operator, whose command is the terms record. */
export interface AccountRow extends TenantRow {
  origin: 'operator' | 'sign-up';
  /** `AccountData` */
  data?: Buffer;
  /** Which of the data is not there yet. */
  missing: string[];
  terms?: Terms;
  /** Who signed the terms; sealed. */
  signatory?: Buffer;
  /** The user who is reached in an emergency; absent: the owner. */
  emergencyUserId?: string;
  eeaDecision?: Decision;
  handOver?: HandOver;
  createdAt: Date;
}

export const Accounts = tenantCollection<AccountRow>('accounts', {
  retention: 'account',
  fields: {
    origin: ours.technical({ type: String, required: true }),
    data: ours.sealedAccount(),
    missing: ours.technical([String]),
    terms: ours.technical(Object),
    signatory: ours.sealedAccount(),
    emergencyUserId: ours.technical(String),
    eeaDecision: ours.technical(Object),
    handOver: ours.technical(Object),
    createdAt: ours.technical({ type: Date, required: true }),
  },
});

/** `_id` is an account number that was given; it outlives its tenant, so that it is never given again. */
export interface AccountNumberRow extends BaseRow {
  givenAt: Date;
}

export const AccountNumbers = operatorCollection<AccountNumberRow>('accountNumbers', {
  retention: 'installation',
  fields: { givenAt: ours.technical({ type: Date, required: true }) },
});
