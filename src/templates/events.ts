/** What WhatsApp tells of templates by webhooks (Cloud API: webhooks, message template fields). */
import type { Context } from '../context.ts';
import type { Severity } from '../notices/model.ts';
import { raiseNotice } from '../notices/notices.ts';
import { entryOf, id, type Json, part, present, text, timeOf } from '../whatsapp/payload/json.ts';
import { type TemplateRow, Templates } from './model.ts';
import { categoryAt, templateId } from './store.ts';

/** Fields that `applyTemplateEvent` knows. */
export const TEMPLATE_FIELDS = [
  'message_template_status_update',
  'message_template_quality_update',
  'message_template_components_update',
  'template_category_update',
  'template_correct_category_detection',
] as const;

export interface TemplateEvent {
  tenantId: string;
  wabaId: string;
  field: string;
  /** `changes[].value` as received. */
  value: Json;
  /** When WhatsApp said it (`entry.time`), else when it was received. */
  at: Date;
}

/**
 * Applies a webhook about a template, in the tenant's scope; a repeat, and one older than what is known, change
 * nothing. Also tells it as a notice. @returns false when it names no template: keep it elsewhere
 */
export async function applyTemplateEvent(ctx: Context, event: TemplateEvent): Promise<boolean> {
  const { tenantId, wabaId, field, value, at } = event;
  const name = text(value.message_template_name);
  const language = text(value.message_template_language);
  if (name === undefined || language === undefined) return false;
  const change = changeOf(event);
  if (change === undefined) return false;
  const _id = await templateId(ctx, tenantId, { wabaId, name, language });
  await ensureRow(ctx, { _id, tenantId, wabaId, name, language }, value, at);
  const metaId = id(value.message_template_id);
  await ctx.store
    .model(Templates)
    .updateOne(
      { _id, ...change.unless },
      { $set: { ...change.set, ...(metaId === undefined ? {} : { metaId }) }, $unset: change.unset ?? {} },
    )
    .exec();
  await raiseNotice(ctx, {
    tenantId,
    wabaId,
    kind: field,
    event: change.word,
    severity: change.severity,
    unique: [wabaId, name, language, String(at.getTime())],
    text: `Template ${name} (${language}): ${change.words}`,
    at,
    details: value,
  });
  return true;
}

/** Rows that only events told of have no components yet: the next look at the account brings them. */
async function ensureRow(
  ctx: Context,
  row: Pick<TemplateRow, '_id' | 'tenantId' | 'wabaId' | 'name' | 'language'>,
  value: Json,
  at: Date,
): Promise<void> {
  const category = text(value.message_template_category) ?? text(value.new_category) ?? 'UNKNOWN';
  await ctx.store.batches.insert(Templates, {
    ...row,
    category,
    status: 'UNKNOWN',
    statusAt: new Date(0),
    format: 'POSITIONAL',
    stale: true,
    createdAt: at,
  });
}

interface Change {
  word: string;
  words: string;
  severity: Severity;
  /** Further conditions: what is newer stays. */
  unless: Record<string, unknown>;
  set: Partial<TemplateRow>;
  unset?: Record<string, 1>;
}

function changeOf(event: TemplateEvent): Change | undefined {
  const { field, value } = event;
  switch (field) {
    case 'message_template_status_update':
      return statusChange(event);
    case 'message_template_quality_update': {
      const quality = text(value.new_quality_score);
      if (quality === undefined) return undefined;
      const severity = quality === 'RED' ? 'warning' : 'info';
      return { word: quality, words: `its quality is ${quality}.`, severity, unless: {}, set: { quality } };
    }
    case 'message_template_components_update':
      return {
        word: 'changed',
        words: 'its content changed.',
        severity: 'info',
        unless: {},
        set: { stale: true },
      };
    case 'template_category_update':
      return categoryChange(event);
    case 'template_correct_category_detection': {
      const correctCategory = text(value.correct_category);
      if (correctCategory === undefined) return undefined;
      const words = `WhatsApp thinks that its category is ${correctCategory}.`;
      return { word: correctCategory, words, severity: 'warning', unless: {}, set: { correctCategory } };
    }
    default:
      return undefined;
  }
}

const BAD = ['REJECTED', 'PAUSED', 'DISABLED', 'FLAGGED', 'LIMIT_EXCEEDED', 'LOCKED', 'PENDING_DELETION'];
/** A first pause takes 3 hours, a second 6 (Cloud API: template pausing). */
const PAUSE_MS: Record<string, number> = { FIRST_PAUSE: 3 * 3_600_000, SECOND_PAUSE: 6 * 3_600_000 };

function statusChange({ value, at }: TemplateEvent): Change | undefined {
  const said = text(value.event);
  if (said === undefined) return undefined;
  const status = said === 'REINSTATED' ? 'APPROVED' : said;
  const title = text(part(value, 'other_info').title);
  const rejection = part(value, 'rejection_info');
  const reason = text(rejection.reason) ?? meaningful(text(value.reason)) ?? title;
  const pauseMs = status === 'PAUSED' && title !== undefined ? entryOf(PAUSE_MS, title) : undefined;
  const told = present({
    reason,
    recommendation: text(rejection.recommendation) ?? text(part(value, 'other_info').description),
    pausedUntil: pauseMs === undefined ? undefined : new Date(at.getTime() + pauseMs),
  });
  const isFine = status === 'APPROVED';
  const gone = ['reason', 'recommendation', 'pausedUntil'].filter((name) => isFine || !(name in told));
  return {
    word: said,
    words: `${said}${reason === undefined || isFine ? '' : ` (${reason})`}.`,
    severity: BAD.includes(said) ? 'warning' : 'info',
    unless: { statusAt: { $lt: at } },
    set: { status, statusAt: at, ...(isFine ? {} : told) },
    unset: Object.fromEntries(gone.map((name) => [name, 1 as const])),
  };
}

/** Meta says NONE where there is no reason. */
function meaningful(reason: string | undefined): string | undefined {
  return reason === 'NONE' ? undefined : reason;
}

/** The notice ahead of a change has the present category as the new one (Cloud API: template category update). */
function categoryChange({ value, at }: TemplateEvent): Change | undefined {
  const category = text(value.new_category);
  const coming = text(value.correct_category);
  if (category === undefined) return undefined;
  if (coming !== undefined && coming !== category) {
    const when = timeOf(value.category_update_timestamp) ?? categoryAt(at);
    return {
      word: coming,
      words: `its category becomes ${coming} at ${when.toISOString()}; its price changes with it.`,
      severity: 'warning',
      unless: {},
      set: { category, nextCategory: coming, nextCategoryAt: when },
    };
  }
  return {
    word: category,
    words: `its category is ${category} now; its price changed with it.`,
    severity: 'warning',
    unless: {},
    set: { category },
    unset: { nextCategory: 1, nextCategoryAt: 1 },
  };
}
