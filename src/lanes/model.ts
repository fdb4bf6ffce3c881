/** Items that need a person: what a lane gave up on, and what no tenant could be found for. */
import { type BaseRow, fieldsOf, operatorCollection } from '../store/collection.ts';

const held = fieldsOf('processor');

export type ParkReason = 'failed' | 'unrouted' | 'mismatch' | 'unreadable' | 'unknown-field';

export interface DeadLetterRow extends BaseRow {
  /** Absent for items that no tenant owns. */
  tenantId?: string;
  phoneNumberId?: string;
  wabaId?: string;
  app: string;
  reason: ParkReason;
  /** What went wrong, in our words; no personal data. */
  detail: string;
  kind: string;
  attempts: number;
  receivedAt: Date;
  parkedAt: Date;
  /** Sealed lane item: by the tenant's key where there is one, else by the installation's. */
  item: Buffer;
  sealedFor: 'tenant' | 'installation';
  /** Rows of the installation go after 30 days. */
  expiresAt?: Date;
}

export const DeadLetters = operatorCollection<DeadLetterRow>('deadLetters', {
  retention: 'parked-30-days',
  fields: {
    tenantId: held.technical(String),
    phoneNumberId: held.technical(String),
    wabaId: held.technical(String),
    app: held.technical({ type: String, required: true }),
    reason: held.technical({ type: String, required: true }),
    detail: held.technical({ type: String, required: true }),
    kind: held.technical({ type: String, required: true }),
    attempts: held.technical({ type: Number, required: true }),
    receivedAt: held.technical({ type: Date, required: true }),
    parkedAt: held.technical({ type: Date, required: true }),
    item: held.sealedContent(),
    sealedFor: held.technical({ type: String, required: true }),
    expiresAt: held.technical(Date),
  },
  indexes: [
    { keys: { parkedAt: -1, _id: -1 } },
    { keys: { phoneNumberId: 1, reason: 1 } },
    { keys: { expiresAt: 1 }, options: { expireAfterSeconds: 0 } },
  ],
});
