/**
 * A forgotten password: instructions go by mail to the address on file, and only to one that was proven. The answer
 * is the same, and as late, for known and unknown addresses. The link works once, for half an hour, and is void when
 * address or password changed meanwhile. A second factor stays asked for at the next sign-in.
 */
import type { IncomingMessage } from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';

import { audit } from '../audit/audit.ts';
import type { Context } from '../context.ts';
import { requireMail, sendMail } from '../mail/mail.ts';
import type { MailLanguage } from '../mail/model.ts';
import { Reject } from '../ops/errors.ts';
import { withTenant } from '../store/scope.ts';
import type { UserRow } from '../tenants/people-model.ts';
import { endSessions, profileOf } from '../tenants/sessions.ts';
import { credentialsOf, setPassword } from './credentials.ts';
import { findLink, isBoundTo, linkIsOver, makeLink, takeLink, voidLinks } from './links.ts';
import { activePerson, findPerson } from './people.ts';
import { addressWait, waitsAround } from './tries.ts';
import { beginTry, forgetTries } from './waits.ts';

const LIFE_MS = 30 * 60_000;
/** Longer than the work takes: every answer comes then. */
const ANSWER_MS = 500;

const WORDS: Record<MailLanguage, { subject: string; lines: string[]; open: string }> = {
  en: {
    subject: 'Set a new password',
    lines: [
      'Somebody, hopefully you, asked to set a new password for your WHATSPER account.',
      'The link works once, within 30 minutes. If it was not you, do nothing: your password stays as it is.',
    ],
    open: 'Set a new password',
  },
  he: {
    subject: 'קביעת סיסמה חדשה',
    lines: [
      'מישהו, ככל הנראה את או אתה, ביקש לקבוע סיסמה חדשה לחשבון שלך ב-WHATSPER.',
      'הקישור פועל פעם אחת, במשך 30 דקות. אם לא ביקשת זאת, אין צורך לעשות דבר: הסיסמה נשארת כפי שהיא.',
    ],
    open: 'קביעת סיסמה חדשה',
  },
};

interface Asked {
  accountNumber: string;
  email: string;
  language: MailLanguage;
}

/** @throws Reject (429) `wait`, (503) `mail-not-set-up`; nothing else tells of anything */
export async function askForReset(ctx: Context, asked: Asked, request: IncomingMessage): Promise<void> {
  requireMail(ctx);
  await beginTry(ctx, [await addressWait(ctx, request)]);
  await Promise.all([pause(ANSWER_MS), mailIfKnown(ctx, asked)]);
}

async function mailIfKnown(ctx: Context, { accountNumber, email, language }: Asked): Promise<void> {
  const { tenantId, user } = await findPerson(ctx, accountNumber, email);
  if (user?.emailProvenAt === undefined || !email.includes('@')) return;
  const key = `${tenantId}:mail:${await ctx.store.keyring.lookup(tenantId, 'sign-in', 'mail', user._id)}`;
  try {
    await beginTry(ctx, [{ kind: 'mail', key }]);
  } catch (error) {
    // Enough mails for now; whoever asks is not told, since that would tell that the address is known.
    if (error instanceof Reject) return;
    throw error;
  }
  await mailReset(ctx, user, { language, actor: 'system' });
}

/** Mails a link to the person, whoever asked for it. Enters the tenant's scope. @returns the link */
export async function mailReset(
  ctx: Context,
  user: UserRow,
  { language, actor, isMailed = true }: { language: MailLanguage; actor: string; isMailed?: boolean },
): Promise<string> {
  const { tenantId, _id: userId } = user;
  const { email, bound } = await withTenant(tenantId, () => holding(ctx, user));
  await audit(ctx, {
    tenantId,
    actor,
    action: 'password.reset-asked',
    objects: [userId],
    outcome: 'allowed',
    details: { mailed: isMailed },
  });
  const { url } = await makeLink(ctx, {
    tenantId,
    userId,
    purpose: 'password-reset',
    lifeMs: LIFE_MS,
    boundTo: bound,
  });
  const { subject, lines, open } = WORDS[language];
  const letter = { language, subject, lines, link: { text: open, url } };
  if (isMailed) await sendMail(ctx, { tenantId, to: email, category: 'security', ...letter });
  return url;
}

/** @throws Reject (410) `link-over`, (422) `weak-password`: then the link still works */
export async function finishReset(
  ctx: Context,
  { token, password }: { token: string; password: string },
): Promise<void> {
  const link = await findLink(ctx, token, 'password-reset');
  if (!link) throw linkIsOver();
  const { tenantId, userId } = link;
  await withTenant(tenantId, async () => {
    const user = await activePerson(ctx, userId);
    if (!user || !(await isBoundTo(ctx, link, (await holding(ctx, user)).bound))) throw linkIsOver();
    await setPassword(ctx, user, password, async () => {
      await audit(ctx, {
        tenantId,
        actor: `user:${userId}`,
        action: 'password.reset',
        objects: [userId],
        outcome: 'allowed',
      });
      if (!(await takeLink(ctx, link))) throw linkIsOver();
    });
    await voidLinks(ctx, { userId, purpose: 'password-reset' });
    await endSessions(ctx, { userId, by: 'password-reset' });
  });
  await forgetTries(ctx, await waitsAround(ctx, tenantId, userId));
}

/** What a link to reset a password is bound to. */
async function holding(ctx: Context, user: UserRow): Promise<{ email: string; bound: string[] }> {
  const [{ email }, { password = '' }] = await Promise.all([profileOf(ctx, user), credentialsOf(ctx, user)]);
  return { email, bound: [email, password] };
}
