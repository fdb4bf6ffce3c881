import { fieldOf, listOf, textOf } from './fields.ts';

/** What a tap sends, without the quote. */
export interface Reply {
  type: string;
  [key: string]: unknown;
}

/** Something to press: it answers, opens an address, or (with neither) only shows. */
export interface Choice {
  title: string;
  description: string;
  /** Title of the section that begins with it. */
  heading?: string;
  /** A card's picture. */
  header?: unknown;
  reply?: Reply;
  link?: string;
}

const answer = (interactive: Record<string, unknown>): Reply => ({ type: 'interactive', interactive });

/** Kinds that have one button of their own, and what WhatsApp makes of a tap (Cloud API: interactive messages). */
const OWN_BUTTONS: Record<string, (content: unknown) => Choice[]> = {
  cta_url: (content) => linkOf(fieldOf(content, 'action', 'parameters')),
  flow: (content) => [
    {
      title: textOf(content, 'action', 'parameters', 'flow_cta'),
      description: 'Fills the form with an example',
      reply: answer({
        type: 'nfm_reply',
        nfm_reply: {
          name: 'flow',
          body: 'Sent',
          response_json: JSON.stringify({
            flow_token: textOf(content, 'action', 'parameters', 'flow_token') || 'unused',
            name: 'Dana',
            guests: 4,
          }),
        },
      }),
    },
  ],
  location_request_message: () => [
    {
      title: 'Send location',
      description: '',
      reply: { type: 'location', location: { latitude: 32.0853, longitude: 34.7818 } },
    },
  ],
  address_message: () => [
    {
      title: 'Give an address',
      description: '',
      reply: answer({
        type: 'nfm_reply',
        nfm_reply: {
          name: 'address_message',
          body: 'Herzl 1, Tel Aviv',
          response_json: '{"values":{"address":"Herzl 1","city":"Tel Aviv"}}',
        },
      }),
    },
  ],
  request_contact_info: () => [
    {
      title: 'Share my number',
      description: '',
      reply: {
        type: 'contacts',
        contacts: [{ phones: [{ phone: '+972500000009', type: 'CELL' }], origin: 'contact_request' }],
      },
    },
  ],
  call_permission_request: () =>
    (['accept', 'reject'] as const).map((response) => ({
      title: response === 'accept' ? 'Allow calls' : 'Not now',
      description: '',
      reply: answer({
        type: 'call_permission_reply',
        call_permission_reply: { response, response_source: 'user_action' },
      }),
    })),
  product: (content) => [orderOf(content, textOf(content, 'action', 'product_retailer_id'))],
  product_list: (content) =>
    sectionsOf(content).flatMap((section) =>
      headed(
        textOf(section, 'title'),
        listOf(section, 'product_items').map((item) => orderOf(content, textOf(item, 'product_retailer_id'))),
      ),
    ),
  catalog_message: () => [{ title: 'View catalogue', description: '' }],
  carousel: (content) => listOf(content, 'action', 'cards').flatMap(cardOf),
  voice_call: () => [{ title: 'Call', description: '' }],
  order_details: () => [{ title: 'Review and pay', description: '' }],
};

const sectionsOf = (content: unknown): unknown[] => listOf(content, 'action', 'sections');

function linkOf(parameters: unknown, description = ''): Choice[] {
  const link = textOf(parameters, 'url');
  const title = textOf(parameters, 'display_text') || link;
  return title === '' ? [] : [{ title, description, ...(/^https?:/.test(link) ? { link } : {}) }];
}

function cardOf(card: unknown): Choice[] {
  const text = textOf(card, 'body', 'text');
  const found = linkOf(fieldOf(card, 'action', 'parameters'), text);
  const [first] =
    found.length > 0
      ? found
      : [{ title: text || textOf(card, 'action', 'product_retailer_id'), description: '' }];
  return first === undefined ? [] : [{ ...first, header: fieldOf(card, 'header') }];
}

/** A product: a tap orders one of it. */
function orderOf(content: unknown, product: string): Choice {
  const product_items = [{ product_retailer_id: product, quantity: 1, item_price: 10, currency: 'ILS' }];
  const order = { catalog_id: textOf(content, 'action', 'catalog_id'), product_items };
  return { title: product, description: 'Orders one', reply: { type: 'order', order } };
}

const buttonsOf = (content: unknown): Choice[] =>
  listOf(content, 'action', 'buttons').map((button) => {
    const reply = { id: textOf(button, 'reply', 'id'), title: textOf(button, 'reply', 'title') };
    return {
      title: reply.title,
      description: '',
      reply: answer({ type: 'button_reply', button_reply: reply }),
    };
  });

/** The first of a section's choices shows its title. */
const headed = (heading: string, choices: Choice[]): Choice[] =>
  choices.map((choice, index) => (index === 0 && heading !== '' ? { ...choice, heading } : choice));

const rowsOf = (content: unknown): Choice[] =>
  sectionsOf(content).flatMap((section) =>
    headed(
      textOf(section, 'title'),
      listOf(section, 'rows').map((row) => {
        const description = textOf(row, 'description');
        const chosen = { id: textOf(row, 'id'), title: textOf(row, 'title') };
        const list_reply = description === '' ? chosen : { ...chosen, description };
        return { title: chosen.title, description, reply: answer({ type: 'list_reply', list_reply }) };
      }),
    ),
  );

/**
 * Quick replies of a template come back as `button` with the payload that was sent, else with their words (Cloud API:
 * template messages). The words are known where the account has the template.
 */
function templateButtons(content: unknown): Choice[] {
  const sent = listOf(content, 'components').filter((component) => textOf(component, 'type') === 'button');
  const payloadAt = (index: number): string => {
    const found = sent.find((component) => Number(textOf(component, 'index')) === index);
    return textOf(listOf(found, 'parameters')[0], 'payload');
  };
  const quickReply = (title: string, payload: string): Choice => ({
    title,
    description: '',
    reply: { type: 'button', button: { payload, text: title } },
  });
  const known = listOf(fieldOf(content, 'shown'), 'buttons');
  if (known.length > 0) {
    return known.map((button, index) => {
      const title = textOf(button, 'text');
      if (textOf(button, 'type') === 'QUICK_REPLY') return quickReply(title, payloadAt(index) || title);
      const link = textOf(button, 'url');
      return { title, description: '', ...(link === '' ? {} : { link }) };
    });
  }
  return sent.map((component) => {
    const kind = textOf(component, 'sub_type');
    const index = textOf(component, 'index');
    if (kind === 'quick_reply') return quickReply(`Button ${index}`, payloadAt(Number(index)));
    return { title: `Button ${index} · ${kind}`, description: '' };
  });
}

/** What can be pressed in a message of the business. */
export function choicesOf(type: string, content: unknown): Choice[] {
  if (type === 'template') return templateButtons(content);
  const own = OWN_BUTTONS[textOf(content, 'type')];
  return own === undefined ? [...buttonsOf(content), ...rowsOf(content)] : own(content);
}
