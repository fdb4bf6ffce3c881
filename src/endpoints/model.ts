/** Tenants' endpoints and what is owed to them. */
import { fieldsOf, tenantCollection, type TenantRow } from '../store/collection.ts';

const held = fieldsOf('processor');
const ours = fieldsOf('controller');

export interface EndpointRow extends TenantRow {
  /** Sealed by the tenant's key: may carry a token in its path. */
  url: Buffer;
  /** Sealed Standard Webhooks secret, `whsec_…`. */
  secret: Buffer;
  events: string[];
  status: 'active' | 'disabled';
  createdAt: Date;
}

export const Endpoints = tenantCollection<EndpointRow>('endpoints', {
  retention: 'account',
  fields: {
    url: ours.sealedAccount(),
    secret: ours.sealedAccount(),
    events: ours.technical([String]),
    status: ours.technical({ type: String, required: true }),
    createdAt: ours.technical({ type: Date, required: true }),
  },
});

/** One event owed to one endpoint: `_id` is `<event id>.<endpoint id>`, so that a redo owes nothing twice. */
export interface DeliveryRow extends TenantRow {
  endpointId: string;
  /** Its place in line: one conversation's events for one endpoint (lane-name.ts). */
  lane: string;
  /** Also the `webhook-id` header: the same in every repeat. */
  eventId: string;
  event: string;
  conversationId: string;
  contactId: string;
  messageId: string;
  /** Order within the conversation. */
  position: number;
  state: 'due' | 'done' | 'failed';
  attempts: number;
  dueAt: Date;
  createdAt: Date;
  /** Each try: when, HTTP status (0: no answer), milliseconds. The answer's body is not kept. */
  log: { at: Date; status: number; ms: number; error?: string }[];
}

export const Deliveries = tenantCollection<DeliveryRow>('deliveries', {
  retention: 'client-content',
  fields: {
    endpointId: held.technical({ type: String, required: true }),
    lane: held.technical({ type: String, required: true }),
    eventId: held.technical({ type: String, required: true }),
    event: held.technical({ type: String, required: true }),
    conversationId: held.technical({ type: String, required: true }),
    contactId: held.technical({ type: String, required: true }),
    messageId: held.technical({ type: String, required: true }),
    position: held.technical({ type: Number, required: true }),
    state: held.technical({ type: String, required: true }),
    attempts: held.technical({ type: Number, required: true }),
    dueAt: held.technical({ type: Date, required: true }),
    createdAt: held.technical({ type: Date, required: true }),
    log: held.technical([{}]), // our own writing: a document of each try would cost more than the write
  },
  indexes: [
    {
      keys: { lane: 1, position: 1, _id: 1 },
      acrossTenants: true,
      options: { partialFilterExpression: { state: 'due' } },
    },
    { keys: { state: 1, dueAt: 1 }, options: { partialFilterExpression: { state: 'due' } } },
    { keys: { messageId: 1 } },
  ],
});
