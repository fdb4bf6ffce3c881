/** Entries that waited in the database while Redis was away go into their lanes. */
import type { Context } from '../context.ts';
import { asOperator } from '../store/scope.ts';
import { type AuditRecord, WaitingAudit, type WaitingAuditRow } from './model.ts';
import { placeOf } from './views.ts';

const AT_ONCE = 500;

/** Twice does no harm: an entry has its id. @returns how many went */
export async function moveWaiting(ctx: Context): Promise<number> {
  return asOperator('audit: entries that waited', async () => {
    const rows = ctx.store.model(WaitingAudit);
    const waiting = await rows.find().sort({ position: 1 }).limit(AT_ONCE).lean<WaitingAuditRow[]>().exec();
    for (const { _id, record, position } of waiting) {
      const plain = ctx.master.unseal('transit', placeOf(_id), record);
      await ctx.audit.take(JSON.parse(plain.toString()) as AuditRecord, position);
      await rows.deleteOne({ _id }).exec();
    }
    return waiting.length;
  });
}
