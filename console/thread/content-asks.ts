/** What an interactive message of ours asks or offers, and the file at its top (Cloud API: interactive messages). */
import { type Fields, fields, list, string } from './fields.ts';

const ASKS = [
  'button',
  'list',
  'cta_url',
  'flow',
  'product',
  'product_list',
  'catalog_message',
  'carousel',
  'location_request_message',
  'address_message',
  'request_contact_info',
  'call_permission_request',
  'voice_call',
  'order_details',
  'order_status',
] as const;
export type Asks = (typeof ASKS)[number];

/** `null` for kinds of tomorrow. */
export function asksOf(content: Fields): Asks | null {
  return ASKS.find((kind) => kind === content.type) ?? null;
}

export interface Attached {
  kind: 'image' | 'video' | 'document';
  name: string | null;
}

/** The file that a header holds. */
export function attachedOf(header: Fields): Attached | null {
  const kind = (['image', 'video', 'document'] as const).find((one) => one === header.type);
  if (kind === undefined) return null;
  const file = fields(header[kind]);
  const link = string(file.link)?.split(/[?#]/)[0]?.split('/').at(-1);
  return { kind, name: string(file.filename) ?? link ?? null };
}

/** The same of a template's header. */
export function attachedToTemplate(content: Fields): Attached | null {
  const header = list(content.components)
    .map(fields)
    .find((component) => component.type === 'header');
  const [first] = list(header?.parameters).map(fields);
  return first === undefined ? null : attachedOf(first);
}
