/**
 * API keys: `wsk_<tenant id>_<secret>`. The key names its tenant, so that it is looked for among that tenant's keys
 * only. We keep a digest of the secret; the key itself is shown once.
 */
import { createHash, timingSafeEqual } from 'node:crypto';

import { z } from 'zod';

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
  revokedAt: Date | null;
}

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
});

/**
 * Makes a key with these rights. `key` is in this answer only.
 * @throws Reject (404) for an unknown tenant, (422) that names each unknown scope.
 */
export async function createApiKey(
  ctx: Context,
  input: { tenantId: string; scopes: string[]; name?: string | undefined },
): Promise<ApiKey & { id: string; key: string }> {
  const { tenantId, name, scopes } = checkInput(newKey, input);
  await findTenant(ctx, tenantId);
  const secret = newSecret(ctx.random);
  const row: ApiKeyRow = {
    _id: newId(ctx, 'key'),
    tenantId,
    name,
    secretHash: digestOf(secret).toString('hex'),
    scopes,
    createdAt: new Date(ctx.clock.now()),
  };
  await withTenant(tenantId, () => ctx.store.model(ApiKeys).insertMany([row]));
  ctx.log.info({ tenantId, keyId: row._id }, 'key.created');
  return { id: row._id, key: `wsk_${tenantId}_${secret}`, ...view(row) };
}

/** A tenant's keys, oldest first, revoked ones too. @throws Reject (404) for an unknown tenant. */
export async function listApiKeys(ctx: Context, tenantId: string): Promise<ApiKey[]> {
  await findTenant(ctx, tenantId);
  const rows = await withTenant(tenantId, () =>
    ctx.store.model(ApiKeys).find().sort({ _id: 1 }).lean<ApiKeyRow[]>().exec(),
  );
  return rows.map(view);
}

/** Ends a key at once; a second time changes nothing. @throws Reject (404) when the tenant has no such key. */
export async function revokeApiKey(
  ctx: Context,
  { tenantId, keyId }: { tenantId: string; keyId: string },
): Promise<ApiKey> {
  await findTenant(ctx, tenantId);
  return withTenant(tenantId, async () => {
    const keys = ctx.store.model(ApiKeys);
    const revokedAt = new Date(ctx.clock.now());
    await keys.updateOne({ _id: keyId, revokedAt: { $exists: false } }, { $set: { revokedAt } }).exec();
    const row = await keys.findOne({ _id: keyId }).lean<ApiKeyRow>().exec();
    if (!row) throw notFound('key');
    ctx.log.info({ tenantId, keyId }, 'key.revoked');
    return view(row);
  });
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
 * unknown tenant, unknown secret and revoked key take the same steps, so that time tells nobody which it was.
 */
export async function authenticateKey(ctx: Context, bearer: string): Promise<AuthenticatedKey | null> {
  const { tenantId, secret } = KEY_FORM.exec(bearer)?.groups ?? {};
  if (tenantId === undefined || secret === undefined) return null;
  const digest = digestOf(secret);
  const [row, isActive] = await Promise.all([
    withTenant(tenantId, () =>
      ctx.store
        .model(ApiKeys)
        .findOne({ secretHash: digest.toString('hex') })
        .lean<ApiKeyRow>()
        .exec(),
    ),
    isActiveTenant(ctx, tenantId),
  ]);
  const isSame = timingSafeEqual(Buffer.from(row?.secretHash ?? '0'.repeat(64), 'hex'), digest);
  if (!row || !isSame || row.revokedAt || !isActive) return null;
  return { tenantId, keyId: row._id, name: row.name, scopes: row.scopes };
}

function digestOf(secret: string): Buffer {
  return createHash('sha256').update(secret).digest();
}

function view(row: ApiKeyRow): ApiKey {
  return {
    keyId: row._id,
    name: row.name,
    scopes: row.scopes,
    createdAt: row.createdAt,
    revokedAt: row.revokedAt ?? null,
  };
}
