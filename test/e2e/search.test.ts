/** The search box of the inbox, by keyboard: over everything, not only what is loaded. */
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import type { Browser, Page } from 'playwright-core';

import { openBrowser } from '../support/browser.ts';
import { type TestContext, testContext } from '../support/context.ts';
import {
  type Business,
  clientWrites,
  openBusiness,
  openGateway,
  type TestGateway,
} from '../support/fixtures.ts';
import { isLive, openConsole } from '../support/person-console.ts';

jest.setTimeout(90_000); // a browser on a busy machine

let ctx: TestContext;
/** Messages are found by their words, too. */
let searching: TestContext;
let gateways: TestGateway[];
let browser: Browser;
let business: Business;

beforeAll(async () => {
  ctx = await testContext();
  searching = { ...ctx, settings: { ...ctx.settings, SEARCH_MESSAGES: 'on' } };
  gateways = [await openGateway(ctx), await openGateway(searching)];
  business = await openBusiness(ctx, 'Aleph');
  await clientWrites(searching, business, { phone: '972501234567', name: 'נועה כהן', body: 'איפה ההזמנה' });
  await clientWrites(searching, business, {
    phone: '972529998888',
    name: 'Dan',
    body: 'a cake with almonds',
  });
  browser = await openBrowser();
}, 120_000);
afterAll(async () => {
  await browser.close();
  await Promise.all(gateways.map((gateway) => gateway.close()));
  await ctx.close();
}, 60_000);

/** The list shows another state, so that nothing of it is loaded. */
async function inEmptyList(gateway: TestGateway): Promise<{ page: Page; complaints: string[] }> {
  const opened = await openConsole(browser, ctx, gateway, business, '#/', 'agent');
  await isLive(opened.page);
  await opened.page.getByRole('radio', { name: 'Resolved' }).click();
  await opened.page.getByText('Nothing here right now').waitFor();
  return opened;
}

const box = (page: Page) => page.getByRole('searchbox', { name: 'Search people and messages' });

describe('the search of the inbox', () => {
  it('finds people by name and number, opens the conversation by keyboard, and says that messages are not searched', async () => {
    const { page, complaints } = await inEmptyList(gateways[0] as TestGateway);
    await box(page).fill('נוע');
    const row = page.getByTestId('conversation').filter({ hasText: 'נועה כהן' });
    await row.waitFor();
    await page.getByText('One result').waitFor();
    expect(await page.getByTestId('search-limit').innerText()).toContain('search in messages is off');
    await box(page).press('ArrowDown');
    await page.getByRole('listbox', { name: 'What was found' }).press('Enter');
    await page.locator('[data-testid="message"]').filter({ hasText: 'איפה ההזמנה' }).waitFor();

    await box(page).fill('052-999 8888');
    await page.getByTestId('conversation').filter({ hasText: 'Dan' }).waitFor();
    await box(page).press('Enter');
    await page.locator('[data-testid="message"]').filter({ hasText: 'almonds' }).waitFor();

    await box(page).fill('almonds');
    await page.getByText('Nothing fits “almonds”').waitFor();
    await box(page).press('Escape');
    await page.getByText('Nothing here right now').waitFor();
    expect(await box(page).inputValue()).toBe('');
    expect(complaints).toEqual([]);
    await page.context().close();
  });

  it('finds messages by their words where the installation searches them', async () => {
    const { page, complaints } = await inEmptyList(gateways[1] as TestGateway);
    await box(page).fill('Almonds');
    const hit = page.getByTestId('message-hit');
    await hit.filter({ hasText: 'Dan' }).filter({ hasText: 'a cake with almonds' }).waitFor();
    expect(await page.getByTestId('search-limit').count()).toBe(0);
    await box(page).press('ArrowDown');
    await page.getByRole('listbox', { name: 'What was found' }).press('Enter');
    await page.locator('[data-testid="message"]').filter({ hasText: 'a cake with almonds' }).waitFor();
    await page.getByRole('listbox', { name: 'What was found' }).press('Escape');
    expect(await box(page).inputValue()).toBe('');
    expect(complaints).toEqual([]);
    await page.context().close();
  });
});
