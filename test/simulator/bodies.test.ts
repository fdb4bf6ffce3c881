import { describe, expect, it } from '@jest/globals';

import { GraphError } from '../../simulator/graph/errors.ts';
import { parseSend } from '../../simulator/graph/message-body.ts';
import { OUTGOING } from './outgoing-bodies.ts';

const base = { messaging_product: 'whatsapp', to: '+972500000001' };

/** Code and details of the refusal, or `taken`. */
function outcomeOf(body: Record<string, unknown>): { code: number; details: string } | 'taken' {
  try {
    parseSend({ ...base, ...body });
    return 'taken';
  } catch (error) {
    if (!(error instanceof GraphError)) throw error;
    return { code: error.code, details: error.details };
  }
}

const interactive = (kind: Record<string, unknown>): Record<string, unknown> => ({
  type: 'interactive',
  interactive: { body: { text: 'x' }, ...kind },
});
const rows = (count: number): unknown[] =>
  Array.from({ length: count }, (_, index) => ({ id: `r${index}`, title: `Row ${index}` }));
const list = (...sections: unknown[]): Record<string, unknown> =>
  interactive({ type: 'list', action: { button: 'Choose', sections } });
const replies = (...given: { id: string; title: string }[]): Record<string, unknown> =>
  interactive({
    type: 'button',
    action: { buttons: given.map((reply) => ({ type: 'reply', reply })) },
  });
const template = (parameter: Record<string, unknown>): Record<string, unknown> => ({
  type: 'template',
  template: {
    name: 'a',
    language: { code: 'en' },
    components: [{ type: 'body', parameters: [parameter] }],
  },
});
const flow = (parameters: Record<string, unknown>): Record<string, unknown> =>
  interactive({
    type: 'flow',
    action: {
      name: 'flow',
      parameters: { flow_message_version: '3', flow_cta: 'Open', ...parameters },
    },
  });
const { carousel } = OUTGOING;

describe('a body of each kind', () => {
  it.each(Object.entries(OUTGOING))('is taken: %s', (_name, body) => {
    expect(outcomeOf(body)).toBe('taken');
  });
});

describe('a body past a limit', () => {
  const image = { link: 'https://a.example/b.jpg' };
  const cases: [string, Record<string, unknown>, number, RegExp][] = [
    ['caption', { type: 'image', image: { ...image, caption: 'א'.repeat(1025) } }, 100, /at most 1024/],
    ['audio with a caption', { type: 'audio', audio: { ...image, caption: 'x' } }, 131009, /no caption/],
    ['neither id nor link', { type: 'video', video: {} }, 131009, /id or link/],
    ['link of another protocol', { type: 'image', image: { link: 'ftp://a.b/c' } }, 131009, /image\.link/],
    ['place without longitude', { type: 'location', location: { latitude: 1 } }, 131008, /longitude/],
    ['no contacts', { type: 'contacts', contacts: [] }, 131009, /contacts/],
    ['nameless contact', { type: 'contacts', contacts: [{ name: {} }] }, 131008, /formatted_name/],
    ['two emoji', { type: 'reaction', reaction: { message_id: 'w', emoji: '👍👍' } }, 131009, /one emoji/],
    ['a word as emoji', { type: 'reaction', reaction: { message_id: 'w', emoji: 'x' } }, 131009, /emoji/],
    ['button title', replies({ id: 'a', title: 'x'.repeat(21) }), 100, /at most 20/],
    ['button id with a blank', replies({ id: ' a', title: 'x' }), 131009, /no blanks/],
    [
      'same button titles',
      replies({ id: 'a', title: 'x' }, { id: 'b', title: 'x' }),
      131009,
      /titles must differ/,
    ],
    ['11 rows', list({ rows: rows(11) }), 131009, /at most 10 rows/],
    ['sections without titles', list({ rows: rows(1) }, { rows: rows(1) }), 131009, /needs a title/],
    [
      'list with a picture',
      interactive({
        type: 'list',
        header: { type: 'image', image },
        action: { button: 'x', sections: [{ rows: rows(1) }] },
      }),
      131009,
      /header/,
    ],
    [
      'footer',
      {
        ...replies({ id: 'a', title: 'x' }),
        interactive: {
          type: 'button',
          body: { text: 'x' },
          footer: { text: 'x'.repeat(61) },
          action: { buttons: [{ type: 'reply', reply: { id: 'a', title: 'b' } }] },
        },
      },
      100,
      /at most 60/,
    ],
    [
      'link that is no address',
      interactive({
        type: 'cta_url',
        action: { name: 'cta_url', parameters: { display_text: 'Go', url: 'shop' } },
      }),
      131009,
      /url/,
    ],
    ['flow with id and name', flow({ flow_id: '1', flow_name: 'a' }), 131009, /flow_id or flow_name/],
    [
      'flow with empty data',
      flow({ flow_id: '1', flow_action_payload: { data: {} } }),
      131009,
      /not be empty/,
    ],
    [
      'product with a header',
      interactive({
        type: 'product',
        header: { type: 'text', text: 'x' },
        action: { catalog_id: '1', product_retailer_id: '2' },
      }),
      131009,
      /header/,
    ],
    [
      'carousel of one card',
      {
        ...carousel,
        interactive: {
          type: 'carousel',
          body: { text: 'x' },
          action: { cards: [{ card_index: 0, type: 'product', action: {} }] },
        },
      },
      131009,
      /cards/,
    ],
    ['unknown kind', interactive({ type: 'hologram', action: {} }), 131009, /type/],
    ['line break in a parameter', template({ type: 'text', text: 'a\nb' }), 131009, /line breaks/],
    ['unknown parameter', template({ type: 'hologram' }), 131009, /type/],
    [
      'pin for a year',
      { type: 'pin', pin: { type: 'pin', message_id: 'w', expiration_days: 365 } },
      131009,
      /days/,
    ],
  ];
  it.each(cases)('is refused: %s', (_name, body, code, details) => {
    expect(outcomeOf(body)).toEqual({ code, details: expect.stringMatching(details) as unknown });
  });

  it('takes an empty emoji, which takes a reaction back', () => {
    expect(outcomeOf({ type: 'reaction', reaction: { message_id: 'w', emoji: '' } })).toBe('taken');
    expect(outcomeOf({ type: 'reaction', reaction: { message_id: 'w', emoji: '👩‍👩‍👧' } })).toBe('taken');
  });
});
