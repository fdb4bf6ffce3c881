/** People come in, each by the mail that a real server took: owner, agents, a new owner, a business that signs up. */
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import type { Browser, Page } from 'playwright-core';

import { sendInvitation } from '../../src/accounts/invitations.ts';
import { ensureOwner } from '../../src/accounts/owners.ts';
import { withTenant } from '../../src/store/scope.ts';
import { findTenant } from '../../src/tenants/tenants.ts';
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
import { isLive, openBrowserContext, openPage, typeIn } from '../support/person-console.ts';

jest.setTimeout(90_000); // a browser on a busy machine

const PASSWORD = 'gentle otters juggle pears';
const ABOUT = ['Questions: team@texterchat.com', 'Privacy policy'];
const OWNER = 'owner@business.example'; // as openBusiness gives it
let ctx: TestContext;
let base: string;
let gateway: TestGateway;
let mails: MailServer;
let workers: ReturnType<typeof startMail>;
let browser: Browser;
let business: Business;
let accountNumber: string;
/** The owner's open console. */
let owner: Awaited<ReturnType<typeof newPage>>;

beforeAll(async () => {
  mails = await startMailServer();
  const port = await freePort();
  base = `http://localhost:${port}`;
  ctx = await testContext({
    environment: {
      ...{ PORT: String(port), BASE_URL: base, SMTP_URL: mails.url, MAIL_OUTBOX: 'off' },
      SIGN_UP: 'on',
    },
  });
  gateway = await openGateway(ctx);
  workers = startMail(ctx, ctx.queueRedis);
  business = await openBusiness(ctx, 'Aleph');
  ({ accountNumber } = await findTenant(ctx, business.tenantId));
  browser = await openBrowser();
}, 120_000);
afterAll(async () => {
  await browser.close();
  await Promise.all(workers.map((worker) => worker.close(5_000)));
  await gateway.close();
  await ctx.close();
  await mails.close();
}, 60_000);

const newPage = async (url: string) => openPage(await openBrowserContext(browser), url);
const button = (page: Page, name: string) => page.getByRole('button', { name, exact: true });

async function fill(page: Page, fields: Record<string, string>): Promise<void> {
  for (const [label, value] of Object.entries(fields)) {
    await page.getByLabel(label, { exact: true }).fill(value);
  }
}

const person = (firstName: string, name: string, phone = '+972 50 123 4567') => ({
  'First name': firstName,
  'Last name': 'Levi',
  'User name': name,
  'E-mail': `${name}@business.example`,
  'Phone, with its country': phone,
});

/** Follows the link of an invitation, sets the password, and goes on to the sign-in. */
async function join(address: string) {
  const opened = await newPage(await mails.linkTo(address, 'invitation'));
  await opened.page.getByRole('region', { name: 'Privacy policy' }).waitFor();
  await opened.page.getByLabel('Password').fill(PASSWORD);
  await button(opened.page, 'Accept the policy and join').press('Enter');
  await opened.page.getByRole('link', { name: 'To the sign-in' }).click();
  return opened;
}

/** The account number came with the address; only name and password are typed. */
async function joinAndSignIn(address: string) {
  const opened = await join(address);
  const account = opened.page.getByTestId('person-sign-in').getByLabel('Account number');
  await account.waitFor();
  await typeIn(opened.page, {
    accountNumber: await account.inputValue(),
    username: address,
    password: PASSWORD,
  });
  return opened;
}

/** The owner invites somebody from the page of people. */
async function invite(firstName: string, name: string, role: string): Promise<void> {
  const { page } = owner;
  await page.goto(`${base}/#/settings/people`);
  await button(page, 'Invite a person').first().press('Enter');
  const form = page.getByRole('form', { name: 'Invite a person' });
  await fill(page, person(firstName, name));
  await form.getByLabel('Role').selectOption({ label: role });
  await button(page, 'Send the invitation').press('Enter');
  await rowOf(firstName).waitFor();
}

const rowOf = (firstName: string, page = owner.page) =>
  page.getByTestId('user').filter({ has: page.getByRole('heading', { name: `${firstName} Levi` }) });

/** Until the page has drawn what it knows. */
const drawn = async (page: Page) =>
  page.evaluate('new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))');

describe('people of a business, in their browsers', () => {
  it('rows 18 and 20: the owner comes by mail, sets a password, accepts the policy, completes the account, and sees a live message', async () => {
    await withTenant(business.tenantId, async () =>
      sendInvitation(ctx, await ensureOwner(ctx, business.tenantId, 'system')),
    );
    owner = await joinAndSignIn(OWNER);
    const { page, complaints } = owner;
    await page.getByRole('heading', { name: 'Complete the account' }).waitFor();
    await fill(page, { ...person('Rut', 'rut'), 'E-mail': OWNER });
    await button(page, 'Complete').press('Enter');
    await isLive(page);
    await page.getByText('No conversations yet').waitFor();
    await clientWrites(ctx, business, { phone: '972500000001', name: 'Client', body: 'are you open today' });
    await page.getByTestId('conversation').filter({ hasText: 'are you open today' }).waitFor();
    expect(complaints).toEqual([]);
  });

  it('T-AU: on the page, too, a wrong password and an unknown name look the same', async () => {
    const { page } = await newPage(`${base}/t/${accountNumber}`);
    const said = async (username: string) => {
      await typeIn(page, { accountNumber, username, password: 'wrong wrong wrong wrong' });
      const alert = page.getByTestId('person-sign-in').getByRole('alert');
      await alert.waitFor();
      return { alert: await alert.innerText(), form: await page.getByTestId('person-sign-in').innerText() };
    };
    const known = await said(OWNER);
    await page.reload();
    expect(known.alert).toBe('Account number, name or password is wrong.');
    expect(await said('nobody-of-that-name')).toEqual(known);
    await page.context().close();
  });

  it('row 3: the sign-in page names the contact and the policy, in Hebrew too, and remembers the account', async () => {
    const { page } = await newPage(`${base}/t/${accountNumber}`);
    const about = page.getByTestId('about');
    expect(await about.getByRole('link').first().getAttribute('href')).toBe('mailto:team@texterchat.com');
    expect(await about.getByRole('link', { name: 'Privacy policy' }).getAttribute('href')).toBe(
      `${base}/policy`,
    );
    await button(page, 'עברית').click();
    await about.getByRole('link', { name: 'מדיניות פרטיות' }).waitFor();
    await page.locator('html[dir="rtl"]').waitFor();
    await page.getByLabel('שם משתמש או דוא״ל').fill('nobody');
    await page.getByLabel('סיסמה', { exact: true }).fill('wrong wrong wrong');
    await button(page, 'כניסה עם סיסמה').press('Enter');
    await page.getByText('מספר החשבון, השם או הסיסמה שגויים.').waitFor();
    await page.goto('about:blank');
    await page.goto(base);
    expect(await page.getByLabel('מספר חשבון').inputValue()).toBe(accountNumber);
    await page.context().close();
  });

  it('rows 24, 26 and 28: an agent is invited with a role, joins, is given another one, and is out within 5 s of being disabled', async () => {
    await invite('Dana', 'dana', 'Agent');
    const agent = await joinAndSignIn('dana@business.example');
    await isLive(agent.page);
    await agent.page.getByTestId('conversation').filter({ hasText: 'are you open today' }).waitFor();
    const menu = async () => {
      await agent.page.getByRole('button', { name: 'Account and settings' }).click();
      await agent.page.getByRole('menuitem', { name: 'Privacy policy' }).waitFor();
      const items = await agent.page.getByRole('menuitem').allTextContents();
      await agent.page.keyboard.press('Escape');
      return items;
    };
    expect(await menu()).toEqual(['My sign-in', ...ABOUT, 'Sign out']);
    const { page } = owner;
    await page.reload();
    await rowOf('Dana').getByRole('combobox').selectOption({ label: 'Supervisor' });
    await rowOf('Dana').getByText('Saved.').waitFor();
    // The roles come last: nobody stands there without one meanwhile.
    const peopleKnown = page.waitForResponse('**/v1/users?*');
    await page.route('**/v1/roles*', async (route) => {
      await (await peopleKnown).finished();
      await drawn(page);
      await route.continue();
    });
    await page.reload();
    expect(await rowOf('Dana').getByRole('combobox').inputValue()).toBe('supervisor');
    await page.unroute('**/v1/roles*');
    await agent.page.reload();
    await isLive(agent.page);
    expect(await menu()).toEqual(['My sign-in', 'People', ...ABOUT, 'Sign out']);

    page.once('dialog', (dialog) => void dialog.accept());
    await rowOf('Dana').getByRole('button', { name: 'Disable' }).click();
    await rowOf('Dana').getByText('Disabled').waitFor();
    await agent.page.getByText('Your session has ended. Sign in again.').waitFor({ timeout: 5_000 });
    expect(await agent.page.getByTestId('conversation').count()).toBe(0);
    await typeIn(agent.page, { accountNumber, username: 'dana', password: PASSWORD });
    await agent.page.getByText('Account number, name or password is wrong.').waitFor();
    await agent.page.context().close();
  });

  it('row 23: the account is handed over in two steps', async () => {
    await invite('Gil', 'gil', 'Administrator');
    const next = await joinAndSignIn('gil@business.example');
    await isLive(next.page);
    const { page } = owner;
    await page.reload();
    page.once('dialog', (dialog) => void dialog.accept());
    await rowOf('Gil').getByRole('button', { name: 'Hand the account over' }).click();
    await page.getByText('You offered to hand the account over.', { exact: false }).waitFor();
    await next.page.goto(`${base}/#/settings/people`);
    expect(await rowOf('Gil', next.page).innerText()).toContain('Administrator');
    await button(next.page, 'Accept').press('Enter');
    await rowOf('Gil', next.page).getByText('Owner').waitFor();
    await rowOf('Rut', next.page).getByRole('combobox').waitFor();
    expect(await rowOf('Rut', next.page).getByRole('combobox').inputValue()).toBe('admin');
    await page.reload();
    expect(await rowOf('Gil').innerText()).toContain('Owner');
    await next.page.context().close();
  });

  it('rows 1 and 2: a business signs up, and works when its address is proven by mail', async () => {
    const { page } = await newPage(base);
    await page.getByRole('link', { name: 'Open an account for a business' }).click();
    await fill(page, { ...person('Tamar', 'tamar'), 'Name of the business': 'Bakery' });
    expect(await button(page, 'Open the account').isDisabled()).toBe(true);
    const terms = page.getByRole('link', { name: 'Read the terms' });
    const [opens] = await Promise.all([page.waitForEvent('popup'), terms.click()]);
    await opens.getByText('Who signs.', { exact: false }).waitFor();
    await page.getByLabel('I have read the terms and accept them').check();
    await button(page, 'Open the account').press('Enter');
    await page.getByText('Read your mail').waitFor();
    await page.context().close();
    const opened = await joinAndSignIn('tamar@business.example');
    await isLive(opened.page);
    await opened.page.getByRole('heading', { name: 'Bakery' }).waitFor();
    expect(await opened.page.getByTestId('conversation').count()).toBe(0);
    expect(opened.complaints).toEqual([]);
    await opened.page.context().close();
  });
});
