/** Notifications as WhatsApp sends them: enveloped, escaped, signed. */
import { createHmac } from 'node:crypto';

export const WABA = '102290129340398';
export const NUMBER_ID = '106540352242922';

/** JSON with non-ASCII as lower-case \uXXXX and slashes escaped, as on the wire. */
export function wire(value: unknown): Buffer {
  const text = JSON.stringify(value)
    .replaceAll('/', '\\/')
    .replace(
      /[\u0080-\uffff]/g,
      (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
    );
  return Buffer.from(text);
}

export function signature(body: Buffer, secret: string): string {
  return `sha256=${createHmac('sha256', secret).update(body).digest('hex')}`;
}

export function textMessage(
  id: string,
  body: string,
  from: { phone?: string; bsuid?: string } = { phone: '972501234567' },
) {
  return {
    id,
    timestamp: '1795348800',
    type: 'text',
    text: { body },
    ...(from.phone === undefined ? {} : { from: from.phone }),
    ...(from.bsuid === undefined ? {} : { from_user_id: from.bsuid }),
  };
}

interface Value {
  messages?: unknown[];
  statuses?: unknown[];
  errors?: unknown[];
  contacts?: unknown[];
}

export function change(value: Value, numberId = NUMBER_ID) {
  const metadata = { display_phone_number: '+972 3-555 0100', phone_number_id: numberId };
  return { field: 'messages', value: { messaging_product: 'whatsapp', metadata, ...value } };
}

export function envelope(changes: unknown[], wabaId = WABA) {
  return { object: 'whatsapp_business_account', entry: [{ id: wabaId, changes }] };
}
