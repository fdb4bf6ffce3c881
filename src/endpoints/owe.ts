/** What is owed to a tenant's endpoints: written down before anything is sent, so that no crash forgets it. */
import type { Context } from '../context.ts';
import type { MessageRow } from '../conversations/model.ts';
import { laneName } from './lane-name.ts';
import { Deliveries, type DeliveryRow, type EndpointRow, Endpoints } from './model.ts';

const EVENT = 'message.received';

/** The tenant's active endpoints that want to hear of received messages. */
export async function interestedEndpoints(ctx: Context, tenantId: string): Promise<EndpointRow[]> {
  const endpoints = await ctx.store.batches.findBy(Endpoints, 'tenantId', tenantId, tenantId);
  return endpoints.filter(({ status, events }) => status === 'active' && events.includes(EVENT));
}

/**
 * Owes a received message to each of these endpoints and wakes their lanes. Runs in the tenant's scope.
 * A redo owes nothing twice: the row's id is made of message and endpoint.
 */
export async function oweDeliveries(
  ctx: Context,
  message: MessageRow,
  endpoints: EndpointRow[],
): Promise<void> {
  await Promise.all(
    endpoints.map(async (endpoint) => {
      const row = deliveryOf(ctx, message, endpoint);
      await ctx.store.batches.insert(Deliveries, row);
      await ctx.lanes.endpoints.wake({ lane: row.lane, tenantId: row.tenantId });
    }),
  );
}

function deliveryOf(ctx: Context, message: MessageRow, endpoint: EndpointRow): DeliveryRow {
  const now = new Date(ctx.clock.now());
  return {
    _id: `${message._id}.${endpoint._id}`,
    tenantId: message.tenantId,
    endpointId: endpoint._id,
    lane: laneName({ conversationId: message.conversationId, endpointId: endpoint._id }),
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
