/** A person looks after their own sign-in in the browser: second factors, sessions, passwords; and nothing stays after it. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { generate } from 'otplib';
import type { Browser, Page } from 'playwright-core';

import { withTenant } from '../../src/store/scope.ts';
import { Users } from '../../src/tenants/people-model.ts';
import { startMail } from '../../workers/mail.ts';
import { freePort } from '../cli/free-port.ts';
import { openBrowser } from '../support/browser.ts';
import { type TestContext, testContext } from '../support/context.ts';
import {
  type Business,
  clientWrites,
  openBusiness,
  openGateway,
  type TestGateway,
} from '../support/fixtures.ts';
import { type MailServer, startMailServer } from '../support/mail-server.ts';
import { type Person, personOf, sessionOf } from '../support/people.ts';
import { isLive, openBrowserContext, openPage, signOut, typeIn } from '../support/person-console.ts';

jest.setTimeout(90_000); // a browser on a busy machine

const NEXT_STEP_MS = 30_000;
let ctx: TestContext;
let base: string;
let gateway: TestGateway;
let mails: MailServer;
let workers: ReturnType<typeof startMail>;
let browser: Browser;
let business: Business;

beforeAll(async () => {
  mails = await startMailServer();
  const port = await freePort();
  base = `http://localhost:${port}`;
  const own = { PORT: String(port), BASE_URL: base, SMTP_URL: mails.url, MAIL_OUTBOX: 'off' };
  ctx = await testContext({ environment: own });
  gateway = await openGateway(ctx);
  workers = startMail(ctx, ctx.queueRedis);
  business = await openBusiness(ctx, 'Aleph');
  await clientWrites(ctx, business, { phone: '972500000001', name: 'Noa', body: 'words-of-a-client' });
  browser = await openBrowser();
}, 120_000);
afterAll(async () => {
  await browser.close();
  await Promise.all(workers.map((worker) => worker.close(5_000)));
  await gateway.close();
  await ctx.close();
  await mails.close();
}, 60_000);

const button = (page: Page, name: string) => page.getByRole('button', { name, exact: true });
const section = (page: Page, name: string) => page.getByRole('region', { name, exact: true });

/** Signs in at the address of the business, in a browser of its own. */
async function signedInAs(person: Person, hash = '#/settings/sign-in') {
  const opened = await openPage(await openBrowserContext(browser), `${base}/t/${person.accountNumber}`);
  await typeIn(opened.page, person);
  await isLive(opened.page);
  await opened.page.goto(`${base}/${hash}`);
  return opened;
}

/** With DOCS_PICTURES=1 the pictures of docs/sign-in.md are made anew. */
async function picture(page: Page, name: string): Promise<void> {
  if (process.env['DOCS_PICTURES'] === undefined) return;
  const path = join(import.meta.dirname, '..', '..', 'docs', 'images', `${name}.png`);
  await page.screenshot({ path, animations: 'disabled' });
}

describe('my sign-in', () => {
  it('T-AU: an app is set up with a code, asked for at the next sign-in, and a forgotten password does not get past it', async () => {
    const person = await personOf(ctx, business);
    const { page, complaints } = await signedInAs(person);
    const app = section(page, 'Authenticator app');
    await app.getByText('Off', { exact: true }).waitFor();
    await button(page, 'Set it up').press('Enter');
    expect(await page.getByAltText('QR code for the authenticator app').getAttribute('src')).toMatch(
      /^data:image\/svg\+xml;base64,/,
    );
    const secret = await page.getByTestId('totp-secret').innerText();
    await picture(page, 'my-sign-in-app');
    const code = await generate({ secret });
    await page.getByLabel('Code that the app shows now').fill(code === '000000' ? '000001' : '000000');
    await app.getByLabel('Your password').fill(person.password);
    await button(page, 'Turn it on').press('Enter');
    await app.getByText('The code is not what the app shows now.').waitFor();
    await page.getByLabel('Code that the app shows now').fill(await generate({ secret }));
    await button(page, 'Turn it on').press('Enter');

    const shown = section(page, 'Your recovery codes. They are shown this once.');
    await shown.waitFor();
    const codes = await shown.getByTestId('recovery-code').allInnerTexts();
    expect(new Set(codes).size).toBe(10);
    await button(page, 'Copy').press('Enter');
    await button(page, 'Copied').waitFor();
    expect(await page.evaluate('navigator.clipboard.readText()')).toBe(codes.join('\n'));
    const [file] = await Promise.all([
      page.waitForEvent('download'),
      button(page, 'Save as a file').press('Enter'),
    ]);
    expect(await readFile(await file.path(), 'utf8')).toBe(`${codes.join('\n')}\n`);
    await button(page, 'I have kept them').press('Enter');
    await shown.waitFor({ state: 'detached' });
    expect(await page.content()).not.toContain(codes[0]);
    await app.getByText('On', { exact: true }).waitFor();
    await section(page, 'Recovery codes').getByText('10 are left.').waitFor();
    expect(complaints.filter((line) => !line.includes('422'))).toEqual([]);

    await signOut(page);
    await typeIn(page, person);
    const form = page.getByTestId('person-sign-in');
    const asked = form.getByLabel('Code of your authenticator app, or a recovery code');
    await asked.fill(code);
    await button(page, 'Confirm').press('Enter');
    await form.getByRole('alert').filter({ hasText: 'used already' }).waitFor();
    await asked.fill(await generate({ secret, epoch: Math.floor((Date.now() + NEXT_STEP_MS) / 1_000) }));
    await button(page, 'Confirm').press('Enter');
    await isLive(page);

    await signOut(page);
    await button(page, 'Forgotten password?').press('Enter');
    await form.getByLabel('E-mail').fill(person.email);
    await button(page, 'Send me a mail').press('Enter');
    await form.getByText('If we know this address, a mail is on its way.', { exact: false }).waitFor();
    const link = await mails.linkTo(person.email, 'reset');
    await page.goto('about:blank');
    await page.goto(link);
    const password = 'another horse battery';
    await page.getByLabel('New password').fill(password);
    await button(page, 'Save').press('Enter');
    await page.getByText('Your password was changed. Sign in with it now.').waitFor();
    await typeIn(page, { ...person, password });
    await asked.waitFor();
    await asked.fill(codes[0] ?? '');
    await button(page, 'Confirm').press('Enter');
    await isLive(page);
    await page.context().close();
  });

  it('T-AU: a passkey is made once although the password was wrong first, lets the person in alone, and is removed', async () => {
    const person = await personOf(ctx, business);
    const { page } = await signedInAs(person);
    const devtools = await page.context().newCDPSession(page);
    await devtools.send('WebAuthn.enable');
    const options = {
      protocol: 'ctap2',
      transport: 'internal',
      hasResidentKey: true,
      hasUserVerification: true,
      isUserVerified: true,
      automaticPresenceSimulation: true,
    } as const;
    const { authenticatorId } = await devtools.send('WebAuthn.addVirtualAuthenticator', { options });
    const made = async () =>
      (await devtools.send('WebAuthn.getCredentials', { authenticatorId })).credentials;

    const passkeys = section(page, 'Passkeys');
    await passkeys.getByText('No passkey yet.').waitFor();
    await button(page, 'Add a passkey').press('Enter');
    await page.getByLabel('Name of the passkey').fill('המחשב בעבודה');
    await passkeys.getByLabel('Your password').fill('wrong wrong wrong');
    await button(page, 'Make the passkey').press('Enter');
    await passkeys.getByText('This is not your password of now.').waitFor();
    expect(await made()).toHaveLength(1);
    await passkeys.getByLabel('Your password').fill(person.password);
    await button(page, 'Make the passkey').press('Enter');
    await page.getByTestId('passkey').filter({ hasText: 'המחשב בעבודה' }).waitFor();
    expect(await made()).toHaveLength(1);

    await signOut(page);
    await button(page, 'Sign in with a passkey').press('Enter');
    await isLive(page);
    await signOut(page);
    await typeIn(page, person);
    await button(page, 'Use a passkey').press('Enter');
    await isLive(page);
    await page.goto(`${base}/#/settings/sign-in`);
    await page
      .locator('[data-testid="session"][data-current="true"]')
      .getByText('With second factor')
      .waitFor();
    await button(page, 'Remove המחשב בעבודה').press('Enter');
    await passkeys.getByLabel('Your password').fill(person.password);
    await passkeys.getByRole('form').getByRole('button', { name: 'Remove המחשב בעבודה' }).press('Enter');
    await passkeys.getByText('No passkey yet.').waitFor();
    await page.context().close();
  });

  it('row 144: another session is ended from the list, and all others at once; they are out within 5 s', async () => {
    const person = await personOf(ctx, business);
    const opened = [];
    for (let one = 0; one < 3; one += 1) opened.push(await signedInAs(person));
    const [mine, second, third] = opened.map(({ page }) => page) as [Page, Page, Page];
    await mine.reload();
    const rows = mine.getByTestId('session');
    await rows.nth(2).waitFor();
    expect(await rows.count()).toBe(3);
    const current = mine.locator('[data-testid="session"][data-current="true"]');
    expect(await current.innerText()).toMatch(/Chrome on Linux\s+This one/);
    expect(await current.getByRole('button').count()).toBe(0);
    await picture(mine, 'my-sign-in');
    const newest = rows.first(); // the third
    await newest.getByRole('button', { name: 'End' }).press('Enter');
    await newest.getByRole('group').getByRole('button', { name: 'End' }).press('Enter');
    await third.getByText('Your session has ended. Sign in again.').waitFor({ timeout: 5_000 });
    await rows.nth(2).waitFor({ state: 'detached' });
    await button(mine, 'End all others').press('Enter');
    await mine.getByRole('group').getByRole('button', { name: 'End all others' }).press('Enter');
    await mine.getByText('One session was ended.').waitFor();
    await second.getByText('Your session has ended. Sign in again.').waitFor({ timeout: 5_000 });
    await mine.getByText('You are signed in nowhere else.').waitFor();
    for (const { page } of opened) await page.context().close();
  });

  it('who must choose a new password finds the form right there, with the rule, in Hebrew too', async () => {
    const person = await personOf(ctx, business);
    await withTenant(business.tenantId, () =>
      ctx.store
        .model(Users)
        .updateOne({ _id: person.userId }, { $set: { mustChangePassword: true } })
        .exec(),
    );
    const { page } = await openPage(await openBrowserContext(browser), `${base}/t/${person.accountNumber}`);
    await typeIn(page, person);
    await page.getByRole('heading', { name: 'Choose a new password' }).waitFor();
    await page.evaluate("localStorage.setItem('whatsper.language', 'he')");
    await page.reload();
    await page.getByRole('heading', { name: 'בחירת סיסמה חדשה' }).and(page.locator(':dir(rtl)')).waitFor();
    await page.getByLabel('הסיסמה הנוכחית').fill(person.password);
    const fresh = page.getByLabel('סיסמה חדשה');
    const change = button(page, 'שינוי הסיסמה');
    await fresh.fill('short');
    await page.getByText('עוד 10 תווים').waitFor();
    expect(await change.isDisabled()).toBe(true);
    await fresh.fill('noga peretz 2026');
    await change.press('Enter');
    await page.getByText('הסיסמה מכילה את שם המוצר, העסק או שלכם: בחרו אחרת.').waitFor();
    await fresh.fill('another horse battery');
    await change.press('Enter');
    await isLive(page);
    await page.context().close();
  });

  it('who must add a second factor finds the way right there; their other session is asked to sign in with it', async () => {
    const strict = await openBusiness(ctx, 'Bet');
    await clientWrites(ctx, strict, { phone: '972500000002', name: 'Dov', body: 'words-of-another' });
    const owner = await personOf(ctx, strict, { role: 'owner' });
    const person = await personOf(ctx, strict);
    const first = await signedInAs(person, '#/');
    const other = await signedInAs(person, '#/');
    await first.page.getByTestId('conversation').filter({ hasText: 'words-of-another' }).waitFor();
    const headers = { ...(await sessionOf(ctx, owner)).headers, Origin: base };
    const body = { secondFactorForAll: true };
    expect((await gateway.ask('PUT', '/v1/sign-in-rules', { headers, body })).status).toBe(200);
    const { page } = first;
    await page.getByRole('heading', { name: 'Add a second factor' }).waitFor();
    expect(await page.content()).not.toContain('words-of-another');
    await button(page, 'Set it up').press('Enter');
    const secret = await page.getByTestId('totp-secret').innerText();
    await page.getByLabel('Code that the app shows now').fill(await generate({ secret }));
    await section(page, 'Authenticator app').getByLabel('Your password').fill(person.password);
    await button(page, 'Turn it on').press('Enter');
    await button(page, 'I have kept them').press('Enter');
    await button(page, 'Go on').press('Enter');
    await isLive(page);
    await page.getByTestId('conversation').filter({ hasText: 'words-of-another' }).waitFor();

    await other.page.getByRole('heading', { name: /^(Add a second factor|Sign in again)$/ }).waitFor();
    await other.page.reload();
    await other.page.getByRole('heading', { name: 'Sign in again' }).waitFor();
    await button(other.page, 'Sign out').press('Enter');
    await typeIn(other.page, person);
    await other.page
      .getByTestId('person-sign-in')
      .getByLabel('Code of your authenticator app, or a recovery code')
      .waitFor();
    for (const one of [page, other.page]) await one.context().close();
  });

  it('ASVS 14.3.1: after signing out nothing of the session is left in the browser', async () => {
    const person = await personOf(ctx, business);
    const { page } = await signedInAs(person, '#/');
    await page.getByTestId('conversation').filter({ hasText: 'words-of-a-client' }).click();
    await page.getByTestId('composer').fill('draft-of-an-agent');
    const kept = () => page.evaluate<Record<string, string>>('({ ...localStorage, ...sessionStorage })');
    expect(JSON.stringify(await kept())).toContain('draft-of-an-agent');
    const [answer] = await Promise.all([
      page.waitForResponse((response) => response.url() === `${base}/v1/sign-out`),
      signOut(page),
    ]);
    expect(await answer.headerValue('clear-site-data')).toBe('"cache"');
    const nothing = async () => {
      expect(Object.keys(await kept())).toEqual(['whatsper.account']); // of the business, not the person
      expect(await page.content()).not.toMatch(/words-of-a-client|draft-of-an-agent|Noa/);
      expect((await page.context().cookies()).map(({ name }) => name)).toEqual(['__Host-whatsper-device']);
    };
    await nothing();
    await page.goBack();
    await page.getByTestId('person-sign-in').waitFor();
    await nothing();
    await page.reload();
    await page.getByTestId('person-sign-in').waitFor();
    await nothing();
    expect(await page.evaluate('indexedDB.databases().then(({ length }) => length)')).toBe(0);
    expect(await page.evaluate('caches.keys().then(({ length }) => length)')).toBe(0);
    await page.context().close();
  });

  it('ASVS 14.3.1: nor when the session is ended from elsewhere', async () => {
    const person = await personOf(ctx, business);
    const { page } = await signedInAs(person, '#/');
    await page.getByTestId('conversation').filter({ hasText: 'words-of-a-client' }).click();
    await page.getByTestId('composer').fill('draft-of-an-agent');
    const other = await signedInAs(person);
    await button(other.page, 'End all others').press('Enter');
    await other.page.getByRole('group').getByRole('button', { name: 'End all others' }).press('Enter');
    await page.getByText('Your session has ended. Sign in again.').waitFor({ timeout: 5_000 });
    const kept = await page.evaluate('JSON.stringify({ ...localStorage, ...sessionStorage })');
    expect(kept).not.toContain('draft-of-an-agent');
    expect(await page.content()).not.toContain('words-of-a-client');
    for (const one of [page, other.page]) await one.context().close();
  });
});
