/** Mail on its way to people: a row first, then the mail server; what it said is gone once it was handed over. */
import { fieldsOf, tenantCollection, type TenantRow } from '../store/collection.ts';

/** Every mail belongs to one of these, so that nobody is sent what they may refuse under another name. */
export const MAIL_CATEGORIES = ['support', 'activity', 'account', 'security', 'policy', 'marketing'] as const;
export type MailCategory = (typeof MAIL_CATEGORIES)[number];

export const MAIL_LANGUAGES = ['en', 'he'] as const;
export type MailLanguage = (typeof MAIL_LANGUAGES)[number];

/** What a mail says, before it gets its form. Sealed in `MailRow.letter`. */
export interface Letter {
  to: string;
  language: MailLanguage;
  subject: string;
  /** Paragraphs. */
  lines: string[];
  /** What the person should open. */
  link?: { text: string; url: string };
}

/**
 * due ──handed over──▶ sent        due ──refused for good, or a day of trying──▶ failed        due ──no mail server here──▶ kept
 */
export type MailState = 'due' | 'sent' | 'failed' | 'kept';

export interface MailRow extends TenantRow {
  category: MailCategory;
  state: MailState;
  /** `Letter`; absent once it was sent or given up. */
  letter?: Buffer;
  /** Tries so far. */
  attempts: number;
  dueAt: Date;
  createdAt: Date;
  /** Why the last try failed: a code of the mail server or of the network. */
  reason?: string;
  sentAt?: Date;
}

const ours = fieldsOf('controller');

/** Mail of the installation itself belongs to `INSTALLATION` of the audit log's model, as its entries do. */
export const Mails = tenantCollection<MailRow>('mails', {
  retention: 'account',
  fields: {
    category: ours.technical({ type: String, required: true }),
    state: ours.technical({ type: String, required: true }),
    letter: ours.sealedAccount(),
    attempts: ours.technical({ type: Number, required: true }),
    dueAt: ours.technical({ type: Date, required: true }),
    createdAt: ours.technical({ type: Date, required: true }),
    reason: ours.technical(String),
    sentAt: ours.technical(Date),
  },
  indexes: [{ keys: { state: 1, dueAt: 1 } }, { keys: { createdAt: 1 }, acrossTenants: true }],
});

export function letterPlace({ _id, tenantId }: Pick<MailRow, '_id' | 'tenantId'>) {
  return { tenantId, collection: 'mails', id: _id, field: 'letter' };
}
