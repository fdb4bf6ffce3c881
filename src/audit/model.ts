/**
 * The audit log: a chain of entries per tenant, and one of the installation. An entry names what was done by ids,
 * names of fields and keyed digests; content, names, numbers and secrets never stand in it.
 */
import { fieldsOf, tenantCollection, type TenantRow } from '../store/collection.ts';
import type { AddressClass } from './origin.ts';

/** Owner of the installation's own chain; ids of tenants begin with `ten_`. */
export const INSTALLATION = 'installation';

export type Outcome = 'allowed' | 'refused' | 'failed';
export type Details = Record<string, string | number | boolean>;

/** What an entry says; the chain adds its place. */
export interface AuditRecord {
  /** `aud_…`: a redo of the appender finds it again. */
  id: string;
  /** Whose chain it belongs to. */
  tenantId: string;
  /** ISO 8601, UTC. */
  at: string;
  /** `user:usr_…`, `key:key_…`, `operator:<name>`, `system`. */
  actor: string;
  action: string;
  /** Ids. */
  objects: string[];
  outcome: Outcome;
  reason?: string;
  details?: Details;
  address: AddressClass;
  requestId?: string;
}

/** Stands for a record that can't be opened any more; `position`: microseconds since 1970 of its writing. */
export function unreadableRecord(tenantId: string, name: string, position: number): AuditRecord {
  return {
    id: `aud_unreadable_${name}`,
    tenantId,
    at: new Date(Math.floor(position / 1000)).toISOString(),
    actor: 'system',
    action: 'audit.entry-unreadable',
    objects: [],
    outcome: 'failed',
    reason: 'An entry that waited could not be opened.',
    address: 'none',
  };
}

export interface AuditRow extends TenantRow {
  /** 1, 2, 3, … in each chain. */
  seq: number;
  at: Date;
  actor: string;
  action: string;
  objects: string[];
  outcome: Outcome;
  reason?: string;
  details?: Details;
  address: AddressClass;
  requestId?: string;
  /** `hash` of the entry before; of the first one ZERO_HASH. */
  previous: string;
  /** SHA-256 of the canonical entry, hexadecimal. */
  hash: string;
}

const ours = fieldsOf('controller');

export const AuditEntries = tenantCollection<AuditRow>('auditEntries', {
  retention: 'audit-24-months',
  fields: {
    seq: ours.technical({ type: Number, required: true }),
    at: ours.technical({ type: Date, required: true }),
    actor: ours.account({ type: String, required: true }),
    action: ours.technical({ type: String, required: true }),
    objects: ours.technical([String]),
    outcome: ours.technical({ type: String, required: true }),
    reason: ours.account(String),
    details: ours.technical(Object),
    address: ours.technical({ type: String, required: true }),
    requestId: ours.technical(String),
    previous: ours.technical({ type: String, required: true }),
    hash: ours.technical({ type: String, required: true }),
  },
  indexes: [
    { keys: { seq: 1 }, options: { unique: true } },
    { keys: { actor: 1, seq: -1 } },
    { keys: { action: 1, seq: -1 } },
    { keys: { objects: 1, seq: -1 } },
    { keys: { at: -1 } },
  ],
});

/** How far a chain is checkpointed and verified. `_id` is whose chain it is. */
export interface AuditStateRow extends TenantRow {
  /** When the next checkpoint is due; absent: nothing new since the last. */
  dueAt?: Date;
  /** A checkpoint was begun, and is begun again when it was not made by then. */
  retryAt?: Date;
  /** The newest; `signed` as it was kept. */
  checkpoint?: { seq: number; at: Date; signed: string };
  /** Of the installation: when checkpoints were mailed last. */
  mailedAt?: Date;
  verification?: { at: Date; verdict: string; entries: number; checkpoints: number };
}

export const AuditStates = tenantCollection<AuditStateRow>('auditStates', {
  retention: 'audit-24-months',
  fields: {
    dueAt: ours.technical(Date),
    retryAt: ours.technical(Date),
    checkpoint: ours.technical(Object),
    mailedAt: ours.technical(Date),
    verification: ours.technical(Object),
  },
  indexes: [],
});

/** An entry that Redis did not take while it was away: it waits here for its lane. */
export interface WaitingAuditRow extends TenantRow {
  /** The record, sealed with the installation's key. */
  record: Buffer;
  position: number;
}

export const WaitingAudit = tenantCollection<WaitingAuditRow>('auditWaiting', {
  retention: 'audit-24-months',
  fields: {
    record: ours.sealedTechnical(),
    position: ours.technical({ type: Number, required: true }),
  },
  indexes: [{ keys: { position: 1 } }],
});
