import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import type { Browser, Locator, Page } from 'playwright-core';

import type { Simulator } from '../../simulator/index.ts';
import { openBrowser } from '../support/browser.ts';
import type { FakeGateway } from './fake-gateway.ts';
import { callGraph, errorOf, NUMBER, OTHER_NUMBER, sendText, startPair } from './fake-gateway.ts';

jest.setTimeout(90_000); // a browser on a busy machine

let browser: Browser;
let gateway: FakeGateway;
let simulator: Simulator;
let stop: () => Promise<void>;
let page: Page;
let complaints: string[];

beforeAll(async () => {
  browser = await openBrowser();
}, 60_000);
afterAll(() => browser.close());

beforeEach(async () => {
  const people = [
    { name: 'Dana', phone: '972500000001', userId: 'IL.1', reading: 'manual' as const },
    { name: 'יואב', phone: '972500000002', userId: 'IL.2', reading: 'manual' as const },
  ];
  ({ gateway, simulator, stop } = await startPair({ people, retryDelays: [60_000] }));
  page = await browser.newPage({ viewport: { width: 380, height: 760 } });
  complaints = [];
  page.on('pageerror', (error) => complaints.push(error.message));
  await page.goto(simulator.url);
});
afterEach(async () => {
  await page.close();
  await stop();
  expect(complaints).toEqual([]);
});

const bubbles = (direction: 'in' | 'out', ticks?: string): Locator =>
  page.locator(
    `[data-testid="phone-message"][data-direction="${direction}"]${ticks === undefined ? '' : `[data-ticks="${ticks}"]`}`,
  );

async function write(text: string): Promise<void> {
  await page.getByTestId('phone-input').fill(text);
  await page.getByTestId('phone-send').click();
}

describe('the phone page', () => {
  it('fits a narrow window and says that there are no messages yet', async () => {
    await page.getByText('No messages yet').waitFor();
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(380);
  });

  it('shows two ticks when the gateway has the message, and blue ones when the business read it', async () => {
    await write('שלום, is 12/7 ready? 😊');
    await bubbles('out', 'delivered').waitFor();
    expect(gateway.texts()).toEqual(['שלום, is 12/7 ready? 😊']);
    const message_id = simulator.clientById('person-1')?.thread(NUMBER)[0]?.wamid;
    const body = {
      messaging_product: 'whatsapp',
      status: 'read',
      message_id,
      typing_indicator: { type: 'text' },
    };
    await callGraph(simulator, `${NUMBER}/messages`, { method: 'POST', body });
    await bubbles('out', 'read').waitFor();
    await page.getByText('typing…').waitFor();
  });

  it('reads an answer that is looked at, and only that', async () => {
    await simulator.clientById('person-1')?.send(NUMBER, 'hello').posted;
    await simulator.clientById('person-2')?.send(NUMBER, 'hello').posted;
    await bubbles('out', 'delivered').waitFor();
    for (const to of ['+972500000001', '+972500000002']) {
      await sendText(simulator, { to }, { text: { body: `to ${to}` } });
    }
    await bubbles('in').waitFor();
    expect(await bubbles('in').textContent()).toContain('to +972500000001');
    await simulator.waitFor(({ sent }) => sent[0]?.statuses.some(({ status }) => status === 'read'));
    await simulator.idle();
    expect(simulator.sent[1]?.statuses.map(({ status }) => status)).toEqual(['sent', 'delivered']);
    await page.getByTestId('person-select').selectOption({ label: 'יואב' });
    await simulator.waitFor(({ sent }) => sent[1]?.statuses.some(({ status }) => status === 'read'));
  });

  it('shows what is written while the first answer of its chat is on the way', async () => {
    let isAsked = (): void => undefined;
    let letGo = (): void => undefined;
    const asked = new Promise<void>((resolve) => (isAsked = resolve));
    const held = new Promise<void>((resolve) => (letGo = resolve));
    await page.route(
      '**/control/people/person-1/messages*',
      async (route) => {
        const answer = await route.fetch();
        isAsked();
        await held;
        await route.fulfill({ response: answer });
      },
      { times: 1 },
    );
    const listening = page.waitForResponse('**/control/events');
    await page.reload({ waitUntil: 'commit' });
    await Promise.all([listening, asked]);
    await simulator.clientById('person-1')?.send(NUMBER, 'hello').posted;
    letGo();
    await bubbles('out', 'delivered').waitFor();
  });

  it('says what the gateway answers while a message is not taken, and what waits behind it', async () => {
    gateway.answer = () => ({ status: 503 });
    await write('first');
    await page.getByText('The gateway answered 503, trying again').waitFor();
    await write('second');
    await bubbles('out', 'waiting').waitFor();
    expect(await bubbles('out', 'sent').textContent()).toContain('first');
  });

  it('makes a person whom the business knows by username only', async () => {
    await page.getByTestId('new-person').click();
    await page.getByTestId('person-name').fill('רונית');
    await page.getByTestId('person-phone').fill('');
    await page.getByTestId('person-username').fill('ronit.writes');
    await page.getByTestId('person-create').click();
    await page.getByTestId('person-create').waitFor({ state: 'detached' });
    await page.getByTestId('business-select').selectOption({ label: 'Two' });
    await write('hello');
    await bubbles('out', 'delivered').waitFor();
    const [value] = gateway.values();
    expect(value?.metadata.phone_number_id).toBe(OTHER_NUMBER);
    expect(value?.contacts).toEqual([
      {
        profile: { name: 'רונית', username: 'ronit.writes' },
        user_id: expect.stringMatching(/^IL\.\d{16}$/) as unknown,
      },
    ]);
  });

  it('says why a person cannot be made', async () => {
    await page.getByTestId('new-person').click();
    await page.getByTestId('person-phone').fill('12');
    await page.getByTestId('person-create').click();
    await page.getByText('5 to 15 digits').waitFor();
  });

  it('answers a button with a tap', async () => {
    await simulator.clientById('person-1')?.send(NUMBER, 'hello').posted;
    const buttons = [{ type: 'reply', reply: { id: 'yes', title: 'כן' } }];
    const interactive = { type: 'button', body: { text: 'Sure?' }, action: { buttons } };
    await sendText(simulator, { to: '+972500000001' }, { type: 'interactive', interactive });
    await page.getByRole('button', { name: 'כן' }).click();
    await simulator.waitFor(() =>
      gateway.values().some(({ messages }) => messages?.[0]?.['type'] === 'interactive'),
    );
    const reply = gateway.values().find(({ messages }) => messages?.[0]?.['type'] === 'interactive');
    expect(reply?.messages).toMatchObject([
      {
        context: { from: '97235550100', id: simulator.sent[0]?.wamid },
        interactive: { type: 'button_reply', button_reply: { id: 'yes', title: 'כן' } },
      },
    ]);
  });

  it('plays Meta with the keyboard: repeats a webhook, fails a send, posts a call', async () => {
    const opened = async (title: string): Promise<void> => {
      const summary = page.getByTestId('tools').locator('summary', { hasText: title }).first();
      await summary.focus();
      await page.keyboard.press('Enter');
    };
    await opened('Meta’s side');
    await opened('How messages are posted');
    await page.getByLabel('Post it so many times').fill('3');
    await write('three times');
    await simulator.waitFor(() => gateway.texts().length === 3);

    await opened('What meets the next send');
    await page.locator('[data-testid="tools"] details[open] select').nth(1).selectOption('130429');
    await page.getByRole('button', { name: 'Order' }).focus();
    await page.keyboard.press('Enter');
    await page.getByText('error 130429 · waits for 1').waitFor();
    expect(errorOf(await sendText(simulator, { to: '+972500000001' }))).toMatchObject({ code: 130429 });
    await page.getByText('error 130429 · waits for 1').waitFor({ state: 'detached' });

    await opened('Other webhooks');
    await page.getByRole('button', { name: 'Post an example' }).click();
    await simulator.waitFor(() => gateway.received.some(({ body }) => body.includes('"calls"')));

    await opened('Who this person is');
    await page.getByLabel('New phone').fill('+972 50 000 0099');
    await page.getByRole('button', { name: 'Change the number' }).click();
    await simulator.waitFor(() => gateway.received.some(({ body }) => body.includes('user_changed_number')));
    await page.getByText('+972500000099').waitFor();
  });

  it('sends each sample and shows it', async () => {
    const names = ['image', 'location', 'sticker', 'contacts', 'order', 'unsupported', 'unknown'];
    await page.getByTestId('phone-samples').click();
    for (const name of names) {
      await page.getByTestId(`sample-${name}`).click();
    }
    await bubbles('out')
      .nth(names.length - 1)
      .waitFor();
    await page.locator('[data-type="hologram"]').getByText('"depth": 3').waitFor();
    await simulator.idle();
    expect(gateway.values()).toHaveLength(names.length);
  });
});
