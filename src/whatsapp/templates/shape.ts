/**
 * A template's definition as Meta tells it, read into what filling it needs (Cloud API: templates, components). What
 * is not known is left out: a template of tomorrow can still be sent, Meta has the last word.
 */
import { isJson, type Json, list, part, text } from '../payload/json.ts';

/** Words with the variables in them, in the order of their first place: `1`, `2`, … or names. */
export interface Words {
  text: string;
  variables: string[];
}

export interface ButtonShape {
  /** QUICK_REPLY, URL, PHONE_NUMBER, COPY_CODE, OTP, FLOW, CATALOG, MPM, SPM, VOICE_CALL; open set. */
  type: string;
  text: string;
  /** Of URL. */
  url?: string;
  /** Of PHONE_NUMBER. */
  phone?: string;
  /** The address ends in a variable. */
  hasVariable: boolean;
  /** Of COPY_CODE: the code of the definition. */
  code?: string;
}

export interface PartShape {
  header?: { format: string } & Words;
  body: Words;
  footer?: string;
  buttons: ButtonShape[];
}

export interface TemplateShape extends PartShape {
  named: boolean;
  /** Of a carousel. */
  cards: PartShape[];
  /** Of a limited-time offer: its text, and whether it needs the time of its end. */
  offer?: { text: string; expires: boolean };
  /** Its words are Meta's own: a code, and what belongs to it. */
  authentication: boolean;
}

const VARIABLE = /\{\{\s*(\w+)\s*\}\}/g;

/** The variables of a text, each once. */
export function variablesOf(words: string): string[] {
  return [...new Set([...words.matchAll(VARIABLE)].map((match) => match[1] ?? ''))];
}

/** A text with its variables filled in; one without a value stays as it is written. */
export function filledIn(words: string, valueOf: (variable: string) => string | undefined): string {
  return words.replaceAll(VARIABLE, (whole, variable: string) => valueOf(variable) ?? whole);
}

export function shapeOf(
  components: Json[],
  of: { format: 'POSITIONAL' | 'NAMED'; category: string },
): TemplateShape {
  const offer = find(components, 'LIMITED_TIME_OFFER');
  const told = offer && part(offer, 'limited_time_offer');
  const carousel = find(components, 'CAROUSEL');
  const cards = list(carousel?.cards).filter(isJson);
  return {
    ...partShape(components),
    named: of.format === 'NAMED',
    cards: cards.map((card) => partShape(list(card.components).filter(isJson))),
    ...(told ? { offer: { text: text(told.text) ?? '', expires: told.has_expiration === true } } : {}),
    authentication: of.category === 'AUTHENTICATION',
  };
}

function partShape(components: Json[]): PartShape {
  const header = find(components, 'HEADER');
  const body = find(components, 'BODY');
  const footer = find(components, 'FOOTER');
  const buttons = list(find(components, 'BUTTONS')?.buttons).filter(isJson);
  const footerText = text(footer?.text) ?? expiry(footer);
  return {
    ...(header
      ? { header: { format: (text(header.format) ?? 'TEXT').toUpperCase(), ...wordsOf(text(header.text)) } }
      : {}),
    body: wordsOf(text(body?.text)),
    ...(footerText === undefined ? {} : { footer: footerText }),
    buttons: buttons.map(buttonShape),
  };
}

function expiry(footer: Json | undefined): string | undefined {
  const minutes = footer?.code_expiration_minutes;
  return typeof minutes === 'number' ? `This code expires in ${minutes} minutes.` : undefined;
}

function find(components: Json[], type: string): Json | undefined {
  return components.find((one) => text(one.type)?.toUpperCase() === type);
}

function wordsOf(words = ''): Words {
  return { text: words, variables: variablesOf(words) };
}

function buttonShape(button: Json): ButtonShape {
  const type = (text(button.type) ?? '').toUpperCase();
  const url = text(button.url);
  const phone = text(button.phone_number);
  const example = text(button.example) ?? text(list(button.example)[0]);
  return {
    type,
    text: text(button.text) ?? (type === 'COPY_CODE' ? 'Copy code' : ''),
    ...(url === undefined ? {} : { url }),
    ...(phone === undefined ? {} : { phone }),
    hasVariable: url !== undefined && variablesOf(url).length > 0,
    ...(type === 'COPY_CODE' && example !== undefined ? { code: example } : {}),
  };
}
