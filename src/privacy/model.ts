/** Erasures of contacts: asked, and what was destroyed. Holds ids and counts only, so it stays when all else is gone. */
import { fieldsOf, tenantCollection, type TenantRow } from '../store/collection.ts';

const held = fieldsOf('processor');

/** Why something is erased (GDPR, article 17(1)). */
export const GROUNDS = ['not-needed', 'consent-withdrawn', 'objection', 'unlawful', 'legal-duty'] as const;
export type Ground = (typeof GROUNDS)[number];

/** How many of each were destroyed. */
export interface Destroyed {
  contacts: number;
  conversations: number;
  messages: number;
  files: number;
  statuses: number;
  deliveries: number;
  deadLetters: number;
}

export interface ErasureRow extends TenantRow {
  /** The contact that was named, and all that were linked to it then. */
  contactIds: string[];
  ground: Ground;
  /** Principal that asked. */
  askedBy: string;
  askedAt: Date;
  /** Not before: until then some process may still hold a key in memory. */
  destroyAt: Date;
  doneAt?: Date;
  /** When the rows without content went, too. */
  clearedAt?: Date;
  /** Of the identities, by which dead letters are found; removed in the end. */
  digests?: string[];
  destroyed?: Destroyed;
}

export const Erasures = tenantCollection<ErasureRow>('erasures', {
  retention: 'account',
  fields: {
    contactIds: held.technical([String]),
    ground: held.technical({ type: String, required: true }),
    askedBy: held.technical({ type: String, required: true }),
    askedAt: held.technical({ type: Date, required: true }),
    destroyAt: held.technical({ type: Date, required: true }),
    doneAt: held.technical(Date),
    clearedAt: held.technical(Date),
    digests: held.technical({ type: [String], default: undefined }),
    destroyed: held.technical(Object),
  },
  indexes: [
    { keys: { askedAt: -1, _id: -1 } },
    { keys: { contactIds: 1 } },
    { keys: { clearedAt: 1, destroyAt: 1 }, acrossTenants: true },
  ],
});
