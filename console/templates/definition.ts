/** What an agent has to fill in of a template, read from its definition (Cloud API: templates, components). */
import { type Fields, fields, list, string } from '../thread/fields.ts';

/** A template as the API lists it. */
export interface Template {
  id: string;
  name: string;
  language: string;
  category: string;
  status: string;
  sendable: boolean;
  parameterFormat: 'POSITIONAL' | 'NAMED';
  components: Fields[] | null;
}

export interface Blank {
  /** Unique within the template; also the key of its value. */
  key: string;
  /** Where it stands. */
  place: 'header' | 'body' | 'button' | 'media';
  /** Its name or number, the button's words, or the kind of file. */
  name: string;
}

const VARIABLE = /\{\{\s*(\w+)\s*\}\}/g;

function variablesOf(words: string | null): string[] {
  return [...new Set([...(words ?? '').matchAll(VARIABLE)].map((match) => match[1] ?? ''))];
}

const component = (template: Template, type: string): Fields =>
  template.components?.find((one) => string(one.type)?.toUpperCase() === type) ?? {};

const headerKind = (template: Template): string =>
  string(component(template, 'HEADER').format)?.toLowerCase() ?? 'text';

const FILES = ['image', 'video', 'document'];

/** True for what this form can't fill in: carousels, offers, forms, codes, places. The API sends them. */
export function isBeyond(template: Template): boolean {
  const types = (template.components ?? []).map((one) => string(one.type)?.toUpperCase());
  const buttons = list(component(template, 'BUTTONS').buttons).map((one) => string(fields(one).type) ?? '');
  return (
    template.category === 'AUTHENTICATION' ||
    types.some((type) => type === 'CAROUSEL' || type === 'LIMITED_TIME_OFFER') ||
    !['text', ...FILES].includes(headerKind(template)) ||
    buttons.some((type) => ['MPM', 'OTP', 'SPM'].includes(type))
  );
}

/** The words of the body, for lists and search. */
export function wordsOf(template: Template): string {
  return string(component(template, 'BODY').text) ?? '';
}

export function blanksOf(template: Template): Blank[] {
  const kind = headerKind(template);
  const header = component(template, 'HEADER');
  const blank = (place: Blank['place'], name: string, key = `${place}.${name}`): Blank => ({
    key,
    place,
    name,
  });
  return [
    ...(FILES.includes(kind) ? [blank('media', kind, 'media')] : []),
    ...(kind === 'text' ? variablesOf(string(header.text)).map((name) => blank('header', name)) : []),
    ...variablesOf(wordsOf(template)).map((name) => blank('body', name)),
    ...list(component(template, 'BUTTONS').buttons)
      .map(fields)
      .flatMap((button, index) =>
        isFilled(button) ? [blank('button', string(button.text) ?? '', `button.${index}`)] : [],
      ),
  ];
}

const isFilled = (button: Fields): boolean =>
  button.type === 'COPY_CODE' || (button.type === 'URL' && variablesOf(string(button.url)).length > 0);

export type Values = Readonly<Record<string, string>>;

/** The components of a message with these values; what is empty is left out, so that a preview shows its place. */
export function componentsWith(template: Template, values: Values): object[] {
  const blanks = blanksOf(template);
  const isNamed = template.parameterFormat === 'NAMED';
  const filled = (place: Blank['place']) =>
    blanks
      .filter((blank) => blank.place === place)
      .map(({ key, name }) => ({
        type: 'text',
        text: values[key]?.trim() || `{{${name}}}`,
        ...(isNamed ? { parameter_name: name } : {}),
      }));
  const kind = headerKind(template);
  const link = values['media']?.trim() ?? '';
  const header = FILES.includes(kind)
    ? link === ''
      ? []
      : [{ type: kind, [kind]: { link } }]
    : filled('header');
  const body = filled('body');
  const buttons = list(component(template, 'BUTTONS').buttons)
    .map(fields)
    .flatMap((button, index) => {
      const value = values[`button.${index}`]?.trim() ?? '';
      if (!isFilled(button) || value === '') return [];
      return button.type === 'COPY_CODE'
        ? [buttonWith(index, 'copy_code', { type: 'coupon_code', coupon_code: value })]
        : [buttonWith(index, 'url', { type: 'text', text: value })];
    });
  return [
    ...(header.length > 0 ? [{ type: 'header', parameters: header }] : []),
    ...(body.length > 0 ? [{ type: 'body', parameters: body }] : []),
    ...buttons,
  ];
}

const buttonWith = (index: number, subType: string, parameter: object): object => ({
  type: 'button',
  sub_type: subType,
  index,
  parameters: [parameter],
});
