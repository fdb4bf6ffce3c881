/** From rows to the body of a Graph API request (Cloud API: messages). */
import type { Context } from '../context.ts';
import { openContactField } from '../conversations/contacts.ts';
import type { ContactRow, ConversationRow, MessageRow } from '../conversations/model.ts';
import { ErasedError } from '../store/keyring.ts';
import type { FailureReason } from '../whatsapp/failure-reasons.ts';
import { payloadOfContent } from './body.ts';

/** Why no request can be made. */
type Impossible = { impossible: FailureReason };

/**
 * The body of POST /{phone-number-id}/messages. Our id travels as `biz_opaque_callback_data` and comes back in every
 * status: it tells what became of a request whose answer was lost.
 */
export async function requestBody(
  ctx: Context,
  message: MessageRow,
  to: { conversation: ConversationRow; contact: ContactRow | null },
): Promise<Record<string, unknown> | Impossible> {
  if (!message.content) return { impossible: 'erased' };
  try {
    const address = message.toGroup
      ? await groupAddress(ctx, to.conversation)
      : await personAddress(ctx, to.contact);
    if (!address) return { impossible: 'no-address' };
    const place = { tenantId: message.tenantId, collection: 'messages', id: message._id, field: 'content' };
    const { content, context } = await ctx.store.keyring.open<{ content: unknown; context?: unknown }>(
      place,
      message.content,
    );
    return {
      messaging_product: 'whatsapp',
      ...address,
      type: message.type,
      [message.type]: payloadOfContent(message.type, content),
      ...(context === undefined ? {} : { context }),
      biz_opaque_callback_data: message._id,
    };
  } catch (error) {
    if (error instanceof ErasedError) return { impossible: 'erased' };
    throw error;
  }
}

type Address = { recipient_type: 'individual' | 'group' } & ({ to: string } | { recipient: string });

/** A group is addressed by its id (Cloud API: groups, messages). */
async function groupAddress(
  ctx: Context,
  { _id: id, tenantId, groupId }: ConversationRow,
): Promise<Address | undefined> {
  if (groupId === undefined) return undefined;
  const place = { tenantId, collection: 'conversations', id, field: 'groupId' };
  return { recipient_type: 'group', to: await ctx.store.keyring.open<string>(place, groupId) };
}

/** @throws ErasedError */
async function personAddress(ctx: Context, contact: ContactRow | null): Promise<Address | undefined> {
  if (!contact || contact.closedAt) throw new ErasedError('The contact is being erased.');
  const address = addressOf(
    await openContactField(ctx, contact, 'phone'),
    await openContactField(ctx, contact, 'bsuid'),
  );
  return address && { recipient_type: 'individual', ...address };
}

const PHONE = /^[0-9]{5,15}$/;
const BSUID = /^[A-Z]{2}\.(?:ENT\.)?[A-Za-z0-9]{1,128}$/;

/**
 * The phone when it is known, so that it stays visible in webhooks; else the BSUID as `recipient`. A BSUID in `to`
 * would be answered 200 and never delivered. Without `+` the business number's country code may be put in front.
 */
function addressOf(
  phone: string | undefined,
  bsuid: string | undefined,
): { to: string } | { recipient: string } | undefined {
  const digits = phone?.replace(/^\+/, '');
  if (digits !== undefined && PHONE.test(digits)) return { to: `+${digits}` };
  return bsuid !== undefined && BSUID.test(bsuid) ? { recipient: bsuid } : undefined;
}
