/** What a caller may ask us to send: a Cloud API message body without `messaging_product`, `to` and `recipient`. */
import { z } from 'zod';

import { Reject } from '../ops/errors.ts';
import { CALLBACK_DATA_MAX, TEXT_BODY_MAX, textOf, WAMID_MAX } from '../whatsapp/limits.ts';

/** Types that can be sent now. */
const TYPES = ['text'] as const;

export const SendBody = z.strictObject({
  type: z.literal(TYPES),
  text: z.strictObject({ body: textOf(1, TEXT_BODY_MAX), preview_url: z.boolean().optional() }),
  context: z.strictObject({ message_id: textOf(1, WAMID_MAX) }).optional(),
  biz_opaque_callback_data: textOf(0, CALLBACK_DATA_MAX).optional(),
});
export type SendBody = z.infer<typeof SendBody>;

/** @throws Reject (422) that names every field that is wrong, or the types that can be sent */
export function parseSendBody(body: unknown): SendBody {
  const type: unknown =
    typeof body === 'object' && body !== null ? (body as { type?: unknown }).type : undefined;
  if (typeof type === 'string' && !TYPES.some((known) => known === type)) {
    const supported = `Messages of this type can't be sent yet; supported: ${TYPES.join(', ')}.`;
    throw new Reject(422, 'unsupported-message-type', supported, {
      errors: [{ path: 'type', message: `must be one of: ${TYPES.join(', ')}` }],
    });
  }
  const parsed = SendBody.safeParse(body);
  if (parsed.success) return parsed.data;
  throw new Reject(422, 'invalid-request', 'The message is not valid; see `errors`.', {
    errors: parsed.error.issues.map(({ path, message }) => ({ path: path.join('.'), message })),
  });
}
