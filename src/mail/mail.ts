/**
 * Mail to people of a business: kept as a row, sealed, then handed to the mail server by a worker (lane.ts). Where
 * MAIL_OUTBOX is on no mail leaves: it is kept for the page at /outbox.
 */
import { z } from 'zod';

import { INSTALLATION } from '../audit/model.ts';
import type { Context } from '../context.ts';
import { Reject } from '../ops/errors.ts';
import { SafeError } from '../ops/log.ts';
import { insertOnce } from '../store/errors.ts';
import { newId } from '../store/ids.ts';
import { withTenant } from '../store/scope.ts';
import {
  type Letter,
  letterPlace,
  MAIL_CATEGORIES,
  type MailCategory,
  type MailRow,
  Mails,
} from './model.ts';

export interface NewMail extends Letter {
  /** Whose business it is; null: the installation's. */
  tenantId: string | null;
  category: MailCategory;
}

const address = z.email().max(254);
const SUBJECT_LENGTH = 200;

/**
 * Resolves when the mail is kept; a worker sends it. The same `unique` again is the same mail.
 * @returns its id. @throws Reject (503) `mail-not-set-up`; (422) for an address or subject that no mail can have
 */
export async function sendMail(ctx: Context, mail: NewMail, unique?: string): Promise<string> {
  const { tenantId: owner, category, to, language, subject, lines, link } = mail;
  requireMail(ctx);
  requireSendable(mail);
  const tenantId = owner ?? INSTALLATION;
  const _id = unique === undefined ? newId(ctx, 'eml') : `eml_${await digestOf(ctx, tenantId, unique)}`;
  const now = new Date(ctx.clock.now());
  const letter: Letter = { to, language, subject, lines, ...(link ? { link } : {}) };
  const row: MailRow = {
    _id,
    tenantId,
    category,
    state: keepsMail(ctx) ? 'kept' : 'due',
    letter: await ctx.store.keyring.seal({ kind: 'tenant' }, letterPlace({ _id, tenantId }), letter),
    attempts: 0,
    dueAt: now,
    createdAt: now,
  };
  await withTenant(tenantId, () => insertOnce(ctx.store.model(Mails).insertMany([row])));
  if (row.state === 'due') await ctx.lanes.mail.wake({ lane: _id, tenantId });
  return _id;
}

const digestOf = (ctx: Context, tenantId: string, unique: string) =>
  ctx.store.keyring.lookup(tenantId, 'mail', unique);

/** @throws Reject (503) where mail can neither be sent nor kept */
export function requireMail(ctx: Pick<Context, 'settings'>): void {
  const missing = missingForMail(ctx);
  if (missing === null) return;
  throw new Reject(
    503,
    'mail-not-set-up',
    `This installation can’t send mail yet: its operator sets ${missing}.`,
  );
}

/** The settings without which no mail leaves; null when it does. */
export function missingForMail({ settings }: Pick<Context, 'settings'>): string | null {
  if (settings.MAIL_OUTBOX === 'on') return null;
  const missing = (['SMTP_URL', 'BASE_URL'] as const).filter((name) => settings[name] === undefined);
  return missing.length === 0 ? null : missing.join(' and ');
}

export function keepsMail({ settings }: Pick<Context, 'settings'>): boolean {
  return settings.MAIL_OUTBOX === 'on';
}

/** Where links in mail lead: only what the operator set, never what a request says of its host. No slash at the end. */
export function linkBase({ settings }: Pick<Context, 'settings'>): string {
  const { BASE_URL, PORT } = settings;
  return BASE_URL === undefined ? `http://localhost:${PORT}` : new URL(BASE_URL).href.replace(/\/$/, '');
}

function requireSendable({ category, to, subject, lines, link }: NewMail): void {
  if (!MAIL_CATEGORIES.includes(category)) {
    throw new SafeError('A mail needs a category: one of those there are.');
  }
  if (!address.safeParse(to).success) {
    throw new Reject(422, 'invalid-request', 'No mail can be sent to this address.');
  }
  const header = [subject, link?.text ?? '', link?.url ?? ''];
  if (subject.trim() === '' || subject.length > SUBJECT_LENGTH || header.some(hasControl)) {
    throw new Reject(422, 'invalid-request', 'A subject is one line of text.');
  }
  if (lines.length === 0) throw new SafeError('A mail says something.');
  if (link && !/^https?:$/.test(new URL(link.url).protocol)) {
    throw new SafeError('A link of a mail is http(s).');
  }
}

/** Line ends in a header would begin another one. */
function hasControl(text: string): boolean {
  return /[\p{Cc}\u2028\u2029]/u.test(text);
}
