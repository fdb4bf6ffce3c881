/**
 * The appender: one worker at a time takes a chain's entries out of its lane, in order, and gives each its number and
 * its place in the chain. Written first, taken out after: a crash in between brings an entry again, and its id says
 * that it stands there. The unique index on (tenant, number) stops a twin whose lease was lost.
 */
import type { Context } from '../context.ts';
import type { Entry, Taken } from '../lanes/item-lanes.ts';
import type { WakeUp } from '../lanes/queue.ts';
import type { HandlerEnd, Turn } from '../lanes/worker.ts';
import { asOperator } from '../store/scope.ts';
import { chained, ZERO_HASH } from './chain.ts';
import { noteDue, noteHead } from './integrity.ts';
import { AuditEntries, type AuditRecord, type AuditRow, unreadableRecord } from './model.ts';

/** Entries of one write. */
export const AUDIT_BATCH = 64;

/** Handler of `workLanes`: appends what waits, until the lane is empty or the process stops. */
export async function runAuditLane(
  ctx: Context,
  queue: string,
  { lane }: WakeUp,
  turn: Turn,
  first?: Taken,
): Promise<HandlerEnd> {
  let done: string[] = [];
  let next = first;
  while (!turn.stopping()) {
    const taken = next ?? (await ctx.audit.lanes.take(queue, lane, turn, { done, count: AUDIT_BATCH }));
    next = undefined;
    if (!taken) return 'done'; // the lane is another worker's now
    if (taken.entries.length === 0) return 'released';
    await appendRecords(
      ctx,
      lane,
      taken.entries.map((entry) => recordOf(lane, entry)),
    );
    done = taken.entries.map(({ header }) => header);
  }
  await ctx.audit.lanes.step(queue, lane, turn, { done });
  return { againAfterMs: 0 };
}

/** Appends to a chain what does not stand in it yet. @throws when another appends at the same time: then look again */
export async function appendRecords(ctx: Context, tenantId: string, records: AuditRecord[]): Promise<void> {
  await asOperator('audit: append', async () => {
    const rows = ctx.store.model(AuditEntries);
    const ids = [...new Set(records.map(({ id }) => id))];
    const known = new Set(
      (
        await rows
          .find({ tenantId, _id: { $in: ids } }, { _id: 1 })
          .lean<AuditRow[]>()
          .exec()
      ).map(({ _id }) => _id),
    );
    let head = await headOf(ctx, tenantId);
    const fresh: AuditRow[] = [];
    for (const record of records) {
      if (known.has(record.id)) continue;
      known.add(record.id);
      const row = chained(record, head);
      fresh.push(row);
      head = row;
    }
    if (fresh.length > 0) {
      await rows.insertMany(fresh, { ordered: true, lean: true, throwOnValidationError: true });
    }
    await noteDue(ctx, tenantId, head.seq - fresh.length, head.seq);
    await noteHead(ctx, tenantId, { seq: head.seq, head: head.hash });
  });
}

/** The last entry's number and hash. */
export async function headOf(ctx: Context, tenantId: string): Promise<{ seq: number; hash: string }> {
  const last = await ctx.store
    .model(AuditEntries)
    .findOne({ tenantId }, { seq: 1, hash: 1 })
    .sort({ seq: -1 })
    .lean<AuditRow>()
    .exec();
  return last ?? { seq: 0, hash: ZERO_HASH };
}

/** What can't be opened (another master key, a broken byte) is an entry, too, so that its loss is seen. */
function recordOf(tenantId: string, { header, item }: Entry): AuditRecord {
  const { record } = item.body as { record?: AuditRecord };
  if (item.kind === 'audit' && record?.tenantId === tenantId) return record;
  return unreadableRecord(tenantId, header, item.position);
}
