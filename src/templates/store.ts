/** Rows of templates: found, opened, written. All of it runs in the tenant's scope. */
import type { Context } from '../context.ts';
import { isJson, type Json, list } from '../whatsapp/payload/json.ts';
import { type TemplateRow, Templates } from './model.ts';

export interface TemplateName {
  wabaId: string;
  name: string;
  language: string;
}

/** Notices of a coming category come a day ahead (Cloud API: template category update). */
const AHEAD_MS = 24 * 3_600_000;

/** When a change takes effect that was told without its time. */
export function categoryAt(told: Date): Date {
  return new Date(told.getTime() + AHEAD_MS);
}

export async function templateId(ctx: Context, tenantId: string, of: TemplateName): Promise<string> {
  return `tpl_${await ctx.store.keyring.lookup(tenantId, 'template', of.wabaId, of.name, of.language)}`;
}

export async function findTemplate(
  ctx: Context,
  tenantId: string,
  of: TemplateName,
): Promise<TemplateRow | null> {
  return ctx.store.batches.find(Templates, tenantId, await templateId(ctx, tenantId, of));
}

const placeOf = ({ _id: id, tenantId }: Pick<TemplateRow, '_id' | 'tenantId'>) => ({
  tenantId,
  collection: 'templates',
  id,
  field: 'components',
});

/** Meta's components of a template; undefined while only events have told of it. */
export async function componentsOf(ctx: Context, row: TemplateRow): Promise<Json[] | undefined> {
  if (!row.components) return undefined;
  return list(await ctx.store.keyring.open<unknown>(placeOf(row), row.components)).filter(isJson);
}

export async function sealComponents(
  ctx: Context,
  row: Pick<TemplateRow, '_id' | 'tenantId'>,
  components: Json[],
): Promise<Buffer> {
  return ctx.store.keyring.seal({ kind: 'tenant' }, placeOf(row), components);
}

/** The category that counts now: one whose announced time has come is the template's. */
export function categoryNow(row: TemplateRow, now: number): string {
  const { category, nextCategory, nextCategoryAt } = row;
  return nextCategory !== undefined && nextCategoryAt !== undefined && nextCategoryAt.getTime() <= now
    ? nextCategory
    : category;
}
