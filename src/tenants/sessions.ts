/**
 * Sessions of people: an opaque token `wss_<tenant id>_<secret>` in a cookie. It names its tenant, so that it is looked
 * for among that tenant's sessions only; we keep a digest of the secret. Person, role and session are read from the
 * database each time, so that whoever is disabled or loses a right loses it at once.
 */
import { createHash, createHmac, timingSafeEqual } from 'node:crypto';

import type { Context } from '../context.ts';
import type { Caller } from '../http/route.ts';
import { newId, newSecret } from '../store/ids.ts';
import { ErasedError } from '../store/keyring.ts';
import { withTenant } from '../store/scope.ts';
import { pendingOf } from './pending.ts';
import { type Device, type Profile, type SessionRow, Sessions, type UserRow, Users } from './people-model.ts';
import { permissionsOf } from './roles.ts';
import { type SignInRules, standingOf } from './sign-in-rules.ts';

/** A session ends 12 hours after the last request … */
const IDLE_MS = 12 * 3_600_000;
/** … and 7 days after it began, however busy it is. */
export const SESSION_MS = 7 * 24 * 3_600_000;
/** How often the time of the last request is written. */
const SEEN_EVERY_MS = 60_000;

/** The tenant id may contain `_`, the secret does not: the last one parts them. */
const TOKEN_FORM = /^wss_(?<tenantId>[a-z0-9_]{1,64})_(?<secret>[A-Za-z0-9]{43})$/;

interface NewSession {
  tenantId: string;
  userId: string;
  strong: boolean;
  device: Device;
}

/** Begins a session with a token of its own. `token` is in this answer only. */
export async function startSession(
  ctx: Context,
  { tenantId, userId, strong, device }: NewSession,
): Promise<{ token: string; sessionId: string; csrfToken: string; endsAt: Date }> {
  const secret = newSecret(ctx.random);
  const _id = newId(ctx, 'ses');
  const now = ctx.clock.now();
  const row: SessionRow = {
    _id,
    tenantId,
    userId,
    secretHash: digestOf(secret).toString('hex'),
    strong,
    createdAt: new Date(now),
    seenAt: new Date(now),
    endsAt: new Date(now + SESSION_MS),
    device: await ctx.store.keyring.seal({ kind: 'user', id: userId }, devicePlace(tenantId, _id), device),
  };
  await withTenant(tenantId, () => ctx.store.model(Sessions).insertMany([row]));
  return {
    token: `wss_${tenantId}_${secret}`,
    sessionId: _id,
    csrfToken: csrfTokenOf(secret),
    endsAt: row.endsAt,
  };
}

/** Who holds this token. Null for anything else: unknown, ended and of a disabled person or tenant. */
export async function authenticateSession(ctx: Context, token: string): Promise<Caller | null> {
  const { tenantId, secret } = TOKEN_FORM.exec(token)?.groups ?? {};
  if (tenantId === undefined || secret === undefined) return null;
  const digest = digestOf(secret);
  const [session, { isActive, rules }] = await Promise.all([
    withTenant(tenantId, () =>
      ctx.store
        .model(Sessions)
        .findOne({ secretHash: digest.toString('hex') })
        .lean<SessionRow>()
        .exec(),
    ),
    standingOf(ctx, tenantId),
  ]);
  const isSame = timingSafeEqual(Buffer.from(session?.secretHash ?? '0'.repeat(64), 'hex'), digest);
  if (!session || !isSame || !isActive || !isLive(session, ctx.clock.now())) return null;
  return withTenant(tenantId, () => callerOf(ctx, session, { csrfToken: csrfTokenOf(secret), rules }));
}

async function callerOf(
  ctx: Context,
  session: SessionRow,
  { csrfToken, rules }: { csrfToken: string; rules: SignInRules },
): Promise<Caller | null> {
  const { _id, tenantId, userId, strong } = session;
  const user = await ctx.store.model(Users).findOne({ _id: userId }).lean<UserRow>().exec();
  if (user?.status !== 'active') return null;
  await noteSeen(ctx, session);
  const profile = await profileOf(ctx, user).catch(nullIfErased);
  if (!profile) return null;
  const { firstName, lastName } = profile;
  return {
    tenantId,
    kind: 'person',
    id: userId,
    name: `${firstName} ${lastName}`,
    scopes: await permissionsOf(ctx, user.role),
    principal: `user:${userId}`,
    session: { id: _id, csrfToken, strong },
    pending: pendingOf(ctx.settings, user, rules.secondFactorForAll && !strong),
  };
}

/** The person is being deleted at this moment. */
function nullIfErased(error: unknown): null {
  if (error instanceof ErasedError) return null;
  throw error;
}

export function isLive({ endedAt, endsAt, seenAt }: SessionRow, now: number): boolean {
  return endedAt === undefined && endsAt.getTime() > now && seenAt.getTime() + IDLE_MS > now;
}

async function noteSeen(ctx: Context, { _id, seenAt }: SessionRow): Promise<void> {
  const now = ctx.clock.now();
  if (now - seenAt.getTime() < SEEN_EVERY_MS) return;
  await ctx.store
    .model(Sessions)
    .updateOne({ _id, seenAt: { $lt: new Date(now) } }, { $set: { seenAt: new Date(now) } })
    .exec();
}

interface Ending {
  userId: string;
  /** Only this one; else all of the person's. */
  sessionId?: string;
  except?: string | undefined;
  by: string;
}

/** Ends sessions of a person at once; in the tenant's scope. @returns how many ended */
export async function endSessions(ctx: Context, { userId, sessionId, except, by }: Ending): Promise<number> {
  const { modifiedCount } = await ctx.store
    .model(Sessions)
    .updateMany(
      {
        userId,
        endedAt: { $exists: false },
        ...(sessionId === undefined ? {} : { _id: sessionId }),
        ...(except === undefined ? {} : { _id: { $ne: except } }),
      },
      { $set: { endedAt: new Date(ctx.clock.now()), endedBy: by } },
    )
    .exec();
  return modifiedCount;
}

/** What the person gave of themselves. In the tenant's scope. @throws ErasedError */
export function profileOf(ctx: Context, { _id, tenantId, profile }: UserRow): Promise<Profile> {
  return ctx.store.keyring.open({ tenantId, collection: 'users', id: _id, field: 'profile' }, profile);
}

export function devicePlace(tenantId: string, id: string) {
  return { tenantId, collection: 'sessions', id, field: 'device' };
}

/** What a page of ours sends back, and a foreign page can't read: goes with the session. */
function csrfTokenOf(secret: string): string {
  return createHmac('sha256', secret).update('csrf').digest('base64url');
}

function digestOf(secret: string): Buffer {
  return createHash('sha256').update(secret).digest();
}
