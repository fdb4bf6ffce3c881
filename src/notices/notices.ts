/**
 * Notices: what happened to a business's accounts and numbers, kept, told to its consoles, and when it is serious mailed
 * to its contact person (mailing.ts) and logged for the operator. Raising one again changes nothing and tells nobody (P2).
 */
import { publish } from '../agents/feed.ts';
import type { Context } from '../context.ts';
import { missingForMail } from '../mail/mail.ts';
import type { Json } from '../whatsapp/payload/json.ts';
import { type NoticeRow, Notices, type Severity } from './model.ts';

export interface NewNotice {
  tenantId: string;
  kind: string;
  event: string;
  severity: Severity;
  /** What makes it this notice and no other: the same parts again are the same notice. */
  unique: string[];
  /** In words, for people; no secrets. */
  text: string;
  channelId?: string | undefined;
  wabaId?: string | undefined;
  at: Date;
  /** What was said, as it came. */
  details?: Json | undefined;
  /** Kept without telling consoles. */
  quiet?: boolean | undefined;
  /** The business is told by a mail of its own. */
  mailed?: boolean | undefined;
}

async function noticeId(
  ctx: Context,
  { tenantId, kind, event, unique }: Pick<NewNotice, 'tenantId' | 'kind' | 'event' | 'unique'>,
): Promise<string> {
  return `ntc_${await ctx.store.keyring.lookup(tenantId, 'notice', kind, event, ...unique)}`;
}

/** True when this notice was raised before: what it says was done then. In the tenant's scope. */
export async function wasRaised(ctx: Context, notice: NewNotice): Promise<boolean> {
  return (await ctx.store.batches.find(Notices, notice.tenantId, await noticeId(ctx, notice))) !== null;
}

const isMailed = (ctx: Context, { severity, quiet, mailed }: NewNotice): boolean =>
  severity !== 'info' && !quiet && !mailed && missingForMail(ctx) === null;

/** Keeps a notice and tells of it; in the tenant's scope. @returns false when it was raised before */
export async function raiseNotice(ctx: Context, notice: NewNotice): Promise<boolean> {
  const { tenantId, kind, event, severity, text, channelId, wabaId, at, details = {} } = notice;
  const _id = await noticeId(ctx, notice);
  const place = { tenantId, collection: 'notices', id: _id, field: 'said' };
  const row: NoticeRow = {
    _id,
    tenantId,
    kind,
    event,
    severity,
    ...(channelId === undefined ? {} : { channelId }),
    ...(wabaId === undefined ? {} : { wabaId }),
    at,
    createdAt: new Date(ctx.clock.now()),
    ...(isMailed(ctx, notice) ? { mailDue: true } : {}),
    said: await ctx.store.keyring.seal({ kind: 'tenant' }, place, { text, details }),
  };
  if (!(await ctx.store.batches.insert(Notices, row))) return false;
  if (severity !== 'info') {
    const level = severity === 'critical' ? 'error' : 'warn';
    ctx.log[level]({ tenantId, channelId, kind, event }, 'alert.notice');
  }
  if (!notice.quiet) await publish(ctx, tenantId, { type: 'notice.created', noticeId: _id });
  return true;
}
