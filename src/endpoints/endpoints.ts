/** Tenants' endpoints: HTTPS addresses that receive signed events. Address and secret are sealed by the tenant's key. */
import type { Context } from '../context.ts';
import { newId } from '../store/ids.ts';
import { withTenant } from '../store/scope.ts';
import { findTenant } from '../tenants/tenants.ts';
import { allowsLoopback, endpointUrl } from './address.ts';
import { type EndpointRow, Endpoints } from './model.ts';

export interface Endpoint {
  endpointId: string;
  url: string;
  events: string[];
  status: EndpointRow['status'];
  createdAt: Date;
}

/** Standard Webhooks asks for 24 to 64 bytes. */
const SECRET_BYTES = 32;

/**
 * Adds an endpoint that receives `message.received`. `secret` (Standard Webhooks) is in this answer only.
 * @throws Reject (404) for an unknown tenant, (422) for an address that may not be called.
 */
export async function addEndpoint(
  ctx: Context,
  input: { tenantId: string; url: string },
): Promise<Endpoint & { secret: string }> {
  const { tenantId } = input;
  await findTenant(ctx, tenantId);
  const url = endpointUrl(input.url, allowsLoopback(ctx.settings)).href;
  const secret = `whsec_${ctx.random.bytes(SECRET_BYTES).toString('base64')}`;
  const _id = newId(ctx, 'end');
  const seal = (field: 'url' | 'secret', value: string) =>
    ctx.store.keyring.seal({ kind: 'tenant' }, placeOf({ _id, tenantId }, field), value);
  const row: EndpointRow = {
    _id,
    tenantId,
    url: await seal('url', url),
    secret: await seal('secret', secret),
    events: ['message.received'],
    status: 'active',
    createdAt: new Date(ctx.clock.now()),
  };
  await withTenant(tenantId, () => ctx.store.model(Endpoints).insertMany([row]));
  ctx.log.info({ tenantId, endpointId: _id }, 'endpoint.added');
  return { ...view(row, url), secret };
}

/** A tenant's endpoints, oldest first, without their secrets. @throws Reject (404) for an unknown tenant. */
export async function listEndpoints(ctx: Context, tenantId: string): Promise<Endpoint[]> {
  await findTenant(ctx, tenantId);
  const rows = await withTenant(tenantId, () =>
    ctx.store.model(Endpoints).find().sort({ _id: 1 }).lean<EndpointRow[]>().exec(),
  );
  return Promise.all(rows.map(async (row) => view(row, (await openEndpoint(ctx, row)).url)));
}

/** Address and signing secret. @throws ErasedError when the tenant's key was destroyed. */
export async function openEndpoint(ctx: Context, row: EndpointRow): Promise<{ url: string; secret: string }> {
  const open = (field: 'url' | 'secret') => ctx.store.keyring.open<string>(placeOf(row, field), row[field]);
  return { url: await open('url'), secret: await open('secret') };
}

function view(row: EndpointRow, url: string): Endpoint {
  const { _id: endpointId, events, status, createdAt } = row;
  return { endpointId, url, events, status, createdAt };
}

function placeOf({ _id, tenantId }: { _id: string; tenantId: string }, field: string) {
  return { tenantId, collection: 'endpoints', id: _id, field };
}
