import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { readSettings } from '../../config/settings.ts';
import type { TurnEnd } from '../../src/lanes/worker.ts';
import { runMailLane } from '../../src/mail/lane.ts';
import { missingForMail, type NewMail, sendMail } from '../../src/mail/mail.ts';
import { type MailRow, Mails } from '../../src/mail/model.ts';
import { keptMail } from '../../src/mail/outbox-page.ts';
import { dueMailLanes } from '../../src/mail/reconcile.ts';
import { type MailClient, openMailClient } from '../../src/mail/transport.ts';
import { asOperator } from '../../src/store/scope.ts';
import { ManualClock } from '../support/clock.ts';
import { type TestContext, testContext } from '../support/context.ts';
import { openGateway } from '../support/fixtures.ts';
import { type MailServer, startMailServer } from '../support/mail-server.ts';

const clock = new ManualClock();
let server: MailServer;
let ctx: TestContext;
let client: MailClient;
let tenants = 0;

const newMail = (more: Partial<NewMail> = {}): NewMail => ({
  tenantId: `ten_mail${(tenants += 1)}`,
  to: 'dana@business.example',
  category: 'security',
  language: 'en',
  subject: 'Set a new password',
  lines: ['Hello,', 'somebody asked for a <b>new</b> password.'],
  link: { text: 'Set it', url: 'https://gate.example/#/reset/abc?x=1&y=2' },
  ...more,
});

const rowOf = (id: string) =>
  asOperator('test', () => ctx.store.model(Mails).findOne({ _id: id }).lean<MailRow>().exec());

const turn = {
  lockKey: '',
  token: '',
  holds: async () => true,
  stopping: () => false,
  yields: () => false,
};
const run = (id: string, tenantId: string | null): Promise<TurnEnd> =>
  runMailLane(ctx, client, { lane: id, tenantId: tenantId ?? 'installation' }, turn);

beforeAll(async () => {
  server = await startMailServer();
  ctx = await testContext({
    clock,
    environment: {
      MAIL_OUTBOX: 'off',
      SMTP_URL: server.url,
      BASE_URL: 'https://gate.example',
    },
  });
  const opened = openMailClient(ctx.settings);
  if (!opened) throw new Error('There is a mail server in these settings.');
  client = opened;
});

afterAll(async () => {
  client.close();
  await ctx.close();
  await server.close();
});

describe('mail', () => {
  it('row 3: reaches the mail server as text and HTML, with contact address and policy below', async () => {
    const mail = newMail();
    const id = await sendMail(ctx, mail);
    expect(await run(id, mail.tenantId)).toBe('done');
    const got = server.taken.at(-1);
    expect(got).toMatchObject({ subject: 'Set a new password', messageId: `<${id}@gate.example>` });
    expect(got?.from?.value[0]?.address).toBe('no-reply@gate.example');
    expect(got?.text).toContain('https://gate.example/#/reset/abc?x=1&y=2');
    for (const form of [got?.text, String(got?.html)]) {
      expect(form).toContain('team@texterchat.com');
      expect(form).toContain('https://gate.example/policy');
    }
    expect(got?.html).toContain('somebody asked for a &lt;b&gt;new&lt;/b&gt; password.');
  });

  it('is told right to left in Hebrew', async () => {
    const mail = newMail({ language: 'he', subject: 'סיסמה חדשה', lines: ['שלום'] });
    await run(await sendMail(ctx, mail), mail.tenantId);
    expect(server.taken.at(-1)?.subject).toBe('סיסמה חדשה');
    expect(server.taken.at(-1)?.html).toContain('<html lang="he" dir="rtl">');
  });

  it('is sent once however often its lane is woken, and what it said is gone then', async () => {
    const mail = newMail({ tenantId: null });
    const id = await sendMail(ctx, mail);
    const before = server.taken.length;
    await run(id, null);
    await run(id, null);
    expect(server.taken).toHaveLength(before + 1);
    const row = await rowOf(id);
    expect(row).toMatchObject({ state: 'sent', attempts: 1 });
    expect(row?.letter).toBeUndefined();
  });

  it('that could not be sent waits and goes later; for a day', async () => {
    const mail = newMail();
    const id = await sendMail(ctx, mail);
    server.answer = { code: 451, text: 'later' };
    expect(await run(id, mail.tenantId)).toEqual({ againAfterMs: 10_000 });
    expect(await run(id, mail.tenantId)).toEqual({ againAfterMs: 10_000 });
    expect(await rowOf(id)).toMatchObject({ state: 'due', attempts: 1 });
    clock.advance(16_000);
    expect(await asOperator('test', () => dueMailLanes(ctx))).toEqual([
      { lane: id, tenantId: mail.tenantId },
    ]);
    server.answer = null;
    expect(await run(id, mail.tenantId)).toBe('done');
    expect(await rowOf(id)).toMatchObject({ state: 'sent', attempts: 2 });
  });

  it('that the server refuses for good is given up', async () => {
    const mail = newMail();
    const id = await sendMail(ctx, mail);
    server.answer = { code: 550, text: 'no such person here' };
    expect(await run(id, mail.tenantId)).toBe('done');
    server.answer = null;
    const row = await rowOf(id);
    expect(row).toMatchObject({ state: 'failed' });
    expect(row?.reason).toMatch(/550/);
    expect(row?.reason).not.toContain('person');
  });

  it('row 85: has a category; without one it is refused', async () => {
    const without = { ...newMail(), category: undefined } as unknown as NewMail;
    await expect(sendMail(ctx, without)).rejects.toThrow('category');
    await expect(sendMail(ctx, { ...newMail(), category: 'news' as 'policy' })).rejects.toThrow('category');
  });

  it.each([
    [{ to: 'dana@business.example\r\nBcc: all@business.example' }],
    [{ to: 'dana@business.example, eve@business.example' }],
    [{ subject: 'Hello\r\nBcc: eve@business.example' }],
    [{ subject: 'Hello\nX: y' }],
    [{ subject: 'Hello\u2028Bcc: eve@business.example' }],
  ])('T-AU: e-mail header injection is refused: %j', async (bad) => {
    await expect(sendMail(ctx, newMail(bad))).rejects.toMatchObject({ status: 422 });
  });

  it('T-AU: a name with line ends stays in the body of the mail', async () => {
    const mail = newMail({ lines: ['Hello Dana\r\nBcc: eve@business.example\r\n\r\n.\r\nQUIT'] });
    await run(await sendMail(ctx, mail), mail.tenantId);
    const got = server.taken.at(-1);
    expect(got?.bcc).toBeUndefined();
    expect([...(got?.headers.keys() ?? [])]).not.toContain('bcc');
    expect(got?.text).toContain('QUIT');
  });
});

describe('without a mail server', () => {
  it('mail is refused, and the settings that are missing are named', () => {
    const settings = (environment: Record<string, string>) => ({ settings: readSettings(environment) });
    expect(missingForMail(settings({}))).toBe('SMTP_URL and BASE_URL');
    expect(missingForMail(settings({ SMTP_URL: 'smtp://mail' }))).toBe('BASE_URL');
    expect(missingForMail(settings({ SMTP_URL: 'smtp://mail', BASE_URL: 'https://a.example' }))).toBeNull();
    const production = { ...ctx, settings: readSettings({}) };
    return expect(sendMail(production, newMail())).rejects.toMatchObject({
      status: 503,
      problem: 'mail-not-set-up',
    });
  });

  it('an outbox shows it, to this machine only', async () => {
    expect(() => readSettings({ MAIL_OUTBOX: 'on' })).toThrow('HOST');
    const trial = { ...ctx, settings: readSettings({ MAIL_OUTBOX: 'on', HOST: '127.0.0.1' }) };
    await sendMail(trial, newMail({ subject: 'Kept <here>' }));
    expect((await keptMail(trial))[0]).toMatchObject({ subject: 'Kept <here>', category: 'security' });
    const [gateway, other] = [await openGateway(trial), await openGateway(ctx)];
    const page = await gateway.ask<string>('GET', '/outbox');
    expect(page.text).toContain('Kept &lt;here&gt;');
    expect((await other.ask('GET', '/outbox')).status).toBe(404);
    await Promise.all([gateway.close(), other.close()]);
  });
});
