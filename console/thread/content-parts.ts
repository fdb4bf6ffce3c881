/** The richer parts of contents: places, people, orders, offers, forms. Each reads what is there and leaves out the rest. */
import type { Message } from '../api/types.ts';
import { type Fields, fields, list, number, string, word } from './fields.ts';

export interface Place {
  latitude: number;
  longitude: number;
}

/** A place on the earth, `null` when one of its numbers is missing or impossible. */
export function placeOf(content: Fields): Place | null {
  const latitude = number(content.latitude);
  const longitude = number(content.longitude);
  if (latitude === null || longitude === null) return null;
  return Math.abs(latitude) <= 90 && Math.abs(longitude) <= 180 ? { latitude, longitude } : null;
}

/** Opens the place on a map; nothing is asked of the map's server before somebody clicks. */
export function mapLink({ latitude, longitude }: Place): string {
  return `https://www.openstreetmap.org/?mlat=${latitude}&mlon=${longitude}#map=16/${latitude}/${longitude}`;
}

export interface Card {
  name: string | null;
  /** Work, title. */
  detail: string | null;
  phones: string[];
  emails: string[];
}

/** The payload of `contacts` is a list; the server hands it on as such or under its own name. */
export function cardsOf(content: unknown): Card[] {
  return list(Array.isArray(content) ? content : fields(content).contacts).map((entry) => {
    const person = fields(entry);
    const org = fields(person.org);
    const detail = [string(org.title), string(org.company)].filter((part) => part !== null).join(', ');
    return {
      name: string(fields(person.name).formatted_name),
      detail: detail || null,
      phones: texts(person.phones, 'phone'),
      emails: texts(person.emails, 'email'),
    };
  });
}

function texts(value: unknown, key: string): string[] {
  return list(value)
    .map((entry) => string(fields(entry)[key]))
    .filter((text) => text !== null);
}

export interface OrderItem {
  name: string;
  quantity: number;
  /** Of one. */
  price: number | null;
  currency: string | null;
}

export function orderItemsOf(content: Fields): OrderItem[] {
  return list(content.product_items).map((entry) => {
    const item = fields(entry);
    return {
      name: word(item.product_retailer_id) ?? '?',
      quantity: number(item.quantity) ?? 1,
      price: number(item.item_price),
      currency: string(item.currency),
    };
  });
}

/** The sum of an order, `null` unless each item has a price in one and the same currency. */
export function orderTotal(items: readonly OrderItem[]): { amount: number; currency: string } | null {
  const currency = items[0]?.currency ?? null;
  if (currency === null || items.some((item) => item.price === null || item.currency !== currency)) {
    return null;
  }
  return { amount: items.reduce((sum, item) => sum + (item.price ?? 0) * item.quantity, 0), currency };
}

/** What of a form was filled in: name and answer, in the form's order; its own token is nobody's answer. */
export function answersOf(message: Message): [string, string][] {
  const answers = message.form === undefined ? answersInReply(message.content) : message.form.answers;
  return Object.entries(answers ?? {})
    .filter(([name]) => name !== 'flow_token')
    .map(([name, answer]) => [name, word(answer) ?? JSON.stringify(answer)]);
}

/** Longest form that is read here; a longer one is shown raw. */
const LONGEST_FORM = 20_000;

function answersInReply(content: Fields): Fields | null {
  const text = string(fields(content.nfm_reply).response_json);
  if (text === null || text.length > LONGEST_FORM) return null;
  try {
    return fields(JSON.parse(text));
  } catch {
    return null; // WhatsApp does not promise JSON; the raw content shows what came
  }
}

/** What an interactive message of ours offers: buttons, rows, products, cards; a link has an address. */
export interface Choice {
  title: string;
  detail: string | null;
  link: string | null;
}

const choice = (title: unknown, detail: unknown = null, link: unknown = null): Choice[] => {
  const words = word(title);
  return words === null ? [] : [{ title: words, detail: string(detail), link: webAddress(link) }];
};

export function webAddress(value: unknown): string | null {
  const address = string(value);
  return address !== null && /^https?:\/\//i.test(address) ? address : null;
}

export function choicesOf(content: Fields): Choice[] {
  const action = fields(content.action);
  const parameters = fields(action.parameters);
  const sections = list(action.sections).map(fields);
  return [
    ...list(action.buttons).flatMap((button) => choice(fields(fields(button).reply).title)),
    ...sections
      .flatMap((section) => list(section.rows).map(fields))
      .flatMap((row) => choice(row.title, row.description)),
    ...sections
      .flatMap((section) => list(section.product_items).map(fields))
      .flatMap((item) => choice(item.product_retailer_id)),
    ...list(action.cards).map(fields).flatMap(cardChoice),
    ...choice(parameters.display_text, null, parameters.url),
    ...choice(parameters.flow_cta),
    ...choice(action.product_retailer_id),
  ];
}

function cardChoice(card: Fields): Choice[] {
  const parameters = fields(fields(card.action).parameters);
  return choice(
    string(fields(card.body).text) ?? parameters.display_text,
    parameters.display_text,
    parameters.url,
  );
}

/** What fills a template: texts of header and body, and what its buttons carry. */
export function templateTexts(content: Fields): string[] {
  const components = list(content.components).map(fields);
  const cards = components.flatMap((component) => list(component.cards).map(fields));
  return [...components, ...cards.flatMap((card) => list(card.components).map(fields))]
    .flatMap((component) => list(component.parameters).map(fields))
    .map(parameterText)
    .filter((text) => text !== null);
}

function parameterText(parameter: Fields): string | null {
  const kind = string(parameter.type) ?? '';
  const value = parameter[kind];
  return (
    string(value) ??
    string(fields(value).fallback_value) ??
    string(fields(value).filename) ??
    string(fields(value).link) ??
    string(fields(value).name)
  );
}

export interface Referral {
  headline: string | null;
  body: string | null;
  link: string | null;
  kind: string | null;
}

/** The ad or post that brought the client. Its picture is not loaded: that would tell its server who looks. */
export function referralOf(message: Message): Referral | null {
  const referral = message.referral ?? fields(message.raw).referral;
  if (typeof referral !== 'object' || referral === null) return null;
  const given = fields(referral);
  return {
    headline: string(given.headline),
    body: string(given.body),
    link: webAddress(given.source_url),
    kind: string(given.source_type),
  };
}
