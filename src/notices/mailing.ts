/**
 * Serious notices go by mail to the person whom the business named for them, all that wait in one letter. A notice is
 * stored as due and marked afterwards: after a crash in between the same letter is found again, or, when more came
 * meanwhile, a second one says it once more.
 */
import { noticeAddress } from '../accounts/account.ts';
import type { Context } from '../context.ts';
import { linkBase, missingForMail, sendMail } from '../mail/mail.ts';
import { OF_ANY_TENANT, withTenant } from '../store/scope.ts';
import { findTenant } from '../tenants/tenants.ts';
import { type NoticeRow, Notices } from './model.ts';
import { noticeViews } from './views.ts';

/** What waits beyond these goes with the next letter. */
const NOTICES_AT_ONCE = 20;

const WORDS = {
  en: {
    subject: (business: string) => `${business}: something needs your attention`,
    hello: 'This happened to the WhatsApp numbers or the account of your business:',
    link: 'Open the console',
  },
  he: {
    subject: (business: string) => `${business}: דבר מה דורש את תשומת לבכם`,
    hello: 'זה קרה במספרי ה־WhatsApp או בחשבון של העסק שלכם:',
    link: 'לפתיחת המערכת',
  },
};

/** Runs as the operator. @returns how many notices were mailed */
export async function mailNotices(ctx: Context): Promise<number> {
  if (missingForMail(ctx) !== null) return 0;
  let mailed = 0;
  const notices = ctx.store.model(Notices);
  const due = await notices.distinct('tenantId', { ...OF_ANY_TENANT, mailDue: true }).exec();
  for (const tenantId of due) mailed += await withTenant(tenantId, () => mailOf(ctx, tenantId));
  return mailed;
}

async function mailOf(ctx: Context, tenantId: string): Promise<number> {
  const rows = await ctx.store
    .model(Notices)
    .find({ mailDue: true })
    .sort({ createdAt: 1, _id: 1 })
    .limit(NOTICES_AT_ONCE)
    .lean<NoticeRow[]>()
    .exec();
  const address = await noticeAddress(ctx, tenantId);
  if (address && rows.length > 0) await write(ctx, tenantId, rows, address);
  await ctx.store
    .model(Notices)
    .updateMany({ _id: { $in: rows.map(({ _id }) => _id) } }, { $unset: { mailDue: 1 } })
    .exec();
  return address ? rows.length : 0;
}

async function write(
  ctx: Context,
  tenantId: string,
  rows: NoticeRow[],
  { to, language }: { to: string; language: 'en' | 'he' },
): Promise<void> {
  const { name } = await findTenant(ctx, tenantId);
  const { subject, hello, link } = WORDS[language];
  const business = name.replace(/[\p{Cc}\u2028\u2029]/gu, ' ').slice(0, 80);
  const said = (await noticeViews(ctx, rows)).map(
    ({ at, text }) => `${at.slice(0, 16).replace('T', ' ')} UTC: ${text}`,
  );
  const letter = {
    tenantId,
    to,
    category: 'account' as const,
    language,
    subject: subject(business),
    lines: [hello, ...said],
    link: { text: link, url: `${linkBase(ctx)}/` },
  };
  await sendMail(ctx, letter, rows.map(({ _id }) => _id).join(' '));
}
