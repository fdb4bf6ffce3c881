/** What is known of a group beside its conversation. */
import { fieldsOf, tenantCollection, type TenantRow } from '../store/collection.ts';

const held = fieldsOf('processor');

/** `_id` is the conversation's. */
export interface GroupRow extends TenantRow {
  channelId: string;
  /** Sealed `{ subject, description, inviteLink }`, by the group's key. */
  said?: Buffer;
  saidAt?: Date;
  /** Contact id → whether they are in it, and since when that is known. */
  members?: Record<string, { in: boolean; at: Date }>;
  /** Join requests that wait for an answer. */
  requests?: Record<string, { open: boolean; at: Date }>;
  createdAt: Date;
}

export const Groups = tenantCollection<GroupRow>('groups', {
  retention: 'client-content',
  fields: {
    channelId: held.technical({ type: String, required: true }),
    said: held.sealedContent(),
    saidAt: held.technical(Date),
    members: held.technical(Object),
    requests: held.technical(Object),
    createdAt: held.technical({ type: Date, required: true }),
  },
});
