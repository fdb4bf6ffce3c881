import type { Message } from '../api/types.ts';
import { type Asks, asksOf, type Attached, attachedOf, attachedToTemplate } from './content-asks.ts';
import {
  answersOf,
  type Card,
  cardsOf,
  type Choice,
  choicesOf,
  type OrderItem,
  orderItemsOf,
  type Place,
  placeOf,
  templateTexts,
  webAddress,
} from './content-parts.ts';
import { type Fields, fields, list, string } from './fields.ts';

/** The kinds of content that the console has a word and a sign for. */
export const CONTENT_KINDS = [
  'text',
  'image',
  'video',
  'audio',
  'voice',
  'document',
  'sticker',
  'location',
  'contacts',
  'button',
  'form',
  'call',
  'interactive',
  'reaction',
  'order',
  'pin',
  'system',
  'template',
  'edit',
  'revoke',
  'revoked',
  'erased',
  'unsupported',
] as const;

export type ContentKind = (typeof CONTENT_KINDS)[number];

/** What a bubble shows of a message's content. */
export interface ContentView {
  kind: ContentKind;
  /** The client's or agent's own words: text, caption, chosen button. */
  text: string | null;
  /** A name that belongs to the content: file, place, people, template. */
  title: string | null;
  /** Small print under the words. */
  footer: string | null;
  /** Of a reaction; `null`: it was taken back. */
  emoji: string | null;
  /** Buttons, list rows and links that we offered. */
  choices: Choice[];
  place: Place | null;
  people: Card[];
  order: OrderItem[];
  /** Of a form: name and answer. */
  answers: [string, string][];
  /** What an interactive message of ours asks or offers: a key of the words `interactive.*`. */
  asks: Asks | null;
  /** The file at the top of an interactive message or a template. */
  attached: Attached | null;
  /** For `unsupported` and `system`: what Meta or the server calls it; for `call`: accept or reject. */
  rawKind: string | null;
}

const NOTHING: Omit<ContentView, 'kind'> = {
  text: null,
  title: null,
  footer: null,
  emoji: null,
  choices: [],
  place: null,
  people: [],
  order: [],
  answers: [],
  asks: null,
  attached: null,
  rawKind: null,
};

/**
 * Reads the Cloud API payload object of the message's type. Whatever is missing or of another shape
 * is left out, and a type that is not known is `unsupported` with its raw name, never dropped.
 */
export function viewContent(message: Message): ContentView {
  if (message.erased === true) return { ...NOTHING, kind: 'erased' };
  if (message.revoked !== undefined) return { ...NOTHING, kind: 'revoked' };
  return { ...NOTHING, ...partsOf(message) };
}

type Parts = Partial<ContentView> & Pick<ContentView, 'kind'>;

function partsOf(message: Message): Parts {
  const { content, type } = message;
  switch (type) {
    case 'text':
      return { kind: 'text', text: string(content.body) ?? '' };
    case 'image':
    case 'video':
      return { kind: type, text: string(content.caption) };
    case 'document':
      return { kind: 'document', text: string(content.caption), title: string(content.filename) };
    case 'audio':
      return { kind: content.voice === true ? 'voice' : 'audio' };
    case 'location':
      return {
        kind: 'location',
        title: string(content.name),
        text: placeText(content),
        place: placeOf(content),
      };
    case 'contacts':
      return contactsView(content);
    case 'button':
      return { kind: 'button', text: string(content.text) };
    case 'interactive':
      return interactiveView(message);
    case 'reaction':
      return { kind: 'reaction', emoji: string(content.emoji) };
    case 'order':
      return { kind: 'order', text: string(content.text), order: orderItemsOf(content) };
    case 'template':
      return {
        kind: 'template',
        title: string(content.name),
        ...templateWords(message),
        attached: attachedToTemplate(content),
      };
    case 'edit':
      return { kind: 'edit', text: editedText(content) };
    case 'system':
      return { kind: 'system', text: string(content.body), rawKind: message.kind ?? string(content.type) };
    case 'pin':
      return { kind: 'pin', rawKind: string(content.type) };
    case 'sticker':
    case 'revoke':
      return { kind: type };
    default:
      return { kind: 'unsupported', rawKind: rawKind(message) };
  }
}

/** What the "raw content" of a message opens to, or `null` when the bubble already shows all of it. */
export function rawContent(message: Message): string | null {
  if (message.type === 'text') return null;
  if (message.raw !== undefined) return JSON.stringify(message.raw, null, 2);
  if (Object.keys(message.content).length === 0) return null;
  return JSON.stringify(message.content, null, 2);
}

/** Answers to buttons, lists and forms come in; questions with buttons and lists go out. */
function interactiveView(message: Message): Parts {
  const { content } = message;
  const reply = fields(content.button_reply ?? content.list_reply);
  const replied = string(reply.title);
  if (replied !== null) return { kind: 'button', text: replied, title: string(reply.description) };
  if (content.nfm_reply !== undefined || message.form !== undefined) {
    const form = fields(content.nfm_reply);
    return { kind: 'form', text: string(form.body), answers: answersOf(message) };
  }
  const permission = fields(content.call_permission_reply);
  if (string(permission.response) !== null) {
    return { kind: 'call', rawKind: string(permission.response) };
  }
  const body = string(fields(content.body).text);
  const choices = choicesOf(content);
  const asks = asksOf(content);
  if (body === null && choices.length === 0 && asks === null) {
    return { kind: 'unsupported', rawKind: rawKind(message) };
  }
  return {
    kind: 'interactive',
    text: body,
    title: string(fields(content.header).text),
    footer: string(fields(content.footer).text),
    choices,
    asks,
    attached: attachedOf(fields(content.header)),
  };
}

function contactsView(content: Fields): Parts {
  const people = cardsOf(content);
  const names = people.map(({ name }) => name).filter((name) => name !== null);
  return { kind: 'contacts', title: names.join(', ') || null, people };
}

/** As the client sees them where the definition was known; else only what was filled in. */
function templateWords({ rendered, content }: Message): Partial<Parts> {
  if (rendered === undefined) return { text: templateText(content) };
  const cards = (rendered.cards ?? []).map(({ body }) => body);
  return {
    text: [rendered.header?.text, rendered.body, ...cards].filter((words) => words !== undefined).join('\n'),
    footer: rendered.footer ?? null,
    choices: rendered.buttons.map(({ text, url }) => ({ title: text, detail: null, link: webAddress(url) })),
  };
}

function templateText(content: Fields): string | null {
  return templateTexts(content).join('\n') || null;
}

function editedText(content: Fields): string | null {
  const message = fields(content.message);
  const payload = fields(message[string(message.type) ?? 'text']);
  return string(payload.body) ?? string(payload.caption);
}

function placeText(content: Fields): string | null {
  const address = string(content.address);
  if (address !== null) return address;
  const coordinates = [content.latitude, content.longitude];
  return coordinates.every((part) => typeof part === 'number' || typeof part === 'string')
    ? coordinates.join(', ')
    : null;
}

function rawKind(message: Message): string {
  const raw = message.raw ?? message.content;
  const kind = message.kind ?? string(fields(raw.unsupported).type) ?? string(message.content.type);
  return kind ?? message.type;
}

/** Why WhatsApp could not hand on what the client wrote, in its own words. */
export function reasonsOf(message: Message): string[] {
  if (message.errors !== undefined) return message.errors.map(({ title, detail }) => detail || title);
  return list(fields(message.raw).errors)
    .map(fields)
    .map((error) => string(fields(error.error_data).details) ?? string(error.title))
    .filter((reason) => reason !== null);
}
