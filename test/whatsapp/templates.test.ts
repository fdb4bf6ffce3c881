/** Definitions, parameters and previews of templates: data in, faults out. */
import { describe, expect, it } from '@jest/globals';

import { template, type TemplateBody } from '../../src/whatsapp/send/template.ts';
import { faultsOf } from '../../src/whatsapp/templates/check.ts';
import { definitionFaults, newTemplate } from '../../src/whatsapp/templates/definition.ts';
import { render } from '../../src/whatsapp/templates/render.ts';
import { shapeOf } from '../../src/whatsapp/templates/shape.ts';

const text = (words: string, name?: string) => ({
  type: 'text',
  text: words,
  ...(name ? { parameter_name: name } : {}),
});
const body = (...parameters: object[]) => ({ type: 'body', parameters });
const header = (...parameters: object[]) => ({ type: 'header', parameters });
const button = (index: number, subType: string, ...parameters: object[]) => ({
  type: 'button',
  sub_type: subType,
  index,
  parameters,
});
const filled = (...components: object[]): TemplateBody =>
  template.parse({ name: 'any', language: { code: 'he' }, components });

const ORDER = [
  { type: 'HEADER', format: 'TEXT', text: 'Order {{1}}' },
  { type: 'BODY', text: 'Hello {{1}}, your order {{2}} is ready.' },
  { type: 'FOOTER', text: 'Until Thursday' },
  {
    type: 'BUTTONS',
    buttons: [
      { type: 'QUICK_REPLY', text: 'Stop' },
      { type: 'URL', text: 'Track', url: 'https://shop.example/t/{{1}}' },
      { type: 'COPY_CODE', text: 'Copy', example: 'SAVE10' },
      { type: 'PHONE_NUMBER', text: 'Call', phone_number: '+972501234567' },
    ],
  },
];
const positional = shapeOf(ORDER, { format: 'POSITIONAL', category: 'UTILITY' });
const named = shapeOf([{ type: 'BODY', text: 'Hello {{name}}, see you {{day}}.' }], {
  format: 'NAMED',
  category: 'UTILITY',
});
const picture = shapeOf(
  [
    { type: 'HEADER', format: 'IMAGE' },
    { type: 'BODY', text: 'New cakes' },
  ],
  { format: 'POSITIONAL', category: 'MARKETING' },
);
const card = (words: string) => ({
  components: [
    { type: 'HEADER', format: 'IMAGE' },
    { type: 'BODY', text: words },
    { type: 'BUTTONS', buttons: [{ type: 'QUICK_REPLY', text: 'More' }] },
  ],
});
const carousel = shapeOf(
  [
    { type: 'BODY', text: 'For you' },
    { type: 'CAROUSEL', cards: [card('One {{1}}'), card('Two {{1}}')] },
  ],
  { format: 'POSITIONAL', category: 'MARKETING' },
);
const code = shapeOf(
  [
    { type: 'BODY', add_security_recommendation: true },
    { type: 'FOOTER', code_expiration_minutes: 10 },
    { type: 'BUTTONS', buttons: [{ type: 'OTP', otp_type: 'COPY_CODE', text: 'Copy code' }] },
  ],
  { format: 'POSITIONAL', category: 'AUTHENTICATION' },
);
const offer = shapeOf(
  [
    { type: 'LIMITED_TIME_OFFER', limited_time_offer: { text: 'Ends soon', has_expiration: true } },
    { type: 'BODY', text: 'Half price' },
  ],
  { format: 'POSITIONAL', category: 'MARKETING' },
);

const whole = [
  header(text('12')),
  body(text('Noa'), text('12')),
  button(0, 'quick_reply', { type: 'payload', payload: 'stop' }),
  button(1, 'url', text('12')),
  button(2, 'copy_code', { type: 'coupon_code', coupon_code: 'SAVE10' }),
];
const image = { type: 'image', image: { id: '1' } };
const cards = (...words: string[]) => ({
  type: 'carousel',
  cards: words.map((one, index) => ({ card_index: index, components: [header(image), body(text(one))] })),
});

const without = (index: number) => filled(...whole.filter((_one, place) => place !== index));
const instead = (index: number, component: object) =>
  filled(...whole.map((one, place) => (place === index ? component : one)));

describe('what fills a template', () => {
  it.each([
    ['is whole', positional, filled(...whole)],
    ['leaves out what a quick reply says', positional, without(2)],
    ['has names in any order', named, filled(body(text('Monday', 'day'), text('Noa', 'name')))],
    ['has the picture of the header', picture, filled(header(image))],
    ['fills every card', carousel, filled(cards('a', 'b'))],
    ['has the code twice', code, filled(body(text('123456')), button(0, 'url', text('123456')))],
    [
      'has the end of the offer',
      offer,
      filled({
        type: 'limited_time_offer',
        parameters: [
          { type: 'limited_time_offer', limited_time_offer: { expiration_time_ms: 1_800_000_000_000 } },
        ],
      }),
    ],
  ])('fits when it %s', (_words, shape, given) => {
    expect(faultsOf(shape, given)).toEqual([]);
  });

  it.each([
    ['header is missing', positional, without(0), 'components', 'the header takes 1 parameter, not 0'],
    [
      'body has one too few',
      positional,
      instead(1, body(text('Noa'))),
      'components.1.parameters',
      'the body takes 2 parameters, not 1',
    ],
    [
      'a name is given to a place',
      positional,
      instead(1, body(text('Noa', 'who'), text('1'))),
      'components.1.parameters.0.parameter_name',
      'must be left out',
    ],
    [
      'the address of a button is missing',
      positional,
      without(3),
      'components',
      'button 1 (Track) needs a parameter of type text',
    ],
    [
      'the code of a button is missing',
      positional,
      without(4),
      'components',
      'button 2 (Copy) needs a parameter of type coupon_code',
    ],
    [
      'a button is of another kind',
      positional,
      instead(3, button(1, 'quick_reply', text('12'))),
      'components.3.sub_type',
      'must be url',
    ],
    [
      'a quick reply has words',
      positional,
      instead(2, button(0, 'quick_reply', text('x'))),
      'components.2.parameters.0.type',
      'must be payload',
    ],
    [
      'a call button is filled',
      positional,
      filled(...whole, button(3, 'url', text('x'))),
      'components.5.parameters',
      'takes no parameters',
    ],
    [
      'there is no such button',
      positional,
      filled(...whole, button(7, 'url', text('x'))),
      'components.5.index',
      'no button 7',
    ],
    [
      'the header grows too long',
      positional,
      instead(0, header(text('x'.repeat(60)))),
      'components.0.parameters',
      'may have 60 characters; filled in it has 66',
    ],
    [
      'a name is missing',
      named,
      filled(body(text('Noa', 'name'))),
      'components.0.parameters',
      'also needs day',
    ],
    [
      'a name is unknown',
      named,
      filled(body(text('Noa', 'nam'), text('x', 'day'))),
      'components.0.parameters.0.parameter_name',
      'has no variable nam',
    ],
    [
      'a name stands twice',
      named,
      filled(body(text('Noa', 'name'), text('x', 'name'))),
      'components.0.parameters.1.parameter_name',
      'was given before',
    ],
    [
      'names are left out',
      named,
      filled(body(text('Noa'), text('Monday'))),
      'components.0.parameters.0.parameter_name',
      'is missing',
    ],
    ['the picture is missing', picture, filled(), 'components', 'needs a parameter of type image'],
    [
      'the header is of another kind',
      picture,
      filled(header({ type: 'video', video: { id: '1' } })),
      'components.0.parameters.0.type',
      'must be image',
    ],
    [
      'there is no header',
      named,
      filled(header(text('x')), body(text('Noa', 'name'), text('x', 'day'))),
      'components.0',
      'the template has no header',
    ],
    ['cards are missing', carousel, filled(), 'components', 'needs a carousel with 2 cards'],
    [
      'there is a card too many',
      carousel,
      filled(cards('a', 'b', 'c')),
      'components.0.cards',
      'has 2 cards, not 3',
    ],
    [
      'the code of the button is missing',
      code,
      filled(body(text('123456'))),
      'components',
      'needs a parameter of type text',
    ],
    ['the end of the offer is missing', offer, filled(), 'components', 'expiration_time_ms'],
  ])('does not fit when %s', (_words, shape, given, path, message) => {
    expect(faultsOf(shape, given)).toEqual(
      expect.arrayContaining([{ path, message: expect.stringContaining(message) as unknown }]),
    );
  });

  it('is shown as the client sees it', () => {
    expect(render(positional, filled(...whole))).toEqual({
      header: { format: 'TEXT', text: 'Order 12' },
      body: 'Hello Noa, your order 12 is ready.',
      footer: 'Until Thursday',
      buttons: [
        { type: 'QUICK_REPLY', text: 'Stop', payload: 'stop' },
        { type: 'URL', text: 'Track', url: 'https://shop.example/t/12' },
        { type: 'COPY_CODE', text: 'Copy' },
        { type: 'PHONE_NUMBER', text: 'Call' },
      ],
    });
    expect(render(positional, {}).body).toBe('Hello {{1}}, your order {{2}} is ready.');
    expect(render(carousel, filled(cards('a', 'b'))).cards?.map((one) => one.body)).toEqual([
      'One a',
      'Two b',
    ]);
    expect(render(code, filled(body(text('123456')))).body).toBe('123456 is your verification code.');
  });
});

const example = { body_text: [['Noa']] };
const definition = (change: object = {}) => ({
  name: 'order_ready',
  language: 'he',
  category: 'UTILITY',
  components: [{ type: 'BODY', text: 'Hello {{1}}, it is ready.', example }],
  ...change,
});
const bodyOf = (words: string, extra: object = {}) =>
  definition({ components: [{ type: 'BODY', text: words, ...extra }] });
const withButtons = (...buttons: object[]) =>
  definition({
    components: [
      { type: 'BODY', text: 'Hello' },
      { type: 'BUTTONS', buttons },
    ],
  });
const quick = { type: 'QUICK_REPLY', text: 'Yes' };
const link = { type: 'URL', text: 'Go', url: 'https://shop.example/' };

function problemsOf(given: object): string[] {
  const parsed = newTemplate.safeParse(given);
  if (!parsed.success) return parsed.error.issues.map(({ path, message }) => `${path.join('.')} ${message}`);
  return definitionFaults(parsed.data).map(({ path, message }) => `${path} ${message}`);
}

describe('a new template', () => {
  it.each([
    ['words and an example', definition()],
    [
      'names',
      definition({
        parameter_format: 'NAMED',
        components: [
          {
            type: 'BODY',
            text: 'Hello {{who}}, it is ready.',
            example: { body_text_named_params: [{ param_name: 'who', example: 'Noa' }] },
          },
        ],
      }),
    ],
    ['buttons', withButtons(quick, quick, link, link)],
    [
      'a code',
      definition({
        category: 'AUTHENTICATION',
        message_send_ttl_seconds: 600,
        components: [
          { type: 'BODY', add_security_recommendation: true },
          { type: 'FOOTER', code_expiration_minutes: 5 },
          { type: 'BUTTONS', buttons: [{ type: 'OTP', otp_type: 'COPY_CODE' }] },
        ],
      }),
    ],
  ])('may have %s', (_words, given) => {
    expect(problemsOf(given)).toEqual([]);
  });

  it.each([
    ['capitals in its name', definition({ name: 'Order' }), /^name /],
    ['a language in words', definition({ language: 'Hebrew' }), /^language /],
    ['no body', definition({ components: [{ type: 'FOOTER', text: 'x' }] }), /one body/],
    ['1,025 characters', bodyOf('x'.repeat(1_025)), /^components/],
    ['no example', bodyOf('Hello {{1}}, it is ready.'), /example of each variable: 1/],
    ['a gap', bodyOf('Hello {{2}}, it is ready.', { example }), /without a gap/],
    [
      'a name where places are',
      bodyOf('Hello {{who}}, it is ready.', { example }),
      /parameter_format to NAMED/,
    ],
    ['a variable at its edge', bodyOf('{{1}}, it is ready now', { example }), /begin or end with a variable/],
    [
      'too many variables',
      bodyOf('Hi {{1}} {{2}} ok', { example: { body_text: [['a', 'b']] } }),
      /too many variables/,
    ],
    ['an odd variable', bodyOf('Hello {{first name}}, it is ready.'), /neither a number nor a name/],
    ['three links', withButtons(link, link, link), /at most 2 of URL/],
    ['eleven buttons', withButtons(...Array.from({ length: 11 }, () => quick)), /^components/],
    ['mixed buttons', withButtons(quick, link, quick), /stand together/],
    [
      'a variable in the middle of a link',
      withButtons({ ...link, url: 'https://a.example/{{1}}/x', example: ['1'] }),
      /^components/,
    ],
    ['words in a code', definition({ category: 'AUTHENTICATION' }), /authentication template/],
    ['no words outside of codes', definition({ components: [{ type: 'BODY' }] }), /is missing/],
    ['a time that is too long', definition({ message_send_ttl_seconds: 90_000 }), /30 to 43200 for UTILITY/],
  ])('may not have %s', (_words, given, problem) => {
    expect(problemsOf(given).join('\n')).toMatch(problem);
  });
});
