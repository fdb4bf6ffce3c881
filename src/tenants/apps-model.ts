/** Meta apps of the installation besides the one of the settings: each signs its webhooks with a secret of its own. */
import { type BaseRow, fieldsOf, operatorCollection } from '../store/collection.ts';

const ours = fieldsOf('controller');

/** `_id` is the app's name, as in its webhook address `/webhooks/whatsapp/{app}`. */
export interface AppRow extends BaseRow {
  /** `AppCredentials`, sealed by the installation's key. */
  credentials: Buffer;
  /** Raised with each change, so that two operators do not undo each other's. */
  revision: number;
  createdAt: Date;
}

export interface AppCredentials {
  /** Newest first; the second is the one before, until it is retired. */
  secrets: { secret: string; addedAt: string }[];
  /** The app's own (`tenantId` null), and those of tenants that set a callback of their own. */
  verifyTokens: { token: string; tenantId: string | null; addedAt: string }[];
}

export const Apps = operatorCollection<AppRow>('apps', {
  retention: 'installation',
  fields: {
    credentials: ours.sealedTechnical(),
    revision: ours.technical({ type: Number, required: true }),
    createdAt: ours.technical({ type: Date, required: true }),
  },
});
