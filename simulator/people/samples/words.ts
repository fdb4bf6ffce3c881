import type { Sample } from './facts.ts';
import { reply } from './facts.ts';

const MENU = { catalog_id: '194836987003835', product_retailer_id: 'sku-1' };

/** Words, places, people and orders (Cloud API: webhooks, text, location, contacts, order messages; referral). */
export const wordSamples = {
  text: () => ({ type: 'text', text: { body: 'Hello, is anybody there? שלום 👋 1/2' } }),
  text_reply: (facts) => ({ ...reply(facts), type: 'text', text: { body: 'כן, this one please' } }),
  text_forwarded: () => ({
    context: { forwarded: true },
    type: 'text',
    text: { body: 'Forwarded: we close at 17:00 today' },
  }),
  text_forwarded_often: () => ({
    context: { frequently_forwarded: true },
    type: 'text',
    text: { body: 'הודעה שהועברה פעמים רבות' },
  }),
  text_about_product: ({ businessPhone, quoted }) => ({
    context: { from: businessPhone, id: quoted, referred_product: MENU },
    type: 'text',
    text: { body: 'Is this one still in stock?' },
  }),
  text_from_ad: () => ({
    type: 'text',
    text: { body: 'Hi! I saw your ad' },
    referral: {
      source_url: 'https://fb.me/3cr4Wqqkv',
      source_id: '120226305854810726',
      source_type: 'ad',
      headline: 'Fresh cakes for Friday · עוגות לשישי',
      body: 'Order until Thursday noon',
      media_type: 'image',
      image_url: 'https://scontent.xx.fbcdn.net/v/ad.jpg',
      ctwa_clid: 'Aff-n8ZTODiE79d22KtAwQKj9e_mIEOOj27vDVwFjN80dp4_0NiNhEgpGo0A',
      welcome_message: { text: 'Hi there! How can we help?' },
    },
  }),
  location: () => ({
    type: 'location',
    location: { latitude: 32.0853, longitude: 34.7818, name: 'כיכר רבין', address: 'Tel Aviv-Yafo' },
  }),
  location_bare: () => ({ type: 'location', location: { latitude: 0, longitude: 0 } }),
  contacts: () => ({
    type: 'contacts',
    contacts: [
      {
        name: { formatted_name: 'Noa Bar', first_name: 'Noa', last_name: 'Bar' },
        phones: [{ phone: '+972 50-000-0009', wa_id: '972500000009', type: 'CELL' }],
        emails: [{ email: 'noa@example.com', type: 'WORK' }],
        org: { company: 'Bar & Sons', title: 'Baker' },
      },
      { name: { formatted_name: 'סבא משה' }, phones: [{ phone: '+972 3-555-0199', type: 'HOME' }] },
    ],
  }),
  contact_request: (facts) => ({
    ...reply(facts),
    type: 'contacts',
    contacts: [{ phones: [{ phone: '+972500000009', type: 'CELL' }], origin: 'contact_request' }],
  }),
  order: () => ({
    type: 'order',
    order: {
      catalog_id: MENU.catalog_id,
      text: 'Please deliver before noon',
      product_items: [
        { product_retailer_id: 'sku-1', quantity: 2, item_price: 19.9, currency: 'ILS' },
        { product_retailer_id: 'עוגת גבינה', quantity: 1, item_price: 85, currency: 'ILS' },
      ],
    },
  }),
} as const satisfies Record<string, Sample>;
