/** Reading the audit log: a chain's entries, newest first. */
import type { Context } from '../context.ts';
import { asOperator } from '../store/scope.ts';
import { AuditEntries, type AuditRow } from './model.ts';

export interface AuditFilter {
  from?: string | undefined;
  /** Not included. */
  to?: string | undefined;
  actor?: string | undefined;
  /** An action, or with a dot at its end all that begin so: `key.` */
  action?: string | undefined;
  object?: string | undefined;
}

/** Entries that fit, before the given number. In the tenant's scope only theirs. */
export async function listEntries(
  ctx: Context,
  tenantId: string,
  { from, to, actor, action, object }: AuditFilter,
  { limit, before }: { limit: number; before?: number },
): Promise<AuditRow[]> {
  const at = {
    ...(from === undefined ? {} : { $gte: new Date(from) }),
    ...(to === undefined ? {} : { $lt: new Date(to) }),
  };
  return ctx.store
    .model(AuditEntries)
    .find({
      tenantId,
      ...(Object.keys(at).length === 0 ? {} : { at }),
      ...(actor === undefined ? {} : { actor }),
      ...(action === undefined ? {} : { action: action.endsWith('.') ? beginsWith(action) : action }),
      ...(object === undefined ? {} : { objects: object }),
      ...(before === undefined ? {} : { seq: { $lt: before } }),
    })
    .sort({ seq: -1 })
    .limit(limit)
    .lean<AuditRow[]>()
    .exec();
}

/** All texts that begin so, without a pattern. */
const beginsWith = (start: string) => ({ $gte: start, $lt: `${start}\uffff` });

const PAGE = 500;

/** A whole chain as it is checked: oldest first, in parts. */
export async function* wholeChain(ctx: Context, tenantId: string): AsyncGenerator<AuditRow[]> {
  for (let after = 0, more = true; more;) {
    const rows = await asOperator('audit: export', () =>
      ctx.store
        .model(AuditEntries)
        .find({ tenantId, seq: { $gt: after } })
        .sort({ seq: 1 })
        .limit(PAGE)
        .lean<AuditRow[]>()
        .exec(),
    );
    after = rows.at(-1)?.seq ?? after;
    more = rows.length === PAGE;
    yield rows;
  }
}

/** Whoever acts is staff of the installation, not of the tenant. */
const isStaff = (actor: string) => actor.startsWith('operator:');

/** An entry with everything its hash is made of, and the hash. */
export function entryView(row: AuditRow) {
  const { _id: id, seq, actor, action, objects, outcome, address } = row;
  return {
    id,
    seq,
    at: row.at.toISOString(),
    actor,
    staff: isStaff(actor),
    action,
    objects,
    outcome,
    reason: row.reason ?? null,
    details: row.details ?? {},
    address,
    requestId: row.requestId ?? null,
    previous: row.previous,
    hash: row.hash,
  };
}
