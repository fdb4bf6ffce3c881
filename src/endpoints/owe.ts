/** What is owed to a tenant's endpoints: written down before anything is sent, so that no crash forgets it. */
import type { Context } from '../context.ts';
import type { MessageRow } from '../conversations/model.ts';
import { isDuplicateKey } from '../store/errors.ts';
import { laneName } from './lane-name.ts';
import { Deliveries, type DeliveryRow, type EndpointRow, Endpoints } from './model.ts';

const EVENT = 'message.received';

/**
 * Owes a received message to each active endpoint of its tenant and wakes their lanes. Runs in the tenant's scope.
 * A redo owes nothing twice: the row's id is made of message and endpoint.
 */
export async function oweDeliveries(ctx: Context, message: MessageRow): Promise<void> {
  const filter = { status: 'active', events: { $in: [EVENT] } } as const;
  const endpoints = await ctx.store.model(Endpoints).find(filter).lean<EndpointRow[]>().exec();
  if (endpoints.length === 0) return;
  const rows = endpoints.map((endpoint) => deliveryOf(ctx, message, endpoint));
  try {
    await ctx.store.model(Deliveries).insertMany(rows, { ordered: false });
  } catch (error) {
    if (!isDuplicateKey(error)) throw error;
  }
  for (const row of rows) await ctx.lanes.endpoints.wake({ lane: laneName(row), tenantId: row.tenantId });
}

function deliveryOf(ctx: Context, message: MessageRow, endpoint: EndpointRow): DeliveryRow {
  const now = new Date(ctx.clock.now());
  return {
    _id: `${message._id}.${endpoint._id}`,
    tenantId: message.tenantId,
    endpointId: endpoint._id,
    eventId: message._id,
    event: EVENT,
    conversationId: message.conversationId,
    contactId: message.contactId,
    messageId: message._id,
    position: message.position,
    state: 'due',
    attempts: 0,
    dueAt: now,
    createdAt: now,
    log: [],
  };
}
