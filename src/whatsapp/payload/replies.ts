/**
 * What a client chose or filled in. Buttons of templates come as `button`, those of interactive messages as
 * `interactive` (Cloud API: webhooks, messages): both read alike.
 */
import { isJson, type Json, part, present, text } from './json.ts';

export interface Reply {
  id: string | null;
  title: string | null;
}

/** The chosen button or row; undefined for other messages. */
export function replyOf(type: string, content: Json): Reply | undefined {
  if (type === 'button') return chosen(content.payload, content.text);
  if (type !== 'interactive') return undefined;
  const kind = text(content.type);
  if (kind !== 'button_reply' && kind !== 'list_reply') return undefined;
  const { id, title } = part(content, kind);
  return chosen(id, title);
}

function chosen(id: unknown, title: unknown): Reply | undefined {
  const reply = { id: text(id) ?? null, title: text(title) ?? null };
  return reply.id === null && reply.title === null ? undefined : reply;
}

export interface Form {
  name: string | null;
  flowToken: string | null;
  /** Null: not a JSON object, or too large or deep to be handed on; the text itself stays in the content. */
  answers: Json | null;
}

/** A filled form (`nfm_reply`); undefined for other messages. */
export function formOf(type: string, content: Json): Form | undefined {
  if (type !== 'interactive' || content.type !== 'nfm_reply') return undefined;
  const reply = part(content, 'nfm_reply');
  const answers = guardedObject(reply.response_json);
  return {
    name: text(reply.name) ?? null,
    flowToken: text(answers?.flow_token) ?? null,
    answers: answers ?? null,
  };
}

/** Characters of a form's answers; a screen of a flow holds far less. */
const LONGEST_ANSWERS = 200_000;
const DEEPEST_ANSWERS = 20;
/** Names that lead to an object's prototype wherever somebody copies fields. */
const FORBIDDEN = new Set(['__proto__', 'constructor', 'prototype']);

/** Clients write this text: it may be anything. */
function guardedObject(json: unknown): Json | undefined {
  if (typeof json !== 'string' || json.length > LONGEST_ANSWERS) return undefined;
  try {
    const value = withoutForbidden(JSON.parse(json), 0);
    return isJson(value) ? value : undefined;
  } catch {
    return undefined; // neither JSON nor shallow
  }
}

function withoutForbidden(value: unknown, depth: number): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (depth >= DEEPEST_ANSWERS) throw new RangeError('nested too deeply');
  if (Array.isArray(value)) return value.map((one) => withoutForbidden(one, depth + 1));
  return Object.fromEntries(
    Object.entries(value)
      .filter(([name]) => !FORBIDDEN.has(name))
      .map(([name, one]) => [name, withoutForbidden(one, depth + 1)]),
  );
}

/** A number of a catalog, an offer or a referral that is text wherever WhatsApp sends it. */
export interface QuotedProduct {
  catalogId: string | null;
  productRetailerId: string;
}

export interface MessageContext {
  /** The quoted message, or the one whose button was pressed; it may be older than all we have. */
  wamid?: string;
  forwarded?: 'forwarded' | 'frequently-forwarded';
  product?: QuotedProduct;
}

/** What a message answers (`context`, Cloud API: webhooks, messages); undefined when it answers nothing. */
export function contextOf(message: Json): MessageContext | undefined {
  const context = part(message, 'context');
  const product = part(context, 'referred_product');
  const productRetailerId = text(product.product_retailer_id);
  const found: MessageContext = present({
    wamid: text(context.id) ?? text(context.message_id),
    forwarded: forwardedAs(context),
    product:
      productRetailerId === undefined
        ? undefined
        : { catalogId: text(product.catalog_id) ?? null, productRetailerId },
  });
  return Object.keys(found).length === 0 ? undefined : found;
}

/** Up to five times, or more. */
function forwardedAs({ forwarded, frequently_forwarded: often }: Json): MessageContext['forwarded'] {
  if (often === true) return 'frequently-forwarded';
  return forwarded === true ? 'forwarded' : undefined;
}
