import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Browser, Page } from 'playwright-core';

import { NUMBERS } from '../../scripts/quickstart/demo-data.ts';
import { Phones } from '../../scripts/quickstart/rest.ts';
import { exampleTemplates } from '../../simulator/templates/examples.ts';
import { openBrowser } from '../support/browser.ts';
import { startTestStack, type TestStack } from '../support/stack.ts';
import { until } from '../support/until.ts';

const HEBREW = 'שלום! Is the order #12/7 ready? 😊';
const ANSWER = 'כן, it is ready 🎉';
const CLIENT = 'לקוחה א׳';
const NOA = 'Noa';
const ORDERS = NUMBERS[0].phoneNumberId;

/** With DOCS_PICTURES=1 the pictures of docs/templates.md and docs/connect-a-number.md are made anew. */
async function picture(page: Page, name: string): Promise<void> {
  if (process.env['DOCS_PICTURES'] === undefined) return;
  const path = join(import.meta.dirname, '..', '..', 'docs', 'images', `${name}.png`);
  await page.screenshot({ path, animations: 'disabled' });
}

/** Everything that a page complained about: an error of its scripts, a breach of its security policy. */
function complaintsOf(page: Page): string[] {
  const complaints: string[] = [];
  page.on('pageerror', (error) => complaints.push(error.message));
  page.on('console', (message) => {
    if (message.type() === 'error') complaints.push(message.text());
  });
  return complaints;
}

describe('from the phone to the console and back', () => {
  let stack: TestStack;
  let browser: Browser;

  beforeAll(async () => {
    stack = await startTestStack({
      people: [
        { name: CLIENT, phone: '447700900101', userId: 'GB.1000000000000101', reading: 'manual' },
        { name: NOA, phone: '447700900102', userId: 'GB.1000000000000102', reading: 'manual' },
      ],
      approvedTemplates: exampleTemplates(NUMBERS[0].wabaId),
      statuses: { sent: 20, delivered: 60, read: 120 },
      database: 'given or embedded',
    });
    browser = await openBrowser();
  }, 120_000);

  afterAll(async () => {
    await browser.close();
    await stack.close();
  }, 60_000);

  const signedIn = async (): Promise<Page> => {
    const page = await browser.newPage({ viewport: { width: 1_100, height: 800 } });
    await page.goto(stack.gatewayUrl);
    await page.getByTestId('key-input').fill(stack.key);
    await page.getByTestId('sign-in').click();
    await page.locator('[data-testid="live-state"][data-state="live"]').waitFor();
    return page;
  };
  const control = async (path: string, body: object): Promise<Record<string, unknown>> => {
    const answer = await fetch(`${stack.simulatorUrl}/control${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    expect([path, answer.ok]).toEqual([path, true]);
    return (await answer.json()) as Record<string, unknown>;
  };
  const speakHebrew = async (page: Page): Promise<void> => {
    await page.getByRole('button', { name: 'Account and settings' }).click();
    await page.getByRole('menuitemradio', { name: 'עברית' }).click();
    await page.keyboard.press('Escape');
  };

  it('shows what a client writes to the agent, live, and the answer on the phone', async () => {
    const console = await browser.newPage();
    const complaints = complaintsOf(console);
    await console.goto(stack.gatewayUrl);
    await console.getByTestId('key-input').fill(stack.key);
    await console.getByTestId('sign-in').click();
    await console.locator('[data-testid="live-state"][data-state="live"]').waitFor();

    const phone = await browser.newPage();
    const phoneComplaints = complaintsOf(phone);
    await phone.goto(stack.simulatorUrl);
    await phone.getByTestId('person-select').waitFor();
    await phone.getByTestId('phone-input').fill(HEBREW);
    await phone.getByTestId('phone-send').click();
    await phone
      .locator('[data-testid="phone-message"][data-direction="out"][data-ticks="delivered"]')
      .waitFor();

    await console.getByTestId('conversation').first().click();
    const inbound = console.locator('[data-testid="message"][data-direction="in"]');
    await inbound.waitFor();
    expect(await inbound.textContent()).toContain(HEBREW);

    await console.getByTestId('composer').fill(ANSWER);
    await console.getByTestId('send').click();
    const answer = phone.locator('[data-testid="phone-message"][data-direction="in"]');
    await answer.waitFor();
    expect(await answer.textContent()).toContain(ANSWER);
    expect(await answer.count()).toBe(1);
    // The phone has the chat open, so its statuses climb to the end.
    const outbound = console.locator('[data-testid="message"][data-direction="out"][data-status="read"]');
    await outbound.waitFor();
    expect(await outbound.textContent()).toContain(ANSWER);

    expect({ console: complaints, phone: phoneComplaints }).toEqual({ console: [], phone: [] });
  }, 90_000);

  it('checks a number, point by point, in both languages', async () => {
    const console = await browser.newPage();
    const complaints = complaintsOf(console);
    await console.goto(stack.gatewayUrl);
    await console.getByTestId('key-input').fill(stack.key);
    await console.getByTestId('sign-in').click();
    await console.getByRole('button', { name: 'WhatsApp numbers' }).click();
    const [person] = await new Phones(stack.simulatorUrl).people();
    await control(`/people/${person?.id ?? ''}/fields`, { phoneNumberId: ORDERS, field: 'account_alerts' });
    await console.getByTestId('notice').filter({ hasText: 'Something to look at.' }).waitFor();
    await console.getByText('This number was never checked').waitFor();
    await console.getByRole('button', { name: 'Check now' }).press('Enter');
    await console.locator('[data-point="registered"][data-state="ok"]').waitFor();
    const callback = console.locator('[data-point="callback"][data-state="ok"]');
    expect(await callback.textContent()).toContain('Webhooks go to');
    await console.locator('[data-point="roundTrip"][data-state="ok"]').waitFor();
    await picture(console, 'channel-check');
    await speakHebrew(console);
    expect(await callback.textContent()).toContain('ההודעות מגיעות אל');
    expect(await console.locator('html').getAttribute('dir')).toBe('rtl');
    await console.reload();
    await console.getByText('נבדק לאחרונה').waitFor();
    expect(complaints).toEqual([]);
  }, 60_000);

  describe('a client whose window is closed', () => {
    let inbox: Page;
    let phone: Page;
    let complaints: string[];
    let noa: string;

    const message = (type: string, words: string, direction: 'in' | 'out' = 'out') =>
      inbox
        .locator(`[data-testid="message"][data-type="${type}"][data-direction="${direction}"]`)
        .filter({ hasText: words });
    const scene = (name: string) => control(`/people/${noa}/scenes`, { phoneNumberId: ORDERS, scene: name });

    beforeAll(async () => {
      await stack.cli('template', 'sync', '--tenant', stack.tenantId);
      const phones = new Phones(stack.simulatorUrl);
      noa = (await phones.people()).find(({ name }) => name === NOA)?.id ?? '';
      const timestamp = String(Math.floor(Date.now() / 1_000) - 25 * 3_600);
      await phones.write(noa, ORDERS, { type: 'text', text: { body: 'Is it ready?' }, timestamp });
      inbox = await signedIn();
      complaints = complaintsOf(inbox);
      await inbox.getByTestId('conversation').filter({ hasText: NOA }).click();
      await inbox.getByTestId('composer-barred').filter({ hasText: '24-hour window is closed' }).waitFor();
      phone = await browser.newPage();
      await phone.goto(stack.simulatorUrl);
      await phone.getByTestId('person-select').selectOption({ label: NOA });
    }, 60_000);

    it('is sent a template by keyboard alone, with its words on both sides', async () => {
      await inbox.getByTestId('open-templates').press('Enter');
      await inbox.getByTestId('template').nth(2).waitFor();
      const { keyboard } = inbox;
      await keyboard.type('order');
      await keyboard.press('ArrowDown');
      await keyboard.press('Enter');
      await inbox.getByTestId('template-blank').first().waitFor();
      await keyboard.type('Noa');
      await keyboard.press('Tab');
      await keyboard.type('A-17/3');
      await keyboard.press('Tab');
      await keyboard.type('18:00');
      const words = 'Hello Noa, your order A-17/3 is ready. We keep it for you until 18:00 today.';
      await inbox.getByTestId('template-preview').filter({ hasText: words }).waitFor();
      await picture(inbox, 'template-picker');
      await keyboard.press('Enter');
      await inbox.getByTestId('templates').waitFor({ state: 'detached' });
      await message('template', words).waitFor();
      await phone
        .locator('[data-testid="phone-message"][data-direction="in"][data-type="template"]')
        .filter({ hasText: words })
        .waitFor();
      expect(complaints).toEqual([]);
    }, 60_000);

    it('calls in vain: a line tells it, and free text may be sent', async () => {
      await scene('call-missed');
      await message('call', 'The client called, and nobody answered.', 'in').waitFor();
      await inbox.getByTestId('composer').waitFor();
      expect(complaints).toEqual([]);
    }, 60_000);

    it('is answered by Meta’s agent until an agent takes the conversation over', async () => {
      await scene('agent-of-meta');
      const bar = inbox.getByTestId('composer-barred').filter({ hasText: 'Another app answers' });
      await bar.waitFor();
      await message('text', 'I am Meta’s agent').waitFor();
      await message('system', 'Meta’s business agent answers in this conversation now.', 'in').waitFor();
      await inbox.getByRole('button', { name: 'Take over' }).click();
      await inbox.getByTestId('composer').fill('Hello, a person here');
      await inbox.getByTestId('send').click();
      await phone
        .locator('[data-testid="phone-message"][data-direction="in"]')
        .filter({ hasText: 'a person here' })
        .waitFor();
      await inbox.reload();
      await inbox.getByTestId('composer').waitFor();
      expect(await bar.count()).toBe(0);
      expect(complaints).toEqual([]);
    }, 60_000);

    it('is sent no marketing after STOP, and the agent is told before sending', async () => {
      await phone.getByTestId('phone-input').fill('STOP');
      await phone.getByTestId('phone-send').click();
      await message('system', 'The client wants no more marketing from this number.', 'in').waitFor();
      await inbox.getByTestId('thread').locator('header').getByText('No marketing').waitFor();
      await inbox.getByTestId('open-templates').click();
      await inbox.getByTestId('template').filter({ hasText: 'weekend offer' }).click();
      const blanks = inbox.getByTestId('template-blank');
      await blanks.nth(0).fill('20% off');
      await blanks.nth(1).fill('Noa');
      const hint = inbox.getByRole('alert').filter({ hasText: 'stopped marketing from this number' });
      await hint.waitFor();
      await inbox.getByTestId('template-preview').filter({ hasText: 'This weekend: 20% off' }).waitFor();
      expect(await inbox.getByTestId('send-template').isDisabled()).toBe(true);
      await inbox.keyboard.press('Escape');
      expect(complaints).toEqual([]);
    }, 60_000);

    it('is in a group that the agent writes to', async () => {
      const group = { phoneNumberId: ORDERS, subject: 'Cakes for Friday', memberIds: [noa] };
      const { id } = await control('/groups', group);
      await control(`/groups/${String(id)}/messages`, { personId: noa, message: 'Who brings candles?' });
      await inbox.getByTestId('conversation').filter({ hasText: 'Who brings candles?' }).click();
      await inbox.getByRole('heading', { name: /Cakes for Friday\s*one member/ }).waitFor();
      await message('system', 'The group was created.', 'in').waitFor();
      await message('system', 'People joined the group: 1', 'in').waitFor();
      await inbox.getByTestId('sender').filter({ hasText: NOA }).waitFor();
      await inbox.getByTestId('composer').fill('We do!');
      await inbox.getByTestId('send').click();
      await phone
        .locator('[data-testid="phone-message"][data-direction="in"]')
        .filter({ hasText: 'In a groupWe do!' })
        .waitFor();
      await message('text', 'We do!')
        .and(inbox.locator('[data-status="delivered"], [data-status="read"]'))
        .waitFor();
      expect(complaints).toEqual([]);
    }, 60_000);

    it('is written to in Hebrew, from the right', async () => {
      await speakHebrew(inbox);
      await inbox.getByTestId('conversation').filter({ hasText: NOA }).click();
      await inbox.getByTestId('open-templates').click();
      const sheet = inbox.getByTestId('templates');
      await sheet.getByRole('heading', { name: 'תבניות' }).waitFor();
      await inbox.keyboard.type('משלוח');
      await inbox.keyboard.press('ArrowDown');
      await inbox.keyboard.press('Enter');
      for (const [index, value] of ['נועה', '16:00', '18:00'].entries()) {
        await inbox.getByTestId('template-blank').nth(index).fill(value);
      }
      const words = 'שלום נועה, המשלוח שלך יגיע היום בין 16:00 ל-18:00. נתראה!';
      await inbox.getByTestId('template-preview').filter({ hasText: words }).waitFor();
      await sheet.and(inbox.locator(':dir(rtl)')).waitFor();
      await picture(inbox, 'template-picker-hebrew');
      await sheet.getByRole('button', { name: 'שליחת התבנית' }).click();
      await message('template', words).waitFor();
      await phone.getByRole('button', { name: 'השעה לא מתאימה' }).click();
      await message('button', 'השעה לא מתאימה', 'in').waitFor();
      expect(complaints).toEqual([]);
    }, 60_000);
  });

  it('who looked at what stands in the audit log, in both languages, and can be kept as a file', async () => {
    const page = await signedIn();
    const complaints = complaintsOf(page);
    await page.getByTestId('conversation').first().click();
    await page.getByTestId('composer').waitFor();
    await page.getByRole('button', { name: 'Audit log' }).click();
    const looks = page.getByTestId('audit-entry').filter({ hasText: 'Looked at content' });
    await until('the look is in the log', async () => {
      await page.reload();
      await page.getByTestId('audit-entry').first().waitFor();
      return (await looks.count()) > 0;
    });
    await page.getByTestId('audit-integrity').waitFor();
    await page.getByTestId('audit-entry').filter({ hasText: 'WHATSPER staff' }).first().waitFor();
    await picture(page, 'audit-log');
    const [file] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('button', { name: 'Export as CSV' }).click(),
    ]);
    expect(await readFile(await file.path(), 'utf8')).toContain('"content.viewed"');
    await page.getByRole('combobox').selectOption('command.');
    await page.getByRole('button', { name: 'Filter' }).click();
    await looks.first().waitFor({ state: 'detached' });
    await speakHebrew(page);
    await page.getByRole('heading', { name: 'יומן ביקורת' }).and(page.locator(':dir(rtl)')).waitFor();
    await picture(page, 'audit-log-hebrew');
    expect(complaints).toEqual([]);
    await page.close();
  }, 60_000);
});
