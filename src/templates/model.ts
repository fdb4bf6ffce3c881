/** Templates of a business's WhatsApp accounts, as the account last told of them. */
import { fieldsOf, tenantCollection, type TenantRow } from '../store/collection.ts';

const held = fieldsOf('processor');

/** `_id` is the keyed digest of (account, name, language): each stands once. */
export interface TemplateRow extends TenantRow {
  wabaId: string;
  name: string;
  language: string;
  /** Meta's id: text, since some exceed what a number holds. */
  metaId?: string;
  /** MARKETING, UTILITY, AUTHENTICATION; open set. */
  category: string;
  /** APPROVED, PENDING, REJECTED, PAUSED, DISABLED, DELETED, …; open set. */
  status: string;
  /** When `status` was told; what was told earlier changes it no more. */
  statusAt: Date;
  /** GREEN, YELLOW, RED, UNKNOWN. */
  quality?: string;
  /** Meta's word for why it is not approved. */
  reason?: string;
  /** What Meta recommends, in its words. */
  recommendation?: string;
  /** About when a pause ends; Meta tells its end by another event. */
  pausedUntil?: Date;
  format: 'POSITIONAL' | 'NAMED';
  /** Sealed list of Meta's components. */
  components?: Buffer;
  /** A change of category that Meta announced. */
  nextCategory?: string;
  nextCategoryAt?: Date;
  /** The category that Meta thinks right. */
  correctCategory?: string;
  /** When the account was last asked; absent: only events told of it. */
  syncedAt?: Date;
  /** Its components changed at Meta since. */
  stale?: boolean;
  createdAt: Date;
}

export const Templates = tenantCollection<TemplateRow>('templates', {
  retention: 'account',
  fields: {
    wabaId: held.technical({ type: String, required: true }),
    name: held.account({ type: String, required: true }),
    language: held.technical({ type: String, required: true }),
    metaId: held.technical(String),
    category: held.technical({ type: String, required: true }),
    status: held.technical({ type: String, required: true }),
    statusAt: held.technical({ type: Date, required: true }),
    quality: held.technical(String),
    reason: held.technical(String),
    recommendation: held.account(String),
    pausedUntil: held.technical(Date),
    format: held.technical({ type: String, required: true }),
    components: held.sealedAccount(),
    nextCategory: held.technical(String),
    nextCategoryAt: held.technical(Date),
    correctCategory: held.technical(String),
    syncedAt: held.technical(Date),
    stale: held.technical(Boolean),
    createdAt: held.technical({ type: Date, required: true }),
  },
  indexes: [{ keys: { wabaId: 1, name: 1, language: 1 } }],
});
