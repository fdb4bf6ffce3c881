import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Browser, Page } from 'playwright-core';

import { openBrowser } from '../support/browser.ts';
import { startTestStack, type TestStack } from '../support/stack.ts';

const HEBREW = 'שלום! Is the order #12/7 ready? 😊';
const ANSWER = 'כן, it is ready 🎉';
const CLIENT = 'לקוחה א׳';

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
      people: [{ name: CLIENT, phone: '447700900101', userId: 'GB.1000000000000101', reading: 'manual' }],
      statuses: { sent: 20, delivered: 60, read: 120 },
      database: 'given or embedded',
    });
    browser = await openBrowser();
  }, 120_000);

  afterAll(async () => {
    await browser.close();
    await stack.close();
  }, 60_000);

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
    await console.getByText('This number was never checked').waitFor();
    await console.getByRole('button', { name: 'Check now' }).press('Enter');
    await console.locator('[data-point="registered"][data-state="ok"]').waitFor();
    const callback = console.locator('[data-point="callback"][data-state="ok"]');
    expect(await callback.textContent()).toContain('Webhooks go to');
    await console.locator('[data-point="roundTrip"][data-state="ok"]').waitFor();
    await console.getByRole('button', { name: 'Account and settings' }).click();
    await console.getByRole('menuitemradio', { name: 'עברית' }).click();
    await console.keyboard.press('Escape');
    expect(await callback.textContent()).toContain('ההודעות מגיעות אל');
    expect(await console.locator('html').getAttribute('dir')).toBe('rtl');
    await console.reload();
    await console.getByText('נבדק לאחרונה').waitFor();
    expect(complaints).toEqual([]);
  }, 60_000);
});
