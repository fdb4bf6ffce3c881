import type { Ids } from '../ids.ts';
import type { ClientMessage } from '../webhooks/client-message.ts';

/** Facts that a sample may refer to. */
interface SampleFacts {
  ids: Ids;
  /** The last message of the business in the chat, else a made-up one. */
  quoted: string;
  businessPhone: string;
  userId: string;
}

const SHA256 = 'aG93IG11Y2ggd29vZCB3b3VsZCBhIHdvb2RjaHVjayE=';

const media = (ids: Ids, mimeType: string, extra: Record<string, unknown> = {}): Record<string, unknown> => {
  const id = ids.mediaId();
  const url = `https://lookaside.fbsbx.com/whatsapp_business/attachments/?mid=${id}`;
  return { ...extra, mime_type: mimeType, sha256: SHA256, id, url };
};

const reply = ({ quoted, businessPhone }: SampleFacts): Record<string, unknown> => ({
  context: { from: businessPhone, id: quoted },
});

/** One example of each kind of message that a client may send (Cloud API: webhooks, messages). */
const SAMPLES = {
  text: () => ({ type: 'text', text: { body: 'Hello, is anybody there? שלום 👋 1/2' } }),
  image: ({ ids }) => ({ type: 'image', image: media(ids, 'image/jpeg', { caption: 'הקבלה שלי' }) }),
  video: ({ ids }) => ({ type: 'video', video: media(ids, 'video/mp4') }),
  audio: ({ ids }) => ({ type: 'audio', audio: media(ids, 'audio/ogg; codecs=opus', { voice: true }) }),
  document: ({ ids }) => ({
    type: 'document',
    document: media(ids, 'application/pdf', { filename: 'invoice 12/2026.pdf' }),
  }),
  sticker: ({ ids }) => ({ type: 'sticker', sticker: media(ids, 'image/webp', { animated: false }) }),
  location: () => ({
    type: 'location',
    location: { latitude: 32.0853, longitude: 34.7818, name: 'כיכר רבין', address: 'Tel Aviv-Yafo' },
  }),
  contacts: () => ({
    type: 'contacts',
    contacts: [
      {
        name: { formatted_name: 'Noa Bar', first_name: 'Noa', last_name: 'Bar' },
        phones: [{ phone: '+972 50-000-0009', wa_id: '972500000009', type: 'CELL' }],
      },
    ],
  }),
  reaction: ({ quoted }) => ({ type: 'reaction', reaction: { message_id: quoted, emoji: '❤️' } }),
  button: (facts) => ({ ...reply(facts), type: 'button', button: { payload: 'STOP', text: 'Stop' } }),
  button_reply: (facts) => ({
    ...reply(facts),
    type: 'interactive',
    interactive: { type: 'button_reply', button_reply: { id: 'yes', title: 'Yes' } },
  }),
  list_reply: (facts) => ({
    ...reply(facts),
    type: 'interactive',
    interactive: {
      type: 'list_reply',
      list_reply: { id: 'row-1', title: 'Delivery', description: 'To your door' },
    },
  }),
  flow_reply: (facts) => ({
    ...reply(facts),
    type: 'interactive',
    interactive: {
      type: 'nfm_reply',
      nfm_reply: { name: 'flow', body: 'Sent', response_json: '{"flow_token":"unused","size":"M"}' },
    },
  }),
  order: () => ({
    type: 'order',
    order: {
      catalog_id: '194836987003835',
      text: 'Please deliver before noon',
      product_items: [{ product_retailer_id: 'sku-1', quantity: 2, item_price: 19.9, currency: 'ILS' }],
    },
  }),
  system: ({ userId }) => ({
    type: 'system',
    system: {
      body: 'User changed the user id',
      type: 'user_changed_user_id',
      user_id: `${userId}9`,
      previous_user_id: userId,
    },
  }),
  unsupported: () => ({
    type: 'unsupported',
    errors: [
      {
        code: 131051,
        title: 'Message type unknown',
        error_data: { details: 'Message type is not supported.' },
      },
    ],
    unsupported: { type: 'poll_creation' },
  }),
  unknown: () => ({ type: 'hologram', hologram: { id: 'h-1', depth: 3 } }),
} as const satisfies Record<string, (facts: SampleFacts) => ClientMessage>;

export type SampleName = keyof typeof SAMPLES;

export const sampleNames = Object.keys(SAMPLES) as SampleName[];

/** A fresh sample message. */
export function sampleMessage(name: SampleName, facts: SampleFacts): ClientMessage {
  return SAMPLES[name](facts);
}
