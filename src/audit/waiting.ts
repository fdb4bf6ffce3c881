/** Entries that waited in the database while Redis was away go into their lanes. */
import type { Context } from '../context.ts';
import { asOperator } from '../store/scope.ts';
import { type AuditRecord, unreadableRecord, WaitingAudit, type WaitingAuditRow } from './model.ts';
import { placeOf } from './views.ts';

const AT_ONCE = 500;

/** Twice does no harm: an entry has its id. @returns how many went */
export async function moveWaiting(ctx: Context): Promise<number> {
  return asOperator('audit: entries that waited', async () => {
    const rows = ctx.store.model(WaitingAudit);
    const waiting = await rows.find().sort({ position: 1 }).limit(AT_ONCE).lean<WaitingAuditRow[]>().exec();
    for (const row of waiting) {
      const { _id, position } = row;
      await ctx.audit.take(opened(ctx, row), position);
      await rows.deleteOne({ _id }).exec();
    }
    return waiting.length;
  });
}

function opened(ctx: Context, { _id, tenantId, record, position }: WaitingAuditRow): AuditRecord {
  try {
    return JSON.parse(ctx.master.unseal('transit', placeOf(_id), record).toString()) as AuditRecord;
  } catch (error) {
    ctx.log.error({ tenantId, err: error }, 'audit.entry-does-not-open');
    return unreadableRecord(tenantId, _id, position);
  }
}
