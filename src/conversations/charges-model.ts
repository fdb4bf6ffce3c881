/** What WhatsApp charged for each message of a number, whoever sent it: one row per message, in groups per member. */
import { fieldsOf, tenantCollection, type TenantRow } from '../store/collection.ts';
import type { Charge } from '../whatsapp/pricing.ts';

const held = fieldsOf('processor');

/** `_id` is the message's `wamidKey`, in groups with a digest of the member. */
export interface ChargeRow extends TenantRow, Charge {
  channelId: string;
  wamidKey: string;
  /** Of a message that was sent from here. */
  conversationId?: string;
  /** WhatsApp's time of the status that said so. */
  at: Date;
  /** Rung of that status: a higher one corrects a lower one. */
  rank: number;
}

export const Charges = tenantCollection<ChargeRow>('charges', {
  retention: 'account',
  fields: {
    channelId: held.billing({ type: String, required: true }),
    wamidKey: held.technical({ type: String, required: true }),
    conversationId: held.billing(String),
    at: held.billing({ type: Date, required: true }),
    rank: held.technical({ type: Number, required: true }),
    billed: held.billing(Boolean),
    reason: held.billing({ type: String, required: true }),
    category: held.billing({ type: String, required: true }),
  },
  indexes: [
    { keys: { at: 1 } },
    { keys: { channelId: 1, at: 1 } },
    { keys: { conversationId: 1, at: 1 } },
    { keys: { wamidKey: 1 } },
  ],
});
