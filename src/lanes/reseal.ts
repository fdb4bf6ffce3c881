/** Dead letters of no tenant are sealed by the installation's own key; a rotation seals them anew with the newest. */
import type { Context } from '../context.ts';
import { asOperator } from '../store/scope.ts';
import { openItem, sealItem } from './dead-letters.ts';
import { type DeadLetterRow, DeadLetters } from './model.ts';
import { peopleOf } from './person.ts';

/** Items may have 4 MB each. */
const PAGE = 20;

interface Counts {
  /** By place in `MasterKey.names`: how many it seals. */
  byKey: number[];
  /** Sealed by none of the installation's keys: nobody can read them. */
  unreadable: number;
}

/** How many dead letters each of the installation's keys seals. */
export async function countParked(ctx: Context): Promise<Counts> {
  const counts: Counts = { byKey: ctx.master.names.map(() => 0), unreadable: 0 };
  await eachParked(ctx, (_row, index) => {
    if (index === undefined) counts.unreadable += 1;
    else counts.byKey[index] = (counts.byKey[index] ?? 0) + 1;
    return Promise.resolve();
  });
  return counts;
}

/** Seals anew what an older key seals; may run again, whatever ended it. @returns how many */
export async function resealParked(ctx: Context): Promise<number> {
  let done = 0;
  await eachParked(ctx, async (row, index) => {
    if (index === 0 || index === undefined) return;
    const item = await openItem(ctx, row);
    const change = {
      item: await sealItem(ctx, row._id, item, undefined),
      people: await peopleOf(ctx, item, undefined),
    };
    const { modifiedCount } = await asOperator('dead letters: rotation', () =>
      ctx.store.model(DeadLetters).updateOne({ _id: row._id, item: row.item }, { $set: change }).exec(),
    );
    done += modifiedCount;
  });
  return done;
}

async function eachParked(
  ctx: Context,
  work: (row: DeadLetterRow, index: number | undefined) => Promise<void>,
): Promise<void> {
  let after = '';
  for (;;) {
    const filter = { sealedFor: 'installation' as const, _id: { $gt: after } };
    const rows = await asOperator('dead letters: rotation', () =>
      ctx.store.model(DeadLetters).find(filter).sort({ _id: 1 }).limit(PAGE).lean<DeadLetterRow[]>().exec(),
    );
    for (const row of rows) await work(row, ctx.master.indexOf('parked', row.item));
    after = rows.at(-1)?._id ?? '';
    if (rows.length < PAGE) return;
  }
}
