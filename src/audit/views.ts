/**
 * Who looked at what: reading content is written down per principal and object, once in ten minutes per process. What
 * this process wrote a moment ago it remembers, so that most reads cost nothing; the others wait for one write to
 * Redis. While Redis is away the entry goes into the database, and from there into its lane (waiting.ts): a read is
 * answered only when it is written down somewhere.
 */
import type { Context } from '../context.ts';
import { withTenant } from '../store/scope.ts';
import { auditRecord } from './audit.ts';
import { WaitingAudit } from './model.ts';

/** Objects of one entry. */
const OBJECTS = 100;

interface Look {
  tenantId: string;
  /** `user:…`, `key:…`, `operator:…` */
  principal: string;
  /** Ids of what was shown. */
  objects: string[];
  /** By default `content.viewed`. */
  action?: string;
}

/** Writes down that content was shown, before it is. @throws when neither Redis nor the database took it */
export async function recordViews(
  ctx: Context,
  { tenantId, principal, objects, action = 'content.viewed' }: Look,
): Promise<void> {
  const recent = ctx.audit.views;
  const fresh = recent.fresh(tenantId, principal, objects);
  for (let at = 0; at < fresh.length; at += OBJECTS) {
    const some = fresh.slice(at, at + OBJECTS);
    const entry = { tenantId, actor: principal, action, objects: some, outcome: 'allowed' as const };
    const record = auditRecord(ctx, entry);
    const position = ctx.positions.next();
    try {
      await ctx.audit.take(record, position);
    } catch (error) {
      ctx.log.warn({ tenantId, err: error }, 'audit.waits-in-database');
      const sealed = ctx.master.seal('transit', placeOf(record.id), Buffer.from(JSON.stringify(record)));
      const row = { _id: record.id, tenantId, record: sealed, position };
      await withTenant(tenantId, () => ctx.store.model(WaitingAudit).insertMany([row]));
    }
    recent.remember(tenantId, principal, some);
  }
}

/** Where a waiting record is sealed. */
export function placeOf(id: string) {
  return { collection: 'auditWaiting', id, field: 'record' };
}
