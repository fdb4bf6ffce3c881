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
  /** Tries of all rounds together. */
  attempts: number;
  /** How often it was put back and came here again; absent: never. */
  retries?: number;
  /** Digests of whom it is from or about (person.ts): a look-up without a number in the row. */
  people?: string[];
  /** First receipt; a retry does not change it. */
  receivedAt: Date;
  parkedAt: Date;
  /** Length of the sealed item. */
  bytes?: number;
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
    retries: held.technical(Number),
    people: held.technical({ type: [String], default: undefined }),
    receivedAt: held.technical({ type: Date, required: true }),
    parkedAt: held.technical({ type: Date, required: true }),
    bytes: held.technical(Number),
    item: held.sealedContent(),
    sealedFor: held.technical({ type: String, required: true }),
    expiresAt: held.technical(Date),
  },
  indexes: [
    // One for each way to list, so that a flood of one kind costs nothing where others are looked for.
    { keys: { receivedAt: -1, _id: -1 } },
    { keys: { reason: 1, receivedAt: -1, _id: -1 } },
    { keys: { tenantId: 1, receivedAt: -1, _id: -1 } },
    { keys: { tenantId: 1, reason: 1, receivedAt: -1, _id: -1 } },
    { keys: { phoneNumberId: 1, reason: 1, receivedAt: -1, _id: -1 } },
    { keys: { people: 1, receivedAt: -1, _id: -1 } },
    { keys: { expiresAt: 1 }, options: { expireAfterSeconds: 0 } },
  ],
});
