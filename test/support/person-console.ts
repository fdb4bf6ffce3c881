/** The console in a browser, as a person who has signed in. */
import type { Browser, BrowserContext, Page } from 'playwright-core';

import type { Context } from '../../src/context.ts';
import { type Business, signedIn, type TestGateway } from './fixtures.ts';
import type { Person } from './people.ts';

interface OpenedConsole {
  page: Page;
  /** Everything that the page complained about: errors of its scripts, breaches of its security policy. */
  complaints: string[];
}

/** A browser of its own for one person: nothing is remembered, and nobody is signed in. */
export async function openBrowserContext(browser: Browser): Promise<BrowserContext> {
  return browser.newContext({
    viewport: { width: 1_100, height: 800 },
    locale: 'en-GB',
    permissions: ['clipboard-read', 'clipboard-write'],
  });
}

/** A page in it, at an address. */
export async function openPage(context: BrowserContext, url: string): Promise<OpenedConsole> {
  const page = await context.newPage();
  page.setDefaultTimeout(20_000); // less than a test's, so that what was waited for is named
  const complaints: string[] = [];
  page.on('pageerror', (error) => complaints.push(error.message));
  page.on('console', (message) => {
    if (message.type() === 'error') complaints.push(message.text());
  });
  await page.goto(url);
  return { page, complaints };
}

/** Opens a page of the console with a session of its own; `role` is a built-in one. */
export async function openConsole(
  browser: Browser,
  ctx: Context,
  { url }: TestGateway,
  business: Pick<Business, 'tenantId'>,
  hash: string,
  role = 'owner',
): Promise<OpenedConsole> {
  const { headers } = await signedIn(ctx, business, { role });
  const context = await openBrowserContext(browser);
  const [name = '', value = ''] = (headers.Cookie ?? '').split('=');
  await context.addCookies([{ name, value, url: url.replace('http:', 'https:'), httpOnly: true }]);
  // As after a sign-in: no script can see the cookie, so this says that there is one.
  await context.addInitScript({ content: "localStorage.setItem('whatsper.person', 'yes')" });
  return openPage(context, `${url}/${hash}`);
}

/** Types account number, name and password at the sign-in page, and sends them. */
export async function typeIn(
  page: Page,
  { accountNumber, username, password }: Pick<Person, 'accountNumber' | 'username' | 'password'>,
): Promise<void> {
  const form = page.getByTestId('person-sign-in');
  await form.getByLabel('Account number').fill(accountNumber);
  await form.getByLabel('User name or e-mail').fill(username);
  await form.getByLabel('Password').fill(password);
  await form.getByRole('button', { name: 'Sign in with password' }).press('Enter');
}

/** The inbox is open and its live feed runs. */
export async function isLive(page: Page): Promise<void> {
  await page.locator('[data-testid="live-state"][data-state="live"]').waitFor();
}

/** By the settings menu, as a person does it. */
export async function signOut(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'Account and settings' }).click();
  await page.getByRole('menuitem', { name: 'Sign out' }).click();
  await page.getByTestId('person-sign-in').waitFor();
}
