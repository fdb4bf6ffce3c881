/** The console in a browser, as a person who has signed in. */
import type { Browser, Page } from 'playwright-core';

import type { Context } from '../../src/context.ts';
import { type Business, signedIn, type TestGateway } from './fixtures.ts';

interface OpenedConsole {
  page: Page;
  /** Everything that the page complained about: errors of its scripts, breaches of its security policy. */
  complaints: string[];
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
  const context = await browser.newContext({
    viewport: { width: 1_100, height: 800 },
    locale: 'en-GB',
    permissions: ['clipboard-read', 'clipboard-write'],
  });
  const [name = '', value = ''] = (headers.Cookie ?? '').split('=');
  await context.addCookies([{ name, value, url: url.replace('http:', 'https:'), httpOnly: true }]);
  // As after a sign-in: no script can see the cookie, so this says that there is one.
  await context.addInitScript({ content: "localStorage.setItem('whatsper.person', 'yes')" });
  const page = await context.newPage();
  page.setDefaultTimeout(20_000); // less than a test's, so that what was waited for is named
  const complaints: string[] = [];
  page.on('pageerror', (error) => complaints.push(error.message));
  page.on('console', (message) => {
    if (message.type() === 'error') complaints.push(message.text());
  });
  await page.goto(`${url}/${hash}`);
  return { page, complaints };
}
