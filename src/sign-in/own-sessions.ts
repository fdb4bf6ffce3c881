/** A person's own sessions: the list, ending one, and the one act after unauthorised use. */
import type { Context } from '../context.ts';
import type { Caller } from '../http/route.ts';
import { raiseNotice } from '../notices/notices.ts';
import { notFound } from '../ops/errors.ts';
import { ErasedError } from '../store/keyring.ts';
import { ApiKeys } from '../tenants/model.ts';
import { type Device, type SessionRow, Sessions, Users } from '../tenants/people-model.ts';
import { devicePlace, endSessions, isLive } from '../tenants/sessions.ts';
import { voidLinks } from './links.ts';

export interface SessionView {
  id: string;
  current: boolean;
  startedAt: string;
  seenAt: string;
  endsAt: string;
  strong: boolean;
  userAgent: string;
  address: string;
}

/** Those that live, newest first. In the tenant's scope. */
export async function listSessions(ctx: Context, caller: Caller): Promise<SessionView[]> {
  const rows = await ctx.store
    .model(Sessions)
    .find({ userId: caller.id, endedAt: { $exists: false } })
    .sort({ _id: -1 })
    .lean<SessionRow[]>()
    .exec();
  const live = rows.filter((row) => isLive(row, ctx.clock.now()));
  return Promise.all(live.map(async (row) => view(row, caller, await deviceOf(ctx, row))));
}

function view(row: SessionRow, caller: Caller, device: Device): SessionView {
  const { _id: id, createdAt, seenAt, endsAt, strong } = row;
  return {
    id,
    current: id === caller.session?.id,
    startedAt: createdAt.toISOString(),
    seenAt: seenAt.toISOString(),
    endsAt: endsAt.toISOString(),
    strong,
    ...device,
  };
}

async function deviceOf(ctx: Context, { _id, tenantId, device }: SessionRow): Promise<Device> {
  try {
    return await ctx.store.keyring.open<Device>(devicePlace(tenantId, _id), device);
  } catch (error) {
    if (error instanceof ErasedError) return { userAgent: '', address: '' };
    throw error;
  }
}

/** Ends one of the caller's own. @throws Reject (404) for any other */
export async function endSession(ctx: Context, caller: Caller, sessionId: string): Promise<void> {
  const ended = await endSessions(ctx, { userId: caller.id, sessionId, by: 'ended-by-user' });
  if (ended === 0) throw notFound('session');
}

/** Ends the caller's own sessions on other devices. @returns how many */
export async function endOthers(ctx: Context, caller: Caller): Promise<number> {
  return endSessions(ctx, { userId: caller.id, except: caller.session?.id ?? '', by: 'ended-by-user' });
}

/**
 * "Somebody else used my account": ends every session of the person, this one too, revokes the keys that they made,
 * voids their links, asks for a new password at the next sign-in, and tells the business. In the tenant's scope.
 */
export async function endEverything(
  ctx: Context,
  { tenantId, id: userId }: Caller,
): Promise<{ sessions: number; keys: number }> {
  const now = new Date(ctx.clock.now());
  await ctx.store
    .model(Users)
    .updateOne({ _id: userId }, { $set: { mustChangePassword: true } })
    .exec();
  const keys = await ctx.store
    .model(ApiKeys)
    .updateMany({ createdBy: `user:${userId}`, revokedAt: { $exists: false } }, { $set: { revokedAt: now } })
    .exec();
  await voidLinks(ctx, { userId });
  const sessions = await endSessions(ctx, { userId, by: 'reported' });
  await raiseNotice(ctx, {
    tenantId,
    kind: 'security',
    event: 'unauthorised-use',
    severity: 'critical',
    unique: [userId, now.toISOString()],
    text: `A person of yours reported that somebody else used their account. ${sessions} sessions were ended, ${keys.modifiedCount} keys that they made were revoked, and a new password is asked for. Look at the audit log for what was done in their name.`,
    at: now,
    details: { userId, sessions, keys: keys.modifiedCount },
  });
  return { sessions, keys: keys.modifiedCount };
}
