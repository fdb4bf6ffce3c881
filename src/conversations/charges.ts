/**
 * What messages cost, as WhatsApp says in `pricing` and never derived from whether the window was open (Cloud API:
 * status webhooks, pricing). WhatsApp sends no amounts: the price of a billed message stands in its price list. The
 * same price comes with `sent` and again with `delivered` or `read`; it counts once, as the highest status has it.
 */
import type { Context } from '../context.ts';
import { insertOnce } from '../store/errors.ts';
import type { Json } from '../whatsapp/payload/json.ts';
import { chargeOf } from '../whatsapp/pricing.ts';
import { type ChargeRow, Charges } from './charges-model.ts';
import { isWhatsappStatus, RANK } from './ladder.ts';
import type { MessageRow, StatusRow } from './model.ts';

/** Stores the price that a status names, if it names one. A redo changes nothing. */
export async function storeCharge(
  ctx: Context,
  { tenantId, channelId, wamidKey, at, status }: StatusRow,
  { raw, member, message }: { raw: Json; member: string; message: MessageRow | null },
): Promise<void> {
  const charge = chargeOf(raw.pricing, at);
  if (!charge || !isWhatsappStatus(status)) return;
  if (raw.recipient_type === 'group' && member === '') return; // each member's own status has the price
  const rank = RANK[status];
  const said = { ...charge, at, rank, ...(message ? { conversationId: message.conversationId } : {}) };
  const _id =
    member === '' ? wamidKey : `${wamidKey}.${await ctx.store.keyring.lookup(tenantId, 'member', member)}`;
  const charges = ctx.store.model(Charges);
  const row: ChargeRow = { _id, tenantId, channelId, wamidKey, ...said };
  if (await insertOnce(charges.insertMany([row]))) return;
  await charges.updateOne({ _id, rank: { $lt: rank } }, { $set: said }).exec();
}

/** Prices that came before their message was known are its conversation's. */
export async function ownCharges(
  ctx: Context,
  { conversationId }: MessageRow,
  wamidKey: string,
): Promise<void> {
  await ctx.store
    .model(Charges)
    .updateMany({ wamidKey, conversationId: { $exists: false } }, { $set: { conversationId } })
    .exec();
}

interface Asked {
  from: Date;
  to: Date;
  channelId?: string | undefined;
  conversationId?: string | undefined;
}

export interface Cost extends Pick<ChargeRow, 'channelId' | 'category' | 'reason'> {
  billed: boolean | null;
  messages: number;
}

/** Messages of a time by channel, category and reason, in the tenant's scope. */
export async function costsOf(ctx: Context, { from, to, ...of }: Asked): Promise<Cost[]> {
  const chosen = Object.fromEntries(Object.entries(of).filter(([, value]) => value !== undefined));
  const rows = await ctx.store
    .model(Charges)
    .aggregate<{ _id: Json; messages: number }>([
      { $match: { ...chosen, at: { $gte: from, $lt: to } } },
      {
        $group: {
          _id: { channelId: '$channelId', category: '$category', reason: '$reason', billed: '$billed' },
          messages: { $sum: 1 },
        },
      },
      { $sort: { '_id.channelId': 1, '_id.category': 1, '_id.reason': 1 } },
    ])
    .exec();
  return rows.map(({ _id, messages }) => ({
    channelId: _id.channelId as string,
    category: _id.category as string,
    reason: _id.reason as Cost['reason'],
    billed: typeof _id.billed === 'boolean' ? _id.billed : null,
    messages,
  }));
}
