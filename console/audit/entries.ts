/** The audit log as the API gives it, and what the page's filter asks for. */
import { allPages } from '../api/all-pages.ts';
import type { Api } from '../api/client.ts';

export interface AuditEntry {
  id: string;
  seq: number;
  at: string;
  actor: string;
  /** Staff of the installation acted. */
  staff: boolean;
  action: string;
  objects: string[];
  outcome: 'allowed' | 'refused' | 'failed';
  reason: string | null;
  details: Record<string, string | number | boolean>;
  address: string;
  requestId: string | null;
  previous: string;
  hash: string;
}

export interface Integrity {
  state: 'intact' | 'faulty' | 'unknown';
  verdict: string | null;
  verifiedAt: string | null;
  entries: number | null;
  checkpoint: { seq: number; at: string } | null;
}

/** As typed; times as `datetime-local` gives them, in this device's time zone. */
export interface AuditFilter {
  actor: string;
  action: string;
  object: string;
  from: string;
  to: string;
}

export const NO_FILTER: AuditFilter = { actor: '', action: '', object: '', from: '', to: '' };

const PAGE_SIZE = 50;
const EXPORT_PAGE_SIZE = 100;
/** A browser holds this many easily; whoever needs more exports by the command or the API. */
export const MOST_EXPORTED = 10_000;

export function auditPath(filter: AuditFilter, cursor: string | null, limit = PAGE_SIZE): string {
  const query = new URLSearchParams({ limit: String(limit) });
  for (const name of ['actor', 'action', 'object'] as const) {
    const value = filter[name].trim();
    if (value !== '') query.set(name, value);
  }
  for (const name of ['from', 'to'] as const) {
    const time = filter[name] === '' ? NaN : new Date(filter[name]).getTime();
    if (!Number.isNaN(time)) query.set(name, new Date(time).toISOString());
  }
  if (cursor !== null) query.set('cursor', cursor);
  return `/v1/audit?${query.toString()}`;
}

/** Everything that fits, newest first; `more` when there was more than a browser should hold. */
export async function allEntries(
  api: Pick<Api, 'request'>,
  filter: AuditFilter,
): Promise<{ entries: AuditEntry[]; more: boolean }> {
  const { items, more } = await allPages<AuditEntry>(
    api,
    (cursor) => auditPath(filter, cursor, EXPORT_PAGE_SIZE),
    { most: MOST_EXPORTED },
  );
  return { entries: items, more };
}
