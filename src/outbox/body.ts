/** What a caller may ask us to send: a Cloud API message body without `messaging_product`, `to` and `recipient`. */
import type { z } from 'zod';

import { Reject } from '../ops/errors.ts';
import { PAYLOADS, sendBodyWith, type SendType } from '../whatsapp/send/body.ts';

export const SendBody = sendBodyWith({});
export type SendBody = z.infer<typeof SendBody>;

const TYPES = Object.keys(PAYLOADS) as SendType[];

/** @throws Reject (422) that lists the types when it is none of them */
export function refuseOtherTypes(body: unknown): void {
  const type: unknown = typeof body === 'object' && body !== null && 'type' in body ? body.type : undefined;
  if (typeof type !== 'string' || TYPES.some((known) => known === type)) return;
  throw new Reject(422, 'unsupported-message-type', 'Messages of this type can’t be sent.', {
    errors: [{ path: 'type', message: `must be one of: ${TYPES.join(', ')}` }],
  });
}

/** @throws Reject (422) that names every field that is wrong, or the types that can be sent */
export function parseSendBody(body: unknown): SendBody {
  refuseOtherTypes(body);
  const parsed = SendBody.safeParse(body);
  if (parsed.success) return parsed.data;
  throw new Reject(422, 'invalid-request', 'The message is not valid; see `errors`.', {
    errors: parsed.error.issues.map(({ path, message }) => ({ path: path.join('.'), message })),
  });
}

/** What the message says: the payload of its type, a list under its name, as of an incoming message. */
export function contentOfBody(body: SendBody): Record<string, unknown> {
  const payload = (body as unknown as Record<string, unknown>)[body.type];
  return Array.isArray(payload) ? { [body.type]: payload } : (payload as Record<string, unknown>);
}

/** From what is stored back to the payload of the Graph API. */
export function payloadOfContent(type: string, content: unknown): unknown {
  const listed = content as Record<string, unknown>;
  return type === 'contacts' ? listed[type] : content;
}
