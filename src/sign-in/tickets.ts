/**
 * Tickets: what we must know again at the next step of a sign-in or a set-up, sealed and given to the browser. They
 * name their tenant, end soon, and are for one use where that is asked for.
 */
import type { Context } from '../context.ts';
import { Reject } from '../ops/errors.ts';
import { newId } from '../store/ids.ts';

const LIFE_MS = 10 * 60_000;

interface Sealed<Data> {
  id: string;
  endsAt: number;
  data: Data;
}

export interface Ticket<Data> {
  tenantId: string;
  id: string;
  data: Data;
}

/** `use` says for what; a ticket for another use does not open. */
export async function sealTicket<Data>(
  ctx: Context,
  tenantId: string,
  use: string,
  data: Data,
): Promise<string> {
  const ticket: Sealed<Data> = { id: newId(ctx, 'tkt'), endsAt: ctx.clock.now() + LIFE_MS, data };
  const sealed = await ctx.store.keyring.seal({ kind: 'tenant' }, placeOf(tenantId, use), ticket);
  return `${tenantId}.${sealed.toString('base64url')}`;
}

/** @throws Reject (410) `ticket-over` for one that is too old or none of ours */
export async function openTicket<Data>(ctx: Context, use: string, ticket: string): Promise<Ticket<Data>> {
  const { tenantId = '', sealed = '' } =
    /^(?<tenantId>[a-z0-9_]{1,64})\.(?<sealed>[\w-]{1,4000})$/.exec(ticket)?.groups ?? {};
  try {
    const { id, endsAt, data } = await ctx.store.keyring.open<Sealed<Data>>(
      placeOf(tenantId, use),
      Buffer.from(sealed, 'base64url'),
    );
    if (endsAt > ctx.clock.now()) return { tenantId, id, data };
  } catch (error) {
    if (!['SealError', 'ErasedError'].includes((error as Error).name)) throw error;
  }
  throw ticketIsOver();
}

/** Uses a ticket up. @throws Reject (410) `ticket-over` when it was used before */
export async function useTicket(ctx: Context, { tenantId, id }: Ticket<unknown>): Promise<void> {
  const first = await ctx.liveRedis.set(`${ctx.prefix}:ticket:${tenantId}:${id}`, '1', 'PX', LIFE_MS, 'NX');
  if (first === null) throw ticketIsOver();
}

export function ticketIsOver(): Reject {
  return new Reject(410, 'ticket-over', 'That took too long, or it was done already. Please begin again.');
}

function placeOf(tenantId: string, use: string) {
  return { tenantId, collection: 'tickets', id: use, field: 'ticket' };
}
