/** What may be sent, by type: what the Cloud API takes is accepted, what it refuses is named before it is accepted. */
import { describe, expect, it } from '@jest/globals';

import { SendBody } from '../../src/outbox/body.ts';
import { OUTGOING } from '../simulator/outgoing-bodies.ts';

const others = Object.entries(OUTGOING);

it.each(Object.entries(OUTGOING))('takes %s as it is', (_name, body) => {
  expect(SendBody.parse(body)).toEqual(body);
});

it.each(others)('refuses an unknown field in %s', (_name, body) => {
  const payload = (body as unknown as Record<string, object>)[body.type];
  const changed = Array.isArray(payload) ? [{ ...payload[0], colour: 1 }] : { ...payload, colour: 1 };
  expect(SendBody.safeParse({ ...body, [body.type]: changed }).success).toBe(false);
});

const text = (length: number) => '😀'.repeat(length);
const interactive = (kind: object) => ({
  type: 'interactive',
  interactive: { body: { text: 'Choose' }, ...kind },
});
const button = (id: string, title: string) => ({ type: 'reply', reply: { id, title } });
const buttons = (...all: object[]) => interactive({ type: 'button', action: { buttons: all } });
const rows = (count: number, from = 0) =>
  Array.from({ length: count }, (_row, index) => ({ id: `row-${from + index}`, title: 'Row' }));
const list = (...sections: object[]) => interactive({ type: 'list', action: { button: 'Choose', sections } });
const card = (index: number, more: object = {}) => ({
  card_index: index,
  type: 'cta_url',
  header: { type: 'image', image: { id: '1' } },
  action: { name: 'cta_url', parameters: { display_text: 'Go', url: 'https://shop.example' } },
  ...more,
});
const carousel = (...cards: object[]) => interactive({ type: 'carousel', action: { cards } });
const flow = (parameters: object) =>
  interactive({
    type: 'flow',
    action: {
      name: 'flow',
      parameters: { flow_message_version: '3', flow_id: '1', flow_cta: 'Book', ...parameters },
    },
  });
const template = (components: unknown[], more: object = {}) => ({
  type: 'template',
  template: { name: 'order_ready', language: { code: 'en_US' }, components, ...more },
});
const reaction = (emoji: string) => ({ type: 'reaction', reaction: { message_id: 'wamid.1', emoji } });

describe('at the limit', () => {
  it.each<[string, object]>([
    ['a text of 4,096 characters, whatever their code units', { type: 'text', text: { body: text(4_096) } }],
    ['a caption of 1,024', { type: 'image', image: { id: '1', caption: text(1_024) } }],
    ['257 contacts', { type: 'contacts', contacts: Array(257).fill({ name: { formatted_name: 'A' } }) }],
    ['a place at the pole', { type: 'location', location: { latitude: -90, longitude: '180.0' } }],
    ['a reaction of several code points', reaction('👩‍👩‍👧‍👦')],
    ['a reaction taken back', reaction('')],
    ['three buttons', buttons(button('a', text(20)), button('b', '2'), button(text(256), '3'))],
    ['ten rows in two sections', list({ title: 'A', rows: rows(5) }, { title: 'B', rows: rows(5, 5) })],
    ['ten cards', carousel(...Array.from({ length: 10 }, (_card, index) => card(index)))],
    ['a card of three lines', carousel(card(0, { body: { text: 'a\nb\nc' } }), card(1))],
    [
      'four blanks in a parameter',
      template([{ type: 'body', parameters: [{ type: 'text', text: 'a    b' }] }]),
    ],
  ])('takes %s', (_name, body) => {
    expect(SendBody.safeParse(body)).toMatchObject({ success: true });
  });
});

describe('beyond it, the field is named', () => {
  it.each<[string, object, string]>([
    ['a text of 4,097', { type: 'text', text: { body: text(4_097) } }, 'text.body'],
    ['a caption of 1,025', { type: 'video', video: { id: '1', caption: text(1_025) } }, 'video.caption'],
    ['a caption of audio', { type: 'audio', audio: { id: '1', caption: 'a' } }, 'audio'],
    ['a file with id and link', { type: 'image', image: { id: '1', link: 'https://a.example' } }, 'image'],
    ['a file with neither', { type: 'sticker', sticker: {} }, 'sticker'],
    ['a link that is none', { type: 'image', image: { link: 'ftp://a.example/b' } }, 'image.link'],
    ['a link to this machine', { type: 'image', image: { link: 'http://127.0.0.1/b' } }, 'image.link'],
    [
      'a place beyond the pole',
      { type: 'location', location: { latitude: 91, longitude: 0 } },
      'location.latitude',
    ],
    ['no contact', { type: 'contacts', contacts: [] }, 'contacts'],
    [
      '258 contacts',
      { type: 'contacts', contacts: Array(258).fill({ name: { formatted_name: 'A' } }) },
      'contacts',
    ],
    [
      'a contact without a name',
      { type: 'contacts', contacts: [{ name: {} }] },
      'contacts.0.name.formatted_name',
    ],
    ['a reaction of two emoji', reaction('👍👍'), 'reaction.emoji'],
    ['a reaction of a letter', reaction('a'), 'reaction.emoji'],
    ['a reaction that answers', { ...reaction('👍'), context: { message_id: 'wamid.2' } }, ''],
    ['no button', buttons(), 'interactive.action.buttons'],
    ['four buttons', buttons(...'abcd'.split('').map((id) => button(id, id))), 'interactive.action.buttons'],
    ['two buttons of one id', buttons(button('a', '1'), button('a', '2')), 'interactive.action.buttons'],
    ['two buttons of one title', buttons(button('a', '1'), button('b', '1')), 'interactive.action.buttons'],
    ['a blank at an id’s edge', buttons(button('a ', '1')), 'interactive.action.buttons.0.reply.id'],
    ['a title of 21', buttons(button('a', text(21))), 'interactive.action.buttons.0.reply.title'],
    [
      '11 rows in all',
      list({ title: 'A', rows: rows(6) }, { title: 'B', rows: rows(5, 6) }),
      'interactive.action.sections',
    ],
    ['sections without titles', list({ rows: rows(1) }, { rows: rows(1, 1) }), 'interactive.action.sections'],
    ['rows of one id', list({ rows: [...rows(1), ...rows(1)] }), 'interactive.action.sections'],
    [
      'a list with a picture',
      interactive({
        type: 'list',
        header: { type: 'image', image: { id: '1' } },
        action: { button: 'A', sections: [{ rows: rows(1) }] },
      }),
      'interactive.header.type',
    ],
    ['one card', carousel(card(0)), 'interactive.action.cards'],
    [
      'cards of two kinds of header',
      carousel(card(0), card(1, { header: { type: 'video', video: { id: '1' } } })),
      'interactive.action.cards',
    ],
    ['cards of one index', carousel(card(0), card(0)), 'interactive.action.cards'],
    [
      'a card of four lines',
      carousel(card(0, { body: { text: 'a\nb\nc\nd' } }), card(1)),
      'interactive.action.cards.0.body.text',
    ],
    ['a flow of two names', flow({ flow_name: 'a' }), 'interactive.action.parameters'],
    [
      'a flow with empty data',
      flow({ flow_action_payload: { screen: 'A', data: {} } }),
      'interactive.action.parameters.flow_action_payload.data',
    ],
    ['an emoji on a flow’s button', flow({ flow_cta: 'Book 📅' }), 'interactive.action.parameters.flow_cta'],
    [
      'a parameter with a line break',
      template([{ type: 'body', parameters: [{ type: 'text', text: 'a\nb' }] }]),
      'template.components.0.parameters.0.text',
    ],
    ['a language that is none', template([], { language: { code: 'English' } }), 'template.language.code'],
    ['a template’s name in capitals', template([], { name: 'Order' }), 'template.name'],
    ['half of a surrogate pair', { type: 'text', text: { body: '\ud83d' } }, 'text.body'],
  ])('refuses %s', (_name, body, path) => {
    const { error } = SendBody.safeParse(body);
    expect(error?.issues.map((issue) => issue.path.join('.'))).toContain(path);
  });
});
