import type { Message } from '../api/types.ts';

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
  'interactive',
  'reaction',
  'order',
  'system',
  'template',
  'edit',
  'revoke',
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
  /** Of a reaction; `null`: it was taken back. */
  emoji: string | null;
  /** Buttons and list rows that we offered, as written. */
  choices: string[];
  /** For `unsupported`: what Meta or the server calls it. */
  rawKind: string | null;
}

type Fields = Record<string, unknown>;

const NOTHING = { text: null, title: null, emoji: null, choices: [], rawKind: null };

/**
 * Reads the Cloud API payload object of the message's type. Whatever is missing or of another shape
 * is left out, and a type that is not known is `unsupported` with its raw name, never dropped.
 */
export function viewContent(message: Message): ContentView {
  const content = message.content;
  if (message.erased === true) return { ...NOTHING, kind: 'erased' };
  switch (message.type) {
    case 'text':
      return { ...NOTHING, kind: 'text', text: string(content.body) ?? '' };
    case 'image':
    case 'video':
      return { ...NOTHING, kind: message.type, text: string(content.caption) };
    case 'document':
      return { ...NOTHING, kind: 'document', text: string(content.caption), title: string(content.filename) };
    case 'audio':
      return { ...NOTHING, kind: content.voice === true ? 'voice' : 'audio' };
    case 'location':
      return { ...NOTHING, kind: 'location', title: string(content.name), text: placeText(content) };
    case 'contacts':
      return { ...NOTHING, kind: 'contacts', title: contactNames(message) };
    case 'button':
      return { ...NOTHING, kind: 'button', text: string(content.text) };
    case 'interactive':
      return interactiveView(content);
    case 'reaction':
      return { ...NOTHING, kind: 'reaction', emoji: string(content.emoji) };
    case 'order':
      return { ...NOTHING, kind: 'order', text: string(content.text) };
    case 'template':
      return { ...NOTHING, kind: 'template', title: string(content.name) };
    case 'edit':
      return { ...NOTHING, kind: 'edit', text: string(fields(fields(content.message).text).body) };
    case 'system':
      return { ...NOTHING, kind: 'system', text: string(content.body) };
    case 'sticker':
    case 'revoke':
      return { ...NOTHING, kind: message.type };
    default:
      return { ...NOTHING, kind: 'unsupported', rawKind: rawKind(message) };
  }
}

/** What the "raw content" of a message opens to, or `null` when the bubble already shows all of it. */
export function rawContent(message: Message): string | null {
  if (message.type === 'text') return null;
  if (message.raw !== undefined) return JSON.stringify(message.raw, null, 2);
  if (Object.keys(message.content).length === 0) return null;
  return JSON.stringify(message.content, null, 2);
}

/** Answers to buttons, lists and flows come in; questions with buttons and lists go out. */
function interactiveView(content: Fields): ContentView {
  const reply = fields(content.button_reply ?? content.list_reply);
  const replied = string(reply.title) ?? string(fields(content.nfm_reply).body);
  if (replied !== null) {
    return { ...NOTHING, kind: 'button', text: replied, title: string(reply.description) };
  }
  const action = fields(content.action);
  const buttons = list(action.buttons).map((button) => string(fields(fields(button).reply).title));
  const rows = list(action.sections).flatMap((section) => list(fields(section).rows));
  const titles = [...buttons, ...rows.map((row) => string(fields(row).title))];
  return {
    ...NOTHING,
    kind: 'interactive',
    text: string(fields(content.body).text),
    choices: titles.filter((title) => title !== null),
  };
}

function placeText(content: Fields): string | null {
  const address = string(content.address);
  if (address !== null) return address;
  const coordinates = [content.latitude, content.longitude];
  return coordinates.every((part) => typeof part === 'number' || typeof part === 'string')
    ? coordinates.join(', ')
    : null;
}

/** The payload of `contacts` is a list; the server may hand it on as such or under its own name. */
function contactNames(message: Message): string | null {
  const content: unknown = message.content;
  const people = list(Array.isArray(content) ? content : message.content.contacts);
  const names = people.map((person) => string(fields(fields(person).name).formatted_name));
  return names.filter((name) => name !== null).join(', ') || null;
}

function rawKind(message: Message): string {
  const raw = message.raw ?? message.content;
  return string(fields(raw.unsupported).type) ?? message.type;
}

function string(value: unknown): string | null {
  return typeof value === 'string' && value !== '' ? value : null;
}

function fields(value: unknown): Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Fields) : {};
}

function list(value: unknown): unknown[] {
  return Array.isArray(value) ? value : [];
}
