/** The pages of API keys and of support access, as a person of a business uses them: by keyboard, in both languages. */
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import type { Browser, Page } from 'playwright-core';

import { askForAccess } from '../../src/operators/grants.ts';
import { addOperator } from '../../src/operators/staff.ts';
import { authenticateKey } from '../../src/tenants/keys.ts';
import { startAudit } from '../../workers/audit.ts';
import { openBrowser } from '../support/browser.ts';
import { type TestContext, testContext } from '../support/context.ts';
import {
  type Business,
  clientWrites,
  openBusiness,
  openGateway,
  signedIn,
  type TestGateway,
  type Written,
} from '../support/fixtures.ts';
import { openConsole } from '../support/person-console.ts';
import { until } from '../support/until.ts';

jest.setTimeout(90_000); // a browser on a busy machine

let ctx: TestContext;
let gateway: TestGateway;
let browser: Browser;
let business: Business;
let written: Written;
let workers: ReturnType<typeof startAudit>;

beforeAll(async () => {
  ctx = await testContext();
  gateway = await openGateway(ctx);
  workers = startAudit(ctx, ctx.queueRedis);
  business = await openBusiness(ctx, 'Aleph');
  written = await clientWrites(ctx, business, { phone: '972500000001', body: 'hello' });
  browser = await openBrowser();
}, 120_000);
afterAll(async () => {
  await browser.close();
  await Promise.all(workers.map((worker) => worker.close(5_000)));
  await gateway.close();
  await ctx.close();
}, 60_000);

const opened = (page: string) => openConsole(browser, ctx, gateway, business, `#/settings/${page}`);
const button = (page: Page, name: string) => page.getByRole('button', { name, exact: true });

describe('pages of the settings', () => {
  it('API keys: made with rights in words, shown once, renamed, rotated and revoked', async () => {
    const { page, complaints } = await opened('keys');
    await button(page, 'Make a key').first().press('Enter');
    await button(page, 'Make a key').press('Enter');
    await page.getByText('Give the key a name.').waitFor();
    await page.getByText('Choose at least one right.').waitFor();
    await page.getByLabel('Name').fill('חנות');
    await page.getByLabel('Read messages').press('Space');
    await page.getByLabel('after 30 days').check();
    await button(page, 'Make a key').press('Enter');
    const shown = page.getByTestId('new-key');
    const first = await shown.inputValue();
    await expect(authenticateKey(ctx, first)).resolves.toMatchObject({ scopes: ['messages:read'] });
    await button(page, 'I have kept it').press('Enter');
    await shown.waitFor({ state: 'detached' });
    expect(await page.content()).not.toContain(first);
    const row = page.getByRole('listitem').filter({ has: page.getByRole('heading', { name: 'חנות' }) });
    await row.getByText('Ends ', { exact: false }).waitFor();
    await row.getByRole('button', { name: 'Rotate' }).press('Enter');
    await row.getByLabel('for 3 days').check();
    await row.getByRole('button', { name: 'Give it another secret' }).press('Enter');
    const second = await shown.inputValue();
    for (const key of [first, second]) await expect(authenticateKey(ctx, key)).resolves.not.toBeNull();
    await row.getByText('The secret before works until', { exact: false }).waitFor();
    await row.getByRole('button', { name: 'Revoke' }).press('Enter');
    expect(await page.evaluate('document.activeElement.textContent')).toBe('Leave it');
    await page.keyboard.press('Escape');
    await row.getByRole('button', { name: 'Revoke' }).press('Enter');
    await row.getByRole('group').getByRole('button', { name: 'Revoke' }).press('Enter');
    await row.getByText('Revoked', { exact: true }).waitFor();
    for (const key of [first, second]) await expect(authenticateKey(ctx, key)).resolves.toBeNull();
    expect(complaints).toEqual([]);
    await page.context().close();
  });

  it('support access: off, given for a day, seen look by look, ended; asked for and approved, in Hebrew', async () => {
    const { page, complaints } = await opened('support-access');
    await page.getByText('Nobody of WHATSPER may see your data now.').waitFor();
    await button(page, 'Give access').press('Enter');
    await page.getByLabel('Why').fill('Messages were late');
    await page.getByLabel('1 day').check();
    await button(page, 'Give access').press('Enter');
    await page.getByText('One access is open now.').waitFor();
    const person = { name: 'Dana', email: 'd@whatsper.example', confidentialitySigned: new Date(0) };
    const { operatorId, token } = await addOperator(ctx, person, 'system');
    const headers = { Authorization: `Bearer ${token}`, 'X-Whatsper-Tenant': business.tenantId };
    const look = () => gateway.ask('GET', `/v1/contacts/${written.contactId}`, { headers });
    expect((await look()).status).toBe(200);
    await until('the look is in the log', async () => {
      const { headers: own } = await signedIn(ctx, business);
      const list = await gateway.ask<{ items: { id: string }[] }>('GET', '/v1/support-access', {
        headers: own,
      });
      const path = `/v1/support-access/${list.body.items[0]?.id}/looks`;
      return (await gateway.ask('GET', path, { headers: own })).text.includes(written.contactId);
    });
    await button(page, 'Every look').press('Enter');
    await page.getByText(written.contactId).waitFor();
    await button(page, 'End now').press('Enter');
    await page.getByRole('group').getByRole('button', { name: 'End now' }).press('Enter');
    await page.getByText('Nobody of WHATSPER may see your data now.').waitFor();
    expect((await look()).status).toBe(403);

    const wanted = { tenantId: business.tenantId, operatorId, hours: 2, reasonCode: 'fault' };
    await askForAccess(ctx, { ...wanted, reason: 'A number is silent.' }, 'system');
    await page.getByRole('button', { name: 'Account and settings' }).click();
    await page.getByRole('menuitemradio', { name: 'עברית' }).click();
    await page.keyboard.press('Escape');
    await page.reload();
    await button(page, 'אישור לשעתיים').press('Enter');
    await page.getByText('גישה אחת פתוחה כרגע.').waitFor();
    expect(await page.evaluate('document.documentElement.dir')).toBe('rtl');
    expect((await look()).status).toBe(200);
    expect(complaints).toEqual([]);
    await page.context().close();
  });

  it('an agent finds neither page', async () => {
    const { page } = await openConsole(browser, ctx, gateway, business, '#/settings/keys', 'agent');
    await page.getByRole('button', { name: 'Account and settings' }).click();
    await page.getByRole('menuitemradio', { name: 'English' }).waitFor();
    expect(await page.getByRole('menuitem').allTextContents()).not.toContain('API keys');
    expect(await page.getByRole('heading', { name: 'API keys' }).count()).toBe(0);
    await page.context().close();
  });
});
