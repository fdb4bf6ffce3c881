/** Templates as the account has them now: all of them, or those of one name. Runs in the tenant's scope. */
import type { Context } from '../context.ts';
import { asOperator, withTenant } from '../store/scope.ts';
import { type ChannelRow, Channels } from '../tenants/model.ts';
import { id, isJson, type Json, list, part, text } from '../whatsapp/payload/json.ts';
import { withAccount } from './account.ts';
import { type TemplateRow, Templates } from './model.ts';
import { sealComponents, templateId } from './store.ts';

export type SyncOutcome =
  | { kind: 'synced'; seen: number; removed: number }
  /** The account did not say. `code`: of the Graph API. */
  | { kind: 'not-asked'; cause: string; code?: number; words?: string };

/** Asks the account; what it no longer has is kept as DELETED. @param name only the templates of this name */
export async function syncTemplates(
  ctx: Context,
  tenantId: string,
  wabaId: string,
  name?: string,
): Promise<SyncOutcome> {
  const startedAt = new Date(ctx.clock.now());
  const answer = await withAccount(ctx, wabaId, (account) => account.list(name));
  if (answer === undefined) return { kind: 'not-asked', cause: 'no-channel' };
  if (answer.kind === 'unknown') return { kind: 'not-asked', cause: answer.cause };
  if (answer.kind === 'refused') {
    return { kind: 'not-asked', cause: 'refused', code: answer.code, words: answer.words };
  }
  // WhatsApp finds by the beginning or a part of a name; others of them are good to know, too.
  const told = answer.data.filter((one) => text(one.name) !== undefined && text(one.language) !== undefined);
  for (const one of told) await keepTold(ctx, { tenantId, wabaId }, one, startedAt);
  const gone = {
    wabaId,
    ...(name === undefined ? {} : { name }),
    status: { $ne: 'DELETED' },
    statusAt: { $lte: startedAt },
    $or: [{ syncedAt: { $lt: startedAt } }, { syncedAt: { $exists: false } }],
  };
  const { modifiedCount: removed } = await ctx.store
    .model(Templates)
    .updateMany(gone, { $set: { status: 'DELETED', statusAt: startedAt } })
    .exec();
  ctx.log.info({ tenantId, count: told.length, removed, outcome: 'synced' }, 'templates.synced');
  return { kind: 'synced', seen: told.length, removed };
}

/** Writes what the account says of a template; an event that is newer keeps its status. */
async function keepTold(
  ctx: Context,
  { tenantId, wabaId }: { tenantId: string; wabaId: string },
  told: Json,
  at: Date,
): Promise<void> {
  const name = text(told.name) ?? '';
  const language = text(told.language) ?? '';
  const _id = await templateId(ctx, tenantId, { wabaId, name, language });
  const status = text(told.status) ?? 'UNKNOWN';
  const components = await sealComponents(ctx, { _id, tenantId }, list(told.components).filter(isJson));
  const metaId = id(told.id);
  const quality = text(part(told, 'quality_score').score);
  const correct = text(told.correct_category);
  const category = text(told.category) ?? 'UNKNOWN';
  const reason = text(told.rejected_reason);
  const known = {
    category,
    format:
      (text(told.parameter_format) ?? '').toUpperCase() === 'NAMED'
        ? ('NAMED' as const)
        : ('POSITIONAL' as const),
    components,
    syncedAt: at,
    stale: false,
    ...(metaId === undefined ? {} : { metaId }),
    ...(quality === undefined ? {} : { quality }),
    ...(correct === undefined || correct === category ? {} : { correctCategory: correct }),
  };
  const rejected = status === 'REJECTED' && reason !== undefined && reason !== 'NONE' ? { reason } : {};
  const row: TemplateRow = {
    _id,
    tenantId,
    wabaId,
    name,
    language,
    status,
    statusAt: at,
    createdAt: at,
    ...known,
    ...rejected,
  };
  if (await ctx.store.batches.insert(Templates, row)) return;
  const model = ctx.store.model(Templates);
  await model.updateOne({ _id }, { $set: known }).exec();
  await model
    .updateOne(
      { _id, statusAt: { $lt: at }, status: { $ne: status } },
      {
        $set: { status, statusAt: at, ...rejected },
        $unset: { ...('reason' in rejected ? {} : { reason: 1 }), recommendation: 1, pausedUntil: 1 },
      },
    )
    .exec();
  await model
    .updateOne({ _id, nextCategory: category }, { $unset: { nextCategory: 1, nextCategoryAt: 1 } })
    .exec();
}

/** Accounts are looked at so often: 6 h. Events tell of changes meanwhile. */
const EVERY_MS = 6 * 3_600_000;
/** An account that did not answer is asked again after 10 min. */
const AGAIN_MS = 600_000;

/** Syncs each account whose time has come, one after the other. @returns how many were asked */
export async function syncDueAccounts(ctx: Context): Promise<number> {
  const now = ctx.clock.now();
  const due = {
    status: 'active' as const,
    $or: [{ templatesDueAt: { $exists: false } }, { templatesDueAt: { $lte: new Date(now) } }],
  };
  const rows = await asOperator('accounts whose templates are due', () =>
    ctx.store.model(Channels).find(due).limit(200).lean<ChannelRow[]>().exec(),
  );
  const accounts = new Map(rows.map((row) => [`${row.tenantId}/${row.wabaId}`, row]));
  let asked = 0;
  for (const { tenantId, wabaId } of accounts.values()) {
    asked += await withTenant(tenantId, async () => {
      if (!(await claimTurn(ctx, wabaId, now))) return 0;
      const { kind } = await syncTemplates(ctx, tenantId, wabaId);
      if (kind === 'not-asked') await setDue(ctx, wabaId, now + AGAIN_MS);
      return 1;
    });
  }
  return asked;
}

/** One of several processes asks; the next turn is set before, so that a crash does not repeat it at once. */
async function claimTurn(ctx: Context, wabaId: string, now: number): Promise<boolean> {
  const { modifiedCount } = await ctx.store
    .model(Channels)
    .updateMany(
      { wabaId, $or: [{ templatesDueAt: { $exists: false } }, { templatesDueAt: { $lte: new Date(now) } }] },
      { $set: { templatesDueAt: new Date(now + EVERY_MS) } },
    )
    .exec();
  return modifiedCount > 0;
}

async function setDue(ctx: Context, wabaId: string, at: number): Promise<void> {
  await ctx.store
    .model(Channels)
    .updateMany({ wabaId }, { $set: { templatesDueAt: new Date(at) } })
    .exec();
}
