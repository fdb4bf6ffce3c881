/** One good body of each kind that a business may send (Cloud API: messages), without its addressee. */
const image = { link: 'https://shop.example/cake.jpg' };
const header = { type: 'image', image };

const buttons = ['כן', 'No', 'אולי'].map((title, index) => ({
  type: 'reply',
  reply: { id: `button-${index}`, title },
}));

const interactive = (kind: Record<string, unknown>): { type: string; interactive: unknown } => ({
  type: 'interactive',
  interactive: { body: { text: `What do you think? ${String(kind['type'])}` }, ...kind },
});

const card = (index: number): Record<string, unknown> => ({
  card_index: index,
  type: 'cta_url',
  header,
  body: { text: `Cake ${index} · עוגה` },
  action: {
    name: 'cta_url',
    parameters: { display_text: 'Order', url: `https://shop.example/${index}` },
  },
});

export const OUTGOING = {
  text: { type: 'text', text: { body: 'See https://shop.example שלום', preview_url: true } },
  image: { type: 'image', image: { ...image, caption: 'עוגת גבינה' } },
  video: { type: 'video', video: { link: 'https://shop.example/cake.mp4', caption: 'How it is made' } },
  audio: { type: 'audio', audio: { link: 'https://shop.example/hello.ogg', voice: true } },
  document: {
    type: 'document',
    document: { link: 'https://shop.example/menu.pdf', filename: 'תפריט.pdf', caption: 'Our menu' },
  },
  sticker: { type: 'sticker', sticker: { link: 'https://shop.example/smile.webp' } },
  location: {
    type: 'location',
    location: { latitude: '32.0853', longitude: 34.7818, name: 'קפה לב', address: 'Rabin Square 1' },
  },
  contacts: {
    type: 'contacts',
    contacts: [
      {
        name: { formatted_name: 'Roni from the shop', first_name: 'Roni' },
        phones: [{ phone: '+972 3-555-0100', wa_id: '97235550100', type: 'WORK' }],
      },
    ],
  },
  buttons: interactive({
    type: 'button',
    header,
    footer: { text: 'Answer until Thursday' },
    action: { buttons },
  }),
  list: interactive({
    type: 'list',
    header: { type: 'text', text: 'Delivery · משלוח' },
    action: {
      button: 'Choose',
      sections: [
        { title: 'Today', rows: [{ id: 'noon', title: '12:00', description: 'לפני הצהריים' }] },
        { title: 'Tomorrow', rows: [{ id: 'morning', title: '09:00' }] },
      ],
    },
  }),
  link: interactive({
    type: 'cta_url',
    action: {
      name: 'cta_url',
      parameters: { display_text: 'לתפריט', url: 'https://shop.example/menu' },
    },
  }),
  flow: interactive({
    type: 'flow',
    action: {
      name: 'flow',
      parameters: { flow_message_version: '3', flow_id: '1', flow_cta: 'Book a table', flow_token: 'unused' },
    },
  }),
  product: {
    type: 'interactive',
    interactive: { type: 'product', action: { catalog_id: '7', product_retailer_id: 'sku-1' } },
  },
  products: interactive({
    type: 'product_list',
    header: { type: 'text', text: 'Cakes' },
    action: {
      catalog_id: '7',
      sections: [{ title: 'For Friday', product_items: [{ product_retailer_id: 'sku-1' }] }],
    },
  }),
  catalog: interactive({ type: 'catalog_message', action: { name: 'catalog_message' } }),
  carousel: interactive({ type: 'carousel', action: { cards: [card(0), card(1)] } }),
  location_request: interactive({
    type: 'location_request_message',
    action: { name: 'send_location' },
  }),
  address_request: interactive({
    type: 'address_message',
    action: { name: 'address_message', parameters: { country: 'IN' } },
  }),
  contact_request: interactive({
    type: 'request_contact_info',
    action: { name: 'request_contact_info' },
  }),
  call_request: interactive({
    type: 'call_permission_request',
    action: { name: 'call_permission_request' },
  }),
  template: {
    type: 'template',
    template: {
      name: 'order_ready',
      language: { code: 'he' },
      components: [
        { type: 'header', parameters: [header] },
        {
          type: 'body',
          parameters: [
            { type: 'text', text: 'דנה' },
            { type: 'currency', currency: { fallback_value: '85 ₪', code: 'ILS', amount_1000: 85_000 } },
          ],
        },
        {
          type: 'button',
          sub_type: 'quick_reply',
          index: 0,
          parameters: [{ type: 'payload', payload: 'SHOW' }],
        },
      ],
    },
  },
} as const satisfies Record<string, { type: string; [key: string]: unknown }>;
