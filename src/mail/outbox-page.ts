/**
 * `/outbox`: the mail that did not leave, for whoever tries the product on their own machine. Only with MAIL_OUTBOX,
 * which the settings allow on a loopback address only; a page of another name that resolves to it is refused.
 */
import type { Express, Request } from 'express';

import type { Context } from '../context.ts';
import { Reject } from '../ops/errors.ts';
import { asOperator } from '../store/scope.ts';
import { escapeHtml } from './html.ts';
import { keepsMail } from './mail.ts';
import { type Letter, letterPlace, type MailRow, Mails } from './model.ts';

const SHOWN = 50;

export interface KeptMail extends Letter {
  id: string;
  tenantId: string;
  category: MailRow['category'];
  at: Date;
}

/** Newest first. @returns at most 50 */
export async function keptMail(ctx: Context): Promise<KeptMail[]> {
  const rows = await asOperator('outbox of a trial', () =>
    ctx.store.model(Mails).find({ state: 'kept' }).sort({ _id: -1 }).limit(SHOWN).lean<MailRow[]>().exec(),
  );
  return Promise.all(
    rows.map(async (row) => ({
      ...(await ctx.store.keyring.open<Letter>(letterPlace(row), row.letter ?? Buffer.alloc(0))),
      id: row._id,
      tenantId: row.tenantId,
      category: row.category,
      at: row.createdAt,
    })),
  );
}

export function mountOutbox(app: Express, ctx: Context): void {
  if (!keepsMail(ctx)) return;
  app.get('/outbox', async (request, response) => {
    requireLoopback(request);
    response.setHeader('Cache-Control', 'no-store');
    response.type('html').send(pageOf(await keptMail(ctx)));
  });
}

function requireLoopback({ hostname }: Request): void {
  if (['localhost', '127.0.0.1', '[::1]', '::1'].includes(hostname)) return;
  throw new Reject(404, 'not-found', 'No such address.');
}

function pageOf(mails: KeptMail[]): string {
  const items = mails.map(
    ({ to, subject, lines, link, at, language }) =>
      `<article dir="${language === 'he' ? 'rtl' : 'ltr'}" lang="${language}"><h2>${escapeHtml(subject)}</h2>` +
      `<p><small>${escapeHtml(to)} · ${at.toISOString()}</small></p>` +
      lines.map((line) => `<p>${escapeHtml(line)}</p>`).join('') +
      (link ? `<p><a href="${escapeHtml(link.url)}">${escapeHtml(link.text)}</a></p>` : '') +
      '</article><hr>',
  );
  const none = '<p>No mail yet. Invitations and password resets appear here.</p>';
  return (
    '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Outbox</title></head><body>' +
    '<h1>Outbox</h1><p>Mail that this trial installation would have sent, newest first.</p>' +
    `${items.join('') || none}</body></html>`
  );
}
