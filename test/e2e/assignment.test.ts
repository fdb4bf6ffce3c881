/** Who answers a conversation, as people see and change it in the console: by keyboard, live, in both languages. */
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import type { Browser, Page } from 'playwright-core';

import { openBrowser } from '../support/browser.ts';
import { type TestContext, testContext } from '../support/context.ts';
import {
  type Business,
  clientWrites,
  openBusiness,
  openGateway,
  signedIn,
  type TestGateway,
} from '../support/fixtures.ts';
import { openConsole } from '../support/person-console.ts';

jest.setTimeout(90_000); // a browser on a busy machine

let ctx: TestContext;
let gateway: TestGateway;
let browser: Browser;
let business: Business;
let conversationId: string;

beforeAll(async () => {
  ctx = await testContext();
  gateway = await openGateway(ctx);
  business = await openBusiness(ctx, 'Aleph');
  ({ conversationId } = await clientWrites(ctx, business, { phone: '972500000001', body: 'hello' }));
  browser = await openBrowser();
}, 120_000);
afterAll(async () => {
  await browser.close();
  await gateway.close();
  await ctx.close();
}, 60_000);

const opened = (role: string) => openConsole(browser, ctx, gateway, business, `#/c/${conversationId}`, role);
const holder = (page: Page, who: string) =>
  page.getByTestId('thread').getByRole('button', { name: `Who answers: ${who}`, exact: true });

async function choose(page: Page, who: string, item: string): Promise<void> {
  await holder(page, who).press('Enter');
  await page.getByRole('menuitem', { name: item, exact: true }).press('Enter');
}

describe('the top of a conversation', () => {
  it('shows who answers, lets people take, give back, give to others and resolve, and others see it at once', async () => {
    const agent = await opened('agent');
    const supervisor = await opened('supervisor');
    await holder(supervisor.page, 'Waiting').waitFor();
    await choose(agent.page, 'Waiting', 'Take it');
    await holder(agent.page, 'You').waitFor();
    const name = /^Who answers: Person \d+$/;
    const shown = supervisor.page.getByTestId('thread').getByRole('button', { name });
    await shown.waitFor();
    const who = ((await shown.getAttribute('aria-label')) ?? '').replace('Who answers: ', '');
    await supervisor.page.getByTestId('conversation').getByText(who, { exact: true }).waitFor();
    await choose(supervisor.page, who, 'Take it');
    await holder(supervisor.page, 'You').waitFor();
    await agent.page.getByTestId('thread').getByRole('button', { name }).press('Enter');
    await agent.page.getByText('A colleague answers this client.', { exact: false }).waitFor();
    expect(await agent.page.getByRole('menuitem').count()).toBe(0);
    await agent.page.keyboard.press('Escape');
    await choose(supervisor.page, 'You', who);
    await holder(agent.page, 'You').waitFor();
    await choose(agent.page, 'You', 'Resolve');
    await holder(supervisor.page, 'Resolved').waitFor();
    await choose(supervisor.page, 'Resolved', 'Reopen');
    await holder(agent.page, 'Waiting').waitFor();
    for (const { page, complaints } of [agent, supervisor]) {
      expect(complaints).toEqual([]);
      await page.context().close();
    }
  });

  it('says why a step was not done, and shows how it is now', async () => {
    const { page } = await opened('supervisor');
    const { headers, userId } = await signedIn(ctx, business, { role: 'agent' });
    await holder(page, 'Waiting').press('Enter');
    await page.route('**/v1/conversations/*/assign', async (route) => {
      await gateway.ask('POST', `/v1/conversations/${conversationId}/assign`, { headers, body: { userId } });
      await route.continue();
    });
    await page.getByRole('menuitem', { name: 'Take it' }).press('Enter');
    await page.getByRole('alert').getByText('Not changed:', { exact: false }).waitFor();
    await page
      .getByTestId('thread')
      .getByRole('button', { name: /^Who answers: Person \d+$/ })
      .waitFor();
    await page.getByRole('button', { name: 'Account and settings' }).click();
    await page.getByRole('menuitemradio', { name: 'עברית' }).click();
    await page.keyboard.press('Escape');
    await page
      .getByTestId('thread')
      .getByRole('button', { name: /^מי עונה: / })
      .press('Enter');
    await page.getByRole('menuitem', { name: 'להחזיר לכולם' }).press('Enter');
    await page.getByTestId('thread').getByRole('button', { name: 'מי עונה: ממתינה' }).waitFor();
    await page.context().close();
  });
});
