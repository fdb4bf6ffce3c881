/**
 * What follows when a person is disabled or deleted: sessions, links and keys end, live feeds with them within 2.5 s,
 * conversations they held wait for somebody else, and of the deleted nothing stays that can be read. It is noted before
 * it begins and done again for a minute, so that neither a crash in the middle nor a request that began just before
 * leaves anything with somebody who is gone.
 */
import { returnToQueue } from '../agents/assignment.ts';
import type { Context } from '../context.ts';
import { voidLinks } from '../sign-in/links.ts';
import { withTenant } from '../store/scope.ts';
import { revokeKeysMadeBy } from '../tenants/key-changes.ts';
import {
  type DepartureRow,
  Departures,
  OneTimeLinks,
  Sessions,
  type UserRow,
  Users,
} from '../tenants/people-model.ts';
import { endSessions } from '../tenants/sessions.ts';
import { releaseNames } from './names.ts';

/** No request lasts longer that was let in before. */
const REPEATED_MS = 60_000;
const ROWS_AT_ONCE = 500;

/** In the tenant's scope; the owner never leaves. */
export async function depart(
  ctx: Context,
  { _id: userId, tenantId }: UserRow,
  { kind, by }: Pick<DepartureRow, 'kind' | 'by'>,
): Promise<void> {
  const at = new Date(ctx.clock.now());
  const departure = { _id: userId, tenantId, kind, by, at };
  await ctx.store.model(Departures).deleteOne({ _id: userId }).exec();
  await ctx.store.model(Departures).insertMany([departure]);
  await ctx.store
    .model(Users)
    .updateOne({ _id: userId, role: { $ne: 'owner' } }, { $set: { status: 'disabled', disabledAt: at } })
    .exec();
  await carryOut(ctx, departure);
}

/** The person is let in again. In the tenant's scope. */
export async function forgetDeparture(ctx: Context, userId: string): Promise<void> {
  await ctx.store.model(Departures).deleteOne({ _id: userId }).exec();
}

/** Runs as the operator. @returns how many left just now */
export async function finishDepartures(ctx: Context): Promise<number> {
  const rows = await ctx.store.model(Departures).find().limit(ROWS_AT_ONCE).lean<DepartureRow[]>().exec();
  for (const row of rows) await withTenant(row.tenantId, () => again(ctx, row));
  return rows.length;
}

async function again(ctx: Context, departure: DepartureRow): Promise<void> {
  const { _id, at } = departure;
  const user = await ctx.store.model(Users).findOne({ _id }, { status: 1 }).lean<UserRow>().exec();
  const isHere = user !== null && user.status !== 'disabled';
  if (!isHere) await carryOut(ctx, departure);
  if (isHere || ctx.clock.now() - at.getTime() > REPEATED_MS) await forgetDeparture(ctx, _id);
}

/** May run again. */
async function carryOut(ctx: Context, { _id: userId, tenantId, kind, by }: DepartureRow): Promise<void> {
  await endSessions(ctx, { userId, by: 'disabled' });
  await voidLinks(ctx, { userId });
  await revokeKeysMadeBy(ctx, { tenantId, principal: `user:${userId}` }, by);
  await returnToQueue(ctx, tenantId, userId);
  if (kind === 'deleted') await erase(ctx, { _id: userId, tenantId });
}

/** What is kept of a person goes: key first, so that a crash leaves nothing that can be read. */
export async function erase(
  ctx: Context,
  { _id: userId, tenantId }: Pick<UserRow, '_id' | 'tenantId'>,
): Promise<void> {
  await ctx.store.keyring.destroy(tenantId, { kind: 'user', id: userId });
  await releaseNames(ctx, { tenantId, userId });
  await ctx.store.model(OneTimeLinks).deleteMany({ userId }).exec();
  await ctx.store.model(Sessions).deleteMany({ userId }).exec();
  await ctx.store.model(Users).deleteOne({ _id: userId }).exec();
}
