/** What a business must know of its accounts and numbers, apart from its conversations. */
import { fieldsOf, tenantCollection, type TenantRow } from '../store/collection.ts';

const ours = fieldsOf('controller');

export type Severity = 'info' | 'warning' | 'critical';

export interface NoticeRow extends TenantRow {
  /** The webhook field that said it, or a word of ours: `account_update`, `security`, `token`, … */
  kind: string;
  /** What happened, as one word; open set. */
  event: string;
  severity: Severity;
  /** The number that it concerns; absent: the whole account. */
  channelId?: string;
  wabaId?: string;
  /** When it happened, as whoever said it told. */
  at: Date;
  createdAt: Date;
  /** Still to be mailed to the business (mailing.ts). */
  mailDue?: boolean;
  /** Sealed `{ text, details }`. */
  said: Buffer;
}

export const Notices = tenantCollection<NoticeRow>('notices', {
  retention: 'account',
  fields: {
    kind: ours.technical({ type: String, required: true }),
    event: ours.technical({ type: String, required: true }),
    severity: ours.technical({ type: String, required: true }),
    channelId: ours.technical(String),
    wabaId: ours.technical(String),
    at: ours.technical({ type: Date, required: true }),
    createdAt: ours.technical({ type: Date, required: true }),
    mailDue: ours.technical(Boolean),
    said: ours.sealedAccount(),
  },
  indexes: [
    { keys: { createdAt: -1, _id: -1 } },
    { keys: { mailDue: 1 }, options: { partialFilterExpression: { mailDue: true } } },
  ],
});
