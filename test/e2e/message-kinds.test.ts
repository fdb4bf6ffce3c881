import { mkdirSync } from 'node:fs';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Browser, Locator, Page } from 'playwright-core';

import { NUMBERS } from '../../scripts/quickstart/demo-data.ts';
import type { SampleName } from '../../simulator/people/samples.ts';
import { jpeg } from '../media/files.ts';
import { OUTGOING } from '../simulator/outgoing-bodies.ts';
import { openBrowser } from '../support/browser.ts';
import { startTestStack, type TestStack } from '../support/stack.ts';
import { until } from '../support/until.ts';

/**
 * Every kind of message, seen from both sides: what the phone sends is found in the console, what the business sends is
 * found on the phone. With DOCS_PICTURES=1 the pictures of docs/messages.md are made anew.
 */
const PICTURES = join(import.meta.dirname, '..', '..', 'docs', 'images');

/** What an agent reads of each sample. A sample that changes an earlier message has no bubble of its own. */
const SEEN: Record<Exclude<SampleName, 'group_text' | 'edit' | 'revoke'>, [type: string, words: string]> = {
  text: ['text', 'Hello, is anybody there? שלום 👋 1/2'],
  text_reply: ['text', 'From youHow can we help? איך אפשר לעזור?כן, this one please'],
  text_forwarded: ['text', 'ForwardedForwarded: we close at 17:00 today'],
  text_forwarded_often: ['text', 'Forwarded many timesהודעה שהועברה פעמים רבות'],
  text_about_product: ['text', 'About the product sku-1Is this one still in stock?'],
  text_from_ad: ['text', 'Fresh cakes for Friday · עוגות לשישי'],
  location: ['location', 'כיכר רביןTel Aviv-YafoOpen on a map'],
  location_bare: ['location', '0, 0Open on a map'],
  contacts: ['contacts', 'Noa BarBaker, Bar & Sons+972 50-000-0009noa@example.com'],
  contact_request: ['contacts', 'Contact without a name+972500000009'],
  order: ['order', 'Please deliver before noon'],
  image: ['image', 'הקבלה שלי'],
  image_without_link: ['image', 'Photo'],
  video: ['video', 'Look at this!'],
  audio: ['audio', 'Voice message'],
  audio_file: ['audio', 'Audio'],
  document: ['document', 'invoice 12/2026.pdf'],
  sticker: ['sticker', 'Sticker'],
  // Taken back by the two samples after it.
  reaction: ['text', 'How can we help?'],
  reaction_removed: ['text', 'How can we help?'],
  reaction_emptied: ['text', 'How can we help?'],
  button: ['button', 'Chosen answerStop'],
  button_reply: ['interactive', 'Chosen answerYes'],
  list_reply: ['interactive', 'To your doorDelivery'],
  flow_reply: ['interactive', 'sizeMcolourכחול'],
  flow_reply_broken: ['interactive', 'Filled formSent'],
  address_reply: ['interactive', 'Herzl 1, Tel Aviv'],
  call_permission: ['interactive', 'You may call the client.'],
  system: ['system', 'WhatsApp gave this client a new id.'],
  identity_changed: ['system', 'The security code of this client changed.'],
  unsupported: ['unsupported', 'raw kind poll_creation'],
  unsupported_edit: ['unsupported', 'raw kind edit'],
  unsupported_in_group: ['unsupported', 'raw kind pin'],
  unavailable: ['unsupported', 'This message is currently unavailable.'],
  too_large: ['unsupported', 'Media download error.'],
  old_unknown: ['unknown', 'Unsupported message'],
  without_payload: ['interactive', 'Unsupported message'],
  unknown: ['hologram', 'raw kind hologram'],
};

/** What the client reads of each body that the business sends. */
const ON_PHONE: Record<keyof typeof OUTGOING, string> = {
  text: 'See https://shop.example שלום',
  image: 'עוגת גבינה',
  video: 'How it is made',
  audio: 'Voice message',
  document: 'תפריט.pdf',
  sticker: 'smile.webp',
  location: 'קפה לב',
  contacts: 'Roni from the shop',
  buttons: 'Answer until Thursday',
  list: 'לפני הצהריים',
  link: 'לתפריט',
  flow: 'Book a table',
  product: 'Orders one',
  products: 'Cakes',
  catalog: 'View catalogue',
  carousel: 'Cake 1 · עוגה',
  location_request: 'Send location',
  address_request: 'Give an address',
  contact_request: 'Share my number',
  call_request: 'Allow calls',
  template: 'דנה',
};

describe('every kind of message, seen from both sides', () => {
  let stack: TestStack;
  let browser: Browser;
  let inbox: Page;
  let phone: Page;
  const complaints: string[] = [];

  beforeAll(async () => {
    stack = await startTestStack({
      people: [
        { name: 'דנה · Dana', phone: '447700900101', userId: 'GB.1000000000000101', reading: 'manual' },
      ],
      statuses: { sent: 5, delivered: 10, read: 20 },
      database: 'given or embedded',
    });
    browser = await openBrowser();
    [inbox, phone] = await Promise.all([
      browser.newPage({ viewport: { width: 1_280, height: 1_000 } }),
      browser.newPage({ viewport: { width: 420, height: 1_000 } }),
    ]);
    for (const page of [inbox, phone]) page.on('pageerror', (error) => complaints.push(error.message));
    await inbox.goto(stack.gatewayUrl);
    await inbox.getByTestId('key-input').fill(stack.key);
    await inbox.getByTestId('sign-in').click();
    await inbox.locator('[data-testid="live-state"][data-state="live"]').waitFor();
    await phone.goto(stack.simulatorUrl);
    await phone.getByTestId('person-select').waitFor();
  }, 120_000);

  afterAll(async () => {
    await browser.close();
    await stack.close();
  }, 60_000);

  const write = async (text: string): Promise<void> => {
    await phone.getByTestId('phone-input').fill(text);
    await phone.getByTestId('phone-send').click();
  };
  const bubble = (type: string, words: string): Locator =>
    inbox.locator(`[data-testid="message"][data-type="${type}"]`).filter({ hasText: words });
  const settled = (count: number): Promise<void> =>
    phone
      .locator('[data-testid="phone-message"][data-direction="out"][data-ticks="delivered"]')
      .nth(count - 1)
      .waitFor();
  const sample = (name: SampleName): Promise<void> => phone.getByTestId(`sample-${name}`).click();

  it('shows an agent everything that a client can send', async () => {
    await write('שלום, hello!');
    await settled(1);
    await inbox.getByTestId('conversation').first().click();
    await inbox.getByTestId('composer').fill('How can we help? איך אפשר לעזור?');
    await inbox.getByTestId('send').click();
    await phone.locator('[data-testid="phone-message"][data-direction="in"]').waitFor();

    await phone.getByTestId('phone-samples').click();
    const names = Object.keys(SEEN) as (keyof typeof SEEN)[];
    for (const name of names) await sample(name);
    await phone.locator('[data-type="hologram"][data-ticks="delivered"]').waitFor();
    for (const name of names) {
      const [type, words] = SEEN[name];
      await bubble(type, words).first().waitFor();
    }
    expect(await bubble('order', 'Total').textContent()).toContain('₪124.80');
    expect(complaints).toEqual([]);
  }, 120_000);

  it('T-CT: stored XSS: hostile names, captions, file names, buttons, places and cards are words', async () => {
    const evil = (place: string) =>
      `${place} <img src=x onerror="window.__xss='${place}'"><script>window.__xss='${place}'</script>`;
    const messages = [
      { type: 'text', text: { body: `${evil('text')} javascript:window.__xss=1` } },
      { type: 'image', image: { id: 'none', mime_type: 'image/svg+xml', caption: evil('caption') } },
      {
        type: 'document',
        document: { id: 'none', mime_type: 'text/html', filename: `${evil('file')}\u202efdp.exe` },
      },
      {
        type: 'location',
        location: {
          latitude: 1,
          longitude: 2,
          name: evil('place'),
          address: evil('street'),
          url: 'javascript:window.__xss=1',
        },
      },
      {
        type: 'contacts',
        contacts: [
          {
            name: { formatted_name: evil('card') },
            phones: [{ phone: evil('phone') }],
            urls: [{ url: 'javascript:window.__xss=1' }],
            emails: [{ email: evil('mail') }],
          },
        ],
      },
      { type: 'button', button: { text: evil('button'), payload: evil('payload') } },
      {
        type: 'text',
        text: { body: evil('ad') },
        referral: {
          headline: evil('headline'),
          body: evil('teaser'),
          source_type: 'ad',
          source_url: 'javascript:window.__xss=1',
        },
      },
    ];
    const control = (path: string, body?: object) =>
      fetch(`${stack.simulatorUrl}/control/people${path}`, {
        ...(body
          ? { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }
          : {}),
      });
    const { items } = (await (await control('')).json()) as { items: { id: string }[] };
    for (const message of messages) {
      const { status } = await control(`/${items[0]?.id}/messages`, {
        phoneNumberId: stack.phoneNumberId,
        message,
      });
      expect(status).toBe(202);
    }
    for (const place of ['text', 'caption', 'place', 'card', 'button', 'ad', 'headline']) {
      await inbox.getByText(`${place} <img src=x`).first().waitFor();
    }
    expect(await inbox.evaluate(() => (globalThis as { __xss?: unknown }).__xss)).toBeUndefined();
    expect(await inbox.locator('a[href^="javascript" i], img[src="x"], [onerror]').count()).toBe(0);
    expect(await inbox.locator('[data-testid="thread"]').textContent()).not.toContain('\u202e');
    expect(complaints).toEqual([]);
  }, 60_000);

  it('shows what a client does to earlier messages, without a bubble of its own', async () => {
    await write('What I wrote first');
    await bubble('text', 'What I wrote first').waitFor();
    await sample('edit');
    const edited = bubble('text', 'What I meant: תודה!');
    await edited.filter({ hasText: 'Edited' }).waitFor();

    await write('This was a mistake');
    await bubble('text', 'This was a mistake').waitFor();
    await sample('revoke');
    await inbox.getByText('This message was deleted').waitFor();
    expect(await inbox.getByText('This was a mistake').count()).toBe(0);

    await sample('reaction');
    await inbox.getByTestId('reactions').filter({ hasText: '❤️' }).waitFor();
    expect(complaints).toEqual([]);
  }, 60_000);

  it('shows a group apart from the chat', async () => {
    const before = await inbox.getByTestId('conversation').count();
    await sample('group_text');
    await inbox.getByTestId('conversation').nth(before).waitFor();
    expect(
      await inbox.locator('[data-testid="message"]').filter({ hasText: 'the whole group' }).count(),
    ).toBe(0);
  }, 60_000);

  it('quotes what an agent answers, and puts the reaction under the message', async () => {
    const asked = bubble('text', 'What I meant: תודה!').and(inbox.locator('[data-direction="in"]'));
    await asked.hover();
    await asked.getByTestId('answer').click();
    await inbox.getByTestId('answering').waitFor();
    await inbox.getByTestId('composer').fill('בשמחה');
    await inbox.getByTestId('send').click();
    await phone
      .locator('[data-testid="phone-message"][data-direction="in"]')
      .filter({ hasText: 'בשמחה' })
      .waitFor();
    const { items } = (await (await fetch(`${stack.simulatorUrl}/control/sent`)).json()) as {
      items: { body: { context?: { message_id: string } } }[];
    };
    expect(items.at(-1)?.body.context?.message_id).toMatch(/^wamid\./);

    await asked.hover();
    await asked.getByTestId('react').click();
    await asked.getByRole('button', { name: '👍' }).click();
    await asked.getByTestId('reactions').filter({ hasText: '👍' }).waitFor();
    expect(complaints).toEqual([]);
  }, 60_000);

  it('shows the client everything that a business can send, and the agent the same as sent', async () => {
    await approve(stack, ORDER_READY);
    const conversation = await inbox.getByTestId('thread').getAttribute('data-id');
    for (const [name, body] of Object.entries(OUTGOING)) {
      const answer = await fetch(`${stack.gatewayUrl}/v1/conversations/${conversation}/messages`, {
        method: 'POST',
        headers: { authorization: `Bearer ${stack.key}`, 'content-type': 'application/json' },
        body: JSON.stringify(body),
      });
      expect([name, answer.status, answer.ok ? '' : await answer.text()]).toEqual([name, 202, '']);
    }
    for (const [name, words] of Object.entries(ON_PHONE)) {
      const { type } = OUTGOING[name as keyof typeof OUTGOING];
      await phone
        .locator(`[data-testid="phone-message"][data-direction="in"][data-type="${type}"]`)
        .filter({ hasText: words })
        .first()
        .waitFor();
    }
    for (const [name, words] of Object.entries(IN_CONSOLE)) {
      const { type } = OUTGOING[name as keyof typeof OUTGOING];
      await bubble(type, words).and(inbox.locator('[data-direction="out"]')).first().waitFor();
    }
    expect(complaints).toEqual([]);
  }, 90_000);

  it('shows and plays the files of both sides', async () => {
    const headers = { authorization: `Bearer ${stack.key}` };
    const list = await fetch(`${stack.gatewayUrl}/v1/channels`, { headers });
    const [channel] = ((await list.json()) as { items: { id: string }[] }).items;
    const uploaded = await fetch(`${stack.gatewayUrl}/v1/channels/${channel?.id}/media`, {
      method: 'POST',
      headers: { ...headers, 'content-type': 'image/jpeg' },
      body: new Uint8Array(await jpeg()),
    });
    const { id } = (await uploaded.json()) as { id: string };
    const conversation = await inbox.getByTestId('thread').getAttribute('data-id');
    const sent = await fetch(`${stack.gatewayUrl}/v1/conversations/${conversation}/messages`, {
      method: 'POST',
      headers: { ...headers, 'content-type': 'application/json' },
      body: JSON.stringify({ type: 'image', image: { id, caption: 'Uploaded by us' } }),
    });
    expect(sent.status).toBe(202);
    const ours = bubble('image', 'Uploaded by us').and(inbox.locator('[data-direction="out"]'));
    const theirs = bubble('image', 'הקבלה שלי').first();
    for (const picture of [ours.locator('img'), theirs.locator('img')]) {
      await picture.scrollIntoViewIfNeeded();
      await until('the picture', () =>
        picture.evaluate((element) => (element as unknown as { naturalWidth: number }).naturalWidth > 0),
      );
    }
    const voice = bubble('audio', 'Voice message').first().locator('audio');
    await voice.scrollIntoViewIfNeeded();
    await voice.evaluate(async (element) => {
      const player = element as unknown as { muted: boolean; play(): Promise<void> };
      player.muted = true; // without a gesture browsers play nothing aloud
      await player.play();
    });
    expect(complaints).toEqual([]);
  }, 60_000);

  if (process.env['DOCS_PICTURES'] !== undefined) {
    it('makes the pictures of the docs', async () => {
      mkdirSync(PICTURES, { recursive: true });
      await picture(inbox, '[data-testid="thread"] [role="log"]', 'console', 1_100);
      await picture(phone, 'main [role="log"]', 'phone', 440);
      await inbox.setViewportSize({ width: 1_100, height: 900 });
      await inbox.evaluate("localStorage.setItem('whatsper.language', 'he')");
      await inbox.reload();
      await bubble('template', 'דנה').first().waitFor();
      const photo = inbox.locator('[data-type="image"]').last();
      await photo.scrollIntoViewIfNeeded();
      await picturesLoaded(inbox);
      await inbox.screenshot({ path: join(PICTURES, 'messages-console-hebrew.png') });
    }, 60_000);
  }
});

/** The template of OUTGOING, as its account has it. */
const ORDER_READY = {
  name: 'order_ready',
  language: 'he',
  category: 'UTILITY',
  components: [
    { type: 'HEADER', format: 'IMAGE', example: { header_handle: ['4::example'] } },
    {
      type: 'BODY',
      text: 'שלום {{1}}, ההזמנה שלך מוכנה. לתשלום: {{2}} בחנות.',
      example: { body_text: [['דנה', '85 ₪']] },
    },
    { type: 'BUTTONS', buttons: [{ type: 'QUICK_REPLY', text: 'הצג הזמנה' }] },
  ],
};

/** Made at Meta's, who approves it at once. */
async function approve({ simulatorUrl, accessToken }: TestStack, template: object): Promise<void> {
  const answer = await fetch(`${simulatorUrl}/v25.0/${NUMBERS[0].wabaId}/message_templates`, {
    method: 'POST',
    headers: { authorization: `Bearer ${accessToken}`, 'content-type': 'application/json' },
    body: JSON.stringify(template),
  });
  if (!answer.ok) throw new Error(`The template was refused: ${await answer.text()}`);
}

/** What the agent reads of what was sent. */
const IN_CONSOLE: Partial<Record<keyof typeof OUTGOING, string>> = {
  text: 'See https://shop.example שלום',
  image: 'עוגת גבינה',
  document: 'תפריט.pdf',
  location: 'Open on a map',
  contacts: 'Roni from the shop',
  buttons: 'Answer until Thursday',
  list: 'לפני הצהריים',
  link: 'לתפריט',
  flow: 'Book a table',
  product: 'sku-1',
  carousel: 'Cake 1 · עוגה',
  location_request: 'What do you think? location_request_message',
  template: 'דנה',
};

/** Waits until what can be seen of pictures is drawn: they are loaded when they come into view. */
const picturesLoaded = (page: Page): Promise<unknown> =>
  until('the pictures', () =>
    page.evaluate<boolean>(
      `[...document.images].every((one) => {
        const { top, bottom } = one.getBoundingClientRect();
        return bottom < 0 || top > innerHeight || (one.complete && one.naturalWidth > 0);
      })`,
    ),
  );

/** Height of one picture, px. */
const SLICE = 1_500;

/** The whole chat in pieces that a reader of the docs can take in. */
async function picture(page: Page, log: string, name: string, width: number): Promise<void> {
  await page.setViewportSize({ width, height: 900 });
  const height = await page
    .locator(log)
    .evaluate((element) => (element as unknown as { scrollHeight: number }).scrollHeight);
  await page.setViewportSize({ width, height: height + 300 });
  const box = await page.locator(log).boundingBox();
  if (box === null) throw new Error('The chat is not on the page.');
  await picturesLoaded(page);
  // What is left above the first message is no part of the chat.
  const top = box.y + Math.max(0, box.height - height);
  const bottom = box.y + box.height;
  for (let slice = 0; top + slice * SLICE < bottom; slice += 1) {
    const y = top + slice * SLICE;
    const clip = { x: box.x, y, width: box.width, height: Math.min(SLICE, bottom - y) };
    await page.screenshot({ path: join(PICTURES, `messages-${name}-${slice + 1}.png`), clip });
  }
}
