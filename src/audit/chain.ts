/** The chain: each entry's hash covers the entry, whose chain it is in, its number, and the hash of the one before. */
import { createHash } from 'node:crypto';

import canonicalize from 'canonicalize';

import type { AuditRecord, AuditRow } from './model.ts';

/** Before the first entry. */
export const ZERO_HASH = '0'.repeat(64);

/** The record as the entry after `head`. */
export function chained(record: AuditRecord, head: { seq: number; hash: string }): AuditRow {
  const { id, at, ...rest } = record;
  const row = { _id: id, ...rest, seq: head.seq + 1, at: new Date(at), previous: head.hash };
  return { ...row, hash: hashOf(row) };
}

/** SHA-256 of the entry in canonical JSON (RFC 8785), without its hash. */
export function hashOf(row: Omit<AuditRow, 'hash'>): string {
  const { _id, tenantId, seq, at, actor, action, objects, outcome, reason, details, address, requestId } =
    row;
  const entry = {
    id: _id,
    tenantId,
    seq,
    at: at instanceof Date ? at.toISOString() : String(at),
    actor,
    action,
    objects,
    outcome,
    address,
    previous: row.previous,
    ...(reason === undefined ? {} : { reason }),
    ...(details === undefined ? {} : { details }),
    ...(requestId === undefined ? {} : { requestId }),
  };
  return sha256(canonical(entry));
}

/** RFC 8785. @throws when the value has no JSON form */
export function canonical(value: unknown): string {
  const text = canonicalize(value);
  if (text === undefined) throw new TypeError('This has no canonical form.');
  return text;
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
