/**
 * Ids that follow from what they name, so that a redo finds what the first try made. All are digests under the
 * tenant's look-up key: without it they say nothing, and two tenants never share one.
 */
import type { Context } from '../context.ts';

export interface Identity {
  kind: 'bsuid' | 'phone';
  value: string;
}

/** `_id` of an inbound message: decided by the wamid alone, whatever happens to contacts and conversations meanwhile. */
export async function inboundMessageId(
  ctx: Context,
  tenantId: string,
  phoneNumberId: string,
  wamid: string,
): Promise<string> {
  return `msg_${await wamidKey(ctx, tenantId, phoneNumberId, wamid)}`;
}

/** The look-up key of a wamid within one number of a tenant. */
export async function wamidKey(
  ctx: Context,
  tenantId: string,
  phoneNumberId: string,
  wamid: string,
): Promise<string> {
  return ctx.store.keyring.lookup(tenantId, 'wamid', phoneNumberId, wamid);
}

/** One conversation per channel and contact (or group). */
export async function conversationIdFor(
  ctx: Context,
  tenantId: string,
  channelId: string,
  who: { contactId: string } | { groupId: string },
): Promise<string> {
  const parts = 'groupId' in who ? ['group', who.groupId] : ['contact', who.contactId];
  return `cnv_${await ctx.store.keyring.lookup(tenantId, 'conversation', channelId, ...parts)}`;
}

export async function identityKey(ctx: Context, tenantId: string, identity: Identity): Promise<string> {
  return ctx.store.keyring.lookup(tenantId, 'identity', identity.kind, identity.value);
}
