/**
 * API keys: `wsk_<tenant id>_<secret>`. The key names its tenant, so that it is looked for among that tenant's keys
 * only. We keep a digest of the secret; the key itself is shown once. A rotated key has two secrets for a while
 * (key-changes.ts).
 */
import { createHash, timingSafeEqual } from 'node:crypto';

import { z } from 'zod';

import { audit } from '../audit/audit.ts';
import type { Context } from '../context.ts';
import { notFound } from '../ops/errors.ts';
import { newId, newSecret } from '../store/ids.ts';
import { withTenant } from '../store/scope.ts';
import { checkInput, textLine } from './input.ts';
import { type ApiKeyRow, ApiKeys } from './model.ts';
import { type Scope, SCOPES } from './permissions.ts';
import { findTenant, isActiveTenant } from './tenants.ts';

export interface ApiKey {
  keyId: string;
  name: string;
  scopes: Scope[];
  createdAt: Date;
  /** Principal of who made it; null of keys older than this field. */
  createdBy: string | null;
  /** It ends then; null: never by itself. */
  expiresAt: Date | null;
  /** When it got its present secret; null: with the key. */
  rotatedAt: Date | null;
  /** Until then the secret before works too; null: it does not. */
  previousUntil: Date | null;
  /** To the minute. */
  lastUsedAt: Date | null;
  revokedAt: Date | null;
}

/** How often the time of the last use is written. */
const USED_EVERY_MS = 60_000;
const DAY_MS = 86_400_000;

export const expiresDays = z
  .int('must be a whole number of days')
  .min(1, 'must be at least 1')
  .max(3_650, 'must be at most 3650');

const newKey = z.strictObject({
  tenantId: z.string('is missing'),
  name: textLine(100).default('API key'),
  scopes: z
    .array(
      z.string().refine((scope) => (SCOPES as readonly string[]).includes(scope), {
        error: ({ input }) => `has the unknown scope "${String(input)}"; known are ${SCOPES.join(', ')}`,
      }),
      'is missing',
    )
    .min(1, `must name at least one of ${SCOPES.join(', ')}`)
    .transform((scopes) => [...new Set(scopes)] as Scope[]),
  expiresDays: expiresDays.optional(),
});

/**
 * Makes a key with these rights. `key` is in this answer only. `by`: principal of who makes it.
 * @throws Reject (404) for an unknown tenant, (422) that names each unknown scope, (503) when it can't be audited
 */
export async function createApiKey(
  ctx: Context,
  input: { tenantId: string; scopes: string[]; name?: string | undefined; expiresDays?: number | undefined },
  by = 'system',
): Promise<ApiKey & { id: string; key: string }> {
  const { tenantId, name, scopes, expiresDays: days } = checkInput(newKey, input);
  await findTenant(ctx, tenantId);
  const secret = newSecret(ctx.random);
  const now = ctx.clock.now();
  const row: ApiKeyRow = {
    _id: newId(ctx, 'key'),
    tenantId,
    name,
    secretHash: digestOf(secret).toString('hex'),
    scopes,
    createdAt: new Date(now),
    createdBy: by,
    ...(days === undefined ? {} : { expiresAt: new Date(now + days * DAY_MS) }),
  };
  await audit(ctx, {
    tenantId,
    actor: by,
    action: 'key.created',
    objects: [row._id],
    outcome: 'allowed',
    details: { scopes: scopes.join(' '), ...(days === undefined ? {} : { expiresDays: days }) },
  });
  await withTenant(tenantId, () => ctx.store.model(ApiKeys).insertMany([row]));
  ctx.log.info({ tenantId, keyId: row._id }, 'key.created');
  return { id: row._id, key: keyText(tenantId, secret), ...keyView(row, now) };
}

/** A tenant's keys, oldest first, revoked ones too. @throws Reject (404) for an unknown tenant. */
export async function listApiKeys(ctx: Context, tenantId: string): Promise<ApiKey[]> {
  await findTenant(ctx, tenantId);
  const rows = await withTenant(tenantId, () =>
    ctx.store.model(ApiKeys).find().sort({ _id: 1 }).lean<ApiKeyRow[]>().exec(),
  );
  return rows.map((row) => keyView(row, ctx.clock.now()));
}

/** Ends a key at once; a second time changes nothing. @throws Reject (404) when the tenant has no such key. */
export async function revokeApiKey(
  ctx: Context,
  { tenantId, keyId }: { tenantId: string; keyId: string },
  by = 'system',
): Promise<ApiKey> {
  return withTenant(tenantId, async () => {
    const keys = ctx.store.model(ApiKeys);
    const before = await findKey(ctx, keyId);
    if (before.revokedAt) return keyView(before, ctx.clock.now());
    await audit(ctx, { tenantId, actor: by, action: 'key.revoked', objects: [keyId], outcome: 'allowed' });
    const revokedAt = new Date(ctx.clock.now());
    await keys.updateOne({ _id: keyId, revokedAt: { $exists: false } }, { $set: { revokedAt } }).exec();
    ctx.log.info({ tenantId, keyId }, 'key.revoked');
    return keyView(await findKey(ctx, keyId), ctx.clock.now());
  });
}

/** In the tenant's scope. @throws Reject (404) */
export async function findKey(ctx: Context, keyId: string): Promise<ApiKeyRow> {
  const row = await ctx.store.model(ApiKeys).findOne({ _id: keyId }).lean<ApiKeyRow>().exec();
  if (!row) throw notFound('key');
  return row;
}

export interface AuthenticatedKey {
  tenantId: string;
  keyId: string;
  name: string;
  scopes: Scope[];
}

/** The tenant id may contain `_`, the secret does not: the last one parts them. */
const KEY_FORM = /^wsk_(?<tenantId>[a-z0-9_]{1,64})_(?<secret>[A-Za-z0-9]{43})$/;

/**
 * Whose key this is, read from the database each time, so that a revoked key ends at once. Null for anything else:
 * unknown tenant, unknown secret, revoked and expired key take the same steps, so that time tells nobody which it was.
 */
export async function authenticateKey(ctx: Context, bearer: string): Promise<AuthenticatedKey | null> {
  const { tenantId, secret } = KEY_FORM.exec(bearer)?.groups ?? {};
  if (tenantId === undefined || secret === undefined) return null;
  const digest = digestOf(secret);
  const hash = digest.toString('hex');
  const [row, isActive] = await Promise.all([
    withTenant(tenantId, () =>
      ctx.store
        .model(ApiKeys)
        .findOne({ $or: [{ secretHash: hash }, { previousHash: hash }] })
        .lean<ApiKeyRow>()
        .exec(),
    ),
    isActiveTenant(ctx, tenantId),
  ]);
  const now = ctx.clock.now();
  const isPresent = isSame(row?.secretHash, digest);
  const isPrevious = isSame(row?.previousHash, digest) && (row?.previousUntil?.getTime() ?? 0) > now;
  if (!row || !(isPresent || isPrevious) || !isLiveKey(row, now) || !isActive) return null;
  await noteUse(ctx, row);
  return { tenantId, keyId: row._id, name: row.name, scopes: row.scopes };
}

/** Neither revoked nor past its end. */
export function isLiveKey({ revokedAt, expiresAt }: ApiKeyRow, now: number): boolean {
  return !revokedAt && (expiresAt === undefined || expiresAt.getTime() > now);
}

/** One write a minute and key, however many requests and processes. */
async function noteUse(ctx: Context, { _id, tenantId, lastUsedAt }: ApiKeyRow): Promise<void> {
  const now = ctx.clock.now();
  if (lastUsedAt && now - lastUsedAt.getTime() < USED_EVERY_MS) return;
  const before = new Date(now - USED_EVERY_MS);
  const unchanged = { _id, $or: [{ lastUsedAt: { $exists: false } }, { lastUsedAt: { $lte: before } }] };
  await withTenant(tenantId, () =>
    ctx.store
      .model(ApiKeys)
      .updateOne(unchanged, { $set: { lastUsedAt: new Date(now) } })
      .exec(),
  );
}

function isSame(known: string | undefined, digest: Buffer): boolean {
  return timingSafeEqual(Buffer.from(known ?? '0'.repeat(64), 'hex'), digest);
}

export function keyText(tenantId: string, secret: string): string {
  return `wsk_${tenantId}_${secret}`;
}

export function digestOf(secret: string): Buffer {
  return createHash('sha256').update(secret).digest();
}

export function keyView(row: ApiKeyRow, now: number): ApiKey {
  const { previousUntil } = row;
  return {
    keyId: row._id,
    name: row.name,
    scopes: row.scopes,
    createdAt: row.createdAt,
    createdBy: row.createdBy ?? null,
    expiresAt: row.expiresAt ?? null,
    rotatedAt: row.rotatedAt ?? null,
    previousUntil: previousUntil && previousUntil.getTime() > now ? previousUntil : null,
    lastUsedAt: row.lastUsedAt ?? null,
    revokedAt: row.revokedAt ?? null,
  };
}
